"""How the cost of waiting work grows: errors beside waiting siblings, and lists of awaitables."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import graphql
from graphql import GraphQLSchema, build_schema, parse

from benchmarks.figures import Figure, at_most
from trunkline import engine

__all__ = ["measure"]

SDL = """
type Query { items: [Item], numbers: [Int] }
type Item { failing: Int!, waiting: Int }
"""
SIZES = (1_000, 2_000, 4_000)


def measure() -> Iterator[Figure]:
    errors = parse("{ items { failing waiting } }")
    yield from grown(errors, "items that fail beside waiting siblings")
    yield from grown(parse("{ numbers }"), "awaitables in a list, each waits")


def grown(document: Any, name: str) -> Iterator[Figure]:
    """Measure n, 2n and 4n; 4n may cost five times what n costs."""
    seconds = [fastest(engine.execute, size, document) for size in SIZES]
    for size, each in zip(SIZES, seconds, strict=True):
        yield Figure(f"{size} {name}", each, "s")
    yield Figure(f"{name}: 4n / n", seconds[-1] / seconds[0], "\N{MULTIPLICATION SIGN}", at_most(5))
    theirs = fastest(graphql.execute, SIZES[-1], document)
    yield Figure(
        f"{SIZES[-1]} {name}: ours / graphql-core",
        seconds[-1] / theirs,
        "\N{MULTIPLICATION SIGN}",
        at_most(1),
    )


def fastest(execute: Callable[..., Any], size: int, document: Any) -> float:
    """Return the processor seconds of the fastest of five executions."""
    schema = schema_of(size)
    gc.freeze()  # what this process has imported is not part of the cost

    async def run() -> float:
        begin = time.process_time()
        result: Awaitable[Any] = execute(schema, document)
        await result
        return time.process_time() - begin

    return min(asyncio.run(run()) for _ in range(5))


def schema_of(size: int) -> GraphQLSchema:
    async def failing(*_: object) -> int:
        await asyncio.sleep(0)
        raise ValueError

    async def waiting(*_: object) -> int:
        for _turn in range(3):
            await asyncio.sleep(0)
        return 1

    schema = build_schema(SDL)
    query: Any = schema.query_type
    item: Any = schema.type_map["Item"]
    query.fields["items"].resolve = lambda *_: list(range(size))
    query.fields["numbers"].resolve = lambda *_: [waiting() for _ in range(size)]
    item.fields["failing"].resolve = failing
    item.fields["waiting"].resolve = waiting
    return schema
