"""What an execution gives: values, nulls, errors with their paths, in time and in order."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest
from graphql import GraphQLError
from tests.compiler.library import (
    BOOKS,
    Author,
    AuthorResolvers,
    Book,
    BookResolvers,
    MapResolvers,
    Mutation,
    PublisherResolvers,
    Query,
    Resolvers,
    library,
)

from trunkline import engine
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import VariablesError
from trunkline.runtime.execution import Result


async def run(
    text: str, variables: dict[str, Any] | None = None, resolvers: object = None
) -> Result:
    return await engine.run(compile_operation(library(resolvers or Resolvers()), text), variables)


def found(book: Any) -> Resolvers:
    resolvers = Resolvers()
    resolvers.query.found = book
    return resolvers


def errors_of(result: Result) -> list[tuple[list[str | int], str]]:
    return [(list(error.path or ()), error.message) for error in result.errors]


async def test_values_keep_the_order_of_the_document() -> None:
    result = await run("{ count books { title id } a: class }")
    assert result.data == {
        "count": 2,
        "books": [
            {"title": "The Dispossessed", "id": "00000000-0000-0000-0000-000000000001"},
            {"title": "Late in the Day", "id": "2"},
        ],
        "a": "a keyword",
    }
    assert list(result.data) == ["count", "books", "a"]
    assert list(result.data["books"][0]) == ["title", "id"]
    assert result.errors == []


NULL_TITLE = "Cannot return null for non-nullable field Book.title."


@pytest.mark.parametrize(
    ("text", "book", "data", "errors"),
    [
        (
            "{ book(id: 1) { title } }",
            Book(1, None),
            {"book": None},
            [(["book", "title"], NULL_TITLE)],
        ),
        (
            "{ book(id: 1) { title pages } }",
            Book(1, "A", pages="many"),
            {"book": {"title": "A", "pages": None}},
            [(["book", "pages"], "Int cannot represent non-integer value: 'many'")],
        ),
        (
            "{ book(id: 1) { reviews } }",
            Book(1, "A", reviews=["good", None]),
            {"book": {"reviews": None}},
            [(["book", "reviews", 1], "Cannot return null for non-nullable field Book.reviews.")],
        ),
        (
            "{ book(id: 1) { reviews } }",
            Book(1, "A", reviews="good"),
            {"book": {"reviews": None}},
            [(["book", "reviews"], "Expected a list, got str.")],
        ),
        (
            "{ book(id: 1) { rating } }",
            Book(1, "A", rating=float("nan")),
            {"book": {"rating": None}},
            [(["book", "rating"], "Float cannot represent non numeric value: nan")],
        ),
        (
            "{ book(id: 1) { genre } }",
            Book(1, "A", genre="THRILLER"),
            {"book": {"genre": None}},
            [(["book", "genre"], "Enum 'Genre' cannot represent value: 'THRILLER'")],
        ),
        (
            "{ book(id: 1) { title } count }",
            ValueError("on purpose"),
            {"book": None, "count": 2},
            [(["book"], "on purpose")],
        ),
        (
            "{ book(id: 1) { pages title } }",
            Book(1, "A", pages=ValueError("returned, not raised")),
            {"book": {"pages": None, "title": "A"}},
            [(["book", "pages"], "returned, not raised")],
        ),
        (
            "{ book(id: 1) { title } }",
            "no book",
            {"book": None},
            [(["book"], "Expected Book for Book, got str.")],
        ),
        (
            "{ book(id: 1) { author { name } title } }",
            Book(1, "A", writer=None),
            {"book": None},
            [
                (
                    ["book", "author", "name"],
                    "Cannot return null for non-nullable field Author.name.",
                )
            ],
        ),
        (
            "{ slowBook(id: 1) { author { name } pages } }",
            Book(1, "A", writer=ValueError("on purpose"), pages="x"),
            {"slowBook": None},
            [
                (["slowBook", "pages"], "Int cannot represent non-integer value: 'x'"),
                (["slowBook", "author"], "on purpose"),
            ],
        ),
    ],
)
async def test_an_error_makes_null_what_may_be_null(
    text: str, book: Any, data: Any, errors: list[Any]
) -> None:
    result = await run(text, resolvers=found(book))
    assert (result.data, errors_of(result)) == (data, errors)


async def test_an_error_that_meets_no_null_takes_all_the_data() -> None:
    result = await run("{ count books { title author { name } } }")
    assert result.errors == []
    BOOKS.append(Book(3, "C", writer=ValueError("on purpose")))
    try:
        result = await run("{ count books { title author { name } } }")
    finally:
        BOOKS.pop()
    assert result.data is None
    assert errors_of(result) == [(["books", 2, "author"], "on purpose")]


async def test_paths_have_every_index() -> None:
    BOOKS.append(Book(3, None))
    try:
        result = await run("{ shelves { title } }")
    finally:
        BOOKS.pop()
    assert result.data == {
        "shelves": [
            [{"title": "The Dispossessed"}, {"title": "Late in the Day"}, None],
            [None, {"title": "Late in the Day"}],
        ]
    }
    assert errors_of(result) == [(["shelves", 0, 2, "title"], NULL_TITLE)]


async def test_an_error_names_every_place_that_was_merged() -> None:
    text = "{ book(id: 1) { title } ...F } fragment F on Query { book(id: 1) { title } }"
    (error,) = (await run(text, resolvers=found(Book(1, None)))).errors
    places = [(place.line, place.column) for place in error.locations or ()]
    assert places == [(1, 17), (1, 68)]


async def test_values_of_a_union_are_told_apart() -> None:
    text = """{ search(text: "U") {
      __typename ... on Work { id } ... on Author { name } ... on Map { scale } } }"""
    result = await run(text)
    assert result.errors == []
    assert result.data == {
        "search": [
            {"__typename": "Book", "id": "00000000-0000-0000-0000-000000000001"},
            {"__typename": "Book", "id": "2"},
            {"__typename": "Author", "name": "U"},
            {"__typename": "Map", "id": "3", "scale": 1},
        ]
    }


class Atlas(Resolvers):
    """Resolvers that say themselves of which type a work is."""

    class Work:
        def resolve_type(self, value: Any) -> str | None:
            return value if isinstance(value, str) else None

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.query.found = found
        self.work = Atlas.Work()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "The object type of a value of Work (int) is unknown."),
        (
            "Author",
            "A value of Work (str) has the type 'Author', which is not an object type of Work.",
        ),
        (ValueError("returned"), "returned"),
    ],
)
async def test_a_value_of_no_possible_type_is_an_error(value: Any, message: str) -> None:
    result = await run("{ work { title } }", resolvers=Atlas(value))
    assert result.data == {"work": None}
    assert [path for path, _ in errors_of(result)] == [["work"]]
    assert errors_of(result)[0][1].startswith(message)


@pytest.mark.parametrize(
    ("variables", "keys"),
    [
        ({"a": True, "b": True}, ["id", "subtitle"]),
        ({"a": True, "b": False}, ["id", "pages", "rating", "subtitle"]),
        ({"a": False, "b": True}, ["title", "subtitle"]),
        ({"a": False, "b": False}, ["pages", "rating", "subtitle"]),
    ],
)
async def test_skip_and_include(variables: dict[str, bool], keys: list[str]) -> None:
    text = """query ($a: Boolean!, $b: Boolean!) { book(id: 1) {
      id @include(if: $a)  title @skip(if: $a) @include(if: $b)
      ... @skip(if: $b) { pages rating }
      subtitle @include(if: true)  isLent @skip(if: true) } }"""
    result = await run(text, variables)
    assert result.data
    assert list(result.data["book"]) == keys


@pytest.mark.parametrize(
    ("variables", "order"), [({"a": True}, ["book", "count"]), ({"a": False}, ["count", "book"])]
)
async def test_a_key_stands_where_it_is_first_included(
    variables: dict[str, bool], order: list[str]
) -> None:
    text = """query ($a: Boolean!) { ...B @include(if: $a) count ...B }
    fragment B on Query { book(id: 1) { id } }"""
    result = await run(text, variables)
    assert result.data
    assert list(result.data) == order


POETRY = {"genre": "POETRY"}
NOVEL = {"genre": "NOVEL"}


@pytest.mark.parametrize(
    ("declared", "arguments", "variables", "expected"),
    [
        ("", "", {}, {"first": 10}),
        ("", "(first: null)", {}, {"first": None}),
        ("", "(first: 3, genre: POETRY)", {}, {"first": 3, **POETRY}),
        ("($a: Int)", "(first: $a)", {}, {"first": 10}),
        ("($a: Int)", "(first: $a)", {"a": None}, {"first": None}),
        ("($a: Int)", "(first: $a)", {"a": 4}, {"first": 4}),
        ("($a: Int = 5)", "(first: $a)", {}, {"first": 5}),
        ("($a: Genre)", "(genre: $a)", {}, {"first": 10}),
        ("($a: Genre)", "(genre: $a)", {"a": None}, {"first": 10, "genre": None}),
        ("($a: Genre)", "(genre: $a)", {"a": "NOVEL"}, {"first": 10, **NOVEL}),
        ("", '(filter: {titles: "x"})', {}, {"first": 10, "filter": {"titles": ["x"], **NOVEL}}),
        ("($a: [String!])", "(filter: {titles: $a})", {}, {"first": 10, "filter": NOVEL}),
        (
            "($a: String!)",
            "(filter: {titles: [$a]})",
            {"a": "x"},
            {"first": 10, "filter": {"titles": ["x"], **NOVEL}},
        ),
        (
            "($a: Genre)",
            "(filter: {genre: $a})",
            {"a": None},
            {"first": 10, "filter": {"genre": None}},
        ),
        (
            "($a: Filter)",
            "(filter: $a)",
            {"a": {"nested": POETRY}},
            {"first": 10, "filter": {**NOVEL, "nested": POETRY}},
        ),
    ],
)
async def test_arguments_keep_absent_null_and_default_apart(
    declared: str, arguments: str, variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    resolvers = Resolvers()
    text = f"query {declared} {{ books{arguments} {{ id }} }}"
    result = await run(text, variables, resolvers)
    assert result.errors == []
    assert resolvers.query.calls == [("books", expected)]


async def test_lists_and_objects_are_built_anew_for_every_call() -> None:
    resolvers = Resolvers()
    operation = compile_operation(library(resolvers), '{ books(filter: {titles: ["a"]}) { id } }')
    for _ in range(2):
        assert (await engine.run(operation, None)).errors == []
    (_, first), (_, second) = resolvers.query.calls
    first["filter"]["titles"].append("changed by a resolver")
    assert second["filter"]["titles"] == ["a"]


async def test_an_input_object_arrives_as_its_model() -> None:
    text = "mutation ($book: BookInput!) { addBook(book: $book) { title pages } }"
    result = await run(text, {"book": {"title": "New"}})
    assert result.data == {"addBook": {"title": "New", "pages": None}}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Variable '$id' has invalid value: Expected a value of non-null type 'ID!'"),
        ({"id": None}, "Variable '$id' has invalid value: Expected value of non-null type 'ID!'"),
        ({"id": True}, "Variable '$id' has invalid value: ID cannot represent value: True"),
        ({"id": [1]}, "Variable '$id' has invalid value: ID cannot represent value: [1]"),
    ],
)
async def test_a_variable_that_does_not_fit_is_refused(
    variables: dict[str, Any], message: str
) -> None:
    with pytest.raises(VariablesError) as caught:
        await run("query ($id: ID!) { book(id: $id) { id } }", variables)
    assert message in str(caught.value)


async def test_mutations_run_one_after_the_other() -> None:
    resolvers = Resolvers()
    text = """mutation {
      a: slowAdd(title: "1")
      addBook(book: {title: "2"}) { id }
      b: slowAdd(title: "bad")
      c: slowAdd(title: "4")
    }"""
    result = await run(text, resolvers=resolvers)
    assert resolvers.mutation.log == [
        "begin 1", "end 1", "add 2", "begin bad", "end bad", "begin 4", "end 4",
    ]  # fmt: skip
    assert result.data == {"a": 2, "addBook": {"id": "3"}, "b": None, "c": 7}
    (error,) = result.errors
    assert error.extensions == {"code": "BAD"}


class Meeting:
    """Resolvers that wait for each other: they finish only if they run at the same time."""

    def __init__(self, expected: int) -> None:
        self.query = Query()
        self.mutation = Mutation()
        self.barrier = asyncio.Barrier(expected)
        self.cancelled = 0
        barrier, outer = self.barrier, self

        self.publisher = PublisherResolvers()
        self.map = MapResolvers()

        class Waiting(BookResolvers):
            async def author(self, book: Book) -> Author:
                try:
                    await barrier.wait()
                except asyncio.CancelledError:
                    outer.cancelled += 1
                    raise
                return Author(book.title)

        self.book = Waiting()
        self.author = AuthorResolvers()


async def test_siblings_are_awaited_at_the_same_time() -> None:
    async with asyncio.timeout(5):
        result = await run("{ books { author { name } } }", resolvers=Meeting(2))
    assert result.data
    assert [book["author"]["name"] for book in result.data["books"]] == [b.title for b in BOOKS]


async def test_cancelling_an_execution_cancels_its_resolvers() -> None:
    resolvers = Meeting(3)  # one more than will ever come
    task = asyncio.create_task(run("{ books { author { name } } }", resolvers=resolvers))
    while resolvers.barrier.n_waiting < 2 and not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert resolvers.cancelled == 2


async def test_what_was_deferred_below_a_null_is_given_up() -> None:
    """No coroutine is left behind: pytest makes the warning about one an error."""
    result = await run("{ book(id: 1) { author { name } title } }", resolvers=found(Book(1, None)))
    assert result.data == {"book": None}
    assert errors_of(result) == [(["book", "title"], NULL_TITLE)]


async def test_a_traceback_leads_through_the_compiled_line(form: str) -> None:
    class Broken:
        @property
        def title(self) -> str:
            raise GraphQLError("on purpose")

    broken = type("Broken", (Book,), {"title": Broken.title, "__init__": lambda _self: None})()
    (error,) = (await run("query Named { book(id: 1) { title } }", resolvers=found(broken))).errors
    assert error.original_error
    shown = "".join(traceback.format_exception(error.original_error))
    assert form == "first" or 'File "Named-' in shown
    assert form == "first" or "title = value.title" in shown
