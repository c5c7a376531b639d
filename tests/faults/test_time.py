"""Cases 13, 14, 17 and 25 of what goes wrong when operations are compiled: what happens when.

Of 13 and 17 only what `make_executable_schema` promises: resolvers that are known to be awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.faults.both import Both, Error, answer

from trunkline import engine
from trunkline.schema.bindings import batch

SDL = """
type Query { a: Int b: Int! c: Int t: T ts: [T!] us: [T]! }
type Mutation { a: Int b: Int! c: Int t: T }
type T { x: Int! y: Int slow: Int t: T batched: Int must: Int! }
"""


class Log:
    """Resolvers that say when they begin and end, after as many turns of the loop as they like."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.running = 0

    def later(self, name: str, value: Any, turns: int = 1) -> Callable[..., Any]:
        async def resolve(*_: object) -> Any:
            self.lines.append(f"begin {name}")
            self.running += 1
            try:
                for _turn in range(turns):
                    await asyncio.sleep(0)
            finally:
                self.running -= 1
            self.lines.append(f"end {name}")
            if isinstance(value, Exception):
                raise value
            return value

        return resolve

    def now(self, name: str, value: Any) -> Callable[..., Any]:
        def resolve(*_: object) -> Any:
            self.lines.append(name)
            if isinstance(value, Exception):
                raise value
            return value

        return resolve


# -- 13: some resolvers are awaited, some are not -------------------------------------------------


@pytest.mark.parametrize("turns", [(1, 1, 1), (3, 1, 0), (0, 5, 2)])
def test_13_the_order_of_an_answer_is_the_documents_whatever_is_ready_first(
    turns: tuple[int, int, int],
) -> None:
    log = Log()
    text = "{ t { slow x t { x } } c b a ts { x y } }"
    both = Both(
        SDL,
        {
            "Query.a": log.later("a", 1, turns[0]),
            "Query.b": log.now("b", 2),
            "Query.c": log.later("c", 3, turns[1]),
            "Query.t": log.later("t", {"x": 4, "t": {"x": 5}}, turns[2]),
            "Query.ts": log.now("ts", [{"x": 6}, {"x": 7}]),
            "T.slow": _twice,
        },
    )
    assert both.check(text) == answer(
        '{"t": {"slow": 8, "x": 4, "t": {"x": 5}}, "c": 3, "b": 2, "a": 1,'
        ' "ts": [{"x": 6, "y": null}, {"x": 7, "y": null}]}'
    )


async def _twice(parent: dict[str, int]) -> int:
    await asyncio.sleep(0)
    return parent["x"] * 2


# -- 14: mutations run one after the other --------------------------------------------------------

MUTATION = "mutation { a t { slow } b c }"


def mutating(log: Log, **values: Any) -> Both:
    return Both(
        SDL,
        {
            "Mutation.a": log.later("a", values.get("a", 1), 3),
            "Mutation.t": log.now("t", values.get("t", {})),
            "Mutation.b": log.later("b", values.get("b", 2)),
            "Mutation.c": log.now("c", values.get("c", 3)),
            "T.slow": log.later("slow", values.get("slow", 4), 2),
        },
    )


SERIAL = ["begin a", "end a", "t", "begin slow", "end slow", "begin b", "end b", "c"]


def test_14_the_next_field_waits_until_the_whole_of_the_one_before_is_done() -> None:
    log = Log()
    both = mutating(log)
    assert both.ours(MUTATION) == answer('{"a": 1, "t": {"slow": 4}, "b": 2, "c": 3}')
    assert log.lines == SERIAL
    log.lines.clear()
    assert both.theirs(MUTATION) == both.ours(MUTATION)
    assert log.lines == SERIAL * 2


def test_14_a_null_that_takes_all_the_data_ends_the_mutation() -> None:
    log = Log()
    both = mutating(log, b=ValueError("refused"))
    assert both.ours(MUTATION) == answer("null", ("refused", ["b"], [(1, 25)]))
    assert log.lines == SERIAL[:-1]
    assert both.theirs(MUTATION) == both.ours(MUTATION)


def test_14_an_error_in_a_field_that_may_be_null_ends_nothing() -> None:
    log = Log()
    both = mutating(log, a=ValueError("refused"), slow=ValueError("too"))
    assert both.check(MUTATION) == answer(
        '{"a": null, "t": {"slow": null}, "b": 2, "c": 3}',
        ("refused", ["a"], [(1, 12)]),
        ("too", ["t", "slow"], [(1, 18)]),
    )


def test_14_a_mutation_without_awaits_runs_in_order_too() -> None:
    log = Log()
    both = Both(
        SDL,
        {
            "Mutation.a": log.now("a", 1),
            "Mutation.b": log.now("b", None),
            "Mutation.c": log.now("c", 3),
            "Mutation.t": log.now("t", None),
        },
    )
    got = both.ours("mutation { c b a }")
    message = "Cannot return null for non-nullable field Mutation.b."
    assert got == answer("null", (message, ["b"], [(1, 14)]))
    assert log.lines == ["c", "b"]
    assert both.theirs("mutation { c b a }") == got


