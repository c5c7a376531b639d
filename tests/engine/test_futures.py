"""Futures that resolvers return: each costs a callback, and means what it means if awaited."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import graphql
import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, parse

from trunkline import engine

SDL = """
type Query { items: [Item], all: [Item!], numbers: [Int!], good: Int, bad: Bad }
type Item { id: Int, item: Item, task: String, place: Int }
type Bad { shared: Int, fails: Int! }
"""
Resolve = Callable[..., Any]
PLACE: contextvars.ContextVar[int] = contextvars.ContextVar("PLACE", default=0)


def schema_of(**resolvers: Resolve) -> GraphQLSchema:
    schema = build_schema(SDL)
    for type_name in ("Query", "Item", "Bad"):
        for name, field in schema.type_map[type_name].fields.items():  # type: ignore[attr-defined]
            field.resolve = resolvers.get(name)
    return schema


async def ask(schema: GraphQLSchema, text: str, execute: Any = engine.execute) -> ExecutionResult:
    result: Any = execute(schema, parse(text))
    return result if isinstance(result, ExecutionResult) else await result


def soon(value: Any, turns: int = 1) -> asyncio.Future[Any]:
    """Return a future that gets its value, or its exception, after some turns of the loop."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def step(left: int) -> None:
        if left:
            loop.call_soon(step, left - 1)
        elif future.done():
            pass
        elif isinstance(value, BaseException):
            future.set_exception(value)
        else:
            future.set_result(value)

    step(turns)
    return future


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


@pytest.mark.parametrize(
    "values",
    [
        lambda: [soon({"id": number}, number % 4) for number in range(20)],
        lambda: [asyncio.ensure_future(later({"id": number})) for number in range(5)],
        lambda: [soon(None), soon({"id": 1}), {"id": 2}, later({"id": 3}), soon({"id": soon(4)})],
        lambda: [soon(ValueError("no")), soon({"id": ValueError("inner")}, 3), soon("x")],
        lambda: soon([soon({"id": 1}), soon({"item": soon({"id": soon(2, 2)}, 2)}, 2)], 2),
        lambda: [soon({"item": soon({"item": {"id": soon("bad")}})})] * 2,
    ],
)
@pytest.mark.parametrize("field", ["items", "all"])
async def test_the_response_is_graphql_cores(values: Callable[[], Any], field: str) -> None:
    schema = schema_of(**{field: lambda *_: values()})
    text = "{ " + field + " { id item { id item { id } } } }"
    for _ in range(4):  # both texts
        ours, theirs = [await ask(schema, text, run) for run in (engine.execute, graphql.execute)]
        assert ours.data == theirs.data
        assert sorted(map(str, ours.errors or ())) == sorted(map(str, theirs.errors or ()))


async def test_keys_of_one_turn_are_one_batch_at_every_level() -> None:
    batches: list[list[int]] = []
    queue: dict[int, asyncio.Future[Any]] = {}

    def dispatch() -> None:
        batches.append(sorted(queue))
        for key, future in queue.items():
            future.set_result({"id": key})
        queue.clear()

    def load(key: int) -> asyncio.Future[Any]:
        if not queue:
            asyncio.get_running_loop().call_soon(dispatch)
        return queue.setdefault(key, asyncio.get_running_loop().create_future())

    schema = schema_of(
        items=lambda *_: [load(number) for number in range(3)],
        item=lambda parent, _info: load(parent["id"] + 10),
    )
    result = await ask(schema, "{ items { item { item { id } } } }")
    assert [each["item"]["item"]["id"] for each in result.data["items"]] == [20, 21, 22]  # type: ignore[index]
    assert batches == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]


async def test_resolvers_below_a_future_have_the_task_and_context_variables_of_their_own() -> None:
    def task(*_: object) -> str:
        current = asyncio.current_task()
        return current.get_name() if current else "none"

    def place(parent: dict[str, int], _info: object) -> int:
        PLACE.set(PLACE.get() + parent["id"])
        return PLACE.get()

    schema = schema_of(
        items=lambda *_: [soon({"id": number}) for number in range(1, 4)], task=task, place=place
    )
    PLACE.set(100)
    result = await asyncio.create_task(ask(schema, "{ items { task place } }"), name="request")
    assert result.data == {
        "items": [{"task": "request", "place": 100 + number} for number in range(1, 4)]
    }
    assert PLACE.get() == 100


@pytest.mark.parametrize("turns", range(1, 5))
async def test_an_error_does_not_cancel_a_future_that_others_wait_for(turns: int) -> None:
    shared = soon(7, 4)
    schema = schema_of(
        bad=lambda *_: {},
        good=lambda *_: shared,
        shared=lambda *_: shared,
        fails=lambda *_: soon(ValueError("no"), turns),
    )
    result = await ask(schema, "{ bad { shared fails } good }")
    assert result.data == {"bad": None, "good": 7}
    assert [str(error.message) for error in result.errors or ()] == ["no"]


async def test_a_future_that_others_cancel_is_the_error_of_its_field() -> None:
    cancelled, other = soon(1, 10), soon(2, 3)
    asyncio.get_running_loop().call_soon(cancelled.cancel)
    schema = schema_of(items=lambda *_: [cancelled, other], good=lambda *_: soon(3))
    result = await ask(schema, "{ items { __typename } good }")
    assert result.data == {"items": [None, {"__typename": "Item"}], "good": 3}
    assert [error.path for error in result.errors or ()] == [["items", 0]]


@pytest.mark.parametrize("turns", range(4))
async def test_cancelling_the_operation_cancels_the_futures(turns: int) -> None:
    futures = [soon(number, 1_000) for number in range(3)]
    asking = asyncio.create_task(ask(schema_of(numbers=lambda *_: futures), "{ numbers }"))
    for _ in range(turns):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert all(future.cancelled() for future in futures) or turns == 0


async def test_a_future_of_another_loop_is_an_error() -> None:
    other = asyncio.new_event_loop()
    foreign = other.create_future()
    schema = schema_of(items=lambda *_: [foreign, soon({"id": 1})])
    result = await ask(schema, "{ items { id } }")
    other.close()
    assert result.data == {"items": [None, {"id": 1}]}
    assert "loop" in str(result.errors)


class ProgramEndError(BaseException):
    """Not an error of a resolver."""


@pytest.mark.parametrize("where", ["future", "below"])
async def test_what_is_no_error_of_a_resolver_leaves_the_operation(where: str) -> None:
    def end(*_: object) -> Any:
        raise ProgramEndError

    waiting = soon(1, 1_000)
    value = soon(ProgramEndError()) if where == "future" else soon({})
    schema = schema_of(items=lambda *_: [value], id=end, good=lambda *_: waiting)
    with pytest.raises(ProgramEndError):
        await ask(schema, "{ items { id } good }")
    assert waiting.cancelled()
