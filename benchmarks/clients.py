"""Calling: ours beside gql and the bare HTTP libraries, against a server that is ready at once."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import msgspec
from graphql import build_client_schema, build_schema, introspection_from_schema
from pyreqwest.client import SyncClientBuilder

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.large_schema import SDL as SDL_OF_GITHUB
from benchmarks.load import free_port
from benchmarks.local import Forked, Sync
from benchmarks.peers import installed
from benchmarks.peers.python.canned import SDL
from benchmarks.race import Contestant, Spent, race
from trunkline.client import Client, Connection, Document
from trunkline.client import gql as gql_document
from trunkline.client.building import build_lazily, build_leniently
from trunkline.client.checks import DocumentChecker
from trunkline.client.conversions import Conversions
from trunkline.client.responses import read_valid_response
from trunkline.client.schema_cache import SchemaCache, StoredSchema
from trunkline.client.transports import Transport
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.client.transports.pyreqwest import PyreqwestTransport
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import GraphQLResponse

__all__ = ["measure"]

ROOT = Path(__file__).parents[1]
HERE = installed.HERE / "python"
ROUNDS = 7
ONE = 'query One { todo(id: "1") { id title done owner { id name } } }'
TASKS = "query Tasks { tasks { id created due state price notes } }"
BODY = msgspec.json.encode({"query": ONE, "operationName": "One"})
HEADERS = {
    "accept": "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
    "user-agent": "bare",
}


class User(msgspec.Struct):
    id: str
    name: str


class Todo(msgspec.Struct):
    id: str
    title: str
    done: bool
    owner: User | None


class Data(msgspec.Struct):
    todo: Todo | None


decoder = msgspec.json.Decoder(GraphQLResponse[Data])


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        url = stack.enter_context(canned())
        yield from over_the_bare_library(url)
        peers = installed.python()
        if peers:
            gql = stack.enter_context(gql_process(peers, url))
            yield from beside_gql(url, gql)
    yield from large_schema()


def over_the_bare_library(url: str) -> Iterator[Figure]:
    """Compare a call of a registered document, decoded into structs: what generated clients do."""
    document = RegisteredDocument(ONE, "query", "One")
    bare = {"httpx2": bare_httpx2(url), "pyreqwest": bare_pyreqwest(url)}
    transports: dict[str, Transport] = {
        "httpx2": HTTPX2Transport(url),
        "pyreqwest": PyreqwestTransport(url),
    }
    for library, transport in transports.items():
        connection = Connection(transport)

        def ours(connection: Connection = connection) -> bytes:
            return msgspec.json.encode(connection.execute(document, b"", read_todo))

        contestants: dict[str, Contestant] = {"ours": Sync(ours), "bare": Sync(bare[library])}
        if library == "pyreqwest":
            contestants["careful"] = Sync(careful_pyreqwest(url))
        result = race(contestants)
        yield result.cost(f"a call of ours over {library}", "ours")
        name = f"a call: ours over {library} / bare {library} and msgspec"
        yield result.ratio(name, "ours", "bare", at_most(1.15))
    yield result.ratio("a call: careful by hand / bare pyreqwest and msgspec", "careful", "bare")
    yield result.ratio("a call: ours over pyreqwest / careful by hand", "ours", "careful")


def read_todo(response: HTTPResponse) -> dict[str, Any]:
    return {"data": read_valid_response(response, decoder).data}


def bare_httpx2(url: str) -> Callable[[], bytes]:
    client = httpx2.Client(headers=HEADERS)

    def call() -> bytes:
        response = client.post(url, content=BODY)
        return msgspec.json.encode({"data": decoder.decode(response.content).data})

    return call


def bare_pyreqwest(url: str) -> Callable[[], bytes]:
    client = SyncClientBuilder().default_headers(HEADERS).build()

    def call() -> bytes:
        response = client.post(url).body_bytes(BODY).build().send()
        return msgspec.json.encode({"data": decoder.decode(response.bytes()).data})

    return call


def careful_pyreqwest(url: str) -> Callable[[], bytes]:
    """Write the least that does not wait for ever, fill the memory, or take a failure for data."""
    wait = timedelta(seconds=30)
    client = SyncClientBuilder().timeout(wait).follow_redirects(enable=False).build()
    encoder = msgspec.json.Encoder()

    def call() -> bytes:
        body = encoder.encode({"query": ONE, "operationName": "One", "variables": {}})
        with client.post(url).headers(HEADERS).body_bytes(body).build_streamed() as response:
            if response.status != 200 or int(response.headers["content-length"]) > 32_000_000:
                raise RuntimeError(response.status)
            answer = decoder.decode(response.bytes())
        if answer.errors or answer.data is None:
            raise RuntimeError(answer.errors)
        return msgspec.json.encode({"data": answer.data})

    return call


def beside_gql(url: str, gql: GQLProcess) -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        cache = SchemaCache(Path(folder))
        client = Client(url, fetch_schema_from_transport=True, schema_cache=cache)

        def ours() -> bytes:
            return msgspec.json.encode({"data": client.execute(ONE)})

        contestants: dict[str, Contestant] = {
            "ours": Sync(ours),
            "gql's session": GQL(gql, "session", ONE),
            "gql's execute": GQL(gql, "execute", ONE),
        }
        result = race(contestants)
        name = "a call with schema and validation: {} / ours"
        yield result.ratio(name.format("gql's session"), "gql's session", "ours", at_least(3))
        yield result.ratio(name.format("gql's execute"), "gql's execute", "ours", at_least(40))
    yield from parsing(client, gql)


def parsing(plain: Client, gql: GQLProcess) -> Iterator[Figure]:
    """Read an answer of 250 KB with custom scalars: ours from its bytes, gql's from dicts."""
    body = msgspec.json.encode({"data": plain.execute(TASKS)})
    schema = build_schema(SDL)
    document = Document(TASKS)
    conversions = Conversions(None, None, known=True)
    decode = DocumentChecker(schema, conversions).operation(document, None).decoder.decode
    result = race({"ours": Sync(lambda: ignore(decode(body))), "gql": GQL(gql, "parse", TASKS)})
    name = f"scalars of an answer of {len(body) // 1000} KB: gql's parse_result / ours from bytes"
    yield result.ratio(name, "gql", "ours", at_least(100))


