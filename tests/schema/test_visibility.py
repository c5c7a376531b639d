"""The part of a schema that a caller sees: what resolvers still get, and what is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, get_introspection_query

from trunkline.compiler.limits import Limits
from trunkline.engine import adopt_schema, compile_operation, run_sync
from trunkline.errors import LimitExceededError, ValidationError
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.visibility import visible_schema

SDL = """
type Query {
  find(name: String = "a", secret: Int! = 5 @requiresScopes(scopes: "s")): String
  by(where: Where! = {name: "x", price: 7, deep: [{price: 8}]}, class: Filter = {}): String
  things: [Thing!]!
  node: Node
}
type Thing { own(secret: Int = 6 @requiresScopes(scopes: "s")): Int
  all(secret: Int = 7 @requiresScopes(scopes: "s")): Int }
input Where { name: String  price: Int = 9 @requiresScopes(scopes: "s")  deep: [Where!] }
input Filter { a: Int = 1  b: Int! = 2 @requiresScopes(scopes: "s") }
interface Node { id: ID }
type Seen implements Node { id: ID }
type Unseen implements Node @requiresScopes(scopes: "s") { id: ID }
"""


@dataclass
class Filter:
    a: int
    b: int


class Thing:
    def own(self, secret: int) -> int:
        return secret


class Things:
    @batch
    def all(self, things: list[Thing], secret: int) -> list[int]:
        return [secret for _ in things]


class Query:
    def find(self, name: str, secret: int) -> str:
        return f"{name} {secret}"

    def by(self, where: Any, class_: Filter) -> str:
        return f"{where} {class_}"

    def things(self) -> list[Thing]:
        return [Thing()]

    def node(self) -> Any:
        return {"__typename": "Unseen", "id": "1"}


SCHEMA = make_executable_schema(
    parse_schema(SDL),
    SimpleNamespace(query=Query(), thing=Things()),
    {"Thing": Thing, "Filter": Filter},
)


def view(schema: Schema) -> Schema:
    return visible_schema(schema, schema.requirements.all)


def data(schema: Schema, text: str, variables: Any = None) -> Any:
    result = run_sync(compile_operation(schema, text), variables)
    assert result.errors == []
    return result.data


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ find }", None),
        ("{ by }", None),
        ('{ by(where: {name: "y"}, class: {a: 3}) }', None),
        ("query ($w: Where!, $f: Filter) { by(where: $w, class: $f) }", {"w": {}, "f": {"a": 3}}),
        ("query ($f: Filter = {a: 4}) { by(class: $f) }", None),
        ("{ things { own all } }", None),
    ],
)
def test_defaults_are_those_of_the_whole_schema(text: str, variables: Any) -> None:
    assert data(view(SCHEMA), text, variables) == data(SCHEMA, text, variables)


def test_introspection_shows_no_hidden_field_in_a_default() -> None:
    shown = str(data(view(SCHEMA), get_introspection_query()))
    for word in ("price", "secret", "Unseen", "requiresScopes"):
        assert word in str(data(SCHEMA, get_introspection_query()))
        assert word not in shown
    assert "deep: [{  }]" in shown


def test_what_is_hidden_cannot_be_given() -> None:
    for text in ("{ find(secret: 1) }", "{ by(where: {price: 1}) }", "{ by(class: {b: 1}) }"):
        with pytest.raises(ValidationError):
            compile_operation(view(SCHEMA), text)


def core_schema() -> Schema:
    definition: GraphQLSchema = build_schema(
        "directive @requiresScopes(scopes: [[String!]!]!) on"
        " FIELD_DEFINITION | OBJECT | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION\n" + SDL
    )
    types: Any = definition.type_map
    types["Query"].fields["find"].resolve = lambda _root, _info, name, secret: f"{name} {secret}"
    types["Query"].fields["node"].resolve = lambda _root, info: info.schema.get_type("Unseen").name
    types["Query"].fields["by"].resolve = lambda _root, _info, **given: str(given)
    types["Seen"].is_type_of = lambda value, _info: value == "Seen"
    types["Unseen"].is_type_of = lambda value, _info: value == "Unseen"
    return adopt_schema(definition)


def test_functions_in_graphql_cores_form_know_the_whole_schema() -> None:
    schema = core_schema()
    seen = view(schema)
    for text in ("{ find }", "{ by }"):
        assert data(seen, text) == data(schema, text)
    assert data(schema, "{ node { __typename } }") == {"node": {"__typename": "Unseen"}}
    assert data(seen, "{ node { __typename } }") == {"node": None}
    shown = str(data(seen, get_introspection_query()))
    assert "Seen" in shown
    assert "Unseen" not in shown


COSTS = """
type Query { list(first: Int, last: Int @requiresScopes(scopes: "s"), page: Page): [T!]!
    @listSize(slicingArguments: ["first", "last", "page.size"]) one: I }
type T { x: Int }
input Page { size: Int @requiresScopes(scopes: "s")  after: ID }
interface I { all: [T] }
type A implements I { all(first: Int): [T] @listSize(slicingArguments: "first", assumedSize: 50) }
"""


def test_a_size_that_a_caller_does_not_see_is_not_asked_for() -> None:
    schema = adopt_schema(parse_schema(COSTS))
    compile_operation(schema, "{ list(last: 5) { x } }")
    compile_operation(view(schema), "{ list(first: 5) { x } }")
    with pytest.raises(LimitExceededError, match="takes first; give exactly one"):
        compile_operation(view(schema), "{ list { x } }")


def test_a_field_of_an_interface_may_lack_the_size_of_a_type() -> None:
    schema = adopt_schema(parse_schema(COSTS))
    compile_operation(schema, "{ one { all { x } } }", limits=Limits(cost=52))
    with pytest.raises(LimitExceededError, match="may cost 52"):
        compile_operation(schema, "{ one { all { x } } }", limits=Limits(cost=51))
