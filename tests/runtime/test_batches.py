"""Batch resolvers: one call for all parents of a level."""

from __future__ import annotations

from collections import UserDict
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.compiler.library import BOOKS, Book, Resolvers, library
from tests.runtime.test_execution import errors_of

from trunkline import engine
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.runtime.execution import Result
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema


class Telling(Resolvers):
    """Resolvers whose batches give what they are told to."""

    def __init__(self, copies: Any) -> None:
        super().__init__()
        book = self.book

        def resolve(books: list[Book], branch: str) -> Any:  # noqa: ARG001
            book.batches.append(("copies", len(books)))
            return copies(books)

        book.copies = batch(resolve)  # type: ignore[method-assign]


async def run(text: str, resolvers: Resolvers, variables: dict[str, Any] | None = None) -> Result:
    return await engine.run(compile_operation(library(resolvers), text), variables)


async def test_a_list_costs_one_call() -> None:
    resolvers = Resolvers()
    result = await run("{ books { title publisher { name } copies } }", resolvers)
    assert result.errors == []
    assert result.data == {
        "books": [
            {"title": b.title, "publisher": {"name": f"of {b.title}"}, "copies": b.pages}
            for b in BOOKS
        ]
    }
    assert sorted(resolvers.book.batches) == [("copies in main", 2), ("publisher", 2)]


async def test_batches_below_batches_have_all_parents_of_their_level() -> None:
    resolvers = Resolvers()
    result = await run(
        "{ books { publisher { address { city } books { publisher { name } } } } }", resolvers
    )
    assert result.errors == []
    assert resolvers.book.batches == [("publisher", 2), ("publisher", 2)]
    assert resolvers.publisher.batches == [("address", 2)]


async def test_parents_that_come_one_by_one_are_waited_for() -> None:
    """Each author is awaited on its own; what lies below all of them is one call."""
    resolvers = Resolvers()
    result = await run("{ books { author { books { copies } } } }", resolvers)
    assert result.errors == []
    assert resolvers.book.batches == [("copies in main", 4)]


async def test_nested_lists_are_one_level() -> None:
    resolvers = Resolvers()
    result = await run("{ shelves { copies } }", resolvers)
    assert result.data == {
        "shelves": [[{"copies": 387}, {"copies": None}], [None, {"copies": None}]]
    }
    assert resolvers.book.batches == [("copies in main", 3)]


def test_a_synchronous_operation_with_batches_stays_synchronous() -> None:
    resolvers = Resolvers()
    operation = compile_operation(library(resolvers), '{ books { copies(branch: "east") } }')
    assert not operation.is_async
    result = engine.run_sync(operation, None)
    assert [*result] == [{"books": [{"copies": 387}, {"copies": None}]}, []]
    assert resolvers.book.batches == [("copies in east", 2)]


def operation_for_rows(rows: list[Any], asked: list[Any]) -> Operation:
    """Return an operation of lists whose items are added to a batch together."""

    @batch
    def twin(parents: list[Any]) -> list[Any]:
        asked.append([parent.id for parent in parents])
        return [parent.id for parent in parents]

    resolvers = SimpleNamespace(
        query=SimpleNamespace(rows=lambda: rows), item=SimpleNamespace(twin=twin)
    )
    schema = make_executable_schema(
        parse_schema("type Query { rows: [[Item!]] } type Item { id: Int!  twin: Int! }"),
        resolvers,
        {"Item": Item},
    )
    operation = compile_operation(schema, "{ rows { id twin } }")
    operation.inline()
    return operation


class Item:
    """An item of a list, which may remove itself while it is read."""

    def __init__(self, id: Any, remove_from: list[Any] | None = None) -> None:  # noqa: A002
        self._id = id
        self._list = remove_from

    @property
    def id(self) -> Any:
        if self._list and self in self._list:
            self._list.remove(self)
        return self._id


def test_lists_that_became_null_are_not_asked_for() -> None:
    asked: list[Any] = []
    rows = [[Item(1), Item(2)], [Item(3), Item(None)], (each for each in [Item(5)]), [], None]
    result = engine.run_sync(operation_for_rows(rows, asked), None)
    pairs = [[{"id": each, "twin": each} for each in row] for row in ([1, 2], [5])]
    assert result.data == {"rows": [pairs[0], None, pairs[1], [], None]}
    assert [path for path, _ in errors_of(result)] == [["rows", 1, 1, "id"]]
    assert asked == [[1, 2, 5]]


class Changing(Item):
    """Has an id at first, and then another."""

    @property
    def id(self) -> Any:
        self._id, old = "no Int", self._id
        return old


