"""Fields that are awaited: one by one, and all of a list in one call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import orjson
from graphql import execute

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.local import Async
from benchmarks.peers.python import core
from benchmarks.peers.python.by_hand import list_with_authors, list_with_owners
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.peers.python.todos import User, first_todos
from benchmarks.queries import AUTHORS, OWNERS
from benchmarks.race import Race, race
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

__all__ = ["measure"]

NAP = 0.01  # seconds that each resolver sleeps, where all of them should at the same time
SLEEPERS = 100
SDL = "type Query { sleepers: [Sleeper!]! } type Sleeper { nap: Int! }"


def measure() -> Iterator[Figure]:
    each = compare(AUTHORS, 100, list_with_authors)
    name = "list of 100 + async resolver each"
    yield each.ratio(f"{name}: graphql-core / ours", "graphql-core", "ours", at_least(20))
    yield each.ratio(f"{name}: ours / hand-written, awaiting in turn", "ours", "by hand")
    yield at_the_same_time()
    for count in (100, 1_000):
        batched = compare(OWNERS, count, list_with_owners)
        goal = at_most(1.5) if count == 1_000 else None
        name = f"list of {count} + async batch resolver"
        yield batched.ratio(f"{name}: ours / hand-written", "ours", "by hand", goal)
        yield batched.ratio(f"{name}: graphql-core, one by one / ours", "graphql-core", "ours")


def compare(text: str, count: int, by_hand: Callable[[Any], Awaitable[Any]]) -> Race:
    operation = compile_operation(SCHEMA, text)
    document = core.document(text)
    variables = {"first": count}

    async def ours() -> bytes:
        return orjson.dumps({"data": (await run(operation, variables)).data})

    async def hand() -> bytes:
        return orjson.dumps(await by_hand(variables))

    async def graphql_core() -> bytes:
        result: Any = execute(core.SCHEMA, document, variable_values=variables)
        return orjson.dumps({"data": (await result).data})

    return race(
        {
            "ours": Async(ours),
            "by hand": Async(hand),
            "graphql-core": Async(graphql_core),
        }
    )


def at_the_same_time() -> Figure:
    """Measure how long a hundred resolvers take that sleep; in turn they would take a second."""
    operation = compile_operation(sleepers(), "{ sleepers { nap } }")
    asyncio.run(run(operation, None))
    begin = time.perf_counter()
    result = asyncio.run(run(operation, None))
    seconds = time.perf_counter() - begin
    assert result.data == {"sleepers": [{"nap": 1}] * SLEEPERS}  # noqa: S101
    return Figure(
        f"{SLEEPERS} resolvers that sleep {NAP} s, by the clock", seconds, "s", at_most(0.1)
    )


def sleepers() -> Schema:
    class Query:
        def sleepers(self) -> list[User]:
            return [todo.user for todo in first_todos(SLEEPERS)]

    class Sleeper:
        async def nap(self, _user: User) -> int:
            await asyncio.sleep(NAP)
            return 1

    class Resolvers:
        query = Query()
        sleeper = Sleeper()

    return make_executable_schema(parse_schema(SDL), Resolvers(), {"Sleeper": User})
