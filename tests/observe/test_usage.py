"""What a request uses of the schema: fields, arguments, input fields and enum values."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import post

from trunkline.compiler.pipeline import compile_operation
from trunkline.protocol.documents import document_id
from trunkline.server import GraphQL, OperationEvent, make_executable_schema, parse_schema

SDL = """
type Query { node: Node  books(by: By, genre: Genre, first: Int, in: [[By!]]): Int }
interface Node { id(short: Boolean): ID }
type Book implements Node { id(short: Boolean): ID  title: String }
type Pen implements Node { id(short: Boolean): ID }
input By { name: String @deprecated  genre: Genre  or: [By!]  first: Int = 5 }
enum Genre { NOVEL  POEM @deprecated }
"""
RESOLVERS = SimpleNamespace(query=SimpleNamespace(node=lambda: None, books=lambda **_: 1))
SCHEMA = make_executable_schema(parse_schema(SDL), RESOLVERS)
BOOKS = {"Query.books"}
BY = {"Query.books", "Query.books(by:)"}


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("{ books }", BOOKS),
        ("{ books(first: 1) }", {*BOOKS, "Query.books(first:)"}),
        ("query ($n: Int) { books(first: $n) }", {*BOOKS, "Query.books(first:)"}),
        ("{ books(genre: POEM) }", {*BOOKS, "Query.books(genre:)", "Genre.POEM"}),
        ('{ books(by: {name: "x"}) }', {*BY, "By.name"}),
        (
            "{ books(by: {or: [{genre: POEM}, {genre: NOVEL}]}) }",
            {*BY, "By.or", "By.genre", "Genre.POEM", "Genre.NOVEL"},
        ),
        ("{ books(in: {genre: null}) }", {*BOOKS, "Query.books(in:)", "By.genre"}),
        (
            "{ node { id(short: true) } }",
            {"Query.node", "Book.id", "Book.id(short:)", "Pen.id", "Pen.id(short:)"},
        ),
        ("{ books(first: 1) @skip(if: true) }", set[str]()),
    ],
)
def test_what_a_document_uses(text: str, used: set[str]) -> None:
    assert compile_operation(SCHEMA, text).coordinates == used


@pytest.mark.parametrize(
    ("text", "variables", "used"),
    [
        ("query ($b: By) { books(by: $b) }", {"b": {"name": None}}, {"By.name"}),
        ("query ($b: By) { books(by: $b) }", {"b": {"or": {"or": [{}]}}}, {"By.or"}),
        ("query ($b: By) { books(by: $b) }", {}, set()),
        ("query ($b: By = {genre: NOVEL}) { books(by: $b) }", {}, {"By.genre", "Genre.NOVEL"}),
        ("query ($b: By = {genre: NOVEL}) { books(by: $b) }", {"b": None}, set()),
        ("query ($g: Genre) { books(by: {genre: $g}) }", {"g": "POEM"}, {"By.genre", "Genre.POEM"}),
        ("query ($i: [[By!]]) { books(in: $i) }", {"i": [[{"first": 1}]]}, {"By.first"}),
    ],
)
def test_what_variables_use(text: str, variables: dict[str, Any], used: set[str]) -> None:
    operation = compile_operation(SCHEMA, text)
    by_name = {each for each in operation.coordinates_with(variables) if "Query." not in each}
    assert by_name == used


def test_sinks_get_coordinates_and_texts() -> None:
    events: list[OperationEvent] = []
    app = GraphQL(SCHEMA, auth=None, sinks=[events.append])
    text = "query ($b: By) { books(by: $b) }"
    asyncio.run(post(app, text, variables={"b": {"name": "x"}}))
    asyncio.run(post(app, "{ nothing }"))
    good, wrong = events
    assert good.coordinates == {*BY, "By.name"}
    assert good.document_id == document_id(text)
    assert app.document(good.document_id) == text
    assert wrong.coordinates == frozenset()
    assert app.document(document_id("{ nothing }")) is None


def test_texts_are_kept_within_a_bound() -> None:
    app = GraphQL(SCHEMA, auth=None, sinks=[])
    for number in range(100):
        text = f"{{ books }} #{number}{'x' * 60_000}"
        assert asyncio.run(post(app, text)).status == 200
    kept = [
        each
        for each in range(100)
        if app.document(document_id(f"{{ books }} #{each}{'x' * 60_000}"))
    ]
    assert 50 < len(kept) < 67
    assert kept[-1] == 99