def ignore(_: object) -> None:
    """Give nothing to compare: gql's answer is made of Python values."""


def large_schema() -> Iterator[Figure]:
    """GitHub's schema: from the answer to the introspection query, and from the disk."""
    if installed.node() is None:
        return
    schema = build_leniently(SDL_OF_GITHUB.read_text("utf-8"))
    told = msgspec.json.encode(introspection_from_schema(schema, descriptions=False))
    document = gql_document("{ viewer { login name } }")
    with TemporaryDirectory() as folder:
        cache = SchemaCache(Path(folder))
        cache.write("github", StoredSchema(told))

        def first() -> None:
            stored = StoredSchema(told)
            cache.write("first", stored)
            DocumentChecker(build_lazily(stored.introspection)).operation(document, None)

        def found() -> None:
            stored = cache.read("github")
            assert stored  # noqa: S101
            DocumentChecker(build_lazily(stored.introspection)).operation(document, None)

        contestants = {
            "first": Forked(first),
            "found": Forked(found),
            "core": Forked(lambda: build_client_schema(json.loads(told), assume_valid=True)),
        }
        result = race(contestants, rounds=ROUNDS)
    name = "GitHub's schema, first call: ours / core's build_client_schema"
    yield result.ratio(name, "first", "core", at_most(1))
    name = "GitHub's schema, found on disk: ours / core's build_client_schema"
    yield result.ratio(name, "found", "core", at_most(0.5))


@dataclass(frozen=True, slots=True)
class GQLProcess:
    """gql in a process of its own (`peers/python/gql_client.py`)."""

    process: subprocess.Popen[str]

    def call(self, how: str, query: str, count: int) -> dict[str, Any]:
        """Let it call so many times; return its report."""
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018  # pipes
        self.process.stdin.write(json.dumps({"how": how, "query": query, "count": count}) + "\n")
        self.process.stdin.flush()
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report


@dataclass(frozen=True, slots=True)
class GQL:
    """A way in which gql calls, as a contestant."""

    process: GQLProcess
    how: str
    query: str

    def answer(self) -> bytes | None:  # as `Contestant` says
        answer: str = self.process.call(self.how, self.query, 1)["answer"]
        return None if self.how == "parse" else answer.encode()

    def spend(self, times: int) -> Spent:  # as `Contestant` says
        report = self.process.call(self.how, self.query, times)
        return Spent(report["cpu"], report["wall"])


@contextmanager
def gql_process(python: Path, url: str) -> Generator[GQLProcess]:
    command = [str(python), str(HERE / "gql_client.py"), url, SDL]
    with subprocess.Popen(  # noqa: S603  # ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield GQLProcess(process)  # which ends when its standard input does


@contextmanager
def canned() -> Generator[str]:
    """Start the server that has its answers ready."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.peers.python.canned", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:  # noqa: S603  # ours
        try:
            await_port(port)
            yield f"http://127.0.0.1:{port}/graphql"
        finally:
            process.terminate()


def await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
