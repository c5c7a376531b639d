"""Resolvers of `Query` and `User`."""

from layout_feature import graph
from layout_feature.graph.types import Item, User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def users(self, *, first: int | None = None) -> list[User]:
        raise NotImplementedError("Query.users")


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def items(self, user: User, *, done: bool | None = None) -> list[Item]:
        raise NotImplementedError("User.items")
