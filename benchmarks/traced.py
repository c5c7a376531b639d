"""What OpenTelemetry costs a request, by who samples it: in this process, and over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

from benchmarks.figures import Figure, at_most
from benchmarks.load import Request
from benchmarks.local import Async
from benchmarks.observe import HEADERS, posting
from benchmarks.over_http import uvicorn
from benchmarks.processes import can_measure
from benchmarks.queries import list_of, one
from benchmarks.race import Contestant, race
from benchmarks.served import Asked, serving
from trunkline.compiler import walk
from trunkline.observe.spans import trace_resolvers
from trunkline.server import GraphQL, make_executable_schema, parse_schema

__all__ = ["measure"]

ROUNDS = 20  # requests of a sample
SDL = """
type Query { books(first: Int!): [Book!]! }
type Book { id: ID!  title: String!  pages: Int!  isbn: String  shelf: String }
"""
QUERY = "query Books($first: Int!) { books(first: $first) { id title pages isbn shelf } }"
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
# The server samples 1 %, unless the client has decided.
UNSAMPLED, FEW, SAMPLED = "not sampled", "sampled at 1 %", "sampled"
TRACEPARENTS = {UNSAMPLED: TRACE + b"00", FEW: None, SAMPLED: TRACE + b"01"}
SAMPLER = ("OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.01")


@dataclass
class Book:
    id: str
    title: str
    pages: int
    isbn: str | None
    shelf: str | None


BOOKS = [
    Book(f"b{number}", f"Persuasion {number}", number, None if number % 3 else "978", "A")
    for number in range(1_000)
]


class _Dropped(SpanProcessor):
    """Takes spans as an exporter's processor does, and sends them nowhere."""


def measure() -> Iterator[Figure]:
    if find_spec("trunkline_native"):
        yield from in_process("native code")
    with patch.object(walk, "extension", lambda: None):
        yield from in_process("Python text")
    if can_measure():
        yield from over_http()


def in_process(way: str) -> Iterator[Figure]:
    before = trace._TRACER_PROVIDER  # noqa: SLF001  # a provider can be set only once
    provider = TracerProvider(sampler=ParentBasedTraceIdRatio(0.01))
    provider.add_span_processor(_Dropped())
    try:
        for count in (1, 100, 1_000):
            pairs = {
                kind: (asking(count, provider, sent), asking(count, None, sent))
                for kind, sent in TRACEPARENTS.items()
            }
            yield from compare(f"{count:,} x 5 plain fields, {way}", count, pairs)
        yield from bare_spans(way)
    finally:
        trace._TRACER_PROVIDER = before  # noqa: SLF001


def bare_spans(way: str) -> Iterator[Figure]:
    """Measure what the SDK takes for spans without parents, attributes and contexts."""
    samplers = {"a bare span that is dropped": 0.0, "two bare spans": 1.0}
    contestants = {"untraced": asking(1_000, None, None)}
    for name, rate in samplers.items():
        provider = TracerProvider(sampler=ParentBasedTraceIdRatio(rate))
        provider.add_span_processor(_Dropped())
        contestants[name] = asking(1_000, None, None, provider.get_tracer("bare"))
    result = race(contestants)
    for name in samplers:
        what = f"1,000 x 5 plain fields, {way}, {name}"
        yield result.ratio(f"{what}, over untraced", name, "untraced")
        yield result.added(f"{what}, added to a request", name, "untraced", ROUNDS)


def over_http() -> Iterator[Figure]:
    commands = {
        "traced": ["env", *SAMPLER, *uvicorn(sys.executable, "traced")],
        "untraced": uvicorn(sys.executable, "ours"),
    }
    with serving(commands) as servers:
        for query in (one(5), list_of(100, 5), list_of(1_000, 5)):
            pairs = {}
            for kind, sent in TRACEPARENTS.items():
                header = b"" if sent is None else b"traceparent: %s\r\n" % sent
                request = Request("/", query.request().body, header)
                pairs[kind] = tuple(Asked(each, request) for each in servers.values())
            yield from compare(f"HTTP, {query.name}", query.count, pairs, 0.25)


def compare(
    what: str, count: int | None, pairs: Mapping[str, Sequence[Contestant]], seconds: float = 0.05
) -> Iterator[Figure]:
    """Compare, for each kind of requests, an endpoint with OpenTelemetry and one without."""
    contestants: dict[str, Contestant] = {}
    for kind, (traced, untraced) in pairs.items():
        contestants |= {kind: traced, f"{kind}, untraced": untraced}
    result = race(contestants, seconds)
    for kind in pairs:
        few = at_most(1.05) if count == 1_000 else None
        goal = few if kind == SAMPLED else at_most(1.1)
        yield result.ratio(f"{what}, {kind}, over untraced", kind, f"{kind}, untraced", goal)


def asking(
    count: int,
    provider: TracerProvider | None,
    traceparent: bytes | None,
    bare: trace.Tracer | None = None,
) -> Contestant:
    """Ask an endpoint in this process for books again and again, each time with bare spans."""
    schema = make_executable_schema(
        parse_schema(SDL),
        SimpleNamespace(query=SimpleNamespace(books=lambda first: BOOKS[:first])),
        {"Book": Book},
        middlewares=[trace_resolvers] if provider else [],
    )
    body = msgspec.json.encode({"query": QUERY, "variables": {"first": count}})
    sent = [(b"traceparent", traceparent)] if traceparent else []
    app = GraphQL(schema, auth=None, sinks=())

    async def with_bare_spans(scope: Any, receive: Any, send: Any) -> None:
        if bare is not None:
            outer = bare.start_span("query")
            if outer.is_recording():
                bare.start_span("Query.books").end()
            outer.end()
        await app(scope, receive, send)

    ask = posting(with_bare_spans if bare else app, body, ROUNDS, HEADERS + sent)

    async def ask_with_provider() -> None:
        trace._TRACER_PROVIDER = provider  # noqa: SLF001
        await ask()

    return Async(ask_with_provider)
