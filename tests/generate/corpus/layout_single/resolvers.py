"""Resolvers of `Mutation`, `Query` and `User`."""

from layout_single import graph
from layout_single.graph.types import Item, User


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    async def add_item(self, *, title: str) -> Item:
        raise NotImplementedError("Mutation.addItem")


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def users(self, *, first: int | None = None) -> list[User]:
        raise NotImplementedError("Query.users")

    async def items(self) -> list[Item]:
        raise NotImplementedError("Query.items")


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def items(self, user: User, *, done: bool | None = None) -> list[Item]:
        raise NotImplementedError("User.items")


class Resolvers:
    """The resolvers of each type that needs some."""

    mutation = MutationResolvers()
    query = QueryResolvers()
    user = UserResolvers()
