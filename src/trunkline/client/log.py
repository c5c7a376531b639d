"""One line per call, without any value of a variable."""

from __future__ import annotations

import logging

import msgspec

from trunkline.client.events import CallEvent
from trunkline.observe.log import EventLog, distinct_codes

__all__ = ["is_logged", "log_call"]


def _text(event: CallEvent) -> str:
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


_log = EventLog("trunkline.calls", "call", _text, msgspec.to_builtins)


def is_logged() -> bool:
    """Tell whether calls are logged: the level ``INFO`` of ``trunkline.calls``."""
    return _log.is_read()


def log_call(event: CallEvent) -> None:
    """Log a call to ``trunkline.calls``; the record has the event as ``call``."""
    _log.write(event, logging.INFO if event.outcome in ("ok", "partial") else logging.WARNING)
