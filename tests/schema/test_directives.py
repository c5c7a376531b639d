"""Directives that Trunkline knows itself, and a schema need not define."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, print_schema

from trunkline.errors import SchemaError
from trunkline.schema import directives
from trunkline.schema.directives import KNOWN_DIRECTIVES, KnownDirective, arguments_of
from trunkline.schema.load import load_schema, parse_schema

SDL = """
type Query { todo(todoID: ID! @field(name: "identity")): Todo }
type Todo { title: String! @field(resolver: true, batch: null)  text: String }
extend type Todo @model(class: "shop.models:Todo")
enum Color @model(class: "shop.models:Color") { RED @field(name: "CRIMSON") }
input TodoInput { title: String @field(omittable: true) }
scalar Money @model(class: "decimal:Decimal")
"""


def test_they_need_no_definition() -> None:
    assert told(parse_schema(SDL)) == {
        "Todo": {"class": "shop.models:Todo"},
        "Todo.text": None,
        "Todo.title": {"resolver": True, "batch": None},
        "Query.todo(todoID:)": {"name": "identity"},
        "Color.RED": {"name": "CRIMSON"},
        "TodoInput.title": {"omittable": True},
    }


def told(schema: GraphQLSchema) -> dict[str, Any]:
    types: dict[str, Any] = dict(schema.type_map)
    todo = types["Todo"]
    assert schema.query_type
    return {
        "Todo": arguments_of("model", todo),
        "Todo.text": arguments_of("field", todo.fields["text"]),
        "Todo.title": arguments_of("field", todo.fields["title"]),
        "Query.todo(todoID:)": arguments_of(
            "field", schema.query_type.fields["todo"].args["todoID"]
        ),
        "Color.RED": arguments_of("field", types["Color"].values["RED"]),
        "TodoInput.title": arguments_of("field", types["TodoInput"].fields["title"]),
    }


def test_callers_are_not_told_of_what_only_a_generator_reads() -> None:
    assert "directive" not in print_schema(parse_schema(SDL))


def test_one_of_which_callers_should_know_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {**KNOWN_DIRECTIVES, "secret": KnownDirective("directive @secret on FIELD_DEFINITION")}
    monkeypatch.setattr(directives, "KNOWN_DIRECTIVES", known)
    path = tmp_path / "s.graphql"
    path.write_text("type Query { a: Int @secret @field(name: 'b') }".replace("'", '"'))
    for _ in ("from the text", "from what was saved of it"):
        shown = print_schema(load_schema(path, saved=tmp_path / "saved"))
        assert shown.startswith("directive @secret on FIELD_DEFINITION")
        assert "@field" not in shown
    assert "@secret" not in print_schema(parse_schema("type Query { a: Int }"))


def test_what_was_saved_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "s.graphql"
    path.write_text(SDL, encoding="utf-8")
    first, second = (load_schema(path, saved=tmp_path / "saved") for _ in range(2))
    assert told(first) == told(second)
    assert print_schema(first) == print_schema(second)


def test_a_schemas_own_definition_stays() -> None:
    own = 'directive @model("The class" class: String!) on OBJECT'
    shown = print_schema(parse_schema(own + ' type Query @model(class: "a:B") { a: Int }'))
    assert '"""The class"""' in shown
    with pytest.raises(SchemaError, match="'@model' may not be used on enum"):
        parse_schema(own + ' type Query { a: A } enum A @model(class: "a:B") { A }')


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        (
            "directive @model(class: String) on OBJECT type Query { a: Int }",
            (
                "s.graphql:1:1: '@model' is a directive of Trunkline, but is defined differently:"
                " directive @model(class: String!)"
                " on OBJECT | INPUT_OBJECT | ENUM | INTERFACE | UNION | SCALAR."
                " Remove this definition, or give your directive another name."
            ),
        ),
        (
            "type Query @model(class: 1) { a: Int }",
            (
                "s.graphql:1:26: Argument '@model(class:)' has invalid value:"
                " String cannot represent a non string value: 1"
            ),
        ),
        (
            "type Query @model { a: Int }",
            (
                "s.graphql:1:12: Argument '@model(class:)' of type 'String!' is required,"
                " but it was not provided."
            ),
        ),
        (
            'type Query { a: Int @field(nam: "b") }',
            "s.graphql:1:28: Unknown argument 'nam' on directive '@field'. Did you mean 'name'?",
        ),
        (
            'type Query @field(name: "b") { a: Int }',
            "s.graphql:1:12: Directive '@field' may not be used on object.",
        ),
        ("type Query { a: Int @fields }", "s.graphql:1:21: Unknown directive '@fields'."),
    ],
)
def test_a_mistake_is_told_with_its_place(sdl: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schema(sdl, "s.graphql")
    assert str(caught.value) == message


def test_every_definition_stands_by_itself() -> None:
    for known in KNOWN_DIRECTIVES.values():
        assert parse_schema(known.sdl + " type Query { a: Int }")
