"""One line per call, without any value of a variable."""

from __future__ import annotations

import logging

from trunkline.client.events import CallEvent
from trunkline.observe.log import printable

__all__ = ["log_call", "logged"]

logger = logging.getLogger("trunkline.calls")


def logged() -> bool:
    """Say whether anybody reads calls in the log: the level ``INFO`` of ``trunkline.calls``."""
    return logger.isEnabledFor(logging.INFO)


def log_call(event: CallEvent) -> None:
    """Log a call to ``trunkline.calls``; the record has the event as ``call``."""
    if not logged():
        return
    level = logging.INFO if event.outcome in ("ok", "partial") else logging.WARNING
    logger.log(level, "%s", _Readable(event), extra={"call": event})


class _Readable:
    """Writes an event for people, and only if somebody reads it."""

    def __init__(self, event: CallEvent) -> None:
        self._event = event

    def __str__(self) -> str:
        event = self._event
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
        codes = ",".join(sorted(set(event.error_codes) - {""}))
        if event.error_codes:
            parts.append(f"errors={len(event.error_codes)} {printable(codes)}".rstrip())
        return "  ".join(parts)
