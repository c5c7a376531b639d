"""Which fields an execution waits for long: by their places in the response, in seconds."""

from __future__ import annotations

from contextvars import ContextVar
from time import perf_counter

from trunkline.runtime.work import Work

__all__ = ["long_waits", "note_wait"]

_LONG = 0.01  # seconds

long_waits: ContextVar[dict[str, float] | None] = ContextVar("long_waits", default=None)
"""Takes the waits of the executions that begin in this context, also of those that are cancelled.

A place has no indices of lists, and the longest wait of its fields.
"""


def note_wait(waits: dict[str, float] | None, work: Work, began: float) -> None:
    """Note a piece of work that has ended, if it took long."""
    seconds = perf_counter() - began
    if waits is not None and seconds >= _LONG:
        place = ".".join(key for key in work.pattern if key is not None)
        waits[place] = max(seconds, waits.get(place, 0.0))
