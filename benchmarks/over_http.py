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
from benchmarks.race import race
from benchmarks.served import Asked, Server, serving

__all__ = ["measure"]

ROUNDS = 10
SECONDS = 0.25  # of the server's processor, for one contestant's turn

OURS, BY_HAND, RAW = "ours", "hand-written", "ours on a raw protocol"
LEAN = "ours on the lean protocol"
CORE, STRAWBERRY, ARIADNE = "graphql-core", "Strawberry", "Ariadne"
GQLGEN, MERCURIUS = "gqlgen", "Mercurius JIT"
PYTHON = (CORE, STRAWBERRY, ARIADNE)
PEERS = (*PYTHON, MERCURIUS, GQLGEN)

QUERIES = (one(2), one(5), list_of(10, 5), list_of(100, 2), list_of(100, 5), list_of(1_000, 5))


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    with serving(commands()) as servers:
        for query in QUERIES:
            yield from compare(query, servers)


def commands() -> dict[str, list[str | Path]]:
    """Return what starts each server that this machine can run."""
    found: dict[str, list[str | Path]] = {
        OURS: uvicorn(sys.executable, "ours"),
        LEAN: uvicorn(sys.executable, "ours", "trunkline.server.lean:Protocol"),
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


def uvicorn(python: str | Path, peer: str, http: str = "httptools") -> list[str | Path]:
    options = f"--loop uvloop --http {http} --lifespan off --no-access-log --log-level warning"
    app = f"benchmarks.peers.python.{peer}_asgi:app"
    return [python, "-m", "uvicorn", *options.split(), "--port", "{port}", app]


def compare(query: Query, servers: Mapping[str, Server]) -> Iterator[Figure]:
    contestants = {
        peer: Asked(server, query.request(query.path if peer == BY_HAND else "/"))
        for peer, server in servers.items()
    }
    result = race(contestants, SECONDS, ROUNDS)
    name = f"HTTP, {query.name}"
    for peer in servers:
        yield result.cost(f"{name}: {peer}", peer)
    yield result.ratio(f"{name}: ours / hand-written", OURS, BY_HAND, goal(query, BY_HAND))
    yield result.ratio(f"{name}: ours on a raw protocol / ours", RAW, OURS)
    lean = at_most(0.6) if query.count is None else None
    yield result.ratio(f"{name}: {LEAN} / ours", LEAN, OURS, lean)
    for peer in {GQLGEN, MERCURIUS} & servers.keys():
        small = at_most(1) if query.count in {None, 10} else None
        yield result.ratio(f"{name}: {LEAN} / {peer}", LEAN, peer, small)
    for peer in PEERS:
        if peer in servers:
            yield result.ratio(f"{name}: ours / {peer}", OURS, peer, goal(query, peer))


def goal(query: Query, peer: str) -> Goal | None:
    """Return how much of what another spends we may.

    Little more than by hand; less than a peer, and half of gqlgen's for lists of a hundred. For
    one object gqlgen has the advantage of being machine code: there 1.5 times as much.
    """
    if peer == BY_HAND:
        return at_most(1.15) if query.count in {None, 100} else None
    if peer != GQLGEN:
        return at_most(1)
    return {None: at_most(1.5), 10: at_most(1)}.get(query.count, at_most(0.5))
