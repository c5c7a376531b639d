"""Resolvers of `Mutation` and `Query`."""

from layout_feature import graph
from layout_feature.graph.types import Item


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    async def add_item(self, *, title: str) -> Item:
        raise NotImplementedError("Mutation.addItem")


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def items(self) -> list[Item]:
        raise NotImplementedError("Query.items")
