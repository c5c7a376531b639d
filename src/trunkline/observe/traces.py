"""What names a request in other logs: the header of the W3C, OpenTelemetry, and a proxy's id."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from trunkline.observe.operations import OperationEvent

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer, TracerProvider

__all__ = ["has_tracing", "request_id", "server_span", "trace_id", "tracer"]

_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
_NO_SPAN: AbstractContextManager[None] = nullcontext()
_REQUEST_ID = re.compile(rb"[\w\-.~+/=:]{1,128}", re.ASCII)


_tracers: list[tuple[TracerProvider, Tracer]] = []


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
    """Tell whether this program uses OpenTelemetry: it has imported it, and set a provider.

    Looking costs next to nothing; an import here would cost the programs that do not use it.
    """
    trace: Any = sys.modules.get("opentelemetry.trace")
    return trace is not None and not isinstance(
        trace.get_tracer_provider(), trace.ProxyTracerProvider
    )


def tracer() -> Tracer:
    """Return Trunkline's tracer of the program's provider, which takes long to make."""
    from opentelemetry import trace  # noqa: PLC0415  # only programs that use it

    provider = trace.get_tracer_provider()
    if not _tracers or _tracers[0][0] is not provider:
        _tracers[:] = [(provider, provider.get_tracer("trunkline"))]
    return _tracers[0][1]


def server_span(
    event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]
) -> AbstractContextManager[None]:
    """Make the span of a request current, if this program uses OpenTelemetry."""
    if not has_tracing():
        return _NO_SPAN
    from trunkline.observe.spans import RequestSpan  # noqa: PLC0415  # imports OpenTelemetry

    return RequestSpan(event, headers)
