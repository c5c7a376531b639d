"""The event of a call, and who wants to know of it."""

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
    "bad_answer",
    "connection_failed",
    "deadline_exceeded",
    "circuit_open",
    "cancelled",
    "failed",
]
"""``partial``: data and errors; ``refused``: errors only; ``bad_status`` and ``bad_answer``: no
GraphQL; ``cancelled``: the caller gave up; ``failed``: an exception that nobody foresaw."""


class CallEvent(msgspec.Struct):
    """One call, retries included.

    ``url`` is without what may be secret. ``document_id`` is ``sha256:…``. ``attempts`` counts the
    times it was sent, or would have been. ``status`` is the HTTP status of the last answer, 0 where
    there was none; ``bytes_received`` the size of its body. ``duration`` is in seconds.
    ``error_codes`` has an entry per error of the answer, its ``extensions.code`` or an empty
    string. Values of variables are not here: they may be secret.
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
    """What a program wants to do at each step. All are called where the call is made: be quick.

    ``request`` may change each request before credentials are added; ``response`` sees each answer,
    304 and 503 included; ``call`` is told of each call when it is over.
    """

    request: Callable[[HTTPRequest], HTTPRequest] | None = None
    response: Callable[[HTTPRequest, HTTPResponse], None] | None = None
    call: Callable[[CallEvent], None] | None = None


_OUTCOMES: tuple[tuple[type[BaseException], Outcome], ...] = (
    (DeadlineExceededError, "deadline_exceeded"),
    (CircuitOpenError, "circuit_open"),
    (ConnectionFailedError, "connection_failed"),
    (ServerStatusError, "bad_status"),
    (ProtocolError, "bad_answer"),
    (Exception, "failed"),
)


def outcome_of(error: BaseException) -> Outcome:
    """Say in a word how a call ended that raised."""
    if isinstance(error, ExecutionError):
        return "refused" if error.data is None else "partial"
    for kind, word in _OUTCOMES:
        if isinstance(error, kind):
            return word
    return "cancelled"