def test_an_error_of_a_batch_is_at_the_index_of_its_parent() -> None:
    operation = operation_for_rows([[Item(1)], [Item(2), Changing(3)], [Item(4)]], [])
    result = engine.run_sync(operation, None)
    pairs = [{"id": each, "twin": each} for each in (1, 4)]
    assert result.data == {"rows": [[pairs[0]], None, [pairs[1]]]}
    assert [path for path, _ in errors_of(result)] == [["rows", 1, 1, "twin"]]


def test_an_item_that_removes_itself_is_a_parent_all_the_same() -> None:
    asked: list[Any] = []
    row: list[Any] = []
    row += [Item(1), Item(2, row), Item(3)]
    result = engine.run_sync(operation_for_rows([row], asked), None)
    assert result.data == {"rows": [[{"id": each, "twin": each} for each in (1, 2, 3)]]}
    assert asked == [[1, 2, 3]]


async def test_one_key_of_several_types_is_a_batch_for_each_type() -> None:
    resolvers = Resolvers()
    text = '{ search(text: "U") { ... on Book { copies } ... on Map { copies } } }'
    result = await run(text, resolvers)
    assert [*result] == [{"search": [{"copies": 387}, {"copies": None}, {}, {"copies": 1}]}, []]


async def test_nobody_is_called_for_nothing() -> None:
    resolvers = Resolvers()
    text = "query ($a: Boolean!) { books { title copies @include(if: $a) } }"
    assert (await run(text, resolvers, {"a": False})).errors == []
    assert resolvers.book.batches == []


async def test_each_parent_has_its_own_error() -> None:
    resolvers = Telling(lambda books: [ValueError("the first"), *[7 for _ in books[1:]]])
    result = await run("{ books { copies } }", resolvers)
    assert result.data == {"books": [{"copies": None}, {"copies": 7}]}
    assert errors_of(result) == [(["books", 0, "copies"], "the first")]


async def in_no_order(_books: list[Book]) -> AsyncIterator[int]:
    yield 1
    yield 2


class Found(UserDict[int, int]):
    """A mapping that is no dict."""


GIVEN = "The batch resolver of Book.copies was given 2 parents and returned"
WANTED = "It must return one value for each, in their order"
MAPPING = f"{GIVEN} a mapping. {WANTED}: [found.get(parent.id) for parent in parents]."


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        (lambda _: [1], f"{GIVEN} 1 values. {WANTED}."),
        (lambda _: (each for each in (1, 2, 3)), f"{GIVEN} 3 values. {WANTED}."),
        (lambda _: iter(()), f"{GIVEN} 0 values. {WANTED}."),
        (lambda books: {book.id: 7 for book in books}, MAPPING),
        (lambda _: Found({1: 1, 2: 2}), MAPPING),
        (lambda _: Found().keys(), f"{GIVEN} an object of KeysView. {WANTED}."),
        (lambda _: {1, 2}, f"{GIVEN} an object of set. {WANTED}."),
        (lambda _: frozenset({1, 2}), f"{GIVEN} an object of frozenset. {WANTED}."),
        (lambda _: "ab", f"{GIVEN} an object of str. {WANTED}."),
        (lambda _: None, f"{GIVEN} an object of NoneType. {WANTED}."),
        (in_no_order, f"{GIVEN} an object of async_generator. {WANTED}."),
        (lambda _: ValueError("for all"), "for all"),
        (lambda _: 1 / 0, "division by zero"),
    ],
)
async def test_a_failed_call_is_every_parents_error(copies: Any, message: str) -> None:
    result = await run("{ books { title copies } }", Telling(copies))
    assert result.data == {"books": [{"title": b.title, "copies": None} for b in BOOKS]}
    assert errors_of(result) == [(["books", index, "copies"], message) for index in (0, 1)]
    first, second = result.errors  # one exception, so that the log has it once
    assert first.original_error is second.original_error


async def test_an_error_where_null_is_not_allowed_goes_up() -> None:
    async def nobody(books: list[Book]) -> list[Any]:
        return [None for _ in books]

    class Failing(Resolvers):
        def __init__(self) -> None:
            super().__init__()
            self.book.publisher = batch(nobody)  # type: ignore[method-assign]

    result = await run("{ shelves { title publisher { name } } count }", Failing())
    assert result.data == {"shelves": [[None, None], [None, None]], "count": 2}
    assert [path for path, _ in errors_of(result)] == [
        ["shelves", 0, 0, "publisher"],
        ["shelves", 0, 1, "publisher"],
        ["shelves", 1, 1, "publisher"],
    ]


async def test_parents_that_became_null_are_not_asked_for() -> None:
    BOOKS.append(Book(3, None, pages=1))
    try:
        resolvers = Resolvers()
        result = await run("{ shelves { copies title } }", resolvers)
    finally:
        BOOKS.pop()
    assert result.data
    assert result.data["shelves"][0][2] is None
    assert resolvers.book.batches == [("copies in main", 3)]
