"""Logs of events: one record per event, written as a readable line or as a line of JSON.

Three logs are made of this: the operations of a server, the calls of a client, and the decisions
of an issuer.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Generic, TextIO, TypeVar

import msgspec

from trunkline.printable import printable

__all__ = ["EventLog", "distinct_codes", "safe_logger"]

Event = TypeVar("Event")

_encoder = msgspec.json.Encoder()
_tracebacks = logging.Formatter()


class EventLog(Generic[Event]):
    """A logger each of whose records is an event.

    - ``name``: the logger's.
    - ``attribute``: the attribute of a record that has what the event says, as a dictionary that
      any JSON library can write.
    - ``text``: writes the record's message, and is called only if the message is read.
    - ``fields``: returns what the event says, as a dictionary or a struct. A line of JSON has when
      it happened (``ts``) and the ``level`` before that.
    """

    def __init__(
        self,
        name: str,
        attribute: str,
        text: Callable[[Event], str],
        fields: Callable[[Event], object],
    ) -> None:
        self._logger = logging.getLogger(name)
        self._attribute = attribute
        self._text = text
        self._fields = fields

    def is_read(self, level: int = logging.INFO) -> bool:
        """Tell whether events of a level are logged at all."""
        return self._logger.isEnabledFor(level)

    def write(self, event: Event, level: int = logging.INFO) -> None:
        """Log an event."""
        if self._logger.isEnabledFor(level):
            # Not `logger.log`, which would walk the stack for a caller that is always this one.
            message = _Message(self._text, event)
            record = logging.getLogRecordFactory()(
                self._logger.name, level, __file__, 0, message, (), None, "write"
            )
            setattr(record, self._attribute, msgspec.to_builtins(self._fields(event)))
            self._logger.handle(record)

    def send_to(self, stream: TextIO | None, *, readable: bool | None = None) -> logging.Handler:
        """Send the lines to a stream, standard error if it is ``None``; return the handler.

        Without ``readable``, a terminal gets readable lines, and any other stream JSON. The logger
        then sends its records nowhere else.
        """
        target = stream or sys.stderr
        handler = logging.StreamHandler(target)
        if target.isatty() if readable is None else readable:
            handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
        else:
            handler.setFormatter(_JSONLines(self._attribute))
        self._logger.addHandler(handler)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        return handler


class _Message:
    """A message that is written when it is read."""

    def __init__(self, text: Callable[[Any], str], event: object) -> None:
        self._text = text
        self._event = event

    def __str__(self) -> str:
        return self._text(self._event)


class _JSONLines(logging.Formatter):
    def __init__(self, attribute: str) -> None:
        super().__init__()
        self._attribute = attribute

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, self._attribute, None)
        if fields is None:
            fields = {"logger": record.name, "message": record.getMessage()}
            if record.exc_info:
                fields["exception"] = record.exc_text or self.formatException(record.exc_info)
        time = _encoder.encode(datetime.fromtimestamp(record.created, UTC)).decode()
        rest = _encoder.encode(fields).decode()[1:]
        return f'{{"ts":{time},"level":"{record.levelname.lower()}",{rest}'


def safe_logger(name: str) -> logging.Logger:
    """Return a logger whose records break no line and move no cursor in any format.

    Exceptions may repeat what a stranger sent. The lines of a traceback are indented, so that none
    of them looks like a record of its own.
    """
    logger = logging.getLogger(name)
    logger.addFilter(_make_safe)
    return logger


def _make_safe(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if not message.isprintable():
        record.msg, record.args = printable(message), ()
    if record.exc_info and not record.exc_text:
        lines = _tracebacks.formatException(record.exc_info).split("\n")
        record.exc_text = "\n".join(f"  {printable(line)}" for line in lines)
    return True


def distinct_codes(codes: Iterable[str]) -> list[str]:
    """Return the different error codes, sorted and printable, without the empty one."""
    return [printable(code) for code in sorted(set(codes) - {""})]
