"""The audit log: what was granted to which client, and what was denied, and why. Never a secret.

Each entry is a record of the logger ``trunkline.audit``; its attribute ``audit`` is the entry.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

import msgspec

__all__ = ["AuditEntry", "log_audit", "write_audit"]

logger = logging.getLogger("trunkline.audit")

_encoder = msgspec.json.Encoder()
_LONGEST = 128


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One decision of the issuer.

    If the client was not authenticated, ``client_id`` is what its request claimed. ``secret`` is
    the id of the secret that was used, which shows when an old one is idle. ``error`` and
    ``reason`` are those of an error response (the event ``refusal``).
    """

    event: Literal["grant", "introspection", "revocation", "refusal"]
    address: str
    client_id: str = ""
    method: str = ""
    secret: str = ""
    resource: str = ""
    scope: str = ""
    jti: str = ""
    expires: int = 0
    bound: str = ""
    error: str = ""
    reason: str = ""


def write_audit(entry: AuditEntry) -> None:
    """Log an entry: a grant is information, a refusal a warning."""
    level = logging.WARNING if entry.event == "refusal" else logging.INFO
    if logger.isEnabledFor(level):
        # Not `logger.log`, which would walk the stack for a caller that is always this one.
        record = logging.getLogRecordFactory()(
            logger.name, level, __file__, 0, _Line(entry), (), None, write_audit.__name__
        )
        record.audit = entry
        logger.handle(record)


class _Line:
    """Writes an entry as JSON, once, and only if somebody reads it."""

    def __init__(self, entry: AuditEntry) -> None:
        self._entry = entry

    def __str__(self) -> str:
        return _encoder.encode(_printable(self._entry)).decode()


def log_audit(stream: TextIO | None = None) -> logging.Handler:
    """Send entries to a stream, standard error if none is named: a JSON object per line."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JSONFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler


class _JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return f'{{"ts":"{when}",{record.getMessage()[1:]}'


def _printable(entry: AuditEntry) -> AuditEntry:
    """Cut what a stranger may have written, and escape what is not printable."""
    if entry.event != "refusal":
        return entry
    client_id = entry.client_id[:_LONGEST]
    if not client_id.isprintable():
        client_id = client_id.encode("unicode_escape").decode("ascii")
    return msgspec.structs.replace(entry, client_id=client_id)
