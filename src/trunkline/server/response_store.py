"""Stores of whole responses in the server itself, and executing once what many ask for at once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeAlias

from msgspec import Struct

from trunkline.asgi.requests import ClientGone
from trunkline.observe.operations import CacheOutcome
from trunkline.runtime.resume import in_task
from trunkline.schema.caching import CacheScope

__all__ = ["KeptResponse", "Moment", "ResponseStore", "StoreKey"]

StoreKey: TypeAlias = tuple[object, ...]

Moment: TypeAlias = Any
"""A value of the store's own. Two that are equal have no invalidation between them."""


class KeptResponse(Struct, frozen=True):
    """A response without errors, and what caches may do with it.

    ``body`` is as it was sent, and the ``digest`` stands for it; the ``age`` of a stored response
    is in seconds. ``whose`` names the one who may have it, if not all may who ask by its key.
    """

    body: bytes
    digest: bytes
    max_age: int
    scope: CacheScope
    groups: tuple[str, ...]
    is_stored: bool
    age: int = 0
    whose: bytes = b""


Execute: TypeAlias = Callable[[], Awaitable[KeptResponse | None]]
Wait: TypeAlias = Callable[[Awaitable[object]], Awaitable[object]]


class _Execution(Struct, frozen=True, eq=False):
    """One that others wait for. What it reads is not older than its moment."""

    moment: Moment
    result: asyncio.Future[KeptResponse | None]


class _Asking(Struct, eq=False):
    """Those who ask for a response at once. ``ended`` counts executions."""

    requests: int = 0
    running: _Execution | None = None
    ended: int = 0


class ResponseStore(ABC):
    """Keeps whole responses; a `MemoryStore` or a `RedisStore`.

    A response is kept as long as the schema allows, unless it is private, and until a mutation
    invalidates one of its groups. Requests at once for the same response are executed once.
    Middlewares and the context are not called for a response that is kept. A store belongs to one
    endpoint, and to one event loop.
    """

    def __init__(self) -> None:
        self._asking: dict[StoreKey, _Asking] = {}
        self._is_taken = False

    def take(self) -> None:
        """Let an endpoint have the store. Raises ``ValueError`` if another one has it."""
        if self._is_taken:
            raise ValueError(
                "The store is another endpoint's, and keeps what that one would respond. Make one"
                " for each endpoint."
            )
        self._is_taken = True

    @abstractmethod
    async def find(self, key: StoreKey) -> tuple[Moment, KeptResponse | None]:
        """Return the response of a key, if it may be used, and which moment this is."""

    @abstractmethod
    async def keep(self, key: StoreKey, moment: Moment, response: KeptResponse) -> bool:
        """Keep a response whose execution began at a moment; return whether it is kept.

        It is found if none of its groups was invalidated since.
        """

    @abstractmethod
    async def invalidate(self, groups: Collection[str]) -> None:
        """Forget the responses that belong to one of the groups, also those on their way."""

    async def close_async(self) -> None:  # noqa: B027  # there may be nothing
        """Close what is open."""

    async def respond(
        self, key: StoreKey, execute: Execute, wait: Wait
    ) -> tuple[KeptResponse | None, CacheOutcome]:
        """Return the response of a key: the one that is kept, or what ``execute`` returns.

        It is ``None`` if others execute it and may not share it: then the caller executes it.
        ``wait`` awaits what another request executes.
        """
        asking = self._asking.setdefault(key, _Asking())
        asking.requests += 1
        try:
            return await self._respond(key, asking, execute, wait)
        finally:
            asking.requests -= 1
            if asking.requests == 0:
                del self._asking[key]

    async def _respond(
        self, key: StoreKey, asking: _Asking, execute: Execute, wait: Wait
    ) -> tuple[KeptResponse | None, CacheOutcome]:
        while True:
            ended = asking.ended
            moment, kept = await self.find(key)
            if kept is not None:
                return kept, "hit"
            running = asking.running
            if running is None:
                if asking.ended != ended:
                    continue  # it may be there by now
                return await self._execute(key, moment, asking, execute)
            await in_task()
            await wait(asyncio.wait([running.result]))
            if running.result.cancelled():
                continue  # who executed it went away
            found = running.result.result()
            if found is None or not found.is_stored:
                return None, "miss"
            if running.moment == moment:
                return found, "shared"
            # Else what it has read may have been invalidated before this request came: look again.

    async def _execute(
        self, key: StoreKey, moment: Moment, asking: _Asking, execute: Execute
    ) -> tuple[KeptResponse | None, CacheOutcome]:
        is_kept = False
        result = asyncio.get_running_loop().create_future()
        asking.running = _Execution(moment, result)
        try:
            found = await execute()
            if found is not None and found.is_stored:
                is_kept = await self.keep(key, moment, found)
        except (asyncio.CancelledError, ClientGone):
            result.cancel()  # one of those who wait executes it
            raise
        except BaseException:
            result.set_result(None)
            raise
        finally:
            asking.running = None
            asking.ended += 1
        result.set_result(found)
        return found, "stored" if is_kept else "miss"
