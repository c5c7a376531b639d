"""Spans of calls, and ``traceparent`` to the server, in programs that use OpenTelemetry.

Whether a program does is seen from whether it has imported it and given it a provider: looking
costs next to nothing, and importing it here would cost those who do not use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

from trunkline.client.calls import Call
from trunkline.client.events import CallEvent

__all__ = ["tracing"]

Trace: TypeAlias = Callable[[CallEvent, Call], AbstractContextManager[object]]


def tracing() -> Trace | None:
    """Return what makes a call's span, if this program traces."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return None
    return _span


@contextmanager
def _span(event: CallEvent, call: Call) -> Generator[None]:
    """Make the span of a call current, and let the server continue its trace (W3C).

    The name has the operation's, although the conventions advise against it: operations of one's
    own program are few.
    """
    from opentelemetry import propagate, trace  # noqa: PLC0415  # see the head of the module

    name = f"{event.operation_kind} {event.operation_name or ''}".rstrip()
    span = trace.get_tracer("trunkline").start_span(name, kind=trace.SpanKind.CLIENT)
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        headers = dict(call.headers or {})
        propagate.inject(headers)
        call.headers = headers
        try:
            yield
        finally:
            _describe(span, event)
            span.end()


def _describe(span: Any, event: CallEvent) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415  # see the head of the module

    attributes = {
        "graphql.operation.name": event.operation_name,
        "graphql.operation.type": event.operation_kind,
        "graphql.document.id": event.document_id,
        "url.full": event.url,
        "http.response.status_code": event.status or None,
        "http.request.resend_count": event.attempts - 1 if event.attempts > 1 else None,
        "error.type": None if event.outcome == "ok" else event.outcome,
    }
    span.set_attributes({key: value for key, value in attributes.items() if value is not None})
    if event.outcome not in ("ok", "partial"):
        span.set_status(StatusCode.ERROR, event.outcome)
