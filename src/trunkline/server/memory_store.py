"""Responses that are kept in the process."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from trunkline.bounded import BoundedMapping
from trunkline.server.response_store import KeptResponse, Moment, ResponseStore, StoreKey

__all__ = ["MemoryStore"]

_OVERHEAD = 500  # bytes of an entry, in addition to its texts
_MOST_GROUPS = 100_000  # whose last invalidation is remembered


class _Entry(Struct):
    """``moment`` counts invalidations: those up to it do not concern the response."""

    response: KeptResponse
    stored: float
    moment: int


class MemoryStore(ResponseStore):
    """Keeps responses in this process: ``Caching(store=MemoryStore(megabytes=64))``.

    The mutations of other processes invalidate nothing here. If there is no room, the one that was
    unused for the longest time goes.
    """

    def __init__(self, megabytes: float = 64.0) -> None:
        super().__init__()
        self._entries = BoundedMapping[StoreKey, _Entry](int(megabytes * 1_000_000), _weigh)
        self._invalidated: dict[str, int] = {}
        self._moment = 0
        self._oldest = 0  # what began before is not valid any more

    async def find(self, key: StoreKey) -> tuple[Moment, KeptResponse | None]:
        """Return the response of a key, if it may be used, and how often was invalidated."""
        entry = self._entries.get(key)
        if entry is None:
            return self._moment, None
        response = entry.response
        age = int(monotonic() - entry.stored)
        if age >= response.max_age or not self._is_valid(entry):
            self._entries.remove(key)
            return self._moment, None
        return self._moment, replace(response, age=age) if age else response

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

    async def keep(self, key: StoreKey, moment: Moment, response: KeptResponse) -> bool:
        """Keep a response whose execution began at a moment; return whether there is room."""
        self._entries.put(key, _Entry(response, monotonic(), moment))
        return key in self._entries

    async def invalidate(self, groups: Collection[str]) -> None:
        """Forget the responses that belong to one of the groups, also those on their way."""
        self._moment += 1
        if len(self._invalidated) > _MOST_GROUPS:
            self._invalidated.clear()
            self._oldest = self._moment
        for name in groups:
            self._invalidated[name] = self._moment


def _weigh(key: StoreKey, entry: _Entry) -> int:
    names = sum(len(part) for part in key if isinstance(part, (str, bytes)))
    return len(entry.response.body) + names + sum(map(len, entry.response.groups)) + _OVERHEAD
