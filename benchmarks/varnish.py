"""A registered GET answered by Varnish, with the recipe of docs/caching.md, and by the server.

The server is the demo, which asks SQLite; and one that has a todo in memory, the least that a
server can do. Both check the token at each request: the server knows it already, Varnish has its
audience. The load is h2load, of Debian's package nghttp2-client.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from urllib.request import Request, urlopen

from benchmarks.authorization import KEYS, token
from benchmarks.figures import Figure, Goal, at_least
from benchmarks.over_http import uvicorn
from benchmarks.processes import can_measure, cpu_of_tree, on_load_core
from benchmarks.queries import one
from benchmarks.race import Spent, race
from benchmarks.served import CONNECTIONS, Server, serving
from trunkline.protocol.documents import document_id

__all__ = ["measure"]

ROOT = Path(__file__).parents[1]
TODOS = (ROOT / "examples/todo/web_app/operations/all_todos.graphql").read_text(encoding="utf-8")
PROTOCOLS = {"uvicorn": "httptools", "lean": "trunkline.server.lean:Protocol"}


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    lacking = [name for name in ("varnishd", "h2load") if shutil.which(name) is None]
    if lacking:
        print(f"Varnish is left out: {' and '.join(lacking)} are not installed.")
        return
    os.environ["TRUNKLINE_BENCHMARK_KEYS"] = KEYS
    todo = one(2)
    yield from compare("the demo", "demo", TODOS, {}, at_least(10))
    yield from compare("in memory", "cached", todo.text, todo.variables, None)


def compare(
    name: str, peer: str, text: str, variables: Mapping[str, object], goal: Goal | None
) -> Iterator[Figure]:
    """Compare a server, in front of which there is nothing, with Varnish in front of it."""
    commands = {
        protocol: [*uvicorn(sys.executable, peer, http), "--lifespan", "on"]
        for protocol, http in PROTOCOLS.items()
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        documents = folder / "documents" / "web" / "1"
        documents.mkdir(parents=True)
        (documents / "query.graphql").write_text(text, encoding="utf-8")
        os.environ["TRUNKLINE_BENCHMARK_DOCUMENTS"] = str(folder / "documents")
        os.environ["TRUNKLINE_BENCHMARK_DATABASE"] = f"sqlite:///{folder}/todo.sqlite3"
        servers = stack.enter_context(serving(commands))
        command = varnish(folder, servers["uvicorn"].port)
        servers |= stack.enter_context(serving({"Varnish": command}))
        result = race(
            {each: Loaded(servers[each], path(text, variables)) for each in servers},
            0.25,
            rounds=10,
        )
    for each in servers:
        yield result.cost(f"registered GET, {name}: {each}", each)
    for protocol in PROTOCOLS:
        title = f"registered GET, {name}: requests per CPU second, Varnish / {protocol}"
        yield result.ratio(title, protocol, "Varnish", goal)


def varnish(folder: Path, server: int) -> list[str | Path]:
    page = (ROOT / "docs" / "caching.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```vcl\n(.*?)```", page, re.DOTALL)
    (folder / "graphql.vcl").write_text(recipe.replace('"8080"', f'"{server}"'), encoding="utf-8")
    command = ["varnishd", "-F", "-j", "none", "-n", str(folder / "work"), "-s", "default,64m"]
    return [*command, "-a", "127.0.0.1:{port}", "-f", folder / "graphql.vcl"]


def path(text: str, variables: Mapping[str, object]) -> str:
    (name,) = re.findall(r"^query (\w*)", text)
    written = json.dumps(variables, separators=(",", ":"))
    query = f"?variables={quote(written, safe='')}" if variables else ""
    return f"/graphql/{document_id(text)}{f'/{name}' if name else ''}{query}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A server that h2load asks for the same over and over."""

    server: Server
    path: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}{self.path}"

    def answer(self) -> bytes:  # as `Contestant` says
        with urlopen(Request(self.url, headers=HEADERS)) as response:  # noqa: S310  # of ours
            return bytes(response.read())

    def spend(self, times: int) -> Spent:
        """Ask so many times; the time by the clock is h2load's own."""
        connections = min(times, CONNECTIONS)
        command = ["h2load", "--h1", "-n", str(times), "-c", str(connections), self.url]
        command += [f"--header={name}: {value}" for name, value in HEADERS.items()]
        cpu = cpu_of_tree(self.server.pid)
        with on_load_core():
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        cpu = cpu_of_tree(self.server.pid) - cpu
        ((seconds, unit),) = re.findall(r"finished in ([\d.]+)(ms|us|s),", done.stdout)
        if f"{times} 2xx" not in done.stdout:
            raise AssertionError(done.stdout)
        return Spent(cpu, float(seconds) * {"s": 1, "ms": 1e-3, "us": 1e-6}[unit])


HEADERS = {
    "Accept": "application/graphql-response+json",
    "Authorization": f"Bearer {token(time.time())}",
}
