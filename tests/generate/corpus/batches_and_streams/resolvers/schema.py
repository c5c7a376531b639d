"""Resolvers of `Query`, `Book` and `Subscription`."""

from collections.abc import AsyncIterator

from trunkline.server import Selection, batch

from batches_and_streams import graph
from batches_and_streams.graph.types import Author, Book


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    async def books(self, *, first: int | None = None) -> list[Book]:
        raise NotImplementedError("Query.books")


class BookResolvers(graph.BookResolvers):
    """Resolvers of `Book`."""

    @batch
    async def author(
        self,
        parents: list[Book],
        *,
        short: bool | None,
    ) -> list[Author | Exception]:
        raise NotImplementedError("Book.author")

    @batch
    async def related(
        self,
        parents: list[Book],
        *,
        selection: Selection,
    ) -> list[list[Book] | Exception]:
        raise NotImplementedError("Book.related")


class SubscriptionResolvers(graph.SubscriptionResolvers):
    """Resolvers of `Subscription`."""

    async def ticks(self, *, to: int) -> AsyncIterator[int]:
        """One number after the other."""
        raise NotImplementedError("Subscription.ticks")
        yield  # which makes it an asynchronous generator

    async def books(self) -> AsyncIterator[Book | None]:
        raise NotImplementedError("Subscription.books")
        yield  # which makes it an asynchronous generator
