"""Traces: the header of the W3C, and OpenTelemetry in programs that use it.

A program uses it if it has imported it and set a provider. Looking costs next to nothing; an import
here would cost the programs that do not use it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from trunkline.observe.operations import OperationEvent

__all__ = ["has_tracing", "request_id", "server_span", "trace_id"]

_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
_REQUEST_ID = re.compile(rb"[\w\-.~+/=:]{1,128}", re.ASCII)
_NO_SPAN = nullcontext()


def trace_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the id of the trace that the header ``traceparent`` names.

    Returns ``None`` without one, or if it is malformed, which begins a new trace (Trace Context
    §3.2).
    """
    traceparent = headers.get(b"traceparent")
    if traceparent is None:
        return None
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found[1] == b"00" and found[3] is not None):
        return None  # only later versions may have more parts
    return found[2].decode()


def request_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the header ``X-Request-Id``, by which proxies name a request; else ``None``.

    An id that is long, or has other characters than ids have, is ignored: it goes into logs.
    """
    sent = headers.get(b"x-request-id")
    return sent.decode() if sent is not None and _REQUEST_ID.fullmatch(sent) else None


def has_tracing() -> bool:
    """Tell whether this program uses OpenTelemetry."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    return trace is not None and not isinstance(
        trace.get_tracer_provider(), trace.ProxyTracerProvider
    )


def server_span(
    event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]
) -> AbstractContextManager[None]:
    """Make the span of a request current, if this program uses OpenTelemetry.

    Its parent is the current span, such as that of an instrumented framework, else the span that
    the request's headers name.
    """
    return _span(event, headers) if has_tracing() else _NO_SPAN


@contextmanager
def _span(event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]) -> Generator[None]:
    from opentelemetry import context, propagate, trace  # noqa: PLC0415  # see the module's head

    token = None
    if not trace.get_current_span().get_span_context().is_valid:
        texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        token = context.attach(propagate.extract(texts))
    span = trace.get_tracer("trunkline").start_span("GraphQL Operation", kind=trace.SpanKind.SERVER)
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            event.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            yield
    finally:
        # not the operation's name, which strangers choose
        span.update_name(event.operation_kind or "GraphQL Operation")
        attributes = {
            "graphql.operation.name": event.operation_name,
            "graphql.operation.type": event.operation_kind,
            "graphql.document.id": event.document_id,
            "http.response.status_code": event.status or None,
            "error.type": None if event.outcome == "ok" else event.outcome,
        }
        span.set_attributes({key: value for key, value in attributes.items() if value is not None})
        if event.outcome in {"internal_error", "deadline_exceeded"}:
            span.set_status(trace.StatusCode.ERROR, event.outcome)
        span.end()
        if token is not None:
            context.detach(token)
