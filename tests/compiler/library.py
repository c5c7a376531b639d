"""A small library: the schema and the resolvers that the compiler's tests are about."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query {
  books(genre: Genre, first: Int = 10, filter: Filter): [Book!]!
  book(id: ID!): Book
  slowBook(id: ID!): Book
  shelves: [[Book]!]
  count: Int!
  class: String
  search(text: String!): [Found]!
  work: Work
  lent(genre: Genre): [Book!]
}

interface Work { id: ID!  title: String! }
union Found = Book | Author | Map

type Mutation { addBook(book: BookInput!): Book!  slowAdd(title: String!): Int }

type Book implements Work {
  id: ID!
  title: String!
  subtitle: String
  pages: Int
  rating: Float
  isLent: Boolean!
  genre: Genre
  author: Author!
  reviews: [String!]
  related(first: Int!): [Book!]!
  publisher: Publisher!
  copies(branch: String = "main"): Int
}

type Publisher { name: String!  books: [Book!]!  address: Address }
type Address { city: String! }

type Map implements Work { id: ID!  title: String!  scale: Int!  copies: Int }

type Author { name: String!  books: [Book!]!  initials: String  signs(book: ID!): String }

enum Genre { NOVEL POETRY }

input Filter { titles: [String!]  genre: Genre = NOVEL  nested: Filter }
input BookInput { title: String!  pages: Int }
"""


@dataclass
class Author:
    name: Any

    def initials(self) -> str:
        return "".join(word[0] for word in str(self.name).split())

    async def signs(self, book: str, context: Any) -> str:
        await asyncio.sleep(0)
        return f"{self.name} signs {book} for {context}"


@dataclass
class Book:
    id: Any
    title: Any
    subtitle: Any = None
    pages: Any = None
    rating: Any = None
    is_lent: Any = False
    genre: Any = None
    writer: Any = "Ursula"
    reviews: Any = None


@dataclass
class Publisher:
    name: Any


@dataclass
class NewBook:
    title: str
    pages: int | None = None


BOOKS: list[Any] = [
    Book(UUID(int=1), "The Dispossessed", pages=387, rating=4.5, genre="NOVEL", reviews=["good"]),
    Book(2, "Late in the Day", "Poems", genre="POETRY", is_lent=True),
]


class Query:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.found: Any = None

    def books(self, **arguments: Any) -> list[Any]:
        self.calls.append(("books", arguments))
        return BOOKS

    def book(self, id: Any) -> Any:  # noqa: A002  # the schema's name
        self.calls.append(("book", {"id": id}))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found or BOOKS[0]

    async def slow_book(self, id: Any) -> Any:  # noqa: A002
        await asyncio.sleep(0)
        return self.book(id)

    def shelves(self) -> Any:
        return [BOOKS, [None, BOOKS[1]]]

    def search(self, text: str) -> list[Any]:
        return [*BOOKS, Author(text), {"__typename": "Map", "id": 3, "title": "M", "scale": 1}]

    def work(self) -> Any:
        return self.found or BOOKS[0]

    def class_(self) -> str:
        return "a keyword"

    def lent(self, selection: Selection, genre: str | None = None) -> list[Any]:
        self.calls.append(("lent", {"genre": genre, "wanted": list(selection)}))
        return BOOKS

    def count(self) -> Any:
        return len(BOOKS)


class Mutation:
    def __init__(self) -> None:
        self.log: list[str] = []

    def add_book(self, book: NewBook) -> Book:
        self.log.append(f"add {book.title}")
        return Book(3, book.title, pages=book.pages)

    async def slow_add(self, title: str) -> int:
        self.log.append(f"begin {title}")
        await asyncio.sleep(0)
        self.log.append(f"end {title}")
        if title == "bad":
            raise GraphQLError("No such title.", extensions={"code": "BAD"})
        return len(self.log)


class BookResolvers:
    def __init__(self) -> None:
        self.batches: list[tuple[str, int]] = []

    async def author(self, book: Book) -> Any:
        await asyncio.sleep(0)
        if isinstance(book.writer, Exception):
            raise book.writer
        return Author(book.writer)

    def related(self, book: Book, first: int) -> list[Any]:
        return [other for other in BOOKS if other is not book][:first]

    @batch
    async def publisher(self, books: list[Book]) -> list[Any]:
        self.batches.append(("publisher", len(books)))
        await asyncio.sleep(0)
        return [Publisher(f"of {book.title}") for book in books]

    @batch
    def copies(self, books: list[Book], branch: str) -> list[Any]:
        self.batches.append((f"copies in {branch}", len(books)))
        return [None if book.pages is None else book.pages for book in books]


class MapResolvers:
    @batch
    def copies(self, maps: list[Any]) -> list[Any]:
        return [1 for _ in maps]


class PublisherResolvers:
    def __init__(self) -> None:
        self.batches: list[tuple[str, int]] = []

    def books(self, publisher: Publisher) -> list[Any]:
        return [book for book in BOOKS if publisher.name.endswith(book.title)]

    @batch
    def address(self, publishers: list[Publisher]) -> list[Any]:
        self.batches.append(("address", len(publishers)))
        return [{"city": publisher.name.upper()} for publisher in publishers]


class AuthorResolvers:
    def books(self, author: Author) -> list[Any]:
        return [book for book in BOOKS if book.writer == author.name]


class Resolvers:
    def __init__(self) -> None:
        self.query = Query()
        self.mutation = Mutation()
        self.book = BookResolvers()
        self.author = AuthorResolvers()
        self.publisher = PublisherResolvers()
        self.map = MapResolvers()


def library(resolvers: object = None) -> Schema:
    return make_executable_schema(
        parse_schema(SDL),
        resolvers or Resolvers(),
        {"Book": Book, "Author": Author, "Publisher": Publisher, "BookInput": NewBook},
    )
