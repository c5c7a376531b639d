"""Q-16: a flood of distinct documents leaves memory flat, and what is in use compiled.

``TRUNKLINE_SOAK=100000 pytest tests/compiler/test_memory.py`` sends that many documents of each
kind.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from tests.faults.both import Both

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.engine import run_sync
from trunkline.errors import RequestError
from trunkline.schema.bindings import Schema

TIMES = int(os.environ.get("TRUNKLINE_SOAK", "600"))
MEMORY = 2_000_000  # bytes: about a hundred operations
HOT = "{ ts { x t { x } } }"

Request = Callable[[OperationCache, int], object]


def schema() -> Schema:
    def fail(_parent: object) -> int:
        raise ValueError("on purpose")

    resolvers: dict[str, Callable[..., Any]] = {
        "Query.n": lambda i=None: i,
        "Query.ts": lambda: [{"x": 1}, {"x": None}, {"x": "?"}],
        "T.failing": fail,
    }
    sdl = "type Query { n(i: Int): Int ts: [T!]! } type T { x: Int failing: Int t: T }"
    return Both(sdl, resolvers).schema


class Kept(NamedTuple):
    """What is alive: objects that the garbage collector knows, and blocks of memory."""

    objects: int
    blocks: int


def kept() -> Kept:
    """Count; `tracemalloc` would not do, for it keeps every file name that it has seen."""
    gc.collect()
    return Kept(len(gc.get_objects()), sys.getallocatedblocks())


def growth(request: Request) -> Kept:
    """Send requests, each with a number of its own; tell how much more is alive after a part.

    The first two parts of six fill the caches. Of the others it is the one with the least: other
    threads of the tests make objects, too, but not in every part.
    """
    operations = OperationCache(schema(), Limits(memory=MEMORY))
    measured: list[Kept] = []
    for part in range(6):
        for number in range(TIMES // 6):
            request(operations, 10_000_000 + part * TIMES + number)
        measured.append(kept())
    pairs = list(pairwise(measured[1:]))
    return Kept(
        min(after.objects - before.objects for before, after in pairs),
        min(after.blocks - before.blocks for before, after in pairs),
    )


def good(operations: OperationCache, number: int) -> None:
    text = f"query Q{number} {{ a{number}: n(i: {number}) ts {{ x b{number}: x }} }}"
    assert run_sync(operations.get(text, f"Q{number}"), None).data


def failing(operations: OperationCache, number: int) -> None:
    result = run_sync(operations.get(f"{{ a{number}: ts {{ x failing }} }}"), None)
    assert len(result.errors) == 4


def wrong(operations: OperationCache, number: int) -> None:
    with suppress(RequestError):
        operations.get(f"{{ n nope{number} }}")


def unreadable(operations: OperationCache, number: int) -> None:
    with suppress(RequestError):
        operations.get(f"{{ n a{number}: ")


def misfit(operations: OperationCache, number: int) -> None:
    operation = operations.get(f"query ($v{number}: Int!) {{ n(i: $v{number}) }}")
    with suppress(RequestError):
        run_sync(operation, {f"v{number}": "no number"})


@pytest.mark.parametrize("request_", [good, failing, wrong, unreadable, misfit])
def test_q16_memory_is_flat_under_distinct_documents(request_: Request) -> None:
    grown = growth(request_)
    assert grown.objects < TIMES // 60  # a tenth of one for each request
    assert grown.blocks < TIMES // 2  # two for each hash of a document, up to 10,000


def test_q16_what_is_in_use_stays_compiled_and_is_compiled_once() -> None:
    operations = OperationCache(schema(), Limits(memory=MEMORY))
    hot = operations.get(HOT)
    for number in range(TIMES):
        (wrong if number % 3 else good)(operations, number)
        if number % 10 == 0:
            assert operations.get(HOT) is hot


@pytest.mark.parametrize("type_", [Operation, ModuleType])
def test_q16_an_operation_that_is_forgotten_is_freed(type_: type) -> None:
    def count() -> int:
        gc.collect()
        return sum(isinstance(each, type_) for each in gc.get_objects())

    operations = OperationCache(schema(), Limits(memory=60_000))
    before = count()
    for number in range(50):
        good(operations, number)
    assert count() - before <= 3
