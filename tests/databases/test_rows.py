"""Rows as drivers give them, of declared class or not: read by key or by attribute."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Awaitable, Callable
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest
from psycopg.rows import class_row, dict_row, namedtuple_row
from sqlalchemy import Row, RowMapping, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from trunkline.engine import compile_operation, run, run_sync
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Lookup, Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { books: [Book!]! }
type Book { title: String  pageCount: Int  items: Int  count: Int  note: String }
"""
SELECT = (
    "SELECT 'The Dispossessed' AS title, 387 AS page_count, 3 AS items, 4 AS count,"
    " CAST(NULL AS text) AS note"
)
ASKED = "{ books { title pageCount items count note } }"
BOOK = {"title": "The Dispossessed", "pageCount": 387, "items": 3, "count": 4, "note": None}

Rows = list[Any]


async def of_asyncpg(url: str) -> Rows:
    connection = await asyncpg.connect(url)
    try:
        rows: Rows = await connection.fetch(SELECT)
        return rows
    finally:
        await connection.close()


async def of_sqlite(_url: str) -> Rows:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(SELECT).fetchall()
    finally:
        connection.close()


def of_psycopg(factory: Any) -> Callable[[str], Awaitable[Rows]]:
    async def fetch(url: str) -> Rows:
        with psycopg.connect(url) as connection:
            rows: Rows = connection.cursor(row_factory=factory).execute(SELECT).fetchall()
            return rows

    return fetch


async def of_sqlalchemy(url: str) -> Rows:
    engine = create_async_engine(url.replace("://", "+asyncpg://"))
    try:
        async with engine.connect() as connection:
            return list(await connection.execute(text(SELECT)))
    finally:
        await engine.dispose()


async def of_sqlalchemy_mappings(_url: str) -> Rows:
    with create_engine("sqlite://").connect() as connection:
        return list(connection.execute(text(SELECT)).mappings())


class Named(NamedTuple):
    title: str
    page_count: int
    items: int
    count: int  # type: ignore[assignment]
    note: str | None


DRIVERS: dict[str, tuple[Callable[[str], Awaitable[Rows]], type | None]] = {
    "asyncpg": (of_asyncpg, asyncpg.Record),
    "sqlite3": (of_sqlite, sqlite3.Row),
    "sqlalchemy": (of_sqlalchemy, Row),
    "sqlalchemy mappings": (of_sqlalchemy_mappings, RowMapping),
    "psycopg dict_row": (of_psycopg(dict_row), dict),
    "psycopg namedtuple_row": (of_psycopg(namedtuple_row), None),
    "psycopg class_row": (of_psycopg(class_row(Named)), Named),
}


def schema_of(rows: Any, model: type | None = None) -> Schema:
    resolvers = SimpleNamespace(query=SimpleNamespace(books=lambda: rows))
    return make_executable_schema(parse_schema(SDL), resolvers, {"Book": model} if model else None)


@pytest.mark.parametrize("is_declared", [False, True])
@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_row_is_read_as_it_is(driver: str, postgresql: str, *, is_declared: bool) -> None:
    fetch, model = DRIVERS[driver]
    schema = schema_of(await fetch(postgresql), model if is_declared else None)
    operation = compile_operation(schema, ASKED)
    for _ in range(4):  # the text of first executions, and that of later ones
        data, errors = await run(operation, None)
        assert not errors, errors
        assert data == {"books": [BOOK]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", 1), "'title'. Return rows that have names: named tuples, dictionaries or objects."),
        (["a", 1], "'title'. Return rows that have names: named tuples, dictionaries or objects."),
        (SimpleNamespace(titel="a"), "'title'. Return another object, or add a resolver"),
        (object(), "the object of builtins.object has none of the attributes 'title'."),
    ],
)
def test_what_has_no_such_name_is_an_error_and_not_null(row: object, message: str) -> None:
    data, errors = run_sync(compile_operation(schema_of([row]), "{ books { title } }"), None)
    assert data == {"books": [{"title": None}]}
    assert errors[0].message.startswith("Book.title: the object of ")
    assert message in errors[0].message
    assert errors[0].path == ["books", 0, "title"]


