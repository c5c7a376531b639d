"""Resolvers of `Mutation`."""

from layout_type import graph
from layout_type.graph.types import Item


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    async def add_item(self, *, title: str) -> Item:
        raise NotImplementedError("Mutation.addItem")
