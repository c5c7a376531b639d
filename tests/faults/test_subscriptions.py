"""Case 20 of what goes wrong when operations are compiled: subscriptions, in both forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

import graphql
import pytest
from graphql import ExecutionResult, GraphQLError, parse
from tests.faults.test_engine import schema_of

from trunkline import engine
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import Selection, subscribe
from trunkline.errors import RequestError, SchemaError
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

RUNNERS: list[Callable[..., Any]] = [subscribe, graphql.subscribe]
TICK = "subscription ($to: Int!) { tick(to: $to) }"


async def tick(_root: object, _info: object, to: int, **_: Any) -> AsyncIterator[Any]:
    for number in range(to):
        await asyncio.sleep(0)
        yield {"tick": number}


async def stream(run: Callable[..., Any], schema: Any, text: str, **named: Any) -> Any:
    result = run(schema, parse(text), **named)
    return await result if isawaitable(result) else result


def events(run: Callable[..., Any], schema: Any, text: str, **named: Any) -> list[Any]:
    """Return all that a subscription gives, or its refusal."""

    async def collect() -> list[Any]:
        source = await stream(run, schema, text, **named)
        if isinstance(source, ExecutionResult):
            return [_shown(source)]
        return [_shown(result) async for result in source]

    return asyncio.run(collect())


def _shown(result: ExecutionResult) -> Any:
    return json.dumps(result.data), [dict(error.formatted) for error in result.errors or ()]


def check(schema: Any, text: str, **named: Any) -> list[Any]:
    ours, theirs = (events(run, schema, text, **named) for run in RUNNERS)
    assert ours == theirs
    return ours


def test_20_every_event_is_an_answer() -> None:
    schema = schema_of({"Subscription.subscribe_tick": tick})
    got = check(schema, TICK, variable_values={"to": 3})
    assert got == [(f'{{"tick": {number}}}', []) for number in range(3)]


@pytest.mark.parametrize("to", [None, "x"])
def test_20_variables_that_do_not_fit_are_one_answer_with_errors(to: Any) -> None:
    schema = schema_of({"Subscription.subscribe_tick": tick})
    ((data, errors),) = check(schema, TICK, variable_values={"to": to})
    assert data == "null"
    assert len(errors) == 1


async def _fail(*_: object, **_arguments: object) -> AsyncIterator[Any]:
    raise ValueError("no source")


@pytest.mark.parametrize(
    "source",
    [
        _fail,
        lambda *_, **_arguments: ValueError("returned"),
        lambda *_, **_arguments: GraphQLError("in our words"),
        lambda *_, **_arguments: (_ for _ in ()).throw(ValueError("raised")),
    ],
)
def test_20_an_error_of_the_source_is_one_answer(source: Callable[..., Any]) -> None:
    schema = schema_of({"Subscription.subscribe_tick": source})
    ((data, errors),) = check(schema, TICK, variable_values={"to": 1})
    assert data == "null"
    assert [error["path"] for error in errors] == [["tick"]]


def test_20_errors_belong_to_their_event() -> None:
    async def values(*_: object) -> AsyncIterator[Any]:
        for value in (1, None, "?", 4):
            yield {"strict": value}

    got = check(schema_of({"Subscription.subscribe_strict": values}), "subscription { strict }")
    assert [len(errors) for _, errors in got] == [0, 1, 1, 0]
    assert [data for data, _ in got] == ['{"strict": 1}', "null", "null", '{"strict": 4}']


def test_20_an_event_may_await() -> None:
    async def source(*_: object) -> AsyncIterator[Any]:
        yield {"o": {"n": 1}}
        yield {"o": {"n": 2}}

    async def x(parent: Any, _info: object) -> Any:
        await asyncio.sleep(0)
        return parent["n"]

    schema = schema_of({"Subscription.subscribe_o": source, "O.x": x})
    got = check(schema, "subscription { o { x again: x } }")
    assert got == [(f'{{"o": {{"x": {n}, "again": {n}}}}}', []) for n in (1, 2)]


def test_20_a_source_that_breaks_off_raises_after_what_it_gave() -> None:
    async def source(*_: object, **_arguments: object) -> AsyncIterator[Any]:
        yield {"tick": 1}
        raise ValueError("broke off")

    schema = schema_of({"Subscription.subscribe_tick": source})

    async def run(runner: Callable[..., Any]) -> tuple[list[Any], str]:
        found: list[Any] = []
        try:
            async for result in await stream(runner, schema, TICK, variable_values={"to": 1}):
                found.append(_shown(result))  # noqa: PERF401  # what came before counts too
        except ValueError as error:
            return found, str(error)
        return found, ""

    ours, theirs = (asyncio.run(run(runner)) for runner in RUNNERS)
    assert ours == theirs == ([('{"tick": 1}', [])], "broke off")


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_20_a_client_that_goes_away_closes_the_source(
    runner: Callable[..., Any], taken: int
) -> None:
    log: list[str] = []

    async def source(*_: object, **_arguments: object) -> AsyncIterator[Any]:
        try:
            log.append("begin")
            while True:
                yield {"tick": 1}
        finally:
            log.append("closed")

    async def run() -> int:
        schema = schema_of({"Subscription.subscribe_tick": source})
        results = await stream(runner, schema, TICK, variable_values={"to": 1})
        for _ in range(taken):
            await anext(results)
        await results.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert log in ([], ["begin", "closed"])
    if taken:
        assert log == ["begin", "closed"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_20_a_client_that_is_cancelled_closes_the_source(runner: Callable[..., Any]) -> None:
    closed: list[bool] = []

    async def source(*_: object, **_arguments: object) -> AsyncIterator[Any]:
        try:
            yield {"tick": 1}
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def run() -> int:
        schema = schema_of({"Subscription.subscribe_tick": source})
        results = await stream(runner, schema, TICK, variable_values={"to": 1})

        async def consume() -> None:
            async for _ in results:
                pass

        task = asyncio.create_task(consume())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert closed == [True]


@pytest.mark.parametrize("runner", RUNNERS)
def test_20_variables_are_coerced_once(runner: Callable[..., Any]) -> None:
    seen: list[Any] = []
    counted = 0
    schema = schema_of({"Subscription.subscribe_tick": tick})
    scalar: Any = schema.type_map["Int"]
    original = scalar.coerce_input_value

    def counting(value: Any) -> Any:
        nonlocal counted
        counted += 1
        return original(value)

    scalar.coerce_input_value = counting
    try:
        seen = events(runner, schema, TICK, variable_values={"to": 5})
    finally:
        scalar.coerce_input_value = original
    assert len(seen) == 5
    assert counted <= 1  # not at all where the value is an int already


# -- our own form ---------------------------------------------------------------------------------


def own(source: Callable[..., Any]) -> Operation:
    definition = parse_schema("type Query { a: Int } type Subscription { tick(to: Int!): Int! }")
    resolvers = SimpleNamespace(
        query=SimpleNamespace(a=lambda: 1), subscription=SimpleNamespace(tick=source)
    )
    return compile_operation(make_executable_schema(definition, resolvers), TICK)


async def own_tick(to: int) -> AsyncIterator[Any]:
    for number in range(to):
        await asyncio.sleep(0)
        yield None if number == 1 else number


def own_events(operation: Operation, variables: dict[str, Any]) -> list[Any]:
    async def collect() -> list[Any]:
        return [result async for result in engine.stream(operation, variables, None)]

    return asyncio.run(collect())


def test_20_a_generator_is_the_source_and_its_values_are_the_fields() -> None:
    results = own_events(own(own_tick), {"to": 3})
    assert [result.data for result in results] == [{"tick": 0}, None, {"tick": 2}]
    assert [[error.path for error in result.errors] for result in results] == [[], [["tick"]], []]


@pytest.mark.parametrize("to", [None, "x"])
def test_20_what_is_wrong_before_the_stream_starts_is_told_once(to: Any) -> None:
    """Raised, or as the only answer."""
    with suppress(RequestError):
        (result,) = own_events(own(own_tick), {"to": to})
        assert result.data is None
        assert len(result.errors) == 1


@pytest.mark.parametrize("taken", [1, 3])
def test_20_who_goes_away_closes_the_generator(taken: int) -> None:
    closed: list[bool] = []

    async def forever(to: int) -> AsyncIterator[int]:
        try:
            while True:
                yield to
        finally:
            closed.append(True)

    async def run() -> int:
        results = engine.stream(own(forever), {"to": 1}, None)
        for _ in range(taken):
            await anext(results)
        await results.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert closed == [True]


async def _told(context: str, selection: Selection, to: int) -> AsyncIterator[int]:
    assert not list(selection)
    for number in range(to):
        yield len(context) + number


def test_20_a_source_is_told_the_context() -> None:
    async def collect() -> list[Any]:
        return [result.data async for result in engine.stream(own(_told), {"to": 2}, "abc")]

    assert asyncio.run(collect()) == [{"tick": 3}, {"tick": 4}]


class Ticks:
    """An asynchronous iterable that is no generator."""

    def __init__(self, to: int) -> None:
        self.numbers = iter(range(to))

    def __aiter__(self) -> Ticks:
        return self

    async def __anext__(self) -> int:
        try:
            return next(self.numbers)
        except StopIteration:
            raise StopAsyncIteration from None


async def _awaited_ticks(to: int) -> Ticks:
    await asyncio.sleep(0)
    return Ticks(to)


def _any_ticks(to: int) -> Any:
    return Ticks(to)


def _unresolved(to: int) -> NotThereYet:  # type: ignore[name-defined] # noqa: F821
    return Ticks(to)


@pytest.mark.parametrize("source", [Ticks, _awaited_ticks, _any_ticks, _unresolved])
def test_20_whatever_gives_an_asynchronous_iterable_is_a_source(source: Any) -> None:
    results = own_events(own(source), {"to": 2})
    assert [result.data for result in results] == [{"tick": 0}, {"tick": 1}]


async def _one(to: int) -> int:
    return to


def _list(to: int) -> list[int]:
    return [to]


async def _nothing(to: int) -> None: ...


def _generator(to: int) -> Any:
    yield to


@batch
async def _batch(to: int) -> AsyncIterator[int]:
    yield to


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (_one, "returns int. A subscription's resolver must be an asynchronous generator, or"),
        (_list, "returns list. A subscription's resolver must be an asynchronous generator, or"),
        (_nothing, "returns NoneType. A subscription's resolver"),
        (_generator, "is a generator that is not asynchronous. A subscription's resolver"),
        (_batch, "is a batch resolver, but a field of a root type has no parents."),
        (None, "Subscription.tick: has no resolver. Add 'tick' to SimpleNamespace.subscription."),
    ],
)
def test_20_a_resolver_that_gives_no_stream_is_told_at_start(source: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        own(source)
    assert message in str(caught.value)


def test_20_a_model_does_not_stand_for_a_subscriptions_resolver() -> None:
    definition = parse_schema("type Query { a: Int } type Subscription { tick: Int! }")
    resolvers = SimpleNamespace(query=SimpleNamespace(a=lambda: 1))
    with pytest.raises(SchemaError, match=r"Subscription\.tick: has no resolver"):
        make_executable_schema(definition, resolvers, {"Subscription": Ticks})


def test_20_a_generator_is_no_resolver_of_a_query() -> None:
    definition = parse_schema("type Query { ticks: [Int] }")

    async def ticks() -> AsyncIterator[int]:
        yield 1

    with pytest.raises(SchemaError, match="which only fields of the subscription type can have"):
        make_executable_schema(definition, SimpleNamespace(query=SimpleNamespace(ticks=ticks)))


async def consume(operation: Operation, seen: list[Any]) -> None:
    """Listen to the end; what was seen is there also if the end is an exception."""
    async for result in engine.stream(operation, {"to": 1}, None):
        seen.append(result.data)  # noqa: PERF401  # a list would be lost


def test_20_an_exception_in_the_midst_reaches_who_listens() -> None:
    closed: list[bool] = []

    async def breaks(to: int) -> AsyncIterator[int]:
        try:
            yield to
            raise OSError("connection lost")
        finally:
            closed.append(True)

    seen: list[Any] = []
    with pytest.raises(OSError, match="connection lost"):
        asyncio.run(consume(own(breaks), seen))
    assert seen == [{"tick": 1}]
    assert closed == [True]


def test_20_a_deadline_of_who_listens_closes_the_generator() -> None:
    closed: list[bool] = []

    async def waits(to: int) -> AsyncIterator[int]:
        try:
            yield to
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def run() -> None:
        async with asyncio.timeout(0.02):
            await consume(own(waits), seen)

    seen: list[Any] = []
    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert seen == [{"tick": 1}]
    assert closed == [True]
