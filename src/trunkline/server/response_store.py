"""Whole responses, kept in the server itself until their groups are invalidated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from time import monotonic
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from trunkline.asgi.requests import ClientGone
from trunkline.bounded import BoundedMapping
from trunkline.schema.caching import CacheScope

__all__ = ["KeptResponse", "ResponseStore", "StoreKey"]

_OVERHEAD = 500  # bytes of an entry, in addition to its texts
_MOST_GROUPS = 100_000  # whose last invalidation is remembered

StoreKey: TypeAlias = tuple[object, ...]


class KeptResponse(Struct, frozen=True):
    """A response without errors, and what caches may do with it.

    ``body`` is as it was sent, and the ``digest`` stands for it; the ``age`` of a stored response
    is in seconds.
    """

    body: bytes
    digest: bytes
    max_age: int
    scope: CacheScope
    groups: tuple[str, ...]
    is_stored: bool
    age: int = 0


class _Entry(Struct):
    """``moment`` counts invalidations: those up to it do not concern the response."""

    response: KeptResponse
    stored: float
    moment: int


class ResponseStore:
    """Keeps whole responses in this process: ``Caching(store=ResponseStore(megabytes=64))``.

    A response is kept as long as the schema allows, unless it is private, and until a mutation of
    this process invalidates one of its groups. Requests at once for the same response are executed
    once. Middlewares and the context are not called for a response that is kept. A store belongs to
    one endpoint, and to one event loop.
    """

    def __init__(self, megabytes: float = 64.0) -> None:
        self._entries = BoundedMapping[StoreKey, _Entry](int(megabytes * 1_000_000), _weigh)
        self._invalidated: dict[str, int] = {}
        self._moment = 0
        self._oldest = 0  # what began before is not valid any more
        self._running: dict[StoreKey, asyncio.Future[KeptResponse | None]] = {}

    def invalidate(self, groups: Collection[str]) -> None:
        """Forget the responses that belong to one of the groups, also those on their way."""
        self._moment += 1
        if len(self._invalidated) > _MOST_GROUPS:
            self._invalidated.clear()
            self._oldest = self._moment
        for name in groups:
            self._invalidated[name] = self._moment

    async def respond(
        self, key: StoreKey, execute: Callable[[], Awaitable[KeptResponse | None]]
    ) -> KeptResponse | None:
        """Return the response of a key: the one that is kept, or what ``execute`` returns.

        Returns ``None`` if others execute it and may not share it: then the caller executes it.
        """
        while (running := self._running.get(key)) is not None:
            await asyncio.wait([running])
            if not running.cancelled():  # who executes it has not gone away
                found = running.result()
                return found if found is not None and found.is_stored else None
        return self.find(key) or await self._execute(key, execute)

    async def _execute(
        self, key: StoreKey, execute: Callable[[], Awaitable[KeptResponse | None]]
    ) -> KeptResponse | None:
        running = asyncio.get_running_loop().create_future()
        self._running[key] = running
        moment = self._moment
        try:
            found = await execute()
        except (asyncio.CancelledError, ClientGone):
            running.cancel()  # one of those who wait executes it
            raise
        except BaseException:
            running.set_result(None)
            raise
        finally:
            del self._running[key]
        if found is not None and found.is_stored:
            self._entries.put(key, _Entry(found, monotonic(), moment))
        running.set_result(found)
        return found

    def find(self, key: StoreKey) -> KeptResponse | None:
        """Return the response of a key, if it is kept and may still be used."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        response = entry.response
        age = int(monotonic() - entry.stored)
        if age >= response.max_age or not self._is_valid(entry):
            self._entries.remove(key)
            return None
        return replace(response, age=age) if age else response

    def _is_valid(self, entry: _Entry) -> bool:
        """Say whether no group of an entry was invalidated."""
        moment = entry.moment
        if moment < self._moment:
            if moment < self._oldest:
                return False
            if any(self._invalidated.get(name, -1) > moment for name in entry.response.groups):
                return False
            entry.moment = self._moment
        return True


def _weigh(key: StoreKey, entry: _Entry) -> int:
    names = sum(len(part) for part in key if isinstance(part, (str, bytes)))
    return len(entry.response.body) + names + sum(map(len, entry.response.groups)) + _OVERHEAD
