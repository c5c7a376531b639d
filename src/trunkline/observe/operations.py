"""The event of an operation: one request to an endpoint, as sinks get it, and its log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, TextIO, TypeAlias

import msgspec

from trunkline.observe.log import EventLog, distinct_codes
from trunkline.printable import printable

__all__ = ["OperationEvent", "OperationOutcome", "Sink", "access_log", "log_operations"]

OperationOutcome: TypeAlias = Literal[
    "ok", "partial", "request_error", "internal_error", "deadline_exceeded", "disconnected"
]
"""How a request ended.

- ``partial``: with data and errors.
- ``request_error``: nothing was executed.
- ``internal_error``: an exception was raised that is not for callers.
- ``deadline_exceeded``: the execution was cancelled.
- ``disconnected``: no response was sent, because the client went away or the server cancelled the
  request.
"""

_SHORT_ID = len("sha256:") + 12


class OperationEvent(msgspec.Struct):
    """One request to a GraphQL endpoint, or one operation of a batch.

    An attribute is ``None`` if the request ended before it was known.

    - ``document_id``: ``sha256:…`` of the document's text.
    - ``coordinates``: what the request uses of the schema, also in variables: fields
      (``Todo.title``), arguments (``Query.todo(todoID:)``), input fields (``TodoInput.title``) and
      enum values (``State.DONE``).
    - ``client``: what the client calls itself, ``name/version``. It is not proven.
    - ``client_id``: the caller's id, from its verified token.
    - ``trace_id``: the trace that the request belongs to, as OpenTelemetry or the request's header
      ``traceparent`` says: 32 hexadecimal digits.
    - ``status``: the HTTP status; 0 if none was sent.
    - ``duration``: seconds from the first byte read to the last one sent.
    - ``error_codes``: an entry per error of the response, its ``extensions.code`` or an empty
      string.
    - ``errors``: the number of errors, with those that the response only counts.
    """

    operation_name: str | None = None
    operation_kind: str | None = None
    document_id: str | None = None
    coordinates: frozenset[str] = frozenset()
    client: str | None = None
    client_id: str | None = None
    trace_id: str | None = None
    outcome: OperationOutcome = "ok"
    status: int = 0
    duration: float = 0.0
    error_codes: tuple[str, ...] = ()
    errors: int = 0

    def ended_with(self, request: OperationEvent) -> None:
        """Take the end of the HTTP request, which had several operations."""
        self.status, self.duration = request.status, request.duration
        if request.outcome == "disconnected":
            self.outcome = request.outcome


Sink: TypeAlias = Callable[[OperationEvent], None]
"""Takes every event, on the server's event loop: it must be quick, and should not raise."""


def _fields(event: OperationEvent) -> dict[str, object]:
    """Return the fields of a line of JSON, with the names of OpenTelemetry's conventions."""
    return {
        "event": "graphql.request",
        "graphql.operation.name": event.operation_name,
        "graphql.operation.type": event.operation_kind,
        "graphql.document.id": event.document_id,
        "client": event.client and printable(event.client),
        "client_id": event.client_id and printable(event.client_id),
        "trace_id": event.trace_id,
        "outcome": event.outcome,
        "http.status": event.status,
        "duration_ms": round(event.duration * 1000, 3),
        "errors": event.errors,
        "error_codes": distinct_codes(event.error_codes),
    }


def _text(event: OperationEvent) -> str:
    parts = [
        f"{event.status or '---'}",
        f"{event.duration * 1000:8.1f} ms",
        f"{event.outcome:<13}",
        f"{event.operation_kind or '-'} {event.operation_name or '-'}",
        (event.document_id or "-")[:_SHORT_ID],
        f"client={_word(event.client or '-')}",
    ]
    if event.client_id is not None:
        parts.append(f"client_id={_word(event.client_id)}")
    if event.trace_id is not None:
        parts.append(f"trace={event.trace_id}")
    if event.error_codes:
        codes = _word(",".join(distinct_codes(event.error_codes)))
        parts.append(f"errors={event.errors} {codes}".rstrip())
    return "  ".join(parts)


def _word(text: str) -> str:
    """Write a text without spaces, which would look like the start of the next part."""
    return printable(text).replace(" ", r"\x20")


_log = EventLog("trunkline.access", "operation", _text, _fields)


def access_log(event: OperationEvent) -> None:
    """Log an event to the logger ``trunkline.access``.

    The record's attribute ``operation`` has what a line of JSON says, as a dictionary.
    """
    _log.write(event)


def log_operations(stream: TextIO | None = None) -> logging.Handler:
    """Send the log of operations to a stream, standard error by default; return the handler.

    For programs that configure no logging of their own. A terminal gets readable lines, any other
    stream a JSON object per line. The exceptions that callers do not see (the logger
    ``trunkline.errors``) go there too, in the same form.
    """
    handler = _log.send_to(stream)
    errors = logging.getLogger("trunkline.errors")
    errors.addHandler(handler)
    errors.propagate = False
    return handler
