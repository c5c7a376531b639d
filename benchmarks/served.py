"""Contestants that are servers: what a request costs them, on a core of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, Request, free_port
from benchmarks.processes import cpu_of_tree, on_load_core, on_server_core
from benchmarks.race import Spent

__all__ = ["CONNECTIONS", "Asked", "Server", "serving"]

ROOT = Path(__file__).parents[1]
CONNECTIONS = 16
SECONDS_TO_START = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A server that answers the same request over and over: one piece of work is one request."""

    server: Server
    request: Request
    connections: int = CONNECTIONS

    def answer(self) -> bytes | None:  # noqa: D102  # as `Contestant` says
        with Load(self.server.port, self.request, 1) as load:
            return load.ask()[0]

    def spend(self, times: int) -> Spent:
        """Ask at least ``times`` times; the load begins before the measuring does."""
        rounds = -(-times // self.connections)
        with on_load_core(), Load(self.server.port, self.request, self.connections) as load:
            load.send(1)
            cpu, wall = cpu_of_tree(self.server.pid), time.perf_counter()
            load.send(rounds)
            wall = time.perf_counter() - wall
            cpu = cpu_of_tree(self.server.pid) - cpu
        share = times / (rounds * self.connections + 1)  # `send` asks once to know the answer
        return Spent(cpu * share, wall * share)


@contextmanager
def serving(commands: Mapping[str, Sequence[str | Path]]) -> Generator[dict[str, Server]]:
    """Start servers, whose commands take a port as ``{port}``, and wait until they listen."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_serving(name, each)) for name, each in commands.items()}


@contextmanager
def _serving(name: str, command: Sequence[str | Path]) -> Generator[Server]:
    port = free_port()
    words = [str(word).replace("{port}", str(port)) for word in command]
    with on_server_core():
        process = subprocess.Popen(words, cwd=ROOT)  # noqa: S603  # ours, from `peers`
    with process:
        try:
            _wait_for(name, port, process)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _wait_for(name: str, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Load(port, Request("/", b""), 1).__exit__()
        except ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{name} did not start.")
