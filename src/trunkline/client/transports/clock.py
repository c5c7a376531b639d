"""The moment at which this thread's exchange must be over.

Libraries that block count their timeouts anew for each piece that they read, so that a server which
sends a byte now and then holds a caller for ever. Our sockets ask here how long they may still
wait; what a thread does ends at one moment, however many pieces it is made of.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import local
from time import monotonic

__all__ = ["bounded", "until"]


class _Clock(local):
    at: float | None = None


_clock = _Clock()


@contextmanager
def until(seconds: float) -> Generator[None]:
    """Let this thread's exchange end in ``seconds``."""
    before, _clock.at = _clock.at, monotonic() + seconds
    try:
        yield
    finally:
        _clock.at = before


def bounded(timeout: float | None) -> float | None:
    """Return how long one wait may take that was to take ``timeout``; 0 or less: no longer."""
    if _clock.at is None:
        return timeout
    left = _clock.at - monotonic()
    return left if timeout is None else min(timeout, left)
