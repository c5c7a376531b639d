"""What names a request in other logs: the header of the W3C, OpenTelemetry, and a proxy's id."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from trunkline.observe.operations import OperationEvent

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer, TracerProvider

    from trunkline.observe.spans import RequestSpan

__all__ = [
    "for_last",
    "passed_on",
    "read_traceparent",
    "request_id",
    "request_span",
    "tracer_of",
    "tracer_provider",
]

T = TypeVar("T")
R = TypeVar("R")

_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
    rb"(-[!-~]{0,400})?"
)
_TRACESTATE = re.compile(rb"[ -~]{1,512}")
_REQUEST_ID = re.compile(rb"[\w\-.~+/=:]{1,128}", re.ASCII)


def read_traceparent(value: bytes) -> tuple[str, str, str] | None:
    """Return what a header ``traceparent`` has: the ids of trace and span, and the flags, as hex.

    Returns ``None`` if it is malformed, which begins a new trace (Trace Context §3.2).
    """
    found = _TRACEPARENT.fullmatch(value)
    if found is None or (found[1] == b"00" and found[5] is not None):
        return None  # only later versions may have more parts
    return found[2].decode(), found[3].decode(), found[4].decode()


def request_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the header ``X-Request-Id``, by which proxies name a request; else ``None``.

    An id that is long, or has other characters than ids have, is ignored: it goes into logs.
    """
    sent = headers.get(b"x-request-id")
    return sent.decode() if sent is not None and _REQUEST_ID.fullmatch(sent) else None


def tracer_provider() -> TracerProvider | None:
    """Return the provider that this program has set, if it uses OpenTelemetry.

    Looking costs next to nothing; an import here would cost the programs that do not use it.
    """
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    provider: TracerProvider = trace.get_tracer_provider()
    return None if type(provider) is trace.ProxyTracerProvider else provider


def for_last(function: Callable[[T], R]) -> Callable[[T], R]:
    """Remember what a function returned for its last argument.

    By identity, because the providers and the propagators of programs may not be hashable.
    """
    last: tuple[T, R] | None = None

    def remembered(argument: T) -> R:
        nonlocal last
        known = last  # another thread may change it
        if known is None or known[0] is not argument:
            last = known = argument, function(argument)
        return known[1]

    return remembered


@for_last
def tracer_of(provider: TracerProvider) -> Tracer:
    """Return Trunkline's tracer of the program's provider, which takes long to make."""
    return provider.get_tracer("trunkline")


@cache
def _request_span() -> type[RequestSpan]:
    from trunkline.observe.spans import RequestSpan  # noqa: PLC0415  # imports OpenTelemetry

    return RequestSpan


def request_span(
    event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]
) -> RequestSpan | None:
    """Begin the span of a request, and make it current, if this program uses OpenTelemetry."""
    provider = tracer_provider()
    return None if provider is None else _request_span()(event, headers, provider)


def passed_on(event: OperationEvent, headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the headers by which calls of other servers continue the trace of a request.

    The program makes no spans of it (Trace Context §3.3); if it uses OpenTelemetry, that passes on
    what is to be passed.
    """
    sent = headers.get(b"traceparent", b"")
    found = read_traceparent(sent) if tracer_provider() is None else None
    if found is None:
        return {}
    event.trace_id = found[0]
    passed = {"traceparent": sent.decode()}
    state = headers.get(b"tracestate", b"")
    if _TRACESTATE.fullmatch(state):
        passed["tracestate"] = state.decode()
    return passed