@pytest.mark.parametrize("driver", ["asyncpg", "sqlite3", "sqlalchemy"])
async def test_a_column_that_was_not_selected_is_an_error(driver: str, postgresql: str) -> None:
    fetch, model = DRIVERS[driver]
    rows = await fetch(postgresql)
    sdl = "type Query { books: [Book!]! } type Book { pages: Int  keys: Int }"
    resolvers = SimpleNamespace(query=SimpleNamespace(books=lambda: rows))
    for models in ({}, {"Book": model}):
        schema = make_executable_schema(parse_schema(sdl), resolvers, models)  # type: ignore[arg-type]
        _, errors = run_sync(compile_operation(schema, "{ books { pages } }"), None)
        assert f"{type(rows[0]).__qualname__} has none of the keys" in errors[0].message
        assert "'pages'. It has: title, page_count, items, count, note." in errors[0].message


def test_a_mapping_may_lack_a_key() -> None:
    for row in ({"title": "a"}, MappingProxyType({"title": "a"})):
        operation = compile_operation(schema_of([row]), "{ books { title pageCount } }")
        assert run_sync(operation, None).data == {"books": [{"title": "a", "pageCount": None}]}


def test_a_property_that_fails_is_not_taken_for_missing() -> None:
    class Book:
        @property
        def title(self) -> str:
            return self.author  # type: ignore[attr-defined,no-any-return]

    _, errors = run_sync(compile_operation(schema_of([Book()]), "{ books { title } }"), None)
    assert errors[0].message == "'Book' object has no attribute 'author'"


class BookRecord(asyncpg.Record):  # type: ignore[misc]
    @property
    def note(self) -> str:
        return f"{self['title']}!"

    def page_count(self) -> int:
        return int(self["pages"]) + 1


async def test_what_a_subclass_of_a_row_adds_is_an_attribute(postgresql: str) -> None:
    connection = await asyncpg.connect(postgresql, record_class=BookRecord)
    try:
        rows = await connection.fetch("SELECT 'a' AS title, 1 AS pages, 2 AS items, 3 AS count")
    finally:
        await connection.close()
    data, errors = run_sync(compile_operation(schema_of(rows, BookRecord), ASKED), None)
    assert not errors, errors
    book = {"title": "a", "pageCount": 2, "items": 2, "count": 3, "note": "a!"}
    assert data == {"books": [book]}


def test_a_row_takes_no_arguments() -> None:
    definition = parse_schema(
        "type Query { book: Book } type Book { title(long: Boolean): String }"
    )
    resolvers = SimpleNamespace(query=SimpleNamespace(book=lambda: None))
    with pytest.raises(SchemaError, match="because Record is read by key"):
        make_executable_schema(definition, resolvers, {"Book": asyncpg.Record})


def test_a_named_tuple_that_is_declared_must_have_the_names() -> None:
    with pytest.raises(SchemaError, match="note: Book has no attribute 'note'"):
        schema_of([], namedtuple("Book", "title page_count items count"))  # noqa: PYI024


async def test_a_row_may_say_its_type(postgresql: str) -> None:
    connection = await asyncpg.connect(postgresql)
    try:
        rows = await connection.fetch("""SELECT 'Film' AS "__typename", 90 AS minutes""")
    finally:
        await connection.close()
    sdl = """
        type Query { found: [Found!]! }
        union Found = Book | Film
        type Book { title: String }
        type Film { minutes: Int }
        """
    resolvers = SimpleNamespace(query=SimpleNamespace(found=lambda: rows))
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    operation = compile_operation(schema, "{ found { __typename ... on Film { minutes } } }")
    assert run_sync(operation, None).data == {"found": [{"__typename": "Film", "minutes": 90}]}


def test_fields_of_rows_are_looked_up() -> None:
    binding = schema_of([], asyncpg.Record).bindings["Book.pageCount"]
    assert binding == Lookup("Book.pageCount", ("pageCount", "page_count"))
