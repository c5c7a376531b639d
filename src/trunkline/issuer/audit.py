"""The audit log: what was granted to which client, and what was denied, and why. Never a secret.

Each entry is a record of the logger ``trunkline.audit``; its attribute ``audit`` is a
dictionary with what an `AuditEntry` has.
"""

from __future__ import annotations

import logging
from typing import Literal, TextIO

import msgspec

from trunkline.observe.log import EventLog
from trunkline.printable import printable

__all__ = ["AuditEntry", "log_audit", "write_audit"]


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


def _fields(entry: AuditEntry) -> AuditEntry:
    """Return an entry whose claimed client id is printable: anyone may have sent it."""
    if entry.event != "refusal":
        return entry
    return msgspec.structs.replace(entry, client_id=printable(entry.client_id))


def _text(entry: AuditEntry) -> str:
    return msgspec.json.encode(_fields(entry)).decode()


_log = EventLog("trunkline.audit", "audit", _text, _fields)


def write_audit(entry: AuditEntry) -> None:
    """Log an entry: an error response as a warning, everything else as information."""
    _log.write(entry, logging.WARNING if entry.event == "refusal" else logging.INFO)


def log_audit(stream: TextIO | None = None) -> logging.Handler:
    """Send entries to a stream, by default standard error: a JSON object per line."""
    return _log.send_to(stream, readable=False)
