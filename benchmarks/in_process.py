"""The engine in process, to bytes: beside hand-written functions, graphql-core and graphql-jit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import orjson
from graphql import execute_sync

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.jit_process import JITProcess, graphql_jit
from benchmarks.local import Sync
from benchmarks.peers.installed import node
from benchmarks.peers.python import core
from benchmarks.peers.python.by_hand import ANSWERS
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.queries import Query, list_of, one
from benchmarks.race import Contestant, race
from trunkline.compiler.operation import compile_operation

__all__ = ["measure"]


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        program = node()
        jit = stack.enter_context(graphql_jit(program)) if program else None
        for fields in (2, 5):
            name = f"one object of {fields} fields by variable"
            yield from compare(name, one(fields), jit, times_by_hand=3, times_core=15)
            for count in (10, 100, 1_000):
                hand, faster = (1.3, 50) if count == 100 else (None, None)
                name = f"list of {count} of {fields} fields"
                yield from compare(name, list_of(count, fields), jit, hand, faster)


def compare(
    name: str,
    query: Query,
    jit: JITProcess | None,
    times_by_hand: float | None = None,
    times_core: float | None = None,
) -> Iterator[Figure]:
    """Measure one query, cached, to the bytes of its answer."""
    contestants: dict[str, Contestant] = {
        "ours": ours(query),
        "by hand": by_hand(query),
        "graphql-core": graphql_core(query),
    }
    if jit:
        contestants["graphql-jit"] = jit.query(query)
    result = race(contestants)
    hand = at_most(times_by_hand) if times_by_hand else None
    yield result.ratio(f"{name}: ours / hand-written", "ours", "by hand", hand)
    faster = at_least(times_core) if times_core else None
    yield result.ratio(f"{name}: graphql-core / ours", "graphql-core", "ours", faster)
    if jit:
        ahead = at_most(1) if name.startswith("list of 100 ") else None
        yield result.ratio(f"{name}: ours / graphql-jit", "ours", "graphql-jit", ahead)


def ours(query: Query) -> Sync:
    operation = compile_operation(SCHEMA, query.text)
    variables = query.variables
    return Sync(lambda: orjson.dumps({"data": operation.execute_sync(variables).data}))


def by_hand(query: Query) -> Sync:
    function, variables = ANSWERS[query.path], query.variables
    return Sync(lambda: orjson.dumps(function(variables)))


def graphql_core(query: Query) -> Sync:
    document, variables = core.document(query.text), query.variables

    def call() -> bytes:
        result = execute_sync(core.SCHEMA, document, variable_values=variables)
        return orjson.dumps({"data": result.data})

    return Sync(call)
