"""What servers do that call graphql-core's functions: parse, and make middleware, per request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from dataclasses import replace
from functools import partial, wraps
from types import SimpleNamespace, coroutine
from typing import Any
from unittest.mock import AsyncMock

import pytest
from graphql import MiddlewareManager, build_schema, parse
from graphql import execute as graphql_execute
from graphql.pyutils import inspect as graphql_inspect

from trunkline.compiler.document import ChosenOperation
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_chosen
from trunkline.engine import (
    adopt_schema,
    compile_operation,
    execute_sync,
    forget,
    graphql_core,
    run,
    run_sync,
)
from trunkline.engine import execute as engine_execute
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema

TEXT = "{ a { b } }"


def upper(next_: Any, root: Any, info: Any, **arguments: Any) -> Any:
    value = next_(root, info, **arguments)
    return value.upper() if isinstance(value, str) else value


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts that are compiled."""
    texts: list[str] = []

    def counted(chosen: ChosenOperation) -> Operation:
        texts.append(chosen.text)
        return compile_chosen(chosen)

    monkeypatch.setattr(graphql_core, "compile_chosen", counted)
    return texts


def test_a_text_that_is_parsed_anew_is_compiled_once(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: A } type A { b: String }")
    for _ in range(5):
        manager = MiddlewareManager(upper)
        result = execute_sync(schema, parse(TEXT), {"a": {"b": "x"}}, middleware=manager)
        assert result.data == {"a": {"b": "X"}}
    assert compiled == [TEXT]


def test_a_document_that_was_changed_is_another(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: A c: Int } type A { b: String }")
    root = {"a": {"b": "x"}, "c": 1}
    assert execute_sync(schema, parse(TEXT), root).data == {"a": {"b": "x"}}
    changed = replace(parse(TEXT), definitions=parse("{ c }").definitions)
    assert execute_sync(schema, changed, root).data == {"c": 1}
    assert execute_sync(schema, parse(TEXT), root).data == {"a": {"b": "x"}}
    assert len(compiled) == 3


def test_documents_without_a_place_are_told_apart(compiled: list[str]) -> None:
    schema = build_schema("type Query { a: Int b: Int }")
    for text, data in (("{ a }", {"a": 1}), ("{ b }", {"b": 2}), ("{ a }", {"a": 1})):
        document = parse(text, no_location=True)
        assert execute_sync(schema, document, {"a": 1, "b": 2}).data == data
    assert len(compiled) == 2


# -- run_sync, which may be called for schemas whose values alone tell if they are awaited ---------


def adopted(resolve: Any) -> Schema:
    schema = build_schema("type Query { a: Int } type Mutation { a: Int b: Int }")
    for type_ in (schema.query_type, schema.mutation_type):
        for field in type_.fields.values() if type_ else ():
            field.resolve = resolve
    return adopt_schema(schema)


@pytest.mark.parametrize("text", ["{ a b: a }", "mutation { a b }"])
def test_run_sync_runs_what_awaits_nothing(text: str) -> None:
    operation = compile_operation(adopted(lambda _root, _info: 1), text)
    assert operation.is_async  # because a value could be awaited
    assert run_sync(operation, None).data == {"a": 1, "b": 1}


@pytest.mark.parametrize("text", ["{ a b: a }", "mutation { a b }"])
def test_run_sync_raises_if_something_must_be_awaited(text: str) -> None:
    async def resolve(_root: object, _info: object) -> int:
        return 1

    operation = compile_operation(adopted(resolve), text)
    with pytest.raises(TypeError, match="has resolvers or directives to await: use `run`"):
        run_sync(operation, None)
    assert asyncio.run(run(operation, None)).data == {"a": 1, "b": 1}


def test_run_sync_gives_up_a_mutation_at_the_first_field_that_waits() -> None:
    calls: list[str] = []

    async def later() -> int:
        return 1

    def resolve(_root: object, info: Any) -> Any:
        calls.append(info.field_name)
        return later() if info.field_name == "b" else 1

    operation = compile_operation(adopted(resolve), "mutation { a b c: a }")
    with pytest.raises(TypeError, match="has resolvers or directives to await: use `run`"):
        run_sync(operation, None)
    assert calls == ["a", "b"]


def test_execute_sync_runs_a_mutation_and_says_that_it_waits() -> None:
    schema = adopted(lambda _root, _info: 1).definition
    document = parse("mutation { a b }")
    assert execute_sync(schema, document).data == {"a": 1, "b": 1}
    assert execute_sync(schema, document, check_sync=True).data == {"a": 1, "b": 1}

    async def resolve(_root: object, _info: object) -> int:
        return 1

    waiting = adopted(resolve).definition
    with pytest.raises(RuntimeError, match="failed to complete synchronously"):
        execute_sync(waiting, document, check_sync=True)


