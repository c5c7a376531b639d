"""What mypy says of resolvers that do not fit the schema: at the line that is wrong."""

from __future__ import annotations

import pytest
from tests.generate.projects import project, trunkline
from tests.type_checkers import mypy

SCHEMA = """
type Query { book(isbn: ID!, edition: Int): Book  books: [Book!]! }
type Book { isbn: ID!  title: String!  author: String! @field(batch: true) }
type Subscription { ticks(to: Int!): Int! }
"""

GOOD = """
from collections.abc import AsyncIterator

from app import graph
from app.graph.types import Book


class QueryResolvers(graph.QueryResolvers):
    def book(self, isbn: str, edition: int | None = None) -> Book | None:
        return None

    async def books(self) -> list[Book]:
        return []


class BookResolvers(graph.BookResolvers):
    async def author(self, books: list[Book]) -> list[str | Exception]:
        return ["" for _ in books]


class SubscriptionResolvers(graph.SubscriptionResolvers):
    async def ticks(self, to: int) -> AsyncIterator[int]:
        yield to


class Resolvers:
    query = QueryResolvers()
    book = BookResolvers()
    subscription = SubscriptionResolvers()


schema = graph.make_executable_schema(Resolvers())
"""

WRONG = {
    "an argument of another type": (
        ("isbn: str, edition", "isbn: int, edition"),
        'Signature of "book" incompatible with supertype',
    ),
    "an argument that must not be left out": (
        ("edition: int | None = None", "edition: int | None"),
        'Signature of "book" incompatible with supertype',
    ),
    "an argument that is not there": (
        ("isbn: str, ", ""),
        'Signature of "book" incompatible with supertype',
    ),
    "a field without resolver": (
        ("def book(", "def bok("),
        'abstract class "QueryResolvers" with abstract attribute "book"',
    ),
    "a value of another type": (
        ("-> Book | None", "-> str | None"),
        'of "book" incompatible with',
    ),
    "a list of another type": (
        ("-> list[Book]:", "-> list[str]:"),
        'Return type "Coroutine[Any, Any, list[str]]" of "books" incompatible with return type',
    ),
    "one parent for a batch": (
        ("books: list[Book]", "books: Book"),
        'Argument 1 of "author" is incompatible with supertype',
    ),
    "a text for a list of texts": (
        ("list[str | Exception]", "str"),
        'Return type "Coroutine[Any, Any, str]" of "author" incompatible with return type',
    ),
    "events of another type": (
        ("AsyncIterator[int]", "AsyncIterator[str]"),
        'Signature of "ticks" incompatible with supertype',
    ),
    "a type without resolvers": (
        ("    book = BookResolvers()\n", ""),
        'Argument 1 to "make_executable_schema" has incompatible type',
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy says of a program that is right, and of one for each mistake, in one run."""
    configuration = 'schema = "schema.graphql"\npackage = "app.graph"\n'
    files = {"schema.graphql": SCHEMA, "trunkline.toml": configuration, "app/right.py": GOOD}
    for number, ((old, new), _) in enumerate(WRONG.values()):
        assert old in GOOD
        files[f"app/wrong_{number}.py"] = GOOD.replace(old, new)
    folder = project(tmp_path_factory.mktemp("shop"), files)
    assert trunkline(folder, "generate").status == 0
    return mypy(folder, "app")


def test_what_fits_is_fine(said: str) -> None:
    assert "app/right.py" not in said
    assert f"in {len(WRONG)} files" in said


@pytest.mark.parametrize("mistake", WRONG)
def test_what_does_not_fit_is_told_where_it_stands(said: str, mistake: str) -> None:
    file = f"app/wrong_{[*WRONG].index(mistake)}.py:"
    assert any(line.startswith(file) and WRONG[mistake][1] in line for line in said.splitlines())
