"""Spans of OpenTelemetry: of requests, and of the resolvers below them.

Only programs that use OpenTelemetry import this. A request that is not sampled costs what the
library needs to decide so, and its resolvers make no spans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

from opentelemetry import context, propagate, trace

from trunkline.observe.log import distinct_codes
from trunkline.observe.operations import OperationEvent
from trunkline.observe.traces import tracer
from trunkline.schema.bindings import is_batch

__all__ = ["RequestSpan", "trace_resolvers"]

_MOST = 100  # spans of one field in a request
_SERVER_FAULTS = ("internal_error", "deadline_exceeded")

_calls: ContextVar[Counter[str] | None] = ContextVar("_calls", default=None)
"""How often each traced resolver was called in this request; ``None`` if it is not sampled."""


class RequestSpan(AbstractContextManager[None]):
    """Makes the span of a request current; no generator, because each costs a microsecond.

    Its parent is the current span, such as that of an instrumented framework, else the span that
    the request's headers name.
    """

    def __init__(self, event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._event = event
        self._headers = headers

    def __enter__(self) -> None:
        parent = None
        if not trace.get_current_span().get_span_context().is_valid:
            texts = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers
            }
            parent = propagate.extract(texts)
        self._span = span = tracer().start_span(
            "GraphQL Operation", context=parent, kind=trace.SpanKind.SERVER
        )
        self._token = context.attach(trace.set_span_in_context(span, parent))
        self._event.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
        self._calls = _calls.set(Counter() if span.is_recording() else None)

    def __exit__(self, *_: object) -> None:
        span, calls = self._span, _calls.get()
        _calls.reset(self._calls)
        if span.is_recording():
            self._describe(calls or Counter())
        span.end()
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


@contextmanager
def _resolver_span(calls: Counter[str], coordinate: str, parents: Any) -> Generator[None]:
    calls[coordinate] += 1
    if calls[coordinate] > _MOST:
        yield
        return
    with tracer().start_as_current_span(
        coordinate, record_exception=False, set_status_on_exception=False
    ) as span:
        span.set_attribute("graphql.field.coordinate", coordinate)
        if parents is not None:
            span.set_attribute("graphql.batch.size", len(parents))
        try:
            yield
        except Exception as error:
            # not its message, which may be secret; it is in the log
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(trace.StatusCode.ERROR)
            raise
