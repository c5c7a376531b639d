"""Directives of the schema as functions that values go through on their way in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError

from trunkline import engine
from trunkline.engine import compile_operation
from trunkline.errors import SchemaError, VariablesError
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
directive @length(max: Int!) on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
directive @trim on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
directive @either(of: [String!]!) on INPUT_OBJECT
directive @loud on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION

type Query {
  say(text: String @trim @length(max: 3), tag: String = "default" @loud): String
  tell(note: Note, notes: [[Note]]): String
  read(filter: Filter): String
  things: [Thing!]!
}
interface Spoken { said(text: String @length(max: 3)): String }
type Thing implements Spoken { said(text: String @trim): String  batched(text: String @trim): Int }
input Note { title: String! @trim @length(max: 3)  body: String @loud  sub: Note  subs: [Note!] }
input Filter @either(of: ["a", "b"]) { a: Int  b: Int  note: Note }
"""


@dataclass
class Filter:
    a: int | None = None
    b: int | None = None
    note: Any = None


class Query:
    def say(self, text: str | None = "(nothing)", tag: str = "") -> str:
        return f"{text} {tag}"

    def tell(self, note: Any = None, notes: Any = None) -> str:
        return json.dumps([note, notes])

    def read(self, filter: Filter | None = None) -> str:  # noqa: A002
        return str(filter)

    def things(self) -> list[int]:
        return [1, 2]


class ThingResolvers:
    def said(self, _thing: int, text: str = "") -> str:
        return text

    @batch
    def batched(self, things: list[int], text: str = "") -> list[int]:
        return [thing + len(text) for thing in things]


class Directives:
    def length(self, value: str, *, max: int) -> str:  # noqa: A002
        if len(value) > max:
            raise GraphQLError(f"At most {max}.", extensions={"code": "TOO_LONG"})
        return value

    def trim(self, value: str) -> str:
        return value.strip()

    def either(self, value: Any, *, of: list[str]) -> Any:
        if sum(getattr(value, name) is not None for name in of) != 1:
            raise GraphQLError(f"Either {' or '.join(of)}.")
        return value

    def loud(self, proceed: Any) -> Any:
        return str(proceed()).upper()


def schema_of(sdl: str = SDL, directives: Any = None, **options: Any) -> Schema:
    resolvers = SimpleNamespace(query=Query(), thing=ThingResolvers())
    models: dict[str, type] = {"Filter": Filter}
    return make_executable_schema(
        parse_schema(sdl), resolvers, models, directives=directives or Directives(), **options
    )


SCHEMA = schema_of()


async def run(text: str, variables: Any = None) -> Any:
    result = await engine.run(compile_operation(SCHEMA, text), variables)
    assert result.errors == []
    assert result.data is not None
    return result.data


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ('{ say(text: "  a  ") }', {}, "a DEFAULT"),
        ('{ say(text: " abc ", tag: "x") }', {}, "abc X"),  # from left to right
        ("query ($t: String) { say(text: $t) }", {"t": " b "}, "b DEFAULT"),
        ("query ($t: String) { say(text: $t) }", {"t": None}, "None DEFAULT"),  # null is no value
        ("query ($t: String) { say(text: $t) }", {}, "(nothing) DEFAULT"),
        ("{ say }", {}, "(nothing) DEFAULT"),
        ("{ say(tag: null) }", {}, "(nothing) None"),
    ],
)  # fmt: skip
async def test_arguments_go_through_theirs(text: str, variables: Any, expected: str) -> None:
    assert await run(text, variables) == {"say": expected}


async def test_arguments_of_interfaces_and_of_batches_too() -> None:
    text = '{ things { said(text: " a ") batched(text: " bc ") } }'
    things = [{"said": "a", "batched": 3}, {"said": "a", "batched": 4}]
    assert await run(text) == {"things": things}
    result = await engine.run(compile_operation(SCHEMA, '{ things { said(text: "abcd") } }'), None)
    assert [error.path for error in result.errors] == [["things", n, "said"] for n in range(2)]


@pytest.mark.parametrize("form", ["as a variable", "in the document"])
async def test_input_fields_go_through_theirs(form: str) -> None:
    note = {"title": " t ", "body": "b", "sub": {"title": "s "}, "subs": [{"title": " u"}]}
    if form == "as a variable":
        found = await run("query ($n: Note) { tell(note: $n) }", {"n": note})
    else:
        literal = '{title: " t ", body: "b", sub: {title: "s "}, subs: [{title: " u"}]}'
        found = await run(f"{{ tell(note: {literal}) }}")
    trimmed = {"title": "t", "body": "B", "sub": {"title": "s"}, "subs": [{"title": "u"}]}
    assert json.loads(found["tell"]) == [trimmed, None]


