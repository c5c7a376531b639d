"""What observing costs a request: an endpoint in this process, with more and more sinks."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from logging import Handler
from types import SimpleNamespace
from typing import Any, TypeAlias

from benchmarks.figures import Figure, at_most
from benchmarks.local import Async
from benchmarks.race import race
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.observe.usage import Usage
from trunkline.server import (
    GraphQL,
    Sink,
    access_log,
    log_operations,
    make_executable_schema,
    parse_schema,
)

__all__ = ["HEADERS", "measure", "posting"]

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

ROUNDS = 200  # requests of a sample
SDL = """
type Query { book(id: ID!): Book }
type Book { id: ID!  title: String!  pages: Int!  isbn: String @deprecated }
"""
BODY = (
    b'{"query": "query OneBook($id: ID!) { book(id: $id) { id title pages isbn } }",'
    b' "variables": {"id": "7"}}'
)
HEADERS = [
    (b"content-type", b"application/json"),
    (b"accept", b"application/graphql-response+json"),
    (b"graphql-client-name", b"billing"),
    (b"graphql-client-version", b"2.3.1"),
    (b"x-request-id", b"4f2c91d07be34a"),
]
TRACEPARENT = (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


@dataclass
class Book:
    id: str
    title: str
    pages: int
    isbn: str


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile("w", encoding="utf-8"))
        handler = log_operations(log)
        stack.callback(handler.flush)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        usage = Usage(f"sqlite:///{folder}/usage.db")
        stack.callback(usage.close)
        metrics = PrometheusMetrics()
        result = race(
            {
                "no sinks": Async(asking([])),
                "a sink": Async(asking([lambda _: None])),
                "log": Async(writing(asking([access_log]), handler)),
                "usage": Async(asking([usage])),
                "metrics": Async(asking([metrics])),
                "all": Async(writing(asking([access_log, usage, metrics]), handler)),
            }
        )
    for name, sinks, goal in (
        ("a sink that reads nothing", "a sink", None),
        ("a line of JSON", "log", None),
        ("usage", "usage", None),
        ("metrics for Prometheus", "metrics", None),
        ("a line of JSON, usage and metrics", "all", at_most(15)),
    ):
        yield result.added(f"added to a request by {name}", sinks, "no sinks", ROUNDS, goal)


def writing(ask: Callable[[], Awaitable[None]], log: Handler) -> Callable[[], Awaitable[None]]:
    """Return a function that also has the lines of the log made and written in its own time."""

    async def ask_and_write() -> None:
        await ask()
        log.flush()

    return ask_and_write


def asking(sinks: Sequence[Sink]) -> Any:
    """Return a function that asks an endpoint with these sinks for the same again and again."""
    query = SimpleNamespace(book=lambda id: Book(id, "Persuasion", 249, "978"))  # noqa: A006
    schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=query), {"Book": Book})
    return posting(GraphQL(schema, auth=None, sinks=sinks), BODY, ROUNDS, [*HEADERS, TRACEPARENT])


def posting(
    app: Application, body: bytes, rounds: int, headers: Sequence[tuple[bytes, bytes]]
) -> Callable[[], Awaitable[None]]:
    """Return a function that sends an endpoint the same request some times."""

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message.get("status", 200) != 200:
            raise AssertionError(message)

    async def ask() -> None:
        for _ in range(rounds):
            scope = {
                "type": "http",
                "http_version": "1.1",
                "method": "POST",
                "path": "/graphql",
                "query_string": b"",
                "headers": headers,
            }
            await app(scope, receive, send)

    return ask
