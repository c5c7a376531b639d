"""Awaiting in two parts: up to where something first waits, and from there on.

An awaitable that never waits needs neither a deadline nor a watch on its client, and both cost more
than it does.

    steps = awaitable.__await__()
    try:
        rest = resume(steps, next(steps))
    except StopIteration as done:
        …  # it never waited, and `done.value` is its result
"""

from __future__ import annotations

from asyncio import current_task
from collections.abc import Generator
from functools import partial
from types import coroutine
from typing import Any, NoReturn

__all__ = ["in_task", "resume"]


@coroutine
def resume(steps: Any, waits_for: Any) -> Generator[Any, Any, Any]:
    """Await the rest of an awaitable whose ``__await__`` has taken its first step.

    ``steps`` is what ``__await__`` returned, or another object with ``send`` and ``throw``.
    ``waits_for`` is what that step yielded. From there on this does what ``await`` does (PEP 380).
    """
    send = getattr(steps, "send", partial(_next, steps))  # plain iterators can be awaited too
    throw = getattr(steps, "throw", _raise)
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # a cancellation goes to the awaitable
                waits_for = throw(error)
            else:
                waits_for = send(sent)
        except StopIteration as done:
            return done.value


@coroutine
def in_task() -> Generator[Any, Any, None]:
    """Pause until this runs in a task.

    A request may be begun without one, because most need none (`server/lean.py`). Before functions
    of a program are awaited, and before a timeout is set, there must be one.
    """
    if current_task() is None:
        yield


def _next(steps: Any, _sent: None) -> Any:
    return next(steps)


def _raise(error: BaseException) -> NoReturn:
    raise error
