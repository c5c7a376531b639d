"""Resolvers of `Query` and `User`."""

from several_files import graph
from several_files.graph.types import User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def total(self) -> int:
        raise NotImplementedError("Query.total")


class UserResolvers(graph.UserResolvers):
    """Resolvers of `User`."""

    async def invoices(self, user: User, *, year: int) -> list[int]:
        raise NotImplementedError("User.invoices")
