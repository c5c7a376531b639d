"""How cost grows: of waiting work, of compiling wide documents and many conditions, and memory."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import graphql
from graphql import GraphQLSchema, build_schema, parse

from benchmarks.figures import Figure, at_most
from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.schema.bindings import Schema
from trunkline.schema.load import parse_schema

__all__ = ["measure"]

SDL = """
type Query { items: [Item], numbers: [Int], futures: [Int] }
type Item { failing: Int!, waiting: Int }
"""
SIZES = (1_000, 2_000, 4_000)

LIBRARY = """
type Query { count: Int, book(id: ID!): Book, books: [Book!] }
type Book { id: ID!, title: String, similar: [Book!] }
"""
WIDTHS = (1_250, 2_500, 5_000)  # fields
WIDE = Limits(fields=50_000, aliases=50_000, tokens=500_000, characters=5_000_000, cost=None)
SELECTIONS = {
    "leaves": ("{ ", "a#: count ", "}"),
    "objects": ("{ ", "a#: book(id: #) { id title } ", "}"),
    "lists": ("{ books { ", "a#: similar { id title } ", "} }"),
}


def measure() -> Iterator[Figure]:
    errors = parse("{ items { failing waiting } }")
    yield from grown(errors, "items that fail beside waiting siblings")
    yield from grown(parse("{ numbers }"), "awaitables in a list, each waits")
    yield from grown(parse("{ futures }"), "futures in a list")
    for name, (before, field, after) in SELECTIONS.items():
        yield from compiled(name, before, field, after)
    yield from conditions()
    yield from kept()


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


def compiled(name: str, before: str, field: str, after: str) -> Iterator[Figure]:
    """Compile n, 2n and 4n fields, both texts; 4n may cost five times what n costs."""
    schema = Schema(parse_schema(LIBRARY), {}, {})

    def compile_(size: int) -> None:
        fields = "".join(field.replace("#", str(number)) for number in range(size))
        compile_operation(schema, before + fields + after, limits=WIDE).inline()

    seconds = [cpu(lambda size=size: compile_(size)) for size in WIDTHS]  # type: ignore[misc]
    for size, each in zip(WIDTHS, seconds, strict=True):
        yield Figure(f"compile {size} {name}", each, "s")
    ratio = seconds[-1] / seconds[0]
    yield Figure(f"compile {name}: 4n / n", ratio, "\N{MULTIPLICATION SIGN}", at_most(5))


def conditions() -> Iterator[Figure]:
    """Execute what doubles its conditions with each of n, 2n and 4n fragments, till refused."""
    schema = build_schema(LIBRARY)
    for count in (5, 10, 20):
        names = " ".join(f"$a{number}: Boolean! $b{number}: Boolean!" for number in range(count))
        fragments = " ".join(
            f"fragment F{number} on Book {{ ...F{number + 1} @include(if: $a{number})"
            f" ...F{number + 1} @skip(if: $b{number}) }}"
            for number in range(count)
        )
        text = f"query ({names}) {{ books {{ ...F0 }} }} {fragments} fragment F{count} on Book"
        document = parse(text + " { id title similar { id } }")
        variables = {f"{letter}{number}": True for number in range(count) for letter in "ab"}

        def execute(document: Any = document, variables: Any = variables) -> None:
            engine.forget(schema)
            engine.execute(schema, document, None, None, variables)

        seconds = cpu(execute)
        yield Figure(f"{count} fragments that double", seconds * 1000, "ms", at_most(250))


def kept() -> Iterator[Figure]:
    """Measure what an operation of equal selections keeps, with each of its texts."""
    schema = Schema(parse_schema(LIBRARY), {}, {})
    before, field, after = SELECTIONS["objects"]
    text = before + "".join(field.replace("#", str(number)) for number in range(480)) + after
    compile_operation(schema, text, limits=WIDE).inline()  # what is made once for all
    gc.collect()
    tracemalloc.start()
    operation = compile_operation(schema, text, limits=WIDE)
    yield Figure("480 aliases of two leaves keep at first", _traced(), "MB", at_most(1))
    operation.inline()
    yield Figure("480 aliases of two leaves keep", _traced(), "MB", at_most(1))
    tracemalloc.stop()


def _traced() -> float:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1_000_000


def cpu(action: Callable[[], object]) -> float:
    """Return the processor time of the fastest of three runs, in seconds."""
    least = float("inf")
    for _ in range(3):
        gc.collect()
        begin = time.process_time()
        action()
        least = min(least, time.process_time() - begin)
    return least


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

    def futures(*_: object) -> list[asyncio.Future[int]]:
        loop = asyncio.get_running_loop()
        made = [loop.create_future() for _ in range(size)]
        for future in made:
            loop.call_soon(future.set_result, 1)
        return made

    schema = build_schema(SDL)
    query: Any = schema.query_type
    item: Any = schema.type_map["Item"]
    query.fields["items"].resolve = lambda *_: list(range(size))
    query.fields["numbers"].resolve = lambda *_: [waiting() for _ in range(size)]
    query.fields["futures"].resolve = futures
    item.fields["failing"].resolve = failing
    item.fields["waiting"].resolve = waiting
    return schema
