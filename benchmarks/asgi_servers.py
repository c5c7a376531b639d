"""Which ASGI server costs least: CPU time of the server's processes per request, on one core.

Each server runs as a process of its own and serves the same endpoint; the load comes from here,
over keep-alive connections. Linux only: the processes' times are read from ``/proc``.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.figures import Figure
from benchmarks.load import free_port, send_all

__all__ = ["measure"]

COMMANDS = {
    "uvicorn": ["-m", "uvicorn", "--no-access-log", "--log-level", "warning"],
    "granian": ["-m", "granian", "--interface", "asgi", "--workers", "1", "--no-log"],
}
APP = "benchmarks.endpoint:app"
REQUESTS = 4_000
ROUNDS = 5
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def measure() -> Iterator[Figure]:
    for connections in (1, 16):
        costs: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(ROUNDS):
            for name in COMMANDS:
                costs[name].append(cost(name, connections))
        for name, measured in costs.items():
            yield Figure(f"{name}, {connections} connections", median(measured) * 1e6, "µs/request")
        ratio = median(costs["granian"]) / median(costs["uvicorn"])
        yield Figure(f"granian / uvicorn, {connections} connections", ratio)


def cost(name: str, connections: int) -> float:
    """Return the server's CPU seconds for one request."""
    with served(name) as (port, process):
        asyncio.run(send_all(port, 200, connections))  # warm
        before = cpu_of_tree(process.pid)
        asyncio.run(send_all(port, REQUESTS, connections))
        return (cpu_of_tree(process.pid) - before) / REQUESTS


@contextmanager
def served(name: str) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, *COMMANDS[name], "--host", "127.0.0.1", "--port", str(port), APP]
    with subprocess.Popen(command) as process:  # noqa: S603
        try:
            wait_for(port)
            yield port, process
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            with urlopen(f"http://127.0.0.1:{port}/?query=%7B__typename%7D"):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise TimeoutError("the server did not start")


def cpu_of_tree(pid: int) -> float:
    """Return the CPU seconds of a process and its children, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return ticks / TICKS_A_SECOND + sum(cpu_of_tree(int(child)) for child in children)
