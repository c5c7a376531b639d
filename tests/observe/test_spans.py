"""Spans of OpenTelemetry as a collector gets them: of requests, resolvers, batches, SQL."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult
from sqlalchemy import create_engine, text
from starlette.applications import Starlette
from starlette.routing import Route
from tests.server.calling import post
from tests.tracing import recorded_spans

from trunkline.contrib.opentelemetry import trace_resolvers
from trunkline.server import GraphQL, Threads, batch, make_executable_schema, parse_schema

SDL = """
type Query { book(id: ID!): Book  books: [Book!]!  slow: Int  broken: Int }
type Book { title: String!  pages: Int!  author: String  sales: Int }
"""


@dataclass
class Book:
    title: str
    pages: int


BOOKS = [Book(f"Volume {number}", number) for number in range(150)]


class Query:
    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count

    def book(self, id: str) -> Book:  # noqa: A002  # the argument's name
        return BOOKS[int(id)]

    def books(self) -> list[Book]:
        return BOOKS

    async def slow(self) -> int:
        await asyncio.sleep(0)
        return await asyncio.to_thread(self._count)

    async def broken(self) -> int:
        raise LookupError("secret")


class BookResolvers:
    @batch
    async def author(self, books: list[Book]) -> list[str]:
        await asyncio.sleep(0)
        return ["Austen"] * len(books)

    def sales(self, book: Book) -> int:
        return book.pages


@pytest.fixture(scope="module")
def count() -> Iterator[Callable[[], int]]:
    """Return a function that asks a database, whose statements are spans."""
    engine = create_engine("sqlite://")
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=engine, skip_dep_check=True)  # it says not 2.1, and works

    def run() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT 42")).scalar_one())

    yield run
    instrumentor.uninstrument()
    engine.dispose()


@pytest.fixture
def app(count: Callable[[], int]) -> GraphQL:
    schema = make_executable_schema(
        parse_schema(SDL),
        SimpleNamespace(query=Query(count), book=BookResolvers()),
        {"Book": Book},
        middlewares=[trace_resolvers],
    )
    return GraphQL(schema, auth=None, sinks=())


def tree(spans: Any) -> Counter[tuple[str, str | None]]:
    """Return how often there is a span of a name below one of another name."""
    finished = spans.get_finished_spans()
    names = {2: "client"} | {span.context.span_id: span.name for span in finished}
    return Counter((each.name, each.parent and names[each.parent.span_id]) for each in finished)


async def test_what_resolves_has_a_span_and_plain_attributes_have_not(app: GraphQL) -> None:
    with recorded_spans() as spans:
        reply = await post(app, '{ book(id: "3") { title pages author } slow }')
    assert reply.data == {
        "book": {"title": "Volume 3", "pages": 3, "author": "Austen"}, "slow": 42
    }  # fmt: skip
    found = tree(spans)
    assert found[("Query.book", "query")] == found[("Query.slow", "query")] == 1
    assert found[("Book.author", "query")] == 1
    (sql,) = [key for key in found if key[0].startswith("SELECT")]
    assert sql[1] in {"Query.slow", "connect"}
    assert not [key for key in found if key[0] in {"Book.title", "Book.pages"}]


async def test_a_batch_has_one_span_and_a_field_at_most_a_hundred(app: GraphQL) -> None:
    with recorded_spans() as spans:
        reply = await post(app, "{ books { author sales } }")
    assert reply.data is not None
    assert len(reply.data["books"]) == 150
    found = tree(spans)
    assert found[("Book.author", "query")] == 1
    assert found[("Book.sales", "query")] == 100
    (batched,) = [each for each in spans.get_finished_spans() if each.name == "Book.author"]
    assert batched.attributes["graphql.batch.size"] == 150
    assert spans.get_finished_spans()[-1].attributes["trunkline.spans_omitted"] == 50


async def test_an_error_is_told_without_its_message(app: GraphQL) -> None:
    with recorded_spans() as spans:
        await post(app, "{ broken }")
    inner, outer = spans.get_finished_spans()
    assert (inner.name, inner.attributes["error.type"]) == ("Query.broken", "LookupError")
    assert outer.attributes["trunkline.reason"].startswith("LookupError at broken")
    assert inner.status.status_code.name == outer.status.status_code.name == "ERROR"
    assert "secret" not in inner.to_json() + outer.to_json()


class Never(Sampler):
    """Samples nothing, and notes which spans somebody wanted to make."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, *rest: Any, **more: Any
    ) -> SamplingResult:
        self.asked.append(name)
        return ALWAYS_OFF.should_sample(parent_context, trace_id, name, *rest, **more)

    def get_description(self) -> str:
        return "never"


async def test_what_is_not_sampled_makes_no_spans(app: GraphQL) -> None:
    never = Never()
    with recorded_spans(sampler=never):
        reply = await post(app, '{ book(id: "3") { author sales } slow }')
    assert reply.data == {"book": {"author": "Austen", "sales": 3}, "slow": 42}
    assert never.asked[0] == "GraphQL Operation"
    assert not {"Query.book", "Book.author", "Book.sales", "Query.slow"} & set(never.asked)


async def test_a_resolver_in_a_thread_has_its_span_too(count: Callable[[], int]) -> None:
    query = SimpleNamespace(counted=count)
    schema = make_executable_schema(
        parse_schema("type Query { counted: Int }"),
        SimpleNamespace(query=query),
        middlewares=[Threads(limit=1), trace_resolvers],
    )
    with recorded_spans() as spans:
        reply = await post(GraphQL(schema, auth=None, sinks=()), "{ counted }")
    assert reply.data == {"counted": 42}
    assert tree(spans)[("Query.counted", "query")] == 1


async def test_all_is_below_an_instrumented_framework(app: GraphQL) -> None:
    with recorded_spans() as spans:
        framework = OpenTelemetryMiddleware(Starlette(routes=[Route("/graphql", app)]))
        reply = await post(framework, "{ slow }", {"traceparent": f"00-{1:032x}-{2:016x}-01"})
    assert reply.data == {"slow": 42}
    found = tree(spans)
    names = ["client", "POST /graphql", "query", "Query.slow"]
    assert [found[(below, above)] for above, below in pairwise(names)] == [1, 1, 1]


@contextmanager
def collector() -> Generator[tuple[str, list[Any]]]:
    """Receive what is sent by OTLP over HTTP."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_collector_gets_them(app: GraphQL) -> None:
    from opentelemetry import trace  # noqa: PLC0415

    with collector() as (url, received), recorded_spans():
        provider: Any = trace.get_tracer_provider()
        exporter = OTLPSpanExporter(url)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        await post(app, 'query One { book(id: "3") { author } }')
        provider.shutdown()
    spans = {
        span.name: span
        for message in received
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert spans.keys() == {"query", "Query.book", "Book.author"}
    assert {spans[name].parent_span_id for name in ("Query.book", "Book.author")} == {
        spans["query"].span_id
    }
    told = {each.key: each.value for each in spans["query"].attributes}
    assert told["graphql.operation.name"].string_value == "One"
