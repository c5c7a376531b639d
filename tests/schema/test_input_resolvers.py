"""Methods of the resolvers that the values of input fields go through."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError

from trunkline.engine import compile_operation, run_sync
from trunkline.errors import SchemaError, VariablesError
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
directive @trim on INPUT_FIELD_DEFINITION
type Query { put(book: Book, books: [Book!]): String }
input Book { isbn: ID! @trim  pages: Int = 7  cover: Cover  sub: Book }
input Cover { colour: String }
"""


@dataclass
class Cover:
    hue: int | None = None


class BookResolvers:
    def isbn(self, value: str) -> str:
        if value == "x":
            raise GraphQLError("No such book.", extensions={"code": "X"})
        return f"<{value}>"

    def pages(self, value: int) -> int:
        return value * 2


class CoverResolvers:
    def hue(self, value: str) -> int:
        return len(value)


class Query:
    def put(self, book: Any = None, books: Any = None) -> str:
        return repr(books or book)


def schema(book: object, cover: object = None) -> Any:
    return make_executable_schema(
        parse_schema(SDL),
        SimpleNamespace(query=Query(), book=book, cover=cover),
        {"Cover": Cover},
        directives=SimpleNamespace(trim=lambda value: value.strip()),
        names={"Cover.colour": "hue"},
    )


SCHEMA = schema(BookResolvers(), CoverResolvers())
BOOK = "query ($b: Book) { put(book: $b) }"


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        ('{ put(book: {isbn: " 1 "}) }', None, {"isbn": "<1>", "pages": 14}),
        (BOOK, {"b": {"isbn": " 1 "}}, {"isbn": "<1>", "pages": 14}),
        (BOOK, {"b": {"isbn": "1", "pages": None}}, {"isbn": "<1>", "pages": None}),
        (
            BOOK,
            {"b": {"isbn": "1", "pages": 1, "cover": {"colour": "red"}}},
            {"isbn": "<1>", "pages": 2, "cover": Cover(3)},
        ),
        (
            BOOK,
            {"b": {"isbn": 2, "pages": 0, "cover": {}}},
            {"isbn": "<2>", "pages": 0, "cover": Cover()},
        ),
        (
            '{ put(books: [{isbn: "1", pages: 1, sub: {isbn: "2", pages: 2}}]) }',
            None,
            [{"isbn": "<1>", "pages": 2, "sub": {"isbn": "<2>", "pages": 4}}],
        ),
    ],
)
def test_a_value_goes_through_the_method_after_its_directives(
    text: str, variables: Any, value: Any
) -> None:
    assert run_sync(compile_operation(SCHEMA, text), variables).data == {"put": repr(value)}


def test_a_method_refuses_a_value() -> None:
    with pytest.raises(VariablesError) as raised:
        run_sync(compile_operation(SCHEMA, BOOK), {"b": {"isbn": " x "}})
    (error,) = raised.value.errors
    assert error.message == "Variable '$b' has invalid value at .isbn: No such book."
    assert error.extensions == {"code": "X"}
    result = run_sync(compile_operation(SCHEMA, '{ put(book: {isbn: "x"}) }'), None)
    assert (result.data, [each.message for each in result.errors]) == (
        {"put": None},
        ["No such book."],
    )


def test_a_method_that_cannot_be_called_is_an_error_at_start() -> None:
    class Wrong:
        async def isbn(self, value: str) -> str:
            return value

        def pages(self) -> int:
            return 1

    with pytest.raises(SchemaError) as raised:
        schema(Wrong())
    awaited, parameters = str(raised.value).splitlines()
    assert awaited.startswith("Book.isbn: the resolver ")
    assert awaited.endswith("is awaited, but values that come in are not. Make it a 'def'.")
    assert parameters.endswith("must take one parameter, the value.")
    with pytest.raises(SchemaError, match=r"Book: BookResolvers is a class\. Give an instance"):
        schema(BookResolvers)
