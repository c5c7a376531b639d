"""The event of a call, and the hooks that get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from trunkline.errors import (
    CircuitOpenError,
    ConnectionFailedError,
    DeadlineExceededError,
    ExecutionError,
    ProtocolError,
    ServerStatusError,
)
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["CallEvent", "Hooks", "Outcome", "outcome_of"]

Outcome: TypeAlias = Literal[
    "ok",
    "partial",
    "refused",
    "bad_status",
    "bad_response",
    "connection_failed",
    "deadline_exceeded",
    "circuit_open",
    "cancelled",
    "failed",
]
"""``partial``: data and errors; ``refused``: only errors; ``bad_status``, ``bad_response``: not a
GraphQL response; ``cancelled``: the caller gave up; ``failed``: an unexpected exception."""


class CallEvent(msgspec.Struct):
    """One call, retries included. Values of variables are not here: they may be secret.

    - ``url``: the server's, without user, password and query.
    - ``document_id``: ``sha256:…`` of the document.
    - ``attempts``: how often the call was sent, or would have been.
    - ``status``: the HTTP status of the last response; 0 without one.
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
