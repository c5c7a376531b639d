"""Resolvers of `Query` and `Mutation`."""

from several_files import graph
from several_files.graph.types import User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def users(self, *, first: int | None = None) -> list[User]:
        raise NotImplementedError("Query.users")


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    async def add_user(self, *, name: str) -> User:
        raise NotImplementedError("Mutation.addUser")
