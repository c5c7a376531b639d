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

__all__ = ["EventLog", "distinct_codes"]

Event = TypeVar("Event")

_encoder = msgspec.json.Encoder()


class EventLog(Generic[Event]):
    """A logger each of whose records is an event.

    - ``name``: the logger's.
    - ``attribute``: the attribute of a record that has the event.
    - ``text``: writes the record's message, and is called only if the message is read.
    - ``fields``: returns what a line of JSON says, as an object that msgspec writes: a mapping, or
      a struct. It says when it happened (``ts``) and the ``level`` before that.
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
            setattr(record, self._attribute, event)
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
            handler.setFormatter(_JSONLines(self._attribute, self._fields))
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
    def __init__(self, attribute: str, fields: Callable[[Any], object]) -> None:
        super().__init__()
        self._attribute = attribute
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, self._attribute, None)
        fields = {"message": record.getMessage()} if event is None else self._fields(event)
        time = _encoder.encode(datetime.fromtimestamp(record.created, UTC)).decode()
        rest = _encoder.encode(fields).decode()[1:]
        return f'{{"ts":{time},"level":"{record.levelname.lower()}",{rest}'


def distinct_codes(codes: Iterable[str]) -> list[str]:
    """Return the different error codes, sorted and printable, without the empty one."""
    return [printable(code) for code in sorted(set(codes) - {""})]
