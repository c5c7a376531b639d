"""The endpoint over HTTP, beside a hand-written one and every peer: CPU time of the server.

Every server has a core of its own, and the load another, where the machine has two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.figures import Figure, Goal, at_most
from benchmarks.peers import installed
from benchmarks.processes import can_measure
from benchmarks.queries import Query, list_of, one
from benchmarks.race import Race, race
from benchmarks.served import Asked, Server, serving

__all__ = ["measure"]

ROUNDS = 10
SECONDS = 0.25  # of the server's processor, for one contestant's turn

OURS, BY_HAND, RAW = "ours", "hand-written", "ours on a raw protocol"
CORE, STRAWBERRY, ARIADNE = "graphql-core", "Strawberry", "Ariadne"
GQLGEN, MERCURIUS = "gqlgen", "Mercurius JIT"
PYTHON = (CORE, STRAWBERRY, ARIADNE)
PEERS = (*PYTHON, MERCURIUS, GQLGEN)

QUERIES = {
    "one object of 2 fields": one(2),
    "one object of 5 fields": one(5),
    "list of 10 of 5 fields": list_of(10, 5),
    "list of 100 of 2 fields": list_of(100, 2),
    "list of 100 of 5 fields": list_of(100, 5),
    "list of 1000 of 5 fields": list_of(1_000, 5),
}


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    with serving(commands()) as servers:
        for name, query in QUERIES.items():
            yield from compare(f"HTTP, {name}", query, servers)


def commands() -> dict[str, list[str | Path]]:
    """Return what starts each server that this machine can run."""
    found: dict[str, list[str | Path]] = {
        OURS: uvicorn(sys.executable, "ours"),
        BY_HAND: uvicorn(sys.executable, "by_hand"),
        RAW: [sys.executable, "-m", "benchmarks.peers.python.raw_protocol", "{port}"],
        CORE: uvicorn(sys.executable, "core"),
    }
    if python := installed.python():
        found[STRAWBERRY] = uvicorn(python, "strawberry")
        found[ARIADNE] = uvicorn(python, "ariadne")
    if gqlgen := installed.gqlgen():
        found[GQLGEN] = [gqlgen, "{port}"]
    if node := installed.node():
        found[MERCURIUS] = [node, "benchmarks/peers/node/mercurius.js", "{port}"]
    return found


def uvicorn(python: str | Path, peer: str) -> list[str | Path]:
    options = "--loop uvloop --http httptools --lifespan off --no-access-log --log-level warning"
    app = f"benchmarks.peers.python.{peer}_asgi:app"
    return [python, "-m", "uvicorn", *options.split(), "--port", "{port}", app]


def compare(name: str, query: Query, servers: Mapping[str, Server]) -> Iterator[Figure]:
    result = race(
        {
            peer: Asked(server, query.request(query.path if peer == BY_HAND else "/"))
            for peer, server in servers.items()
        },
        SECONDS,
        ROUNDS,
    )
    yield from costs(name, result)
    yield result.ratio(f"{name}: ours / hand-written", OURS, BY_HAND, goal_by_hand(name))
    yield result.ratio(f"{name}: ours on a raw protocol / ours", RAW, OURS)
    for peer in PEERS:
        if peer in servers:
            yield result.ratio(f"{name}: ours / {peer}", OURS, peer, goal(name, peer))


def costs(name: str, result: Race) -> Iterator[Figure]:
    for peer in result.spent:
        yield result.cost(f"{name}: {peer}", peer)


def goal_by_hand(name: str) -> Goal | None:
    return at_most(1.15) if "one object" in name or "list of 100 " in name else None


def goal(name: str, peer: str) -> Goal:
    """Return how much of what a peer spends we may: less, and beside gqlgen half of it for lists.

    For one object Go is compiled machine code and Python is not: there 1.5 times as much.
    """
    if peer != GQLGEN:
        return at_most(1)
    if "one object" in name:
        return at_most(1.5)
    return at_most(1) if "list of 10 " in name else at_most(0.5)
