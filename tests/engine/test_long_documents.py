"""``engine.execute`` compiles long documents in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

import graphql
import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, parse
from tests.waiting import until

from trunkline import engine
from trunkline.compiler import operation
from trunkline.engine import Limits, graphql_core
from trunkline.text.loading import compile_module

SDL = "type Query { count(of: Int): Int } type Subscription { tick: Int }"
LONG = "query Here { " + " ".join(f"a{number}: count" for number in range(400)) + " }"
TICKS = "subscription Here { " + " ".join(["tick"] * 500) + " }"


def schema() -> GraphQLSchema:
    async def ticks(*_: object) -> AsyncIterator[Any]:
        yield {"tick": 1}
        yield {"tick": 2}

    built = build_schema(SDL)
    built.type_map["Query"].fields["count"].resolve = lambda *_, of=None: 7 if of is None else of  # type: ignore[attr-defined]
    built.type_map["Subscription"].fields["tick"].subscribe = ticks  # type: ignore[attr-defined]
    return built


@pytest.fixture(name="compiled")
def _compiled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note for each text that is compiled whether that was beside the test's thread."""
    compiled: list[bool] = []
    own = threading.current_thread()

    def load(name: str, source: str) -> Any:
        if "Here" in name:  # a thread may still compile what earlier tests asked for
            compiled.append(threading.current_thread() is not own)
        return compile_module(name, source)

    monkeypatch.setattr(operation, "compile_module", load)
    return compiled


async def test_a_long_document_is_compiled_in_a_thread_and_once(compiled: list[bool]) -> None:
    its, document = schema(), parse(LONG)
    begun: Any = [engine.execute(its, document) for _ in range(3)]
    assert all(map(isawaitable, begun))
    results = await asyncio.gather(*begun)
    assert [result.data["a399"] for result in results] == [7, 7, 7]
    assert compiled == [True]
    result: Any = engine.execute(its, document)
    assert result.data == results[0].data


async def test_the_text_of_many_executions_is_compiled_there_too(
    compiled: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_WIDE_RUNS", 2)
    its, document = schema(), parse(LONG)
    results = []
    for _ in range(5):
        result: Any = engine.execute(its, document)
        results.append(await result if isawaitable(result) else result)
    until(lambda: len(compiled) == 2, "the second text is not compiled")
    assert all(compiled)
    assert {result.data["a1"] for result in results} == {7}


@pytest.mark.parametrize(
    ("text", "limits", "named"),
    [
        (LONG, Limits(fields=100), {}),
        (LONG.replace("Here", "Here($of: Int!)"), None, {"variable_values": {"of": "five"}}),
        (LONG, None, {"operation_name": "Other"}),
    ],
    ids=["limits", "variables", "operation"],
)
async def test_mistakes_of_a_long_document_are_in_the_result(
    text: str, limits: Limits | None, named: dict[str, Any]
) -> None:
    result: Any = engine.execute(schema(), parse(text), limits=limits, **named)
    result = await result
    assert result.data is None
    assert len(result.errors) == 1
    if limits is None:
        theirs: Any = graphql.execute(schema(), parse(text), **named)
        assert [each.message for each in result.errors] == [each.message for each in theirs.errors]


async def test_a_long_subscription_is_compiled_in_a_thread(compiled: list[bool]) -> None:
    begun: Any = engine.subscribe(schema(), parse(TICKS))
    stream = await begun
    assert [result.data async for result in stream] == [{"tick": 1}, {"tick": 2}]
    assert compiled
    assert all(compiled)


async def test_who_does_not_wait_gets_the_result_at_once(compiled: list[bool]) -> None:
    result = engine.execute_sync(schema(), parse(LONG))
    assert result.data
    short: Any = engine.execute(schema(), parse("query AndHere { count(of: 3) }"))
    assert short.data == {"count": 3}
    assert compiled == [False, False]


def test_without_an_event_loop_nothing_is_awaited(compiled: list[bool]) -> None:
    result = engine.execute(schema(), parse(LONG))
    assert isinstance(result, ExecutionResult)
    assert compiled == [False]


async def test_who_goes_away_does_not_end_what_others_wait_for() -> None:
    its, document = schema(), parse(LONG)
    first, second = (
        asyncio.ensure_future(engine.execute(its, document))  # type: ignore[arg-type]
        for _ in range(2)
    )
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).data
    assert not graphql_core._compilations._running
