"""Resolvers of `Query` and `Mutation`."""

from msgspec import UNSET, UnsetType

from omittable import graph
from omittable.graph.types import Patch


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def a(self) -> int | None:
        raise NotImplementedError("Query.a")


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    async def change(
        self,
        *,
        patch: Patch,
        by: int | None,
        note: str | None | UnsetType = UNSET,
    ) -> str:
        raise NotImplementedError("Mutation.change")
