"""Compiling long documents beside the event loop, so that the requests of others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from trunkline.compiler.operation import Operation
from trunkline.errors import RequestError
from trunkline.forks import renewed_in_children

__all__ = ["Compilations", "takes_long"]

Result = TypeVar("Result")

_LONG = 2_000  # characters of a document that takes longer than the way to a thread and back


def takes_long(text: str) -> bool:
    """Return whether a document of this text is to be compiled beside the event loop."""
    return len(text) >= _LONG


@dataclass(slots=True)
class _Compilation:
    """The compiling of a document, and how many requests wait for it."""

    future: Future[Operation]
    waiting: int = 0


class Compilations:
    """The compiling of long documents: in one thread, and once for all who wait for a document.

    If all of these go away before it has begun, it does not begin.
    """

    def __init__(self) -> None:
        self.after_fork()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Begin anew: the parent's thread does not run in this process."""
        self._thread = ThreadPoolExecutor(1, "trunkline-compiling")  # starts with its first work
        self._running: dict[Hashable, _Compilation] = {}

    async def operation(
        self, text: str, compile_: Callable[[], Operation], key: Hashable
    ) -> Operation:
        """Return the operation that ``compile_`` compiles from a text.

        Who asks with the same ``key`` meanwhile waits for the same operation. Raises the
        ``RequestError`` that says what is wrong with the document.
        """
        if not takes_long(text):
            return compile_()
        compilation = self._running.get(key)
        if compilation is None:
            future = self.begin(compile_)
            compilation = self._running[key] = _Compilation(future)
            future.add_done_callback(partial(self._forget, key))
        compilation.waiting += 1
        outcome = asyncio.wrap_future(compilation.future)
        outcome.add_done_callback(_retrieve)
        try:  # who goes away must not end what others wait for
            operation = await asyncio.shield(outcome)
        except RequestError as error:  # a new exception, because each who waits raises it
            again = type(error)(error.errors)
            again.made_in, again.operation = error.made_in, error.operation
            raise again from error
        finally:
            compilation.waiting -= 1
            if not compilation.waiting:
                compilation.future.cancel()  # does nothing if it runs
        operation.compile_by(self.begin)
        return operation

    def begin(self, function: Callable[[], Result]) -> Future[Result]:
        """Have a function called in the thread, when it has its turn."""
        return self._thread.submit(function)

    def _forget(self, key: Hashable, _done: object) -> None:
        self._running.pop(key, None)


def _retrieve(outcome: asyncio.Future[Operation]) -> None:
    """Look at an error that no caller waits for any more, or asyncio logs it with the document."""
    if not outcome.cancelled():
        outcome.exception()
