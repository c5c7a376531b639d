"""A registered GET answered by Varnish, with the recipe of docs/caching.md, and by the server.

Both check the token at each request: the server knows it already, Varnish has its audience.
The load is h2load, of Debian's package nghttp2-client.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from urllib.request import Request, urlopen

from benchmarks.authorization import KEYS, token
from benchmarks.figures import Figure, at_least
from benchmarks.over_http import uvicorn
from benchmarks.processes import can_measure, cpu_of_tree, on_load_core
from benchmarks.queries import Query, list_of, one
from benchmarks.race import Spent, race
from benchmarks.served import CONNECTIONS, Server, serving
from trunkline.protocol.documents import document_id

__all__ = ["measure"]

PAGE = Path(__file__).parents[1] / "docs" / "caching.md"
QUERIES = (one(2), list_of(100, 5))
SERVERS = {"uvicorn": "httptools", "lean": "trunkline.server.lean:Protocol"}


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    lacking = [name for name in ("varnishd", "h2load") if shutil.which(name) is None]
    if lacking:
        print(f"Varnish is left out: {' and '.join(lacking)} are not installed.")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        servers = stack.enter_context(serving(commands(folder)))
        command = varnish(folder, servers["uvicorn"].port)
        servers |= stack.enter_context(serving({"Varnish": command}))
        for query in QUERIES:
            asked = {name: Loaded(server, path(query)) for name, server in servers.items()}
            result = race(asked, seconds=0.25, rounds=10)
            for name in asked:
                yield result.cost(f"registered GET, {query.name}: {name}", name)
            for name in SERVERS:
                title = f"registered GET, {query.name}: requests/s, Varnish / {name}"
                yield result.ratio(title, name, "Varnish", at_least(10))


def commands(folder: Path) -> dict[str, list[str | Path]]:
    documents = folder / "documents" / "web" / "1"
    documents.mkdir(parents=True)
    for number, query in enumerate(QUERIES):
        (documents / f"{number}.graphql").write_text(query.text, encoding="utf-8")
    os.environ["TRUNKLINE_BENCHMARK_DOCUMENTS"] = str(folder / "documents")
    os.environ["TRUNKLINE_BENCHMARK_KEYS"] = KEYS
    return {name: uvicorn(sys.executable, "cached", http) for name, http in SERVERS.items()}


def varnish(folder: Path, server: int) -> list[str | Path]:
    (recipe,) = re.findall(r"```vcl\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "graphql.vcl").write_text(recipe.replace('"8080"', f'"{server}"'), encoding="utf-8")
    command = ["varnishd", "-F", "-j", "none", "-n", str(folder / "work"), "-s", "default,64m"]
    return [*command, "-a", "127.0.0.1:{port}", "-f", folder / "graphql.vcl"]


def path(query: Query) -> str:
    variables = json.dumps(query.variables, separators=(",", ":"))
    return f"/graphql/{document_id(query.text)}?variables={quote(variables, safe='')}"


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
