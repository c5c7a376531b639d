"""Resolvers of `Query` and `Item`."""

from several_files import graph
from several_files.graph.types import Item, User


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def items(self) -> list[Item]:
        raise NotImplementedError("Query.items")


class ItemResolvers(graph.ItemResolvers):
    """Resolvers of `Item`."""

    async def owner(self, item: Item, *, full: bool | None = None) -> User:
        raise NotImplementedError("Item.owner")
