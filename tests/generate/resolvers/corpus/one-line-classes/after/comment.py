# Only a comment
"""Resolvers of `List`."""

from todo import graph
from todo.models import User


class ListResolvers(graph.ListResolvers):
    """Resolvers of `List`."""

    async def name(self, user: User) -> str:
        raise NotImplementedError("List.name")
