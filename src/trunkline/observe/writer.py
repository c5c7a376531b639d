"""Lines of a log, written to a stream by a thread, so that no program waits for its log.

A line is written at once if there was none for a twentieth of a second; else all lines of such a
time are written together, because to wake a thread costs more than a line.
"""

from __future__ import annotations

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock, Thread, main_thread
from typing import TextIO
from weakref import WeakSet, finalize, ref

from trunkline.forks import renewed_in_children

__all__ = ["LineWriter", "told_of_losses"]

_MOST = 10_000  # lines that wait
_PAUSE = 0.05  # seconds between two writes
_PATIENCE = 5.0  # seconds for which the end of a program waits for a stream that is stuck

told_of_losses: list[Callable[[int], None]] = []
"""Functions that count dropped lines: each gets their number as soon as they are dropped."""


class LineWriter(logging.Handler):
    """Writes the lines of records, and other lines, to a stream.

    At most 10,000 lines wait, and as many more of errors; what does not fit is dropped. `note` says
    in a line how many were. ``flush`` writes what waits, which is done when the program ends, too.
    """

    def __init__(self, stream: TextIO, note: Callable[[int], str]) -> None:
        super().__init__()
        self._stream = stream
        self._note = note
        self.after_fork()
        renewed_in_children(self)
        _living.add(self)

    def after_fork(self) -> None:
        """Begin anew: what waits is the parent's, whose thread does not run in this process."""
        self._waiting = deque[str]()
        self._dropped = 0
        self._counting = Lock()
        self._writing = Lock()
        self._wake = Event()
        finalize(self, self._wake.set).atexit = False
        self._thread: Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line of a record."""
        self.put(self.format(record), is_error=record.levelno > logging.INFO)

    def put(self, line: str, *, is_error: bool) -> None:
        """Write a line, soon."""
        if len(self._waiting) >= (2 * _MOST if is_error else _MOST):
            self._drop(1)
            return
        self._waiting.append(line)
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self._start()

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
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        try:
            if lines or dropped:
                notes = [self._note(dropped)] if dropped else []
                self._write("\n".join([*lines, *notes, ""]))
        except (OSError, ValueError):  # it is full, or closed
            self._drop(len(lines))
            with self._counting:
                self._dropped += dropped  # the note about them was not written
        finally:
            self._writing.release()

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
