"""Resolvers."""

from todo import graph
from todo.graph import types
from todo.graph.types import Kept, Used
from todo.models import Todo

from .other import Handed


class QueryResolvers(graph.QueryResolvers):
    async def kept(self, *, first: int | None = None) -> int:
        return Kept.ONE.value + Handed.ONE

    async def renamed(self) -> Todo:
        return Todo()

    async def used(self) -> int:
        def inner(types: list[int]) -> int:
            return types.index(1)

        found: "list[Used]" = []
        return inner(types.Gone().list) + len(found) + Used.ONE


class Resolvers:
    query = QueryResolvers()


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class QueryResolvers:
#     async def gone(self) -> Old:
#         return Old()
