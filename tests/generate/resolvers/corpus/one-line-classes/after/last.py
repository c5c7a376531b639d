"""Resolvers of `Last`."""

from todo import graph
from todo.models import User


class LastResolvers(graph.LastResolvers):
    """Resolvers of `Last`."""

    async def name(self, user: User) -> str:
        raise NotImplementedError("Last.name")
