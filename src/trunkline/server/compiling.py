"""Compiling long documents beside the event loop, so that the requests of others go on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.operation import Operation
from trunkline.errors import RequestError
from trunkline.forks import renewed_in_children

__all__ = ["Compilations"]

_LONG = 2_000  # characters of a document that takes longer than the way to a thread and back


class Compilations:
    """The compiling of long documents: in one thread, and once for all who wait for a document."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._running: dict[tuple[OperationCache, str, str | None], Future[Operation]] = {}
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the parent's thread, which does not run in this process."""
        self._thread = None
        self._running = {}

    async def operation(self, operations: OperationCache, text: str, name: str | None) -> Operation:
        """Return the operation of a document that is not compiled.

        Raises the ``RequestError`` that says what is wrong with the document.
        """
        if len(text) < _LONG:
            return operations.get(text, name)
        key = (operations, text, name)
        future = self._running.get(key)
        if future is None:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, "trunkline-compiling")
            future = self._running[key] = self._thread.submit(operations.get, text, name)
        try:  # who goes away must not end what others wait for
            operation = await asyncio.shield(asyncio.wrap_future(future))
        except RequestError as error:  # a new exception, because each who waits raises it
            raise type(error)(error.errors) from error
        finally:
            if future.done():
                self._running.pop(key, None)
        if self._thread is not None:
            operation.compile_by(self._thread.submit)
        return operation
