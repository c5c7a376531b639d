"""The engine in process, to bytes: beside hand-written functions, graphql-core and graphql-jit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import orjson
from graphql import execute_sync

from benchmarks.figures import Figure, Goal, at_least, at_most
from benchmarks.local import Sync
from benchmarks.peer_process import PeerProcess, graphql_jit
from benchmarks.peers.installed import node
from benchmarks.peers.python import core
from benchmarks.peers.python.by_hand import ANSWERS
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.queries import Query, list_of, one
from benchmarks.race import Contestant, race
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync

__all__ = ["measure"]


@dataclass(frozen=True, slots=True)
class Goals:
    """What is aimed at for a query, beside each of the others."""

    by_hand: Goal | None = None
    core: Goal | None = None
    jit: Goal | None = None


GOALS = {
    None: Goals(by_hand=at_most(3), core=at_least(15)),
    100: Goals(by_hand=at_most(1.3), core=at_least(50), jit=at_most(1)),
}


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        program = node()
        jit = stack.enter_context(graphql_jit(program)) if program else None
        for fields in (2, 5):
            yield from compare(one(fields), jit)
            for count in (10, 100, 1_000):
                yield from compare(list_of(count, fields), jit)


def compare(query: Query, jit: PeerProcess | None) -> Iterator[Figure]:
    """Measure one query, cached, to the bytes of its answer."""
    contestants: dict[str, Contestant] = {
        "ours": ours(query),
        "by hand": by_hand(query),
        "graphql-core": graphql_core(query),
    }
    if jit:
        contestants["graphql-jit"] = jit.query(query.text, query.variables)
    result = race(contestants)
    name, goals = query.name, GOALS.get(query.count, Goals())
    yield result.ratio(f"{name}: ours / hand-written", "ours", "by hand", goals.by_hand)
    yield result.ratio(f"{name}: graphql-core / ours", "graphql-core", "ours", goals.core)
    if jit:
        yield result.ratio(f"{name}: ours / graphql-jit", "ours", "graphql-jit", goals.jit)


def ours(query: Query) -> Sync:
    operation = compile_operation(SCHEMA, query.text)
    variables = query.variables
    return Sync(lambda: orjson.dumps({"data": run_sync(operation, variables).data}))


def by_hand(query: Query) -> Sync:
    function, variables = ANSWERS[query.path], query.variables
    return Sync(lambda: orjson.dumps(function(variables)))


def graphql_core(query: Query) -> Sync:
    document, variables = core.document(query.text), query.variables

    def call() -> bytes:
        result = execute_sync(core.SCHEMA, document, variable_values=variables)
        return orjson.dumps({"data": result.data})

    return Sync(call)
