"""Awaiting in two parts: up to where something first waits, and from there on.

What never waits needs neither a deadline nor a look after its client, and both cost more than it.

    steps = awaitable.__await__()
    try:
        rest = resume(steps, next(steps))
    except StopIteration as done:
        …  # it never waited: `done.value` is what it gave
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

__all__ = ["resume"]

T = TypeVar("T")


@coroutine
def resume(
    steps: Generator[Any, Any, T] | Coroutine[Any, Any, T], waits_for: Any
) -> Generator[Any, Any, T]:
    """Await the rest of an awaitable whose ``__await__`` has taken its first step.

    ``waits_for`` is what the step gave. From there on this is what ``await`` does (PEP 380).
    """
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # being cancelled is for the awaited
                waits_for = steps.throw(error)
            else:
                waits_for = steps.send(sent)
        except StopIteration as done:
            value: T = done.value
            return value
