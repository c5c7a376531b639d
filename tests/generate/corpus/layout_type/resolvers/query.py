"""Resolvers of `Query`."""

from layout_type import graph
from layout_type.graph.types import Item, User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def users(self, *, first: int | None = None) -> list[User]:
        raise NotImplementedError("Query.users")

    async def items(self) -> list[Item]:
        raise NotImplementedError("Query.items")
