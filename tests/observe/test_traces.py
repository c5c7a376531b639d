"""The trace that a request belongs to: in its event, in its log line, and in OpenTelemetry."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import Endpoint, post
from tests.tracing import recorded_spans

from trunkline import Client, gql
from trunkline.client.transports.asgi import ASGITransport
from trunkline.observe.log import subject
from trunkline.server import GraphQL, Sink, make_executable_schema, parse_schema

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"
TODO = 'query One { todo(id: "1") { id } }'


@pytest.mark.parametrize(
    ("header", "is_read"),
    [
        (PARENT, True),
        (UNSAMPLED, True),
        (f"cc-{TRACE}-{SPAN}-01", True),  # a later version
        (f"cc-{TRACE}-{SPAN}-01-more", True),
        (f"cc-{TRACE}-{SPAN}-01.more", False),
        (f"cc-{TRACE}-{SPAN}-01-\xe9", False),
        (f"{PARENT}-more", False),
        (f"{PARENT}-", False),
        (f"{PARENT}\n", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (PARENT.upper(), False),
        (PARENT[:-1], False),
        (f"{PARENT},{PARENT}", False),  # repeated
        ("\xff", False),
        ("", False),
    ],
)
async def test_a_header_is_read_or_ignored(header: str, is_read: bool) -> None:  # noqa: FBT001
    app = Endpoint()
    assert (await post(app, TODO, {"traceparent": header})).status == 200
    assert app.events[0].trace_id == (TRACE if is_read else None)


async def test_there_may_be_none() -> None:
    app = Endpoint()
    await post(app, TODO)
    assert app.events[0].trace_id is None


class Outer(GraphQL):
    """A server whose resolver calls another one: `inner`, which gets `headers`."""

    def __init__(self) -> None:
        self.inner = Endpoint()
        self.headers = dict[str, str]()
        schema = make_executable_schema(
            parse_schema("type Query { title: String }"), SimpleNamespace(query=self)
        )
        super().__init__(schema, auth=None, sinks=())

    async def title(self) -> str:
        async with Client(ASGITransport(self._serve_inner)) as session:
            found = await session.execute(gql('{ todo(id: "1") { title } }'))
        return str(found["todo"]["title"])

    async def _serve_inner(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await self.inner(scope, receive, send)


@pytest.mark.parametrize(
    ("headers", "passed"),
    [
        ([], {}),
        ([("traceparent", PARENT)], {"traceparent": PARENT}),
        ([("traceparent", UNSAMPLED)], {"traceparent": UNSAMPLED}),
        (
            [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")],
            {"traceparent": PARENT, "tracestate": "a=1, b=2"},
        ),
        ([("traceparent", PARENT), ("tracestate", "\xe9")], {"traceparent": PARENT}),
        ([("traceparent", PARENT), ("tracestate", "a" * 513)], {"traceparent": PARENT}),
        ([("traceparent", PARENT), ("traceparent", PARENT)], {}),
        ([("traceparent", "01"), ("tracestate", "a=1")], {}),
        ([("tracestate", "a=1"), ("baggage", "a=1")], {}),
    ],
)
async def test_a_call_of_another_server_belongs_to_the_trace(
    headers: list[tuple[str, str]], passed: dict[str, str]
) -> None:
    app = Outer()
    assert (await post(app, "{ title }", headers)).data == {"title": "Milk"}
    names = ("traceparent", "tracestate", "baggage")
    assert {name: app.headers[name] for name in names if name in app.headers} == passed
    assert app.inner.events[0].trace_id == (TRACE if passed else None)
    assert subject.get() is None


@pytest.fixture
def spans() -> Generator[Any]:
    with recorded_spans() as exporter:
        yield exporter


def resolving(tracer_calls: int = 1) -> GraphQL:
    """Return an endpoint whose resolvers make spans, as a database's instrumentation does."""
    from opentelemetry import trace  # noqa: PLC0415

    class Query:
        async def read(self) -> str:
            for number in range(tracer_calls):
                with trace.get_tracer("database").start_as_current_span(f"SELECT {number}"):
                    await asyncio.sleep(0)
            return "read"

    schema = make_executable_schema(
        parse_schema("type Query { read: String }"), SimpleNamespace(query=Query())
    )
    return GraphQL(schema, auth=None, sinks=())


