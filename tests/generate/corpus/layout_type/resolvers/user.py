"""Resolvers of `User`."""

from layout_type import graph
from layout_type.graph.types import Item, User


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def items(self, user: User, *, done: bool | None = None) -> list[Item]:
        raise NotImplementedError("User.items")
