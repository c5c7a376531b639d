"""What OpenTelemetry costs a request, by its sampler: an endpoint in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import msgspec
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler, TraceIdRatioBased

from benchmarks.figures import Figure, at_most
from benchmarks.local import Async
from benchmarks.observe import posting
from benchmarks.race import race
from trunkline.observe.spans import trace_resolvers
from trunkline.server import GraphQL, make_executable_schema, parse_schema

__all__ = ["measure"]

ROUNDS = 20  # requests of a sample
SDL = """
type Query { books(first: Int!): [Book!]! }
type Book { id: ID!  title: String!  pages: Int!  isbn: String  shelf: String }
"""
QUERY = "query Books($first: Int!) { books(first: $first) { id title pages isbn shelf } }"
SAMPLERS = {"unsampled": ALWAYS_OFF, "1 %": TraceIdRatioBased(0.01), "sampled": ALWAYS_ON}
GOALS = {"unsampled": at_most(1.1), "1 %": at_most(1.1), "sampled": None}


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
    before = trace._TRACER_PROVIDER  # noqa: SLF001  # a provider can be set only once
    try:
        for first in (1, 100, 1_000):
            untraced = Async(asking(first, None))
            traced = {name: Async(asking(first, each)) for name, each in SAMPLERS.items()}
            result = race({"untraced": untraced, **traced})
            for name in SAMPLERS:
                goal = at_most(1.05) if (first, name) == (1_000, "sampled") else GOALS[name]
                what = f"{first:,} objects of 5 plain fields, {name}, over untraced"
                yield result.ratio(what, name, "untraced", goal)
    finally:
        trace._TRACER_PROVIDER = before  # noqa: SLF001


def asking(first: int, sampler: Sampler | None) -> Any:
    """Return a function that asks for books again and again, with a provider of this sampler."""
    provider = None
    if sampler is not None:
        provider = TracerProvider(sampler=sampler)
        provider.add_span_processor(_Dropped())
    schema = make_executable_schema(
        parse_schema(SDL),
        SimpleNamespace(query=SimpleNamespace(books=lambda first: BOOKS[:first])),
        {"Book": Book},
        middlewares=[trace_resolvers] if sampler else [],
    )
    body = msgspec.json.encode({"query": QUERY, "variables": {"first": first}})
    ask = posting(GraphQL(schema, auth=None, sinks=()), body, ROUNDS)

    async def ask_with_provider() -> None:
        trace._TRACER_PROVIDER = provider  # noqa: SLF001
        await ask()

    return ask_with_provider