async def test_a_span_continues_the_trace_of_the_client(spans: Any) -> None:
    headers = {"traceparent": PARENT}
    replies = await asyncio.gather(*(post(resolving(), "query R { read }", headers) for _ in "ab"))
    assert [reply.data for reply in replies] == [{"read": "read"}] * 2
    *inner, first, second = sorted(spans.get_finished_spans(), key=lambda span: span.kind.name)
    assert [span.name for span in (first, second)] == ["query"] * 2
    for outer in (first, second):
        assert outer.kind.name == "SERVER"
        assert f"{outer.context.trace_id:032x}" == TRACE
        assert f"{outer.parent.span_id:016x}" == SPAN
        assert outer.attributes["graphql.operation.name"] == "R"
        assert outer.attributes["http.response.status_code"] == 200
        assert "error.type" not in outer.attributes
    assert sorted(each.parent.span_id for each in inner) == sorted(
        each.context.span_id for each in (first, second)
    )


async def test_a_program_whose_sdk_is_off_has_no_traces_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    app = Outer()
    with recorded_spans():
        await post(app, "{ title }")
        await post(app, "{ title }", {"traceparent": PARENT})
    assert [event.trace_id for event in app.inner.events] == [None, TRACE]


async def test_baggage_reaches_resolvers(spans: Any) -> None:
    from opentelemetry import baggage  # noqa: PLC0415

    query = SimpleNamespace(tenant=lambda: baggage.get_baggage("tenant"))
    schema = make_executable_schema(
        parse_schema("type Query { tenant: String }"), SimpleNamespace(query=query)
    )
    app = GraphQL(schema, auth=None, sinks=())
    headers = {"traceparent": PARENT, "baggage": "tenant=7"}
    assert (await post(app, "{ tenant }", headers)).data == {"tenant": "7"}
    assert (await post(app, "{ tenant }")).data == {"tenant": None}
    assert len(spans.get_finished_spans()) == 2


async def test_the_span_of_an_instrumented_framework_is_the_parent(spans: Any) -> None:
    from opentelemetry import trace  # noqa: PLC0415

    app = Endpoint()
    with trace.get_tracer("asgi").start_as_current_span("POST /graphql"):
        await post(app, TODO, {"traceparent": PARENT})
    inner, outer = spans.get_finished_spans()
    assert inner.parent == outer.context
    assert app.events[0].trace_id == f"{outer.context.trace_id:032x}" != TRACE


@pytest.mark.parametrize(
    ("query", "name", "error", "status"),
    [
        ("{ refusing }", "query", "partial", "UNSET"),
        ("query Strange { nothing }", "query", "request_error", "UNSET"),
        ("{ raising }", "query", "internal_error", "ERROR"),
        ("{ slow }", "query", "deadline_exceeded", "ERROR"),
    ],
)
async def test_what_went_wrong(spans: Any, query: str, name: str, error: str, status: str) -> None:
    await post(Endpoint(deadline=0.05), query)
    (span,) = spans.get_finished_spans()
    assert (span.name, span.attributes["error.type"]) == (name, error)
    assert span.status.status_code.name == status
    assert not span.events  # exceptions are in the log, and nowhere else


