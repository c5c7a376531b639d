"""Awaiting in two parts: up to where something first waits, and from there on.

What never waits needs neither a deadline nor a look after its client, and both cost more than it.

    steps = awaitable.__await__()
    try:
        rest = resume(steps, next(steps))
    except StopIteration as done:
        …  # it never waited: `done.value` is what it gave
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from types import coroutine
from typing import Any, NoReturn, TypeVar

__all__ = ["resume"]

T = TypeVar("T")


@coroutine
def resume(
    steps: Generator[Any, Any, T] | Coroutine[Any, Any, T],
    waits_for: Any,
    context: Context | None = None,
) -> Generator[Any, Any, T]:
    """Await the rest of an awaitable whose ``__await__`` has taken its first step.

    ``waits_for`` is what the step gave. From there on this is what ``await`` does (PEP 380).
    ``context`` is the one that the steps are made in, if it is not the task's own.
    """
    step = _step if context is None else context.run
    send = getattr(steps, "send", partial(_next, steps))  # mere iterators are awaited too
    throw = getattr(steps, "throw", _raise)
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # being cancelled is for the awaited
                waits_for = step(throw, error)
            else:
                waits_for = step(send, sent)
        except StopIteration as done:
            value: T = done.value
            return value


def _next(steps: Any, _sent: None) -> Any:
    return next(steps)


def _raise(error: BaseException) -> NoReturn:
    raise error


def _step(function: Callable[[Any], Any], argument: Any) -> Any:
    return function(argument)