@pytest.mark.parametrize(
    ("variables", "place", "message"),
    [
        ({"note": {"title": "long"}}, "'$note' has invalid value at .title", "At most 3."),
        ({"note": {"title": "t", "sub": {"title": "long"}}},
         "'$note' has invalid value at .sub.title", "At most 3."),
        ({"note": {"title": "t", "subs": [{"title": "t"}, {"title": "long"}, {"title": "t"}]}},
         "'$note' has invalid value at .subs[1].title", "At most 3."),
        ({"notes": [[], [None, {"title": "t"}], [{"title": "t"}, {"title": "long"}]]},
         "'$notes' has invalid value at [2][1].title", "At most 3."),
        ({"notes": [[{"title": "long"}]]}, "'$notes' has invalid value at [0][0].title",
         "At most 3."),
        ({"filter": {}}, "'$filter' has invalid value", "Either a or b."),
        ({"filter": {"a": 1, "note": {"title": "long"}}},
         "'$filter' has invalid value at .note.title", "At most 3."),
    ],
)  # fmt: skip
async def test_a_variable_that_is_refused_refuses_the_request(
    variables: dict[str, Any], place: str, message: str
) -> None:
    text = """query ($note: Note, $notes: [[Note]], $filter: Filter) {
        tell(note: $note, notes: $notes) read(filter: $filter) }"""
    with pytest.raises(VariablesError) as caught:
        engine.run_sync(compile_operation(SCHEMA, text), variables)
    [error] = caught.value.errors
    assert error.message == f"Variable {place}: {message}"
    assert error.path is None
    assert error.locations
    assert error.extensions == ({"code": "TOO_LONG"} if "3" in message else {})


@pytest.mark.parametrize(
    ("default", "place"),
    [
        ('{title: "long"}', ".title"),
        ('{title: "t", subs: [{title: "t"}, {title: "t", sub: {title: "long"}}]}',
         ".subs[1].sub.title"),
    ],
)  # fmt: skip
async def test_a_variables_default_is_refused_with_its_place(default: str, place: str) -> None:
    operation = compile_operation(SCHEMA, f"query ($n: Note = {default}) {{ tell(note: $n) }}")
    with pytest.raises(VariablesError) as caught:
        engine.run_sync(operation, None)
    [error] = caught.value.errors
    assert error.message == f"Variable '$n' has invalid value at {place}: At most 3."


@pytest.mark.parametrize(
    ("text", "variables", "path"),
    [
        ('{ ok: say  say(text: "long") }', {}, "say"),
        ("query ($t: String) { ok: say  say(text: $t) }", {"t": "long"}, "say"),
        ('{ ok: say  tell(note: {title: "long"}) }', {}, "tell"),
        ("query ($t: String!) { ok: say  tell(note: {title: $t}) }", {"t": "long"}, "tell"),
        ('{ ok: say  tell(note: {title: "t", subs: [{title: "long"}]}) }', {}, "tell"),
    ],
)  # fmt: skip
async def test_what_stands_in_the_document_is_refused_at_the_field(
    text: str, variables: dict[str, Any], path: str
) -> None:
    result = engine.run_sync(compile_operation(SCHEMA, text), variables)
    assert result.data == {"ok": "(nothing) DEFAULT", path: None}
    [error] = result.errors
    assert (error.message, error.path) == ("At most 3.", [path])
    assert error.extensions == {"code": "TOO_LONG"}


async def test_values_are_seen_to_before_what_is_around_the_field() -> None:
    sdl = """
    directive @a on FIELD_DEFINITION directive @b on ARGUMENT_DEFINITION
    type Query { say(text: String @b): String @a }
    """
    order: list[str] = []

    class Ordered:
        def a(self, proceed: Any) -> Any:
            order.append("around")
            return proceed()

        def b(self, value: str) -> str:
            order.append("value")
            return value

    groups = SimpleNamespace(query=SimpleNamespace(say=lambda text: text))
    schema = make_executable_schema(
        parse_schema(sdl.replace("String @b", "String! @b")), groups, directives=Ordered()
    )
    assert engine.run_sync(compile_operation(schema, '{ say(text: "x") }'), None).data == {
        "say": "x"
    }
    assert order == ["value", "around"]


class Broken(Directives):
    def length(self, value: str, *, max: int) -> str:  # noqa: A002
        raise LookupError(value, max)


async def test_what_breaks_is_not_told_to_the_caller() -> None:
    schema = schema_of(directives=Broken())
    operation = compile_operation(schema, "query ($n: Note) { tell(note: $n) }")
    with pytest.raises(VariablesError) as caught:
        engine.run_sync(operation, {"n": {"title": "secret"}})
    assert caught.value.errors[0].message == "Variable '$n' has a value that Note does not accept."
    assert isinstance(caught.value.__cause__, LookupError)


class Asynchronous(Directives):
    async def trim(self, value: str) -> str:  # type: ignore[override]
        return value

    async def loud(self, proceed: Any) -> Any:
        return await proceed()


class NoValue(Directives):
    def trim(self) -> str:  # type: ignore[override]
        return ""


class WantsContext(Directives):
    def trim(self, value: str, context: object) -> str:  # type: ignore[override]
        return f"{value}{context}"


@pytest.mark.parametrize(
    ("directives", "messages"),
    [
        (Asynchronous(), {
            "@trim": "is awaited, but values that come in are not. Make it a"
                     " 'def'.",
            "@loud": "is awaited, but values that come in are not. Make it a"
                     " 'def'."}),
        (NoValue(), {"@trim": "lacks a first parameter, for 'value'."}),
        (WantsContext(), {"@trim": "takes 'context', which is not known for a value that"
                                   " comes in."}),
    ],
)  # fmt: skip
def test_a_function_that_cannot_be_one_for_values_is_told(
    directives: Any, messages: dict[str, str]
) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(directives=directives)
    told = {line.partition(":")[0]: line for line in str(caught.value).splitlines()}
    assert told.keys() == messages.keys()
    for name, message in messages.items():
        assert told[name].endswith(message)
        assert __file__ in told[name]
