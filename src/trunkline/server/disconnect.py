"""Giving a request up when its client goes away."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from trunkline.asgi.requests import ClientGone, Receive

__all__ = ["WhileConnected"]

_PATIENCE = 0.05  # seconds that an execution may take before anybody looks after its client


class WhileConnected:
    """A block that is cancelled when the client goes away; it then raises ``ClientGone``.

    ASGI servers do not cancel an application, they only tell it, if it asks: ``receive`` returns
    ``http.disconnect``. Asking takes a task, which costs more than most operations do, so nobody
    asks before the block has lasted a little.
    """

    __slots__ = ("_gone", "_receive", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer = loop.call_later(_PATIENCE, self._begin)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and isinstance(error, asyncio.CancelledError) and self._task is not None:
            self._task.uncancel()
            raise ClientGone from None

    def _begin(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # what is left of a body that nobody needs
        self._gone = True
        if self._task is not None:
            self._task.cancel()