# -- 17: what still runs when the answer is decided -----------------------------------------------


def waiting(log: Log) -> Both:
    return Both(
        SDL,
        {
            "Query.a": log.later("a", 1, 20),
            "Query.b": log.later("b", ValueError("no b"), 1),
            "Query.c": log.later("c", ValueError("no c"), 30),
        },
    )


def test_17_nothing_runs_on_after_the_answer() -> None:
    log = Log()
    operation = waiting(log).compile("{ a b c }")

    async def run() -> tuple[Any, int, int]:
        result = await engine.run(operation, None)
        return result, log.running, len(asyncio.all_tasks())

    result, running, tasks = asyncio.run(run())
    assert (result.data, [str(error.message) for error in result.errors]) == (None, ["no b"])
    assert (running, tasks) == (0, 1)


@pytest.mark.parametrize("turns", range(12))
def test_17_who_goes_away_cancels_everything_once(turns: int) -> None:
    log = Log()
    operation = waiting(log).compile("{ a c again: a }")

    async def run() -> tuple[int, int]:
        task = asyncio.create_task(engine.run(operation, None))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return log.running, len(asyncio.all_tasks())

    assert asyncio.run(run()) == (0, 1)


def test_17_a_deadline_cancels_and_says_that_it_was_one() -> None:
    log = Log()
    operation = waiting(log).compile("{ a }")

    async def run() -> int:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await engine.run(operation, None)
        return log.running

    assert asyncio.run(run()) == 0


# -- 25: nulls across a batch ---------------------------------------------------------------------


def batching(values: list[Any], parents: list[Any], field: str = "batched") -> Both:
    """Let a field of all parents be resolved at once; graphql-core takes them one by one."""

    @batch
    def at_once(given: list[Any]) -> list[Any]:
        assert len(given) == len(values)
        return values

    roots = {"Query.ts": lambda: parents, "Query.us": lambda: parents}
    both = Both(SDL, {**roots, f"T.{field}": at_once})

    def one(parent: Any, _info: object) -> Any:
        value = values[parents.index(parent)]
        if isinstance(value, Exception):
            raise value
        return value

    object_type: Any = both.core.type_map["T"]
    object_type.fields[field].resolve = one
    return both


PARENTS: list[Any] = [{"x": 1}, {"x": 2}, {"x": 3}]
NO_MUST = "Cannot return null for non-nullable field T.must."


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("{ us { x batched } }", "batched", [1, None, 3]),
        ("{ us { x batched } }", "batched", [1, ValueError("of one"), 3]),
        ("{ us { x batched } }", "batched", [1, "?", ValueError("the third")]),
        ("{ us { must x } }", "must", [1, None, 3]),
        ("{ us { must x } }", "must", [ValueError("of one"), 2, None]),
        ("{ ts { must x } a }", "must", [1, ValueError("of one"), 3]),
        ("{ ts { must x } a }", "must", [1, None, 3]),
        ("{ us { x other: must must } }", "must", [1, 2, 3]),
    ],
)
def test_25_a_null_of_one_parent_is_not_the_others(
    text: str, field: str, values: list[Any]
) -> None:
    batching(values, PARENTS, field).check(text)


def test_25_the_whole_answer_of_a_batch_in_which_one_failed() -> None:
    got = batching([1, None, 3], PARENTS, "must").check("{ us { must x } a }")
    assert got == answer(
        '{"us": [{"must": 1, "x": 1}, null, {"must": 3, "x": 3}], "a": null}',
        (NO_MUST, ["us", 1, "must"], [(1, 8)]),
    )


def test_25_a_batch_that_fails_as_a_whole_is_an_error_of_every_parent() -> None:
    @batch
    async def fail(parents: list[Any]) -> list[Any]:
        raise ValueError(f"all {len(parents)}")

    both = Both(SDL, {"Query.us": lambda: PARENTS, "T.batched": fail})
    got = both.ours("{ us { batched x } }")
    assert got.data == (
        '{"us": [{"batched": null, "x": 1}, {"batched": null, "x": 2}, {"batched": null, "x": 3}]}'
    )
    assert got.errors == [Error("all 3", ["us", index, "batched"], [(1, 8)]) for index in range(3)]


def test_25_a_parent_that_is_null_by_now_is_not_asked_for() -> None:
    asked: list[int] = []

    @batch
    async def at_once(parents: list[Any]) -> list[Any]:
        asked.append(len(parents))
        return [1 for _ in parents]

    parents = [{"x": 1}, {"x": None}, {"x": 3}]
    both = Both(SDL, {"Query.us": lambda: parents, "T.batched": at_once})
    assert both.ours("{ us { batched x } }") == answer(
        '{"us": [{"batched": 1, "x": 1}, null, {"batched": 1, "x": 3}]}',
        ("Cannot return null for non-nullable field T.x.", ["us", 1, "x"], [(1, 16)]),
    )
    assert asked == [2]
