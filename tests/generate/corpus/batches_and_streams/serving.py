from collections.abc import AsyncIterator

from batches_and_streams import graph
from batches_and_streams.graph.types import Author, Book
from trunkline.server import Selection, batch


class QueryResolvers(graph.QueryResolvers):
    def books(self, *, first: int | None = None) -> list[Book]:
        return [Book(title="A"), Book(title="B")][:first]


class BookResolvers(graph.BookResolvers):
    @batch
    async def author(
        self, books: list[Book], *, short: bool | None
    ) -> list[Author | Exception]:
        return [Author(name=f"{book.title} of {len(books)}") for book in books]

    @batch
    def related(
        self, books: list[Book], *, selection: Selection
    ) -> list[list[Book] | Exception]:
        return [[Book(title=name) for name in selection] for _ in books]


class SubscriptionResolvers(graph.SubscriptionResolvers):
    async def ticks(self, *, to: int) -> AsyncIterator[int]:
        yield to

    async def books(self) -> AsyncIterator[Book | None]:
        yield None


class Resolvers:
    query = QueryResolvers()
    book = BookResolvers()
    subscription = SubscriptionResolvers()


schema = graph.make_executable_schema(Resolvers())
