"""What a schema says beside its fields: in introspection, and where it is executed."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, graphql_sync

from trunkline import engine
from trunkline.engine import compile_operation
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
scalar Isbn @specifiedBy(url: "https://example.org/isbn")
scalar Plain

enum Genre { NOVEL  POEM @deprecated(reason: "Say VERSE.")  VERSE }

interface Node { id: ID! }
"What can be read."
interface Work implements Node { id: ID!  title: String }
interface Printed implements Work & Node { id: ID!  title: String  pages: Int }

type Book implements Printed & Work & Node {
  id: ID!
  title: String
  pages: Int
  isbn: Isbn @deprecated(reason: "Ask for the id.")
  genre: Genre
}
type Poem implements Work & Node { id: ID!  title: String }

input Lookup @oneOf { id: ID  title: String  nested: Lookup }
input Filter { genre: Genre  old: Int @deprecated }

type Query {
  "Finds one."
  find(by: Lookup!, quick: Boolean @deprecated(reason: "It always is.")): String
  filter(filter: Filter): String
  node: Node
  work: Work
  printed: Printed
  works: [Work!]
}
"""


@dataclass
class Book:
    id: str = "1"
    title: str = "T"
    pages: int = 3
    isbn: str = "x"
    genre: str = "POEM"


@dataclass
class Poem:
    id: str = "2"
    title: str = "P"


class Query:
    def find(self, by: dict[str, Any], quick: bool | None = None) -> str:  # noqa: FBT001
        return f"{by} {quick}"

    def filter(self, filter: dict[str, Any] | None = None) -> str:  # noqa: A002
        return str(filter)

    def node(self) -> Book:
        return Book()

    work = printed = node

    def works(self) -> list[Book | Poem]:
        return [Book(), Poem()]


def schema() -> Schema:
    resolvers = SimpleNamespace(query=Query())
    return make_executable_schema(parse_schema(SDL), resolvers, {"Book": Book, "Poem": Poem})


def run(text: str, variables: dict[str, Any] | None = None) -> Any:
    result = engine.run_sync(compile_operation(schema(), text), variables)
    assert result.errors == []
    return result.data


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('__type(name: "Book") { fields { name } }',
         {"fields": [{"name": name} for name in ("id", "title", "pages", "genre")]}),
        ("""__type(name: "Book") {
              fields(includeDeprecated: true) { name isDeprecated deprecationReason } }""",
         {"fields": [
             {"name": name, "isDeprecated": reason is not None, "deprecationReason": reason}
             for name, reason in (
                 ("id", None), ("title", None), ("pages", None), ("isbn", "Ask for the id."),
                 ("genre", None))]}),
        ('__type(name: "Genre") { enumValues { name } }',
         {"enumValues": [{"name": "NOVEL"}, {"name": "VERSE"}]}),
        ('__type(name: "Genre") { enumValues(includeDeprecated: true) { name deprecationReason } }',
         {"enumValues": [
             {"name": "NOVEL", "deprecationReason": None},
             {"name": "POEM", "deprecationReason": "Say VERSE."},
             {"name": "VERSE", "deprecationReason": None}]}),
        ('__type(name: "Filter") { inputFields { name } }', {"inputFields": [{"name": "genre"}]}),
        ("""__type(name: "Filter") {
              inputFields(includeDeprecated: true) { name isDeprecated deprecationReason } }""",
         {"inputFields": [
             {"name": "genre", "isDeprecated": False, "deprecationReason": None},
             {"name": "old", "isDeprecated": True, "deprecationReason": "No longer supported"}]}),
        ('__type(name: "Isbn") { specifiedByURL }',
         {"specifiedByURL": "https://example.org/isbn"}),
        ('__type(name: "Plain") { specifiedByURL }', {"specifiedByURL": None}),
        ('__type(name: "Lookup") { isOneOf }', {"isOneOf": True}),
        ('__type(name: "Filter") { isOneOf }', {"isOneOf": False}),
        ('__type(name: "Printed") { interfaces { name } possibleTypes { name } }',
         {"interfaces": [{"name": "Work"}, {"name": "Node"}], "possibleTypes": [{"name": "Book"}]}),
        ('__type(name: "Node") { possibleTypes { name } }',
         {"possibleTypes": [{"name": "Book"}, {"name": "Poem"}]}),
        ('__type(name: "Work") { description }', {"description": "What can be read."}),
    ],
)  # fmt: skip
def test_introspection_tells_it(asked: str, expected: dict[str, Any]) -> None:
    assert run(f"{{ asked: {asked} }}") == {"asked": expected}


@pytest.mark.parametrize(("all_", "count"), [("false", 1), ("true", 2)])
def test_introspection_tells_deprecated_arguments(all_: str, count: int) -> None:
    text = '{ __type(name: "Query") { fields { name args(includeDeprecated: %s) { name } } } }'
    fields = run(text % all_)["__type"]["fields"]
    arguments = {field["name"]: field["args"] for field in fields}
    assert len(arguments["find"]) == count


def test_the_whole_introspection_is_as_graphql_core_has_it() -> None:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    assert run(query) == graphql_sync(build_schema(SDL), query).data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ x: filter(filter: { old: 1, genre: POEM }) }", "{'genre': 'POEM', 'old': 1}"),
        ("{ x: find(by: { id: 1 }, quick: true) }", "{'id': '1'} True"),
        ('{ x: find(by: { title: "t" }) }', "{'title': 't'} None"),
        ("{ x: find(by: { nested: { id: 1 } }) }", "{'nested': {'id': '1'}} None"),
        ("{ x: node { ... on Book { isbn genre } } }", {"isbn": "x", "genre": "POEM"}),
        ("{ x: node { ... on Work { title ... on Printed { pages } } } }",
         {"title": "T", "pages": 3}),
        ("{ x: printed { __typename id ... on Node { id } } }", {"__typename": "Book", "id": "1"}),
        ("{ x: works { ... on Printed { pages } ... on Node { id } } }",
         [{"pages": 3, "id": "1"}, {"id": "2"}]),
    ],
)  # fmt: skip
def test_it_is_executed(text: str, expected: Any) -> None:
    assert run(text) == {"x": expected}


@pytest.mark.parametrize(
    "by", [{}, {"id": "1", "title": "t"}, {"id": None}, {"nested": {}}, {"id": "1", "title": None}]
)
def test_of_one_of_several_there_is_one(by: dict[str, Any]) -> None:
    operation = compile_operation(schema(), "query ($by: Lookup!) { find(by: $by) }")
    with pytest.raises(RequestError):
        engine.run_sync(operation, {"by": by})
    assert engine.run_sync(operation, {"by": {"id": "1"}}).data == {"find": "{'id': '1'} None"}


@pytest.mark.parametrize("by", ["{}", '{ id: 1, title: "t" }', "{ id: null }"])
def test_of_one_of_several_there_is_one_in_the_document_too(by: str) -> None:
    with pytest.raises(RequestError):
        compile_operation(schema(), f"{{ find(by: {by}) }}")


@pytest.mark.parametrize("variables", [{}, {"id": None}])
def test_of_one_of_several_there_is_one_where_it_is_a_variable(variables: dict[str, Any]) -> None:
    text = "query ($id: ID) { find(by: { id: $id }) }"
    result = engine.run_sync(compile_operation(schema(), text), variables)
    theirs = graphql_sync(build_schema(SDL), text, variable_values=variables)
    assert theirs.errors is not None
    assert [error.formatted for error in result.errors] == [
        error.formatted for error in theirs.errors
    ]
