"""The event of a call, and what gets it: hooks, the log, OpenTelemetry.

Without any of them, no event is made.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import msgspec

from trunkline.client.calls import Call
from trunkline.errors import (
    CircuitOpenError,
    ConnectionFailedError,
    DeadlineExceededError,
    ExecutionError,
    ProtocolError,
    ServerStatusError,
    TokenError,
)
from trunkline.flow.calls import Flow
from trunkline.observe.log import EventLog, distinct_codes, safe_logger
from trunkline.observe.traces import tracer_of, tracer_provider
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.response import error_code

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

__all__ = ["CallEvent", "Hooks", "Observer", "Outcome", "outcome_of", "with_hooks"]

T = TypeVar("T")

logger = safe_logger("trunkline.calls")

Outcome: TypeAlias = Literal[
    "ok",
    "partial",
    "refused",
    "bad_status",
    "bad_response",
    "no_token",
    "connection_failed",
    "deadline_exceeded",
    "circuit_open",
    "cancelled",
    "failed",
]
"""``partial``: data and errors; ``refused``: only errors; ``bad_status``, ``bad_response``: not a
GraphQL response; ``no_token``: the issuer gave none, so the API was not called; ``cancelled``: the
caller gave up; ``failed``: an unexpected exception."""


class CallEvent(msgspec.Struct):
    """One call, retries included. Values of variables are not here: they may be secret.

    - ``url``: the server's, without user, password and query.
    - ``document_id``: ``sha256:…`` of the document.
    - ``attempts``: how often the call was sent, or would have been.
    - ``status``: the HTTP status of the API's last response; 0 without one.
    - ``bytes_received``: the size of the last response's body.
    - ``duration``: in seconds.
    - ``error_codes``: ``extensions.code`` of each error of the response, or an empty string.
    """

    operation_name: str | None
    operation_kind: str
    document_id: str
    url: str
    outcome: Outcome = "ok"
    status: int = 0
    attempts: int = 0
    bytes_received: int = 0
    duration: float = 0.0
    error_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hooks:
    """Functions that a client calls at each step. They run in the caller's thread: be quick.

    - ``request``: may change each request, before credentials are added.
    - ``response``: gets each request with its response, 304 and 503 included.
    - ``call``: gets the event of each call when the call is over.
    """

    request: Callable[[HTTPRequest], HTTPRequest] | None = None
    response: Callable[[HTTPRequest, HTTPResponse], None] | None = None
    call: Callable[[CallEvent], None] | None = None


_OUTCOMES: tuple[tuple[type[BaseException], Outcome], ...] = (
    (DeadlineExceededError, "deadline_exceeded"),
    (CircuitOpenError, "circuit_open"),
    (ConnectionFailedError, "connection_failed"),
    (TokenError, "no_token"),
    (ServerStatusError, "bad_status"),
    (ProtocolError, "bad_response"),
    (Exception, "failed"),
)


def outcome_of(error: BaseException) -> Outcome:
    """Return the outcome of a call that raised."""
    if isinstance(error, ExecutionError):
        return "refused" if error.data is None else "partial"
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return outcome
    return "cancelled"


class Observer:
    """Follows the calls of one connection."""

    def __init__(self, hooks: Hooks | None, url: str) -> None:
        self._hook = hooks.call if hooks else None
        self._url = url

    def is_wanted(self) -> bool:
        """Say whether a hook, the log or a trace needs the event of a call now."""
        return self._hook is not None or calls_log.is_read() or tracer_provider() is not None

    def follow(
        self,
        call: Call,
        send: Callable[[Call], Flow[HTTPResponse]],
        read: Callable[[HTTPResponse], T],
    ) -> Flow[T]:
        """Make a call and report it."""
        document = call.document
        event = CallEvent(document.name, document.kind, document.id, self._url)
        began = perf_counter()
        try:
            provider = tracer_provider()
            with nullcontext() if provider is None else _span(event, call, provider):
                try:
                    response = yield from send(call)
                    event.status = response.status
                    event.bytes_received = len(response.body)
                    result = read(response)
                    errors = getattr(result, "errors", None)
                    if errors:
                        partial = getattr(result, "data", None) is not None
                        event.outcome = "partial" if partial else "refused"
                        event.error_codes = tuple(map(error_code, errors))
                except BaseException as error:
                    event.outcome = outcome_of(error)
                    if not isinstance(error, TokenError):  # its status is the issuer's
                        event.status = getattr(error, "status", None) or event.status
                    if isinstance(error, ExecutionError):
                        event.error_codes = tuple(map(error_code, error.errors))
                    raise
                else:
                    return result
                finally:
                    event.attempts = call.attempts
        finally:
            event.duration = perf_counter() - began
            self._report(event)

    def _report(self, event: CallEvent) -> None:
        good = event.outcome in ("ok", "partial")
        calls_log.write(event, logging.INFO if good else logging.WARNING)
        if self._hook is None:
            return
        try:
            self._hook(event)
        except Exception:  # the call is over: a failure of the hook does not become the call's
            logger.exception("The hook %r failed.", self._hook)


def with_hooks(
    hooks: Hooks, send: Callable[[HTTPRequest], Flow[HTTPResponse]]
) -> Callable[[HTTPRequest], Flow[HTTPResponse]]:
    """Send requests so that hooks see each request and each response."""

    def send_with_hooks(request: HTTPRequest) -> Flow[HTTPResponse]:
        if hooks.request:
            request = hooks.request(request)
        response = yield from send(request)
        if hooks.response:
            hooks.response(request, response)
        return response

    return send_with_hooks


def _log_line(event: CallEvent) -> str:
    parts = [
        f"{event.status or '---'}",
        f"{event.duration * 1000:8.1f} ms",
        f"{event.outcome:<13}",
        f"{event.operation_kind} {event.operation_name or '-'}",
        event.document_id[: len("sha256:") + 12],
        event.url,
    ]
    if event.attempts > 1:
        parts.append(f"attempts={event.attempts}")
    if event.error_codes:
        codes = ",".join(distinct_codes(event.error_codes))
        parts.append(f"errors={len(event.error_codes)} {codes}".rstrip())
    return "  ".join(parts)


calls_log: EventLog[CallEvent] = EventLog("trunkline.calls", "call", _log_line, lambda event: event)


@contextmanager
def _span(event: CallEvent, call: Call, provider: TracerProvider) -> Generator[None]:
    """Make the span of a call current, and let the server continue its trace (W3C).

    The name of the span has the operation's name, although the conventions advise against it: a
    program has few operations.
    """
    from opentelemetry import propagate, trace  # noqa: PLC0415  # only programs that use it

    name = f"{event.operation_kind} {event.operation_name or ''}".rstrip()
    span = tracer_of(provider).start_span(name, kind=trace.SpanKind.CLIENT)
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        headers = dict(call.headers or {})
        propagate.inject(headers)
        call.headers = headers
        try:
            yield
        finally:
            attributes = {
                "graphql.operation.name": event.operation_name,
                "graphql.operation.type": event.operation_kind,
                "graphql.document.id": event.document_id,
                "url.full": event.url,
                "http.response.status_code": event.status or None,
                "http.request.resend_count": event.attempts - 1 if event.attempts > 1 else None,
                "error.type": None if event.outcome == "ok" else event.outcome,
            }
            present = {key: value for key, value in attributes.items() if value is not None}
            span.set_attributes(present)
            if event.outcome not in ("ok", "partial"):
                span.set_status(trace.StatusCode.ERROR, event.outcome)
            span.end()
