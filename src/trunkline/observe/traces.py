"""What names a request in other logs: the header of the W3C, OpenTelemetry, and a proxy's id."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from trunkline.observe.operations import OperationEvent

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer, TracerProvider

    from trunkline.observe.spans import RequestSpan

__all__ = [
    "has_tracing",
    "read_traceparent",
    "request_id",
    "server_span",
    "trace_id",
    "tracer_of",
]

_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]([0-9a-f])(-.*)?"
)
_SAMPLED = frozenset({b"1", b"3", b"5", b"7", b"9", b"b", b"d", b"f"})  # the last bit
_NO_SPAN: AbstractContextManager[None] = nullcontext()
_REQUEST_ID = re.compile(rb"[\w\-.~+/=:]{1,128}", re.ASCII)


def read_traceparent(value: bytes) -> tuple[str, bool] | None:
    """Return the trace that a header ``traceparent`` names, and whether that is sampled.

    Returns ``None`` if it is malformed, which begins a new trace (Trace Context §3.2).
    """
    found = _TRACEPARENT.fullmatch(value)
    if found is None or (found[1] == b"00" and found[4] is not None):
        return None  # only later versions may have more parts
    return found[2].decode(), found[3] in _SAMPLED


def trace_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the id of the trace that the header ``traceparent`` names, if there is one."""
    value = headers.get(b"traceparent")
    found = None if value is None else read_traceparent(value)
    return None if found is None else found[0]


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


@lru_cache(maxsize=1)
def tracer_of(provider: TracerProvider) -> Tracer:
    """Return Trunkline's tracer of the program's provider, which takes long to make."""
    return provider.get_tracer("trunkline")


@cache
def _request_span() -> type[RequestSpan]:
    from trunkline.observe.spans import RequestSpan  # noqa: PLC0415  # imports OpenTelemetry

    return RequestSpan


def server_span(
    event: OperationEvent, headers: Iterable[tuple[bytes, bytes]]
) -> AbstractContextManager[None]:
    """Make the span of a request current, if this program uses OpenTelemetry."""
    return _request_span()(event, headers) if has_tracing() else _NO_SPAN
