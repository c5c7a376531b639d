"""Registered documents: requests by id, starting with 1,000 of them, memory, and publishing."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import Figure, at_most
from benchmarks.local import Async
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.queries import one
from benchmarks.race import race
from trunkline.asgi.requests import ASGIMessage, Scope
from trunkline.contracts import DocumentRegistry
from trunkline.protocol.documents import document_id
from trunkline.schema.load import load_schema
from trunkline.server import GraphQL, make_executable_schema

__all__ = ["measure"]

COUNT = 1_000  # types, and documents
CLIENT = [(b"content-type", b"application/json"), (b"graphql-client-name", b"billing")]


def measure() -> Iterator[Figure]:
    logging.getLogger("trunkline.access").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder:
        yield from requests(f"sqlite:///{folder}/requests.db")
        yield from starts(Path(folder))


def requests(store: str) -> Iterator[Figure]:
    """Compare a request by id with the same by text, from the bytes to the bytes."""
    query = one(2)
    endpoint = GraphQL(SCHEMA, auth=None, registered=DocumentRegistry(store))
    assert asyncio.run(publish(endpoint, {document_id(query.text): query.text})) == 201  # noqa: S101
    named = {"documentId": document_id(query.text), "variables": query.variables}
    contestants = {
        "id": Async(caller(endpoint, "POST", "/graphql", named)),
        "text": Async(
            caller(endpoint, "POST", "/graphql", {"query": query.text, **named, "documentId": None})
        ),
    }
    result = race(contestants)
    yield result.ratio("registered: one object, by id / by text", "id", "text", at_most(0.95))


def starts(folder: Path) -> Iterator[Figure]:
    """Publish 1,000 documents, and start with them: when they are new to the schema, and again."""
    (folder / "schema.graphql").write_text(sdl())
    store = f"sqlite:///{folder}/documents.db"
    endpoint = start(folder, store)
    begin = time.process_time()
    assert asyncio.run(publish(endpoint, documents())) == 201  # noqa: S101
    seconds = time.process_time() - begin
    yield Figure("registered: publication of 1,000 documents", seconds, "s", goal=at_most(10))
    del endpoint
    again = timed(lambda: start(folder, store))
    # another schema: nothing is saved, and every document is checked
    (folder / "schema.graphql").write_text(f"{sdl()} scalar Another")
    first = timed(lambda: start(folder, store))
    yield Figure("registered: start with 1,000 documents, first", first, "s", goal=at_most(5))
    yield Figure("registered: start with 1,000 documents, second", again, "s", goal=at_most(2))
    gc.collect()
    tracemalloc.start()
    plain = start(folder, f"sqlite:///{folder}/empty.db")
    empty = traced()
    full = start(folder, store)
    size = (traced() - 2 * empty) / COUNT / 1_000
    tracemalloc.stop()
    del plain, full
    yield Figure("registered: memory of a document", size, "kB", goal=at_most(30))


def start(folder: Path, store: str) -> GraphQL:
    """Do what a program does when it starts, from the schema's file to the endpoint."""
    definition = load_schema(folder / "schema.graphql", saved=folder / "schema.saved")
    schema = make_executable_schema(definition, Resolvers())
    return GraphQL(schema, auth=None, registered=DocumentRegistry(store))


def timed(action: Callable[[], object]) -> float:
    """Return the processor time of an action, in seconds."""
    gc.collect()
    begin = time.process_time()
    action()
    return time.process_time() - begin


def traced() -> int:
    """Return the bytes that are in use since tracing began."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def sdl() -> str:
    fields = " ".join(f"t{number}(id: ID!): T{number}" for number in range(COUNT))
    types = "\n".join(
        f"type T{number} {{ id: ID! a: String b: Int c: Float d: Boolean! next: T{number // 2} }}"
        for number in range(COUNT)
    )
    return f"type Query {{ {fields} }}\n{types}"


def documents() -> dict[str, str]:
    """Make documents of five fields, in two levels of objects."""
    texts = [
        f"query Get{number}($id: ID!) {{ t{number}(id: $id) {{ id a next {{ id }} }} }}"
        for number in range(COUNT)
    ]
    return {document_id(text): text for text in texts}


def resolve(**_arguments: Any) -> None:
    return None


class Resolvers:
    """A resolver for each field of the root."""

    query = type("Query", (), {f"t{n}": staticmethod(resolve) for n in range(COUNT)})()


async def publish(endpoint: GraphQL, manifest: dict[str, str]) -> int:
    """Publish a manifest; return the status."""
    statuses: list[int] = []
    await caller(endpoint, "PUT", "/graphql/documents/1", manifest, statuses)()
    return statuses[0]


def caller(
    endpoint: GraphQL, method: str, path: str, body: object, statuses: list[int] | None = None
) -> Callable[[], Awaitable[bytes | None]]:
    """Return what sends a request to an endpoint, as an ASGI server does."""
    content = json.dumps(body).encode()
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [*CLIENT, (b"content-length", b"%d" % len(content))],
    }

    async def call() -> bytes | None:
        sent: list[ASGIMessage] = []

        async def receive() -> ASGIMessage:  # ASGI's
            return {"type": "http.request", "body": content}

        async def send(message: ASGIMessage) -> None:
            sent.append(message)

        await endpoint(dict(scope), receive, send)
        if statuses is not None:
            statuses.append(sent[0]["status"])
        body: bytes = sent[1]["body"]
        return body

    return call