def test_a_subscription_is_not_run_as_one_result() -> None:
    async def ticks() -> AsyncIterator[int]:
        yield 1

    definition = build_schema("type Query { a: Int } type Subscription { t: Int }")
    resolvers = SimpleNamespace(
        query=SimpleNamespace(a=lambda: 1), subscription=SimpleNamespace(t=ticks)
    )
    for schema in (make_executable_schema(definition, resolvers), adopt_schema(definition)):
        operation = compile_operation(schema, "subscription { t }")
        with pytest.raises(TypeError, match="use `stream`"):
            run_sync(operation, None)
        with pytest.raises(TypeError, match="use `stream`"):
            asyncio.run(run(operation, None))


# -- what graphql-core takes of values and exceptions ---------------------------------------------


class OwnError(Exception):
    """An exception with a message and extensions of its own."""

    message = "for callers"
    extensions = {"code": "OWN"}  # noqa: RUF012


class CallableObject:
    async def __call__(self, *_arguments: Any) -> int:
        await asyncio.sleep(0)
        return 3


@coroutine
def generated(value: Any) -> Generator[None, None, Any]:
    yield
    return value


def _raise(_root: object, _info: object) -> int:
    raise OwnError("the text")


FORMS = "type Query { a: Int b: Int c: Int cs: [Int!] o: O os: [O!] f: O } type O { c: Int! }"


@pytest.mark.parametrize("text", ["{ a b c }", "{ c }", "{ cs o { c } os { c } }", "{ f { c } }"])
def test_values_and_exceptions_mean_what_they_mean_to_graphql_core(text: str) -> None:
    schema = build_schema(FORMS)
    resolvers = {
        "a": _raise,
        "b": CallableObject(),
        "c": lambda _root, _info: generated(5),
        "cs": lambda _root, _info: generated([1, 2]),
        "o": lambda _root, _info: generated({"c": generated(1)}),
        "os": lambda _root, _info: [generated({"c": 1}), {"c": generated(2)}],
        "f": lambda _root, _info: generated({"c": generated(None)}),
    }
    assert schema.query_type is not None
    for name, resolve in resolvers.items():
        schema.query_type.fields[name].resolve = resolve

    async def ask(execute: Any) -> tuple[Any, Any]:
        result = await execute(schema, parse(text))
        return result.data, [error.formatted for error in result.errors or ()]

    for _ in range(4):
        assert asyncio.run(ask(engine_execute)) == asyncio.run(ask(graphql_execute))


class GeneratedObject:
    @coroutine
    def __call__(self) -> Generator[None, None, int]:
        yield
        return 3

    method = __call__


@wraps(GeneratedObject().method)
def wrapping() -> Any:
    return generated(3)


@pytest.mark.parametrize(
    "resolver",
    [
        CallableObject(),
        partial(CallableObject()),
        partial(partial(CallableObject()).func),
        CallableObject().__call__,
        AsyncMock(return_value=3),
        GeneratedObject(),
        GeneratedObject().method,
        partial(GeneratedObject().method),
        wrapping,
    ],
)
def test_a_resolver_of_our_own_form_may_be_awaited_whatever_it_is(resolver: Any) -> None:
    query = SimpleNamespace(a=resolver, b=lambda: 1)
    definition = build_schema("type Query { a: Int b: Int } type Mutation { a: Int b: Int }")
    schema = make_executable_schema(definition, SimpleNamespace(query=query, mutation=query))
    for text in ("{ a b }", "{ a }", "mutation { b a }"):
        operation = compile_operation(schema, text)
        assert operation.is_async
        assert asyncio.run(run(operation, None)).data in ({"a": 3, "b": 1}, {"a": 3})


def test_a_resolver_that_is_replaced_is_seen_after_forget() -> None:
    schema = build_schema("type Query { a: Int }")
    assert schema.query_type is not None
    field = schema.query_type.fields["a"]
    for number in range(3):
        field.resolve = lambda _root, _info, number=number: number
        forget(schema)
        assert execute_sync(schema, parse("{ a }")).data == {"a": number}
    forget(build_schema("type Query { a: Int }"))  # nothing to forget


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": [-float("inf")]}])
def test_a_number_that_json_lacks_is_an_error(value: Any) -> None:
    schema = build_schema("scalar Any type Query { a: Any b: Int }")
    assert schema.query_type is not None
    schema.query_type.fields["a"].resolve = lambda _root, _info: value
    for _ in range(4):
        result = execute_sync(schema, parse("{ a b }"))
        assert result.data == {"a": None, "b": None}
        assert [error.message[:30] for error in result.errors or ()] == [
            "Any cannot represent value: " + graphql_inspect(value)[:2]
        ]
