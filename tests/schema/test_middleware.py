"""Middlewares around resolvers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import wraps
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.engine import compile_operation, run, run_sync, stream
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Resolver, Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

SDL = """
type Query { now: Int  later(by: Int = 1): Int  promised: Int  things: [Thing!]! }
type Subscription { ticks: Int }
type Thing { name: String  shout(mark: String!): String  size: Int  note: String }
"""

Function = Callable[..., Any]


@dataclass
class Thing:
    name: str = "thing"

    def shout(self, mark: str, context: str) -> str:
        return self.name.upper() + mark + context


class Loud(Thing):
    def shout(self, mark: str, context: str) -> str:
        return super().shout(mark * 2, context)


class Query:
    def now(self) -> int:
        return 1

    async def later(self, by: int) -> int:
        await asyncio.sleep(0)
        return 1 + by

    def promised(self) -> asyncio.Future[int]:
        future = asyncio.get_running_loop().create_future()
        future.set_result(3)
        return future

    def things(self) -> list[Thing]:
        return [Thing(), Loud("loud")]


class ThingResolvers:
    @batch
    async def size(self, things: list[Thing]) -> list[int]:
        return [len(thing.name) for thing in things]

    @batch
    def note(self, things: list[Thing]) -> list[str]:
        return [f"{len(things)} in all" for _ in things]


class Subscription:
    async def ticks(self) -> AsyncIterator[int]:
        yield 1
        yield 2


def schema_of(*middlewares: Any) -> Schema:
    resolvers = SimpleNamespace(query=Query(), thing=ThingResolvers(), subscription=Subscription())
    return make_executable_schema(
        parse_schema(SDL), resolvers, {"Thing": Thing}, middlewares=middlewares
    )


EVERYTHING = '{ now later(by: 2) promised things { name shout(mark: "!") size note } }'
ANSWER = {
    "now": 1,
    "later": 3,
    "promised": 3,
    "things": [
        {"name": "thing", "shout": "THING!C", "size": 5, "note": "2 in all"},
        {"name": "loud", "shout": "LOUD!!C", "size": 4, "note": "2 in all"},
    ],
}


async def answer(schema: Schema, text: str = EVERYTHING) -> Any:
    result = await run(compile_operation(schema, text), None, "C")
    assert result.errors == []
    return result.data


class Log:
    """Middlewares that note what they see."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def same(self, coordinate: str, resolver: Function) -> Function:
        self.lines.append(coordinate)
        return resolver

    def plain(self, coordinate: str, resolver: Function) -> Function:
        @wraps(resolver)
        def noted(*parents: Any, **arguments: Any) -> Any:
            self.lines.append(f"{coordinate} {sorted(arguments)}")
            return resolver(*parents, **arguments)

        return noted

    def awaiting(self, coordinate: str, resolver: Function) -> Function:
        """Awaits, whatever it wraps."""

        @wraps(resolver)
        async def noted(*parents: Any, **arguments: Any) -> Any:
            value = resolver(*parents, **arguments)
            value = await value if hasattr(value, "__await__") else value
            self.lines.append(f"{coordinate} done")
            return value

        return noted

    def bare(self, _coordinate: str, resolver: Function) -> Function:
        """Copies nothing of what it wraps."""

        def bare(*parents: Any, **arguments: Any) -> Any:
            return resolver(*parents, **arguments)

        return bare


async def test_a_middleware_is_asked_once_for_every_resolver() -> None:
    log = Log()
    schema = schema_of(log.same)
    everything = [
        "Query.now", "Query.later", "Query.promised", "Query.things", "Subscription.ticks",
        "Thing.shout", "Thing.size", "Thing.note",
    ]  # fmt: skip
    assert sorted(log.lines) == sorted(everything)
    assert await answer(schema) == ANSWER
    assert len(log.lines) == len(everything)


def test_one_that_returns_the_resolver_leaves_no_trace() -> None:
    plain, given = schema_of(), schema_of(Log().same)
    texts = [compile_operation(schema, EVERYTHING).source for schema in (plain, given)]
    assert texts[0] == texts[1]
    assert ".shout(" in texts[0]
    binding = given.bindings["Query.now"]
    assert isinstance(binding, Resolver)
    assert binding.function.__name__ == "now"


@pytest.mark.parametrize("name", ["plain", "awaiting", "bare"])
async def test_the_answer_stays_the_same(name: str) -> None:
    log = Log()
    assert await answer(schema_of(getattr(log, name))) == ANSWER


async def test_it_is_called_with_what_the_resolver_takes() -> None:
    log = Log()
    await answer(schema_of(log.plain))
    assert sorted(log.lines) == [
        "Query.later ['by']", "Query.now []", "Query.promised []", "Query.things []",
        "Thing.note []", "Thing.shout ['context', 'mark']", "Thing.shout ['context', 'mark']",
        "Thing.size []",
    ]  # fmt: skip


async def test_an_awaiting_one_makes_a_plain_resolver_awaited() -> None:
    log = Log()
    schema = schema_of(log.awaiting)
    operation = compile_operation(schema, "{ now }")
    assert operation.is_async
    assert (await run(operation, None)).data == {"now": 1}
    assert log.lines == ["Query.now done"]


async def test_the_first_is_outermost() -> None:
    def tagged(tag: str) -> Any:
        def middleware(_coordinate: str, resolver: Function) -> Function:
            @wraps(resolver)
            def call(*parents: Any, **arguments: Any) -> Any:
                order.append(tag)
                return resolver(*parents, **arguments)

            return call

        return middleware

    order: list[str] = []
    await answer(schema_of(tagged("first"), tagged("second")), "{ now }")
    assert order == ["first", "second"]


def test_it_may_answer_in_the_resolvers_place() -> None:
    def closed(coordinate: str, resolver: Function) -> Function:
        return (lambda: 99) if coordinate == "Query.now" else resolver

    operation = compile_operation(schema_of(closed), "{ now }")
    assert run_sync(operation, None).data == {"now": 99}


@pytest.mark.parametrize("name", ["plain", "bare", "same"])
async def test_the_source_of_a_subscription_can_be_wrapped(name: str) -> None:
    operation = compile_operation(schema_of(getattr(Log(), name)), "subscription { ticks }")
    events = [result.data async for result in stream(operation, None)]
    assert events == [{"ticks": 1}, {"ticks": 2}]


def returns_nothing(_coordinate: str, _resolver: Function) -> None:
    """Forget to return."""


async def awaited(_coordinate: str, resolver: Function) -> Function:
    return resolver


@pytest.mark.parametrize("middleware", [returns_nothing, awaited])
def test_one_that_returns_no_function_is_told_at_start(middleware: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(middleware)
    message = str(caught.value)
    place = rf"Query.now: the middleware {middleware.__name__} ("
    assert place in message
    assert "which cannot be called. It must return the resolver that it was given" in message
    assert "Thing.shout: the middleware" in message  # all of them at once
