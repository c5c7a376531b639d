"""Data as people have it, in process, to bytes: a shop's orders, beside all peers.

The hand-written functions do what they must and check nothing. Where the extension is installed,
the same operations are measured with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

import orjson
from graphql import execute_sync, parse, validate

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.local import Sync
from benchmarks.peer_process import PeerProcess, graphql_jit, peer_process
from benchmarks.peers.installed import gqlgen_orders, node, python
from benchmarks.peers.python import orders_core, orders_ours
from benchmarks.peers.python.orders_by_hand import FUNCTIONS
from benchmarks.race import Contestant, race
from trunkline.compiler import walk
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync

__all__ = ["measure"]

STRAWBERRY = "Strawberry with its caches"

NESTED = """
    query ($first: Int!) {
      orders(first: $first) {
        id number status total placedAt note
        customer { id name email }
        address { street city zip }
        lines { sku quantity price weight }
      }
    }
"""
MIXED = """
    query ($first: Int!) {
      orders(first: $first) { id number status total placedAt note priority }
    }
"""
SHORT = "query ($first: Int!) { orders(first: $first) { id number note } }"
STRINGS = "query ($first: Int!) { contacts(first: $first) { id name } }"
UNION = """
    query ($first: Int!) {
      payments(first: $first) {
        __typename
        ... on Card { id amount last4 }
        ... on Transfer { id amount reference }
      }
    }
"""
BATCH = "query ($first: Int!) { orders(first: $first) { id seller { id name } } }"
ONE = """
    query ($id: ID!) {
      order(id: $id) { id number status total note customer { name } }
    }
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A query, the function that is written by hand for it, and the goals beside that.

    ``native`` is the goal with the extension.
    """

    name: str
    function: str
    text: str
    variables: dict[str, Any]
    goal: float
    native: float


CASES = [
    Case("200 orders x 5 lines, nested", "nested", NESTED, {"first": 200}, 1.4, 0.7),
    Case("list of 100, mixed types and nulls", "mixed", MIXED, {"first": 100}, 1.4, 0.6),
    Case("list of 50: id, Int, nullable String", "short", SHORT, {"first": 50}, 1.4, 0.6),
    Case("list of 100 x 2 strings", "strings", STRINGS, {"first": 100}, 1.25, 0.5),
    Case("union of 100", "union", UNION, {"first": 100}, 1.4, 0.7),
    Case("200 with a batch resolver", "batch", BATCH, {"first": 200}, 1.5, 1.2),
    Case("one object by variable", "one", ONE, {"id": "7"}, 2, 2),
]


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        peers = {}
        if program := python():
            command = (program, "-m", "benchmarks.peers.python.orders_strawberry")
            peers[STRAWBERRY] = stack.enter_context(peer_process(*command))
        if program := node():
            peers["graphql-jit"] = stack.enter_context(graphql_jit(program, "orders"))
        if program := gqlgen_orders():
            peers["gqlgen"] = stack.enter_context(peer_process(program))
        for case in CASES:
            yield from compare(case, peers)


def compare(case: Case, peers: Mapping[str, PeerProcess]) -> Iterator[Figure]:
    others = {name: peer.query(case.text, case.variables) for name, peer in peers.items()}
    contestants: dict[str, Contestant] = {
        "ours": ours(case, has_extension=False),
        "by hand": by_hand(case),
        "graphql-core": graphql_core(case),
        **others,
    }
    goals = {"ours": (case.goal, 20)}
    if find_spec("trunkline_native"):
        contestants["native"] = ours(case, has_extension=True)
        goals["native"] = (case.native, 40)
    result = race(contestants)
    name = case.name
    yield result.cost(f"{name}: hand-written", "by hand")
    for way, (most, least) in goals.items():
        yield result.ratio(f"{name}: {way} / hand-written", way, "by hand", at_most(most))
        for peer in ("graphql-core", *peers):
            goal = at_least(least) if peer == STRAWBERRY else None
            yield result.ratio(f"{name}: {peer} / {way}", peer, way, goal)


def ours(case: Case, *, has_extension: bool) -> Sync:
    operation, variables = compile_operation(orders_ours.SCHEMA, case.text), case.variables

    def call() -> bytes:
        result = run_sync(operation, variables, takes_json=True)  # as a server does
        return orjson.dumps({"data": result.data})

    extension = walk.extension if has_extension else lambda: None
    with patch.object(walk, "extension", extension):
        operation.inline()
        call()  # for the text of a union's types
    return Sync(call)


def by_hand(case: Case) -> Sync:
    function, variables = FUNCTIONS[case.function], case.variables
    return Sync(lambda: orjson.dumps({"data": function(**variables)}))


def graphql_core(case: Case) -> Sync:
    schema, document, variables = orders_core.SCHEMA, parse(case.text), case.variables
    if errors := validate(schema, document):
        raise errors[0]

    def call() -> bytes:
        result = execute_sync(schema, document, variable_values=variables)
        return orjson.dumps({"data": result.data, **({"errors": 1} if result.errors else {})})

    return Sync(call)
