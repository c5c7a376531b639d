"""Resolvers of `Query`."""

from todo import graph
from todo.models import User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def users(self) -> list[User]:
        raise NotImplementedError("Query.users")
