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

    ``waits_for`` is what that step yielded. From there on this does what ``await`` does (PEP 380).
    ``context`` is the context of the steps, if it is not the task's.
    """
    step = _step if context is None else context.run
    send = getattr(steps, "send", partial(_next, steps))  # plain iterators can be awaited too
    throw = getattr(steps, "throw", _raise)
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # a cancellation goes to the awaitable
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
