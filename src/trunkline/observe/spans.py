"""Spans of OpenTelemetry: of requests, and of the resolvers below them.

Only programs that use OpenTelemetry import this. A request that is not sampled costs what the
library needs to decide so, and its resolvers make no spans.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, TypeAlias

from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator

from trunkline.observe.log import distinct_codes
from trunkline.observe.operations import OperationEvent
from trunkline.observe.traces import for_last, read_traceparent, tracer_of
from trunkline.schema.bindings import is_batch

__all__ = ["RequestSpan", "trace_resolvers"]

HeaderPairs: TypeAlias = Iterable[tuple[bytes, bytes]]

_SAMPLERS = "opentelemetry.sdk.trace.sampling"
_DROPS = re.compile(
    r"ParentBased\{root:\w+(\{[\d.e-]+\})?,remoteParentSampled:\w+,"
    r"remoteParentNotSampled:AlwaysOffSampler,"
)
_W3C = frozenset({b"traceparent", b"tracestate", b"baggage"})
_MOST = 100  # spans of one field in a request
_SERVER = trace.SpanKind.SERVER  # looked up once, because that takes long
_SERVER_FAULTS = ("internal_error", "deadline_exceeded", "unavailable")

_calls: ContextVar[Counter[str] | None] = ContextVar("_calls", default=None)
"""How often each traced resolver was called in this request; ``None`` if it is not sampled."""


class _Headers(Getter[HeaderPairs]):
    """Reads the headers of a request, as ASGI has them, for OpenTelemetry's propagators."""

    def get(self, carrier: HeaderPairs, key: str) -> list[str] | None:
        wanted = key.lower().encode()
        return [value.decode("latin-1") for name, value in carrier if name == wanted] or None

    def keys(self, carrier: HeaderPairs) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_HEADERS = _Headers()


class _Unsampled(trace.NonRecordingSpan):
    """The span that a request's headers name, if its trace is not sampled.

    The headers are read when its context is asked for, which most requests do not do.
    """

    def __init__(self, headers: HeaderPairs) -> None:
        self._headers: HeaderPairs | None = headers

    def __repr__(self) -> str:
        return f"NonRecordingSpan({self.get_span_context()!r})"

    def get_span_context(self) -> trace.SpanContext:
        if self._headers is not None:
            named = propagate.extract(self._headers, Context(), _HEADERS)
            super().__init__(trace.get_current_span(named).get_span_context())
            self._headers = None
        return super().get_span_context()


@for_last
def _is_w3c(propagator: TextMapPropagator) -> bool:
    """Tell whether a propagator reads ``traceparent``, and no other parent, as the W3C says."""
    named = propagator.extract({"traceparent": f"00-{1:032x}-{2:016x}-00"}, Context())
    found = trace.get_current_span(named).get_span_context()
    fields = {field.encode() for field in propagator.fields}
    return (found.trace_id, found.span_id) == (1, 2) and fields <= _W3C


@for_last
def _drops_unsampled(provider: object) -> bool:
    """Tell whether a provider drops all that a client does not sample, as it does by default.

    Then its sampler need not be asked. Only the SDK's own samplers are known to do what they say.
    """
    sampler: Any = getattr(provider, "sampler", None)
    return type(sampler).__module__ == _SAMPLERS and bool(_DROPS.match(sampler.get_description()))


