"""One line per operation: readable on a terminal, JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from trunkline.observe.event import OperationEvent

__all__ = ["access_log", "log_operations", "printable"]

logger = logging.getLogger("trunkline.access")

_encoder = msgspec.json.Encoder()

_SHORT_ID = len("sha256:") + 12


def access_log(event: OperationEvent) -> None:
    """Log an event to the logger ``trunkline.access``; the record has it as ``operation``."""
    if logger.isEnabledFor(logging.INFO):
        # Not `logger.info`, which would walk the stack for a caller that is always this one.
        record = _new_record(event)
        record.operation = event
        logger.handle(record)


def _new_record(event: OperationEvent) -> logging.LogRecord:
    message = _Readable(event)
    return logging.getLogRecordFactory()(
        logger.name, logging.INFO, __file__, 0, message, (), None, access_log.__name__
    )


def log_operations(stream: TextIO | None = None) -> logging.Handler:
    """Send the lines to a stream, standard error if none is named; return the handler.

    For programs that configure no logging of their own. A terminal gets a readable line, any
    other stream a JSON object per line.
    """
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(_TerminalFormatter() if target.isatty() else _JSONFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler


class _Readable:
    """Writes an event for people, and only if somebody reads it."""

    def __init__(self, event: OperationEvent) -> None:
        self._event = event

    def __str__(self) -> str:
        event = self._event
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
        if event.error_codes:
            codes = ",".join(map(_word, _codes(event)))
            parts.append(f"errors={len(event.error_codes)} {codes}".rstrip())
        return "  ".join(parts)


class _TerminalFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s  %(message)s", "%H:%M:%S")


class _JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "operation", None) or OperationEvent()
        return _encoder.encode(_line(record, event)).decode()


class _Line(msgspec.Struct):
    """A line of JSON; attributes are named as OpenTelemetry's conventions do, where they are."""

    ts: datetime
    level: str
    event: str
    operation_name: str | None = msgspec.field(name="graphql.operation.name")
    operation_kind: str | None = msgspec.field(name="graphql.operation.type")
    document_id: str | None = msgspec.field(name="graphql.document.id")
    client: str | None
    client_id: str | None
    outcome: str
    status: int = msgspec.field(name="http.status")
    duration_ms: float
    errors: int
    error_codes: list[str]


def _line(record: logging.LogRecord, event: OperationEvent) -> _Line:
    return _Line(
        datetime.fromtimestamp(record.created, UTC),
        record.levelname.lower(),
        "graphql.request",
        event.operation_name,
        event.operation_kind,
        event.document_id,
        event.client and printable(event.client),
        event.client_id and printable(event.client_id),
        event.outcome,
        event.status,
        round(event.duration * 1000, 3),
        len(event.error_codes),
        [printable(code) for code in _codes(event)],
    )


def printable(text: str) -> str:
    """Escape a text that would break the line or move the terminal's cursor."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _word(text: str) -> str:
    """Write a text without a space, which would read as the end of it and the next part."""
    return printable(text).replace(" ", r"\x20")


def _codes(event: OperationEvent) -> list[str]:
    return sorted(set(event.error_codes) - {""}) if event.error_codes else []
