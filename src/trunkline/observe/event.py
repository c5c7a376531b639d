"""The event of an operation: one request, as it is told to logs and, later, metrics and traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

__all__ = ["OperationEvent", "Outcome", "Sink"]

Outcome: TypeAlias = Literal[
    "ok", "partial", "request_error", "internal_error", "deadline_exceeded", "disconnected"
]
"""``partial``: data and errors; ``request_error``: nothing was executed; ``internal_error``: an
exception that nobody foresaw; ``deadline_exceeded``: the execution was given up half-way;
``disconnected``: no answer went out, for the client went away or the server cancelled the
request."""


class OperationEvent(msgspec.Struct):
    """One request to a GraphQL endpoint.

    Attributes that a request did not get as far as are ``None``. ``document_id`` is ``sha256:…``;
    ``client`` is what the caller calls itself, ``name/version``, and not proven; ``client_id`` is
    who it is by its token, which was verified; ``status`` is the HTTP status, 0 if none was sent;
    ``duration`` is in seconds, from the first byte read to the last handed over; ``error_codes``
    has an entry per error, its ``extensions.code`` or an empty string.
    """

    operation_name: str | None = None
    operation_kind: str | None = None
    document_id: str | None = None
    client: str | None = None
    client_id: str | None = None
    outcome: Outcome = "ok"
    status: int = 0
    duration: float = 0.0
    error_codes: tuple[str, ...] = ()


Sink: TypeAlias = Callable[[OperationEvent], None]
"""Takes every event, on the server's event loop: it must be quick, and should not raise."""
