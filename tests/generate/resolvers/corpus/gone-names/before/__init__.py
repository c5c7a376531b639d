"""Resolvers."""

from datetime import date as Date

from todo import graph
from todo.graph import types
from todo.graph.types import Kept, Old, Thing, Used
from todo.models import Todo, User

from .other import Handed


class QueryResolvers(graph.QueryResolvers):
    async def kept(
        self, *, first: int | None = None, context: User, since: Date | None = None
    ) -> int:
        return Kept.ONE.value + Handed.ONE

    async def renamed(self) -> Thing:
        return Todo()

    async def used(self) -> int:
        def inner(types: list[int]) -> int:
            return types.index(1)

        found: "list[Used]" = []
        return inner(types.Gone().list) + len(found) + Used.ONE

    async def gone(self) -> Old:
        return Old()


class Resolvers:
    query = QueryResolvers()