class RequestSpan:
    """The span of a request, which is current until its `end`.

    Its parent is the current span, such as that of an instrumented framework, else the span that
    the request's headers name.
    """

    def __init__(self, event: OperationEvent, headers: HeaderPairs) -> None:
        self._event = event
        self._headers = headers
        parent = context.get_current()
        span: trace.Span | None = None
        if not (parent and trace.get_current_span(parent).get_span_context().is_valid):
            parent, span = self._remote(parent)
        if span is None:
            tracer = tracer_of(trace.get_tracer_provider())
            span = tracer.start_span("GraphQL Operation", parent, _SERVER)
            found = span.get_span_context()
            self._event.trace_id = trace.format_trace_id(found.trace_id) if found.is_valid else None
        self._span = span
        self._token = context.attach(trace.set_span_in_context(span, parent))
        self._calls = _calls.set(Counter() if span.is_recording() else None)

    def _remote(self, current: Context) -> tuple[Context, _Unsampled | None]:
        """Return a context with the parent that the headers name, or its span if that is all."""
        if _is_w3c(propagate.get_global_textmap()):
            match [pair for pair in self._headers if pair[0] in _W3C]:
                case []:
                    return current, None
                case [(b"traceparent", value)] if _drops_unsampled(trace.get_tracer_provider()):
                    trace_id, is_sampled = read_traceparent(value) or (None, True)
                    if not is_sampled:
                        self._event.trace_id = trace_id
                        return current, _Unsampled(self._headers)
                case _:
                    pass
        return propagate.extract(self._headers, current, _HEADERS), None

    def end(self) -> None:
        """Describe the request, which is over, and end its span."""
        calls = _calls.get()
        _calls.reset(self._calls)
        if calls is not None:
            self._describe(calls)
        self._span.end()
        context.detach(self._token)

    def _describe(self, calls: Counter[str]) -> None:
        event, span = self._event, self._span
        # Strangers choose the names of operations, unless these are registered.
        name = event.operation_name if event.registered else None
        span.update_name(f"{event.operation_kind or 'GraphQL Operation'} {name or ''}".rstrip())
        attributes = {
            "graphql.operation.name": event.operation_name,
            "graphql.operation.type": event.operation_kind,
            "graphql.document.id": event.document_id,
            "graphql.document.registered": event.registered or None,
            "http.response.status_code": int(event.status) or None,
            "error.type": None if event.outcome == "ok" else event.outcome,
            "trunkline.reason": event.reason,
            "trunkline.client": event.client,
            "trunkline.client_id": event.client_id,
            "trunkline.error_codes": distinct_codes(event.error_codes) or None,
            "trunkline.fields": event.fields or None,
            "trunkline.cache": event.cache,
            "trunkline.spans_omitted": sum(max(0, each - _MOST) for each in calls.values()) or None,
        }
        span.set_attributes({key: value for key, value in attributes.items() if value is not None})
        if event.outcome in _SERVER_FAULTS:
            span.set_status(trace.StatusCode.ERROR, event.outcome)


def trace_resolvers(coordinate: str, resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Make a span of each call of a resolver in a request that is sampled: a middleware.

    ``make_executable_schema(…, middlewares=[trace_resolvers])``. The span has the field's
    coordinate as its name, and what the resolver does is below it: calls of databases and other
    servers. A batch resolver has one span for each call, with the number of its parents. A field
    has at most 100 spans in a request; the request's span says how many more there would be.
    What is read from attributes is not traced, and a request that is not sampled has no spans.
    """
    if isasyncgenfunction(resolver):  # a stream outlives its call
        return resolver
    has_parents = is_batch(resolver)

    if iscoroutinefunction(resolver):

        @wraps(resolver)
        async def call_async(*parent: Any, **arguments: Any) -> Any:
            calls = _calls.get()
            if calls is None:
                return await resolver(*parent, **arguments)
            with _resolver_span(calls, coordinate, parent[0] if has_parents else None):
                return await resolver(*parent, **arguments)

        return call_async

    @wraps(resolver)
    def call(*parent: Any, **arguments: Any) -> Any:
        calls = _calls.get()
        if calls is None:
            return resolver(*parent, **arguments)
        with _resolver_span(calls, coordinate, parent[0] if has_parents else None):
            return resolver(*parent, **arguments)

    return call


class _ResolverSpan(AbstractContextManager[None]):
    """Makes the span of a resolver's call current; no generator costs so little."""

    def __init__(self, coordinate: str, parents: Sequence[object] | None) -> None:
        self._coordinate = coordinate
        self._parents = parents

    def __enter__(self) -> None:
        attributes = None if self._parents is None else {"graphql.batch.size": len(self._parents)}
        tracer = tracer_of(trace.get_tracer_provider())
        self._span = tracer.start_span(self._coordinate, attributes=attributes)
        self._token = context.attach(trace.set_span_in_context(self._span))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception):
            # not its message, which may be secret; it is in the log
            self._span.set_attribute("error.type", kind.__name__)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        context.detach(self._token)


_OMITTED = nullcontext()


def _resolver_span(
    calls: Counter[str], coordinate: str, parents: Sequence[object] | None
) -> AbstractContextManager[None]:
    calls[coordinate] += 1
    return _OMITTED if calls[coordinate] > _MOST else _ResolverSpan(coordinate, parents)
