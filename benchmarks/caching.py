"""What caching costs and saves: an endpoint in this process, asked for a hundred objects by GET."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from benchmarks.figures import Figure, at_most
from benchmarks.local import Async
from benchmarks.race import race
from trunkline.compiler import walk
from trunkline.server import (
    Caching,
    GraphQL,
    MemoryStore,
    RedisStore,
    Version,
    make_executable_schema,
    parse_schema,
)

__all__ = ["measure"]

ROUNDS = 200  # requests of a sample
OBJECTS = 100
SDL = """
type Query { books: [Book!]! DECLARED }
type Book INHERITED { id: ID!  title: String!  pages: Int!  price: Float!  author: Author! }
type Author INHERITED { id: ID!  name: String! }
"""
TEXT = "{ books { id title pages price author { id name } } }"
QUERY = b"query=" + quote(TEXT).encode()


@dataclass
class Author:
    id: str
    name: str


@dataclass
class Book:
    id: str
    title: str
    pages: int
    price: float
    author: Author


BOOKS = [
    Book(str(n), f"Book {n}", 100 + n, 7.5, Author(str(n % 7), f"Author {n % 7}"))
    for n in range(OBJECTS)
]


def endpoint(caching: Caching | None, *, changes: bool = False) -> GraphQL:
    """Return an endpoint with a hundred books; if it ``changes``, the last one is always new."""
    declared, inherited = (
        "@cacheControl(maxAge: 600, scope: PUBLIC)",
        "@cacheControl(inheritMaxAge: true)",
    )
    if caching is None:
        declared = inherited = ""
    sdl = SDL.replace("DECLARED", declared).replace("INHERITED", inherited)
    others = cycle([BOOKS, [*BOOKS[:-1], BOOKS[0]]] if changes else [BOOKS])
    resolvers = SimpleNamespace(query=SimpleNamespace(books=lambda: next(others)))
    schema = make_executable_schema(parse_schema(sdl), resolvers, {"Book": Book, "Author": Author})
    return GraphQL(schema, auth=None, sinks=(), caching=caching)


def measure() -> Iterator[Figure]:
    with redis() as url:
        if find_spec("trunkline_native"):
            yield from compare("native code", url)
        with patch.object(walk, "extension", lambda: None):
            yield from compare("Python text", url)


def compare(way: str, redis_url: str | None) -> Iterator[Figure]:
    version = Version(lambda _arguments, _caller: 1, covers=["Book", "Author"])
    executed, known = endpoint(Caching()), endpoint(Caching(versions={"Query.books": version}))
    contestants = {
        "undeclared": Async(asking(endpoint(None), 200)),
        "executed": Async(asking(executed, 200)),
        "changing": Async(asking(endpoint(Caching(), changes=True), 200)),
        "known": Async(asking(known, 304, (b"if-none-match", asyncio.run(etag_of(known))))),
        "stored": Async(asking(endpoint(Caching(store=MemoryStore())), 200)),
    }
    if redis_url is not None:
        store = RedisStore(redis_url, prefix="benchmark", timeout=60)
        contestants["in Redis"] = Async(asking(endpoint(Caching(store=store)), 200))
    result = race(contestants)
    if redis_url is not None:
        yield result.cost(f"100 objects, {way}: {ROUNDS} times from Redis", "in Redis")
        title = f"100 objects, {way}: from Redis / executed"
        yield result.ratio(title, "in Redis", "executed")
    for title, over, under, goal in (
        ("with policy and groups / without", "executed", "undeclared", at_most(1.1)),
        ("304 by version / executed", "known", "executed", at_most(0.2)),
        ("from the store / executed", "stored", "executed", at_most(0.5)),
    ):
        yield result.ratio(f"100 objects, {way}: {title}", over, under, goal)
    title = f"100 objects, {way}: with policy and groups, changing / without"
    yield result.ratio(title, "changing", "undeclared")


@contextmanager
def redis() -> Generator[str | None]:
    """Start Redis or Valkey, and give its URL."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        print("Redis is left out: redis-server is not installed.")
        yield None
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "socket"
        command: list[str | Path] = [program, "--port", "0", "--unixsocket", path]
        command += ["--save", "", "--dir", folder]
        with Popen(command, stdout=DEVNULL) as process:  # noqa: S603  # ours
            try:
                while not path.exists():
                    time.sleep(0.01)
                yield f"unix://{path}"
            finally:
                process.terminate()


def asking(app: GraphQL, status: int, *headers: tuple[bytes, bytes]) -> Any:
    """Return a function that asks an endpoint for the same again and again."""

    async def send(message: Any) -> None:
        if "status" in message and message["status"] != status:
            raise AssertionError(message)

    async def ask() -> None:
        for _ in range(ROUNDS):
            await app(scope(*headers), receive, send)
        await app.stop()  # the next sample has another event loop

    return ask


async def etag_of(app: GraphQL) -> bytes:
    """Return the ETag of the response."""
    headers: list[tuple[bytes, bytes]] = []

    async def send(message: Any) -> None:
        headers.extend(message.get("headers", ()))

    await app(scope(), receive, send)
    return dict(headers)[b"etag"]


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/graphql",
        "query_string": QUERY,
        "headers": [(b"accept", b"application/graphql-response+json"), *headers],
    }


async def receive() -> Any:
    raise AssertionError