async def test_a_cancelled_request_ends_its_span(spans: Any) -> None:
    task = asyncio.create_task(post(Endpoint(), "{ slow }"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (span,) = spans.get_finished_spans()
    assert span.attributes["error.type"] == "disconnected"


async def test_what_is_not_sampled_is_in_the_log_all_the_same() -> None:
    app = Endpoint()
    with recorded_spans() as exporter:
        await post(app, TODO, {"traceparent": UNSAMPLED})
        assert not exporter.get_finished_spans()
    assert app.events[0].trace_id == TRACE


def passing_on(sinks: Sequence[Sink] = ()) -> GraphQL:
    """Return an endpoint that makes a span, and tells the headers of calls to other servers."""
    from opentelemetry import propagate, trace  # noqa: PLC0415

    def sent() -> dict[str, str]:
        headers = dict[str, str]()
        assert "SpanContext(" in repr(trace.get_current_span())
        with trace.get_tracer("database").start_as_current_span("SELECT"):
            propagate.inject(headers)
        return headers

    schema = make_executable_schema(
        parse_schema("scalar Headers  type Query { sent: Headers }"),
        SimpleNamespace(query=SimpleNamespace(sent=sent)),
    )
    return GraphQL(schema, auth=None, sinks=sinks)


@pytest.mark.parametrize("more", [{}, {"tracestate": "vendor=1"}, {"baggage": "tenant=7"}])
async def test_what_is_below_an_unsampled_request_is_unsampled(more: dict[str, str]) -> None:
    with recorded_spans() as exporter:
        reply = await post(passing_on(), "{ sent }", {"traceparent": UNSAMPLED, **more})
    assert not exporter.get_finished_spans()
    assert reply.data is not None
    sent = reply.data["sent"]
    assert sent.pop("traceparent").startswith(f"00-{TRACE}-")
    assert sent == more


def samplers() -> dict[str, tuple[Any, bool]]:
    """Return samplers, and whether they record what a client does not sample."""
    from opentelemetry.sdk.trace import sampling  # noqa: PLC0415

    on = sampling.ALWAYS_ON
    records = sampling.ParentBased(on, remote_parent_not_sampled=on)

    class Custom(sampling.ParentBased):
        def should_sample(self, *args: Any, **options: Any) -> sampling.SamplingResult:
            return on.should_sample(*args, **options)

    class OffInName(sampling.StaticSampler):
        should_sample = on.should_sample

    misnamed = OffInName(sampling.Decision.DROP)
    return {
        "default": (sampling.DEFAULT_ON, False),
        "few": (sampling.ParentBasedTraceIdRatio(0.01), False),
        "off": (sampling.ALWAYS_OFF, False),
        "on": (on, True),
        "all": (sampling.TraceIdRatioBased(1.0), True),
        "parents": (records, True),
        "a root that records": (sampling.ParentBased(records), False),
        "a root that does not": (
            sampling.ParentBased(sampling.DEFAULT_ON, remote_parent_not_sampled=on),
            True,
        ),
        "custom": (Custom(sampling.DEFAULT_ON), True),
        "a part that is custom": (
            sampling.ParentBased(on, remote_parent_not_sampled=misnamed),
            True,
        ),
    }


@pytest.mark.parametrize("name", samplers())
async def test_the_sampler_decides(name: str) -> None:
    sampler, records = samplers()[name]
    with recorded_spans(sampler=sampler) as exporter:
        await post(passing_on(), "{ sent }", {"traceparent": UNSAMPLED})
    recorded = [span.name for span in exporter.get_finished_spans()]
    assert recorded == (["SELECT", "query"] if records else [])


async def test_the_id_of_a_new_trace_decides_whether_it_is_sampled() -> None:
    from opentelemetry.sdk.trace import id_generator, sampling  # noqa: PLC0415

    sampled, dropped = (7 << 64) + (1 << 63) - 1, 1 << 63
    drawn = iter([sampled, dropped, dropped])
    ids = id_generator.RandomIdGenerator()
    ids.generate_trace_id = lambda: next(drawn)  # type: ignore[method-assign]
    traces = list[str | None]()
    app = passing_on([lambda event: traces.append(event.trace_id)])
    half = sampling.ParentBasedTraceIdRatio(0.5)
    with recorded_spans(sampler=half, id_generator=ids) as exporter:
        replies = [await post(app, "{ sent }") for _ in range(2)]
        await post(app, "{ __typename }")
    recorded = [(each.name, each.context.trace_id) for each in exporter.get_finished_spans()]
    assert recorded == [("SELECT", sampled), ("query", sampled)]
    assert traces == [f"{each:032x}" for each in (sampled, dropped, dropped)]
    for reply, trace_id, is_sampled in zip(replies, traces, [1, 0], strict=False):
        assert reply.data is not None
        _, named, _, flags = reply.data["sent"]["traceparent"].split("-")
        assert (named, int(flags, 16) & 1) == (trace_id, is_sampled)


async def test_a_sampler_of_the_program_is_asked_for_new_traces() -> None:
    from opentelemetry.sdk.trace import sampling  # noqa: PLC0415

    class All(sampling.TraceIdRatioBased):
        """Describes itself as the SDK's sampler, and records all."""

        should_sample = sampling.ALWAYS_ON.should_sample

    for root, names in (
        (All(0.0), ["SELECT", "query"]),
        (sampling.ALWAYS_ON, ["SELECT", "query"]),
        (sampling.TraceIdRatioBased(0.0), []),
        (sampling.ALWAYS_OFF, []),
    ):
        with recorded_spans(sampler=sampling.ParentBased(root)) as exporter:
            await post(passing_on(), "{ sent }")
        assert [each.name for each in exporter.get_finished_spans()] == names


async def test_what_a_framework_does_not_sample_is_not_sampled() -> None:
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.sdk.trace import sampling  # noqa: PLC0415

    app = Endpoint()
    with (
        recorded_spans(sampler=sampling.DEFAULT_OFF) as exporter,
        trace.get_tracer("asgi").start_as_current_span("POST /graphql") as outer,
    ):
        await post(app, TODO, {"traceparent": PARENT})
    assert not exporter.get_finished_spans()
    assert app.events[0].trace_id == f"{outer.get_span_context().trace_id:032x}"


@contextmanager
def propagating(propagator: Any) -> Generator[None]:
    from opentelemetry import propagate  # noqa: PLC0415

    before = propagate.get_global_textmap()
    propagate.set_global_textmap(propagator)
    try:
        yield
    finally:
        propagate.set_global_textmap(before)


async def test_the_program_s_propagators_read_the_headers() -> None:
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.propagators.composite import CompositePropagator  # noqa: PLC0415
    from opentelemetry.propagators.textmap import TextMapPropagator  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    @dataclass  # so it cannot be hashed
    class Other(TextMapPropagator):
        """Reads a header of its own."""

        fields = {"X-Other-Trace"}  # noqa: RUF012  # as its base has it

        def extract(self, carrier: Any, context: Any = None, getter: Any = None) -> Any:
            found = getter.get(carrier, "X-Other-Trace") if getter else None
            if not found:
                return context
            flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
            named = trace.SpanContext(int(found[0], 16), 7, is_remote=True, trace_flags=flags)
            return trace.set_span_in_context(trace.NonRecordingSpan(named), context)

        def inject(self, carrier: Any, context: Any = None, setter: Any = None) -> None: ...

    class Distrustful(Other):
        """Reads none of strangers."""

        fields = {"traceparent"}  # noqa: RUF012

    both = CompositePropagator([TraceContextTextMapPropagator(), Other()])
    with recorded_spans() as exporter:
        with propagating(both):
            headers = {"traceparent": UNSAMPLED, "x-other-trace": "abc"}
            await post(Endpoint(), TODO, headers)
        with propagating(Distrustful()):
            await post(Endpoint(), TODO, {"traceparent": UNSAMPLED})
    first, second = exporter.get_finished_spans()
    assert first.context.trace_id == 0xABC
    assert second.parent is None


async def test_the_context_around_the_endpoint_is_there_in_resolvers(spans: Any) -> None:
    from opentelemetry import baggage, context  # noqa: PLC0415

    query = SimpleNamespace(tenant=lambda: baggage.get_baggage("tenant"))
    schema = make_executable_schema(
        parse_schema("type Query { tenant: String }"), SimpleNamespace(query=query)
    )
    token = context.attach(baggage.set_baggage("tenant", "8"))
    try:
        app = GraphQL(schema, auth=None, sinks=())
        assert (await post(app, "{ tenant }", {"traceparent": PARENT})).data == {"tenant": "8"}
    finally:
        context.detach(token)
    assert spans.get_finished_spans()
