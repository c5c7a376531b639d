"""Which ASGI server costs least: CPU time of the server's processes per request, on one core."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.over_http import uvicorn
from benchmarks.processes import can_measure
from benchmarks.queries import list_of
from benchmarks.race import race
from benchmarks.served import Asked, serving

__all__ = ["measure"]

APP = "benchmarks.peers.python.ours_asgi:app"
GRANIAN: list[str | Path] = [
    *(sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--no-log"),
    *("--port", "{port}", APP),
]
ROUNDS = 5


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    request = list_of(10, 2).request()
    with serving({"uvicorn": uvicorn(sys.executable, "ours"), "granian": GRANIAN}) as servers:
        for connections in (1, 16):
            contestants = {
                name: Asked(server, request, connections) for name, server in servers.items()
            }
            result = race(contestants, 0.25, ROUNDS)
            for name in servers:
                yield result.cost(f"{name}, {connections} connections", name)
            title = f"granian / uvicorn, {connections} connections"
            yield result.ratio(title, "granian", "uvicorn")
