from datetime import UTC, datetime

from types_msgspec.graph import QueryResolvers, make_executable_schema
from types_msgspec.graph.types import Book, Film, Genre, Media, Thing

BOOK = Book(
    isbn="1", title="A", price=1.5, available=True, genre=Genre.None_, tags=[["x"], []]
)
FILM = Film(title="F", minutes=90, at=datetime(2020, 1, 2, tzinfo=UTC))


class Query(QueryResolvers):
    def book(self, *, isbn: str) -> Book | None:
        return BOOK if isbn == "1" else None

    async def all(self) -> list[Media]:
        return [BOOK, FILM]

    def anything(self) -> list[Thing | None]:
        return [BOOK, None]


class Resolvers:
    query = Query()


schema = make_executable_schema(Resolvers())
