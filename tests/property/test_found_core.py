"""What graphql-core's own tests and random examples have found in `trunkline.engine.execute`.

Where graphql-core is the measure, `check` asks it for the answer.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import warnings
import weakref
from collections.abc import AsyncIterator, Callable
from typing import Any

import graphql
import pytest
from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLDefaultInput,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    build_schema,
    extend_schema,
    parse,
)

from trunkline.engine import execute, execute_sync


def _text(result: ExecutionResult) -> tuple[str, list[Any]]:
    return json.dumps(result.data), [dict(error.formatted) for error in result.errors or ()]


def check(
    schema: GraphQLSchema, text: str, root: object = None, variables: dict[str, Any] | None = None
) -> Any:
    """Compare the answers of both engines; return the data."""
    ours, theirs = (
        execute_sync(schema, parse(text), root, variable_values=variables),
        graphql.execute_sync(schema, parse(text), root, variable_values=variables),
    )
    assert _text(ours) == _text(theirs)
    return ours.data


# -- the schema ---------------------------------------------------------------------------------


def test_a_schema_that_is_none_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="Expected None to be a GraphQL schema"):
        execute(None, parse("{ a }"))  # type: ignore[arg-type]


def test_an_executed_schema_may_be_extended() -> None:
    schema, document = (
        build_schema("type Query { a: Int }"),
        parse("{ __schema { types { name } } a }"),
    )
    execute_sync(schema, document, {"a": 1})
    extended = extend_schema(schema, parse("extend type Query { b: New } type New { c: Int }"))
    known = execute_sync(extended, document, {"a": 1}).data
    assert known is not None
    assert "New" in [type_["name"] for type_ in known["__schema"]["types"]]
    assert check(extended, "{ a b { c } }", {"a": 1, "b": {"c": 2}}) == {"a": 1, "b": {"c": 2}}


def test_an_executed_schema_may_be_copied_and_pickled() -> None:
    schema = build_schema("type Query { a: Int }")
    execute_sync(schema, parse("{ a }"), {"a": 1})
    assert schema.extensions == {}
    for same in (copy.copy(schema), copy.deepcopy(schema), pickle.loads(pickle.dumps(schema))):  # noqa: S301
        assert check(same, "{ a }", {"a": 2}) == {"a": 2}


def test_functions_that_are_new_each_time_do_not_fill_the_memory() -> None:
    schema, document = build_schema("type Query { a: Int }"), parse("{ a }")
    resolvers = [lambda _parent, _info: 1 for _ in range(150)]
    remembered = [weakref.ref(resolver) for resolver in resolvers]
    while resolvers:
        execute_sync(schema, document, field_resolver=resolvers.pop(0))
    gc.collect()
    assert sum(reference() is not None for reference in remembered) <= 101


# -- documents that nobody validated ------------------------------------------------------------

UNDECLARED = (
    "type Query { a(x: Int): String, b(x: Int!): String, c(x: [Int], i: I): Int, d(x: Any): Int }"
)


@pytest.mark.parametrize(
    "text", ["{ a(x: $v) }", "{ b(x: $v) }", "{ c(x: [$v], i: {x: $v}) }", "{ d(x: {v: $v}) }"]
)
def test_a_variable_that_is_not_declared_is_absent(text: str) -> None:
    schema = build_schema(UNDECLARED + " input I { x: Int = 3 } scalar Any")
    root = {name: lambda _info, **given: json.dumps(given) for name in "ab"}
    check(schema, text, root | {"c": lambda _info, **given: len(str(given)), "d": 1})


# -- defaults -----------------------------------------------------------------------------------


def test_a_default_within_a_default_that_does_not_fit_is_told_as_graphql_core_tells_it() -> None:
    wrong = GraphQLInputField(GraphQLString, default=GraphQLDefaultInput(value=123))
    input_type = GraphQLInputObjectType("I", {"x": wrong})
    argument = GraphQLArgument(input_type, default=GraphQLDefaultInput(value={}))
    query = GraphQLObjectType("Query", {"a": GraphQLField(GraphQLString, {"i": argument})})
    check(GraphQLSchema(query, assume_valid=True), "{ a }", {"a": "text"})


# -- abstract types -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_the_type_of_null_is_not_asked(kind: str) -> None:
    schema = build_schema(
        "interface Node { id: ID } type T implements Node { id: ID }"
        " type Query { node: Node! } type Mutation { node: Node! }"
    )
    check(schema, f"{kind} {{ node {{ id }} }}", {"node": lambda _info: None})


async def item() -> int:
    return 1


async def broken_off() -> AsyncIterator[Any]:
    yield item()
    yield item()
    raise ValueError("no more")


LISTS: dict[str, Callable[[], Any]] = {
    "null": lambda: [item(), None, item(), item()],
    "an error": lambda: (ValueError("no"), item(), item()),
    "not a number": lambda: [item(), "x", item()],
    "asynchronous": broken_off,
    "in a list": lambda: [[item(), None, item()], [item()]],
}


@pytest.mark.parametrize("name", LISTS)
def test_coroutines_of_a_list_that_fails_are_closed(name: str) -> None:
    type_ = "[[Int!]]" if name == "in a list" else "[Int!]"
    schema = build_schema(f"type Query {{ list: {type_}, other: Int }}")
    query: Any = schema.query_type
    query.fields["list"].resolve = lambda *_: LISTS[name]()
    query.fields["other"].resolve = lambda *_: item()

    async def ask() -> Any:
        return await execute(schema, parse("{ list other }"))  # type: ignore[misc]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(4):
            result = asyncio.run(ask())
            assert result.data["other"] == 1
            assert result.errors
        del result
        gc.collect()
    assert [str(each.message) for each in caught] == []


@pytest.mark.parametrize(
    "directives", ["@include(if: $null) @skip(if: true)", "@include(if: $null) @skip(if: $yes)"]
)
def test_what_is_skipped_needs_no_value_of_include(directives: str) -> None:
    schema = build_schema("type Query { a: Int, b: Int }")
    text = "query($null: Boolean = true, $yes: Boolean!) { a %s b @skip(if: $yes) b }"
    check(schema, text % directives, {"a": 1, "b": 2}, {"null": None, "yes": True})
    check(schema, text % "@include(if: $null)", {"a": 1, "b": 2}, {"null": None, "yes": True})
