"""Logs of events: one record per event, written as a readable line or as a line of JSON.

Three logs are made of this: the operations of a server, the calls of a client, and the decisions
of an issuer.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Generic, Protocol, TextIO, TypeVar

import msgspec

from trunkline.observe.writer import Happened, Lines, LineWriter
from trunkline.printable import printable

__all__ = ["EventLog", "Subject", "distinct_codes", "safe_logger", "subject", "word"]

Event = TypeVar("Event")

_encoder = msgspec.json.Encoder()
_tracebacks = logging.Formatter()
_COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31m"}
_COMMA = ord(",")
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Subject(Protocol):
    """What the program is about when it logs something, such as a request."""

    def identity(self) -> Mapping[str, str]:
        """Return what tells it from others, as keys of a line of JSON."""
        ...

    @property
    def passed_on(self) -> Mapping[str, str]:
        """The headers by which calls of other servers continue its trace."""
        ...


subject: ContextVar[Subject | None] = ContextVar("subject", default=None)
"""What this task is about. Records of safe loggers have its identity as attribute ``subject``."""


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
        self._writer: LineWriter | None = None

    def is_read(self, level: int = logging.INFO) -> bool:
        """Tell whether events of a level are logged at all."""
        return self._logger.isEnabledFor(level)

    def write(self, event: Event, level: int = logging.INFO) -> None:
        """Log an event, which must not change any more: its line is made a little later."""
        logger, writer = self._logger, self._writer
        if not logger.isEnabledFor(level):
            return
        if writer is not None and writer.is_all_of(logger):  # to make a record costs the most
            writer.put(time.time(), level, event)
            return
        # Not `logger.log`, which would walk the stack for a caller that is always this one.
        message = _Message(self._text, event)
        record = logging.getLogRecordFactory()(
            logger.name, level, __file__, 0, message, (), None, "write"
        )
        setattr(record, self._attribute, msgspec.to_builtins(self._fields(event)))
        logger.handle(record)

    def flush(self) -> None:
        """Write the lines that wait for a stream."""
        if self._writer is not None:
            self._writer.flush()

    def send_to(self, stream: TextIO | None, *, readable: bool | None = None) -> logging.Handler:
        """Send the lines to a stream, standard error if it is ``None``; return the handler.

        A thread writes them, soon; the handler's ``flush`` writes them at once. Without
        ``readable``, a terminal gets readable lines, and any other stream JSON. The logger then
        sends its records nowhere else.
        """
        target = stream or sys.stderr
        lines: Lines
        if target.isatty() if readable is None else readable:
            lines = _ReadableLines(self._text, has_colours=_has_colours(target))
        else:
            lines = _JSONLines(self._attribute, self._fields)
        self._writer = writer = LineWriter(target, lines)
        self._logger.addHandler(writer)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        return writer


class _Message:
    """A message that is written when it is read."""

    def __init__(self, text: Callable[[Any], str], event: object) -> None:
        self._text = text
        self._event = event

    def __str__(self) -> str:
        return self._text(self._event)


class _JSONLines(Lines):
    def __init__(self, attribute: str, fields: Callable[[Any], object]) -> None:
        super().__init__()
        self._attribute = attribute
        self._fields = fields

    def of_events(self, events: Sequence[Happened]) -> str:
        """Return the lines of events."""
        text = bytearray()
        for created, level, event in events:
            if isinstance(event, str):
                text += event.encode()
            else:
                _write_line(text, created, level, self._fields(event))
            text += b"\n"
        return text.decode()

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, self._attribute, None)
        if fields is None:
            fields = {"logger": record.name, "message": record.getMessage()}
            fields |= getattr(record, "subject", {})
            if record.exc_info:
                fields["exception"] = record.exc_text or self.formatException(record.exc_info)
        return _line(record.created, record.levelno, fields)

    def of_losses(self, count: int) -> str:
        """Return the line that says how many lines were dropped."""
        return _line(time.time(), logging.WARNING, {"event": "log.dropped", "lines": count})


def _line(created: float, level: int, content: object) -> str:
    text = bytearray()
    _write_line(text, created, level, content)
    return text.decode()


def _write_line(text: bytearray, created: float, level: int, content: object) -> None:
    second = int(created)
    text += _head(second, level) % ((created - second) * 1e6)
    end = len(text)
    _encoder.encode_into(content, text, -1)
    text[end] = _COMMA  # in place of the brace


@lru_cache(maxsize=8)  # to write one costs as much as to write the rest of a line
def _head(second: int, level: int) -> bytes:
    """Return the beginning of lines, with a gap for the microseconds."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    name = logging.getLevelName(level).lower().replace("%", "%%")
    return f'{{"ts":"{moment}.%06dZ","level":"{name}"'.encode()


class _ReadableLines(Lines):
    def __init__(self, text: Callable[[Any], str], *, has_colours: bool) -> None:
        super().__init__()
        self._text = text
        self._has_colours = has_colours

    def of_events(self, events: Sequence[Happened]) -> str:
        """Return the lines of events."""
        lines = (
            event if isinstance(event, str) else self._line(created, level, self._text(event))
            for created, level, event in events
        )
        return "".join(f"{line}\n" for line in lines)

    def format(self, record: logging.LogRecord) -> str:
        identity: Mapping[str, str] = getattr(record, "subject", {})
        told = [f"{key.removeprefix('graphql.')}={word(told)}" for key, told in identity.items()]
        text = self._line(record.created, record.levelno, "  ".join([record.getMessage(), *told]))
        if record.exc_info:
            text += "\n" + (record.exc_text or self.formatException(record.exc_info))
        return text

    def of_losses(self, count: int) -> str:
        """Return the line that says how many lines were dropped."""
        text = f"{count} lines of the log were dropped, because the stream took them too slowly."
        return self._line(time.time(), logging.WARNING, text)

    def _line(self, created: float, level: int, content: str) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(created))
        if not self._has_colours:
            return f"{moment}  {content}"
        colour = _COLOURS.get(level, "")
        return f"{_DIM}{moment}{_PLAIN}  {colour}{content}{_PLAIN if colour else ''}"


def _has_colours(stream: TextIO) -> bool:
    """Tell whether a stream shows colours, and its reader wants them (no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def safe_logger(name: str) -> logging.Logger:
    """Return a logger whose records break no line and move no cursor in any format.

    Exceptions may repeat what a stranger sent. The lines of a traceback are indented, so that none
    of them looks like a record of its own. A record has the identity of the `subject` as attribute
    ``subject``.
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
    about = subject.get()
    if about is not None:
        record.subject = about.identity()
    return True


def word(text: str) -> str:
    """Write a text without spaces, which would look like the start of the next part of a line."""
    return printable(text).replace(" ", r"\x20")


def distinct_codes(codes: Iterable[str]) -> list[str]:
    """Return the different error codes, sorted and printable, without the empty one."""
    return [printable(code) for code in sorted(set(codes) - {""})]
