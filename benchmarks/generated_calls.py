"""A call of a generated client: over its HTTP library alone, and against ariadne-codegen's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, cast

import httpx2
import msgspec
from graphql import build_schema
from pyreqwest.client import SyncClientBuilder

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.local import Sync
from benchmarks.peers import installed
from benchmarks.race import Contestant, Spent, race
from benchmarks.served import Server, serving
from trunkline.client.transports import Transport
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.client.transports.pyreqwest import PyreqwestTransport
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client

__all__ = ["measure"]

HERE = installed.HERE / "clients"
FIRST = 100


def measure() -> Iterator[Figure]:
    command = [sys.executable, "-m", "benchmarks.peers.clients.orders_server", "{port}"]
    with serving({"orders": command}) as servers:
        orders = made_client()
        yield from _over_the_library(orders, servers["orders"])
        yield from _against_ariadne(orders, servers["orders"])


def made_client() -> ModuleType:
    """Generate the client of the orders, and import it."""
    schema = build_schema((HERE / "orders.graphql").read_text(encoding="utf-8"))
    source = DocumentSource("orders", (HERE / "orders_query.graphql").read_text(encoding="utf-8"))
    options = ClientSettings(name="OrdersAPI", module="orders.py", calls="sync")
    text = generate_client(schema, [source], options).files["orders.py"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.py"
        path.write_text(text, encoding="utf-8")
        spec = spec_from_file_location("orders", path)
        assert spec is not None  # noqa: S101
        module = sys.modules["orders"] = module_from_spec(spec)
        assert spec.loader is not None  # noqa: S101
        spec.loader.exec_module(module)
    return module


def _over_the_library(orders: ModuleType, server: Server) -> Iterator[Figure]:
    url = f"http://127.0.0.1:{server.port}/1"
    contestants: dict[str, Contestant] = {
        "httpx2": _alone(orders, _httpx2(url)),
        "ours over httpx2": _ours(orders, HTTPX2Transport(url)),
        "pyreqwest": _alone(orders, _pyreqwest(url)),
        "ours over pyreqwest": _ours(orders, PyreqwestTransport(url)),
    }
    result = race(contestants)
    for name in ("httpx2", "pyreqwest"):
        yield result.cost(f"a call by {name} and msgspec alone", name)
        figure = f"a generated call / {name} and msgspec alone"
        yield result.ratio(figure, f"ours over {name}", name, at_most(1.15))


def _against_ariadne(orders: ModuleType, server: Server) -> Iterator[Figure]:
    program = installed.ariadne_codegen()
    if program is None:
        return
    url = f"http://127.0.0.1:{server.port}/100"
    with elsewhere(program, url) as ariadne:
        contestants: dict[str, Contestant] = {
            "ours": _ours(orders, HTTPX2Transport(url)),
            "fast": _ours(orders, PyreqwestTransport(url)),
            "ariadne": ariadne,
        }
        result = race(contestants)
    for each, named in (
        ("ours", "ours"),
        ("fast", "ours over pyreqwest"),
        ("ariadne", "ariadne-codegen's"),
    ):
        yield result.cost(f"100 nested orders: {named}", each)
    name = "100 nested orders: ariadne-codegen / ours"
    yield result.ratio(name, "ariadne", "ours", at_least(3))
    yield result.ratio(f"{name}, over pyreqwest", "ariadne", "fast", at_least(8))


def _ours(orders: ModuleType, transport: Transport) -> Sync:
    api = orders.OrdersAPI(transport)

    def call() -> bytes:
        data = api.orders(first=FIRST)
        return msgspec.json.encode({"orders": len(data.orders)})

    return Sync(call)


def _alone(orders: ModuleType, post: Callable[[bytes], bytes]) -> Sync:
    """Do by hand what a call needs: write the request, send it, read the answer."""
    answer = msgspec.defstruct("Answer", [("data", orders.OrdersQuery)])

    class Request(msgspec.Struct):
        query: str
        operationName: str  # noqa: N815  # as it is sent
        variables: dict[str, int]

    text = orders._ORDERS.document.text  # noqa: SLF001
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(answer)

    def call() -> bytes:
        body = encoder.encode(Request(text, "Orders", {"first": FIRST}))
        read = cast("Any", decoder.decode(post(body)))
        return msgspec.json.encode({"orders": len(read.data.orders)})

    return Sync(call)


_HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}


def _httpx2(url: str) -> Callable[[bytes], bytes]:
    client = httpx2.Client()

    def post(body: bytes) -> bytes:
        response = client.post(url, content=body, headers=_HEADERS)
        response.raise_for_status()
        return response.content

    return post


def _pyreqwest(url: str) -> Callable[[bytes], bytes]:
    client = SyncClientBuilder().timeout(timedelta(seconds=30)).build()  # as httpx2 has one too

    def post(body: bytes) -> bytes:
        request = client.post(url).headers(_HEADERS).body_bytes(body)
        response = request.build().send()
        return response.bytes().to_bytes()

    return post


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A contestant that is a process of its own, with packages of its own."""

    process: subprocess.Popen[str]

    def answer(self) -> bytes | None:  # as `Contestant` says
        answer = json.loads(self._asked("answer"))
        return msgspec.json.encode({"orders": len(answer["orders"])})

    def spend(self, times: int) -> Spent:  # as `Contestant` says
        cpu, wall = json.loads(self._asked(str(times)))
        return Spent(cpu, wall)

    def _asked(self, line: str) -> str:
        assert self.process.stdin  # noqa: S101
        assert self.process.stdout  # noqa: S101
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@contextmanager
def elsewhere(program: Path, url: str) -> Generator[Elsewhere]:
    """Start ariadne-codegen's client in a process of its own."""
    folder = HERE / "ariadne_codegen"
    process = subprocess.Popen(  # noqa: S603  # ours
        [program, "calling.py", url],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout  # noqa: S101
        process.stdout.readline()
        try:
            yield Elsewhere(process)
        finally:
            process.terminate()
