"""Lines of a log, written to a stream by a thread, so that no program waits for its log.

A line is written at once if there was none for a twentieth of a second; else all lines of such a
time are written together, because to wake a thread costs more than a line. They are made from their
events together, too: code that has just run, runs again in half the time.
"""

from __future__ import annotations

import atexit
import logging
import os
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread, main_thread
from typing import TextIO, TypeAlias
from weakref import WeakSet, finalize, ref

from trunkline.forks import renewed_in_children

__all__ = ["Happened", "LineWriter", "Lines", "told_of_losses"]

_MOST = 10_000  # lines that wait
_MOST_EVENTS = 256  # that wait for their lines, which then take less than a millisecond
_PAUSE = 0.05  # seconds between two writes
_PATIENCE = 5.0  # seconds for which the end of a program waits for a stream that is stuck

told_of_losses: list[Callable[[int], None]] = []
"""Functions that count dropped lines: each gets their number as soon as they are dropped."""


Happened: TypeAlias = tuple[float, int, object]
"""A time, in seconds since 1970; a level; and an event, or a line that is made already."""


class Lines(logging.Formatter, ABC):
    """Makes the lines of events, and as any formatter those of records."""

    @abstractmethod
    def of_events(self, events: Sequence[Happened]) -> str:
        """Return the lines of events, each with its end."""

    @abstractmethod
    def of_losses(self, count: int) -> str:
        """Return the line that says how many lines were dropped."""


class LineWriter(logging.Handler):
    """Writes the lines of events, and those of records, to a stream.

    At most 10,000 lines wait, and as many more of errors; what does not fit is dropped, and a line
    says how many were. ``flush`` writes what waits, which is done when the program ends, too.
    """

    def __init__(self, stream: TextIO, lines: Lines) -> None:
        super().__init__()
        self._stream = stream
        self._lines = lines
        self.setFormatter(lines)
        self.after_fork()
        renewed_in_children(self)
        _living.add(self)

    def after_fork(self) -> None:
        """Begin anew: what waits is the parent's, whose thread does not run in this process."""
        self._events = deque[Happened]()
        self._making = Lock()
        # what follows is for those who hold `_counting`
        self._counting = Lock()
        self._texts: list[str] = []
        self._waiting = self._dropped = 0  # lines
        self._writing = Lock()
        self._wake = Event()
        finalize(self, self._wake.set).atexit = False
        self._thread: Thread | None = None

    def is_all_of(self, logger: logging.Logger) -> bool:
        """Tell whether a record of an event would only become our line."""
        return (
            logger.handlers == [self]
            and not (logger.propagate or logger.filters or self.filters or self.level)
            and self.formatter is self._lines
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record, soon."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001  # it is told on standard error, as those of all handlers
            self.handleError(record)
        else:
            self.put(record.created, record.levelno, line)

    def put(self, created: float, level: int, event: object) -> None:
        """Write the line of an event, soon. A string is a line that is made."""
        self._events.append((created, level, event))
        # an event can be large, so none waits for a stream that is slow
        if len(self._events) >= _MOST_EVENTS or self._writing.locked():
            self._make_lines(0.0)
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self._start()

    def _make_lines(self, patience: float) -> None:
        """Make the lines of the events that wait; wait some seconds for a thread that does so."""
        if not self._making.acquire(timeout=patience):
            return
        try:
            events = [self._events.popleft() for _ in range(len(self._events))]
            if self._waiting + len(events) > _MOST:
                events = self._those_with_room(events)
            text = self._text(events)
            with self._counting:
                self._texts.append(text)
                self._waiting += len(events)
        finally:
            self._making.release()

    def _those_with_room(self, events: list[Happened]) -> list[Happened]:
        """Return the events whose lines can wait; the others are dropped."""
        kept: list[Happened] = []
        for happened in events:
            most = _MOST if happened[1] <= logging.INFO else 2 * _MOST
            if self._waiting + len(kept) < most:
                kept.append(happened)
        if len(kept) < len(events):
            self._drop(len(events) - len(kept))
        return kept

    def _text(self, events: list[Happened]) -> str:
        """Return the lines of events. One that cannot be written must not cost the others."""
        try:
            return self._lines.of_events(events)
        except Exception:  # noqa: BLE001  # it is told on standard error, as those of all handlers
            if len(events) > 1:
                return "".join(self._text([each]) for each in events)
            self.handleError(logging.makeLogRecord({"msg": "The line of an event"}))
            return ""

    def _start(self) -> None:
        self._thread = Thread(
            target=_write_when_woken,
            args=(ref(self), self._wake),
            name="trunkline-log",
            daemon=True,
        )
        try:
            self._thread.start()
            if os.getpid() not in _watched:
                _watched.add(os.getpid())
                Thread(target=_write_at_end, name="trunkline-log-end", daemon=False).start()
        except RuntimeError:  # the program ends, and starts no threads any more
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._writing.acquire(timeout=_PATIENCE):
            return  # the stream takes nothing
        try:
            self._make_lines(_PATIENCE)
            self._write_texts()
        finally:
            self._writing.release()

    def _write_texts(self) -> None:
        with self._counting:
            texts, self._texts = self._texts, []
            lines, self._waiting = self._waiting, 0
            dropped, self._dropped = self._dropped, 0
        if dropped:
            texts.append(self._lines.of_losses(dropped) + "\n")
        try:
            if text := "".join(texts):
                self._write(text)
        except (OSError, ValueError):  # it is full, or closed
            self._drop(lines)
            with self._counting:
                self._dropped += dropped  # the note about them was not written

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError as error:  # one character must not cost all lines
            self._stream.write(
                text.encode(error.encoding, "backslashreplace").decode(error.encoding)
            )
        self._stream.flush()

    def _drop(self, lines: int) -> None:
        with self._counting:
            self._dropped += lines
        for tell in told_of_losses:
            tell(lines)

    def close(self) -> None:
        """Write what waits.

        It goes on all the same: `logging.config` closes every handler that there is, and programs
        such as uvicorn call it when our logs are set up already.
        """
        self.flush()
        super().close()


def _write_when_woken(writer: ref[LineWriter], wake: Event) -> None:
    """Write what waits whenever there is something, as long as the writer lives."""
    while wake.wait():
        wake.clear()
        living = writer()
        if living is None:
            return
        living.flush()
        del living
        time.sleep(_PAUSE)


_living: WeakSet[LineWriter] = WeakSet()
_watched: set[int] = set()  # processes, by their ids


@atexit.register
def _write_all() -> None:
    for each in list(_living):
        each.flush()


def _write_at_end() -> None:
    """Write what waits when the process ends.

    A process that `multiprocessing` started, such as a worker of uvicorn or granian, calls nothing
    that was registered by `atexit`; but it waits for its threads.
    """
    main_thread().join()
    _write_all()
