"""Guessing is slowed down, and nobody can use that to lock others out (RFC 6749 §2.3.1).

What counts is failures. A client at an address has a few, an address has more, for all clients
together; and a client that has succeeded from an address lately is not blamed for its neighbours.
Guesses of secrets that people chose are limited per client too, from addresses where that client
is not known; 256 random bits need no such limit, which somebody else could use up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil

__all__ = ["FailureLimits"]

_MOST_KEPT = 20_000


@dataclass(slots=True)
class _Count:
    failures: int
    ends: float


class FailureLimits:
    """Failures within a time, per client and address, per address, and per client.

    ``seconds`` is the time; after it, whoever was blocked may try again.
    """

    def __init__(
        self,
        per_client_and_address: int = 10,
        per_address: int = 100,
        per_client: int = 100,
        seconds: float = 60.0,
    ) -> None:
        self._most = (per_client_and_address, per_address, per_client)
        self._seconds = seconds
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, client_id: str, address: str, now: float, *, guessable: bool) -> int:
        """Return the seconds that a client at an address must wait; 0 if it may try."""
        pair, at_address, of_client = self._most
        blocks = [self._blocked((client_id, address), pair, now)]
        if (client_id, address) not in self._known:
            blocks.append(self._blocked(("at", address, ""), at_address, now))
            if guessable:
                blocks.append(self._blocked(("of", client_id, "", ""), of_client, now))
        return max(blocks)

    def failed(self, client_id: str, address: str, now: float, *, guessable: bool) -> None:
        """Count a failure."""
        self._count((client_id, address), now)
        self._count(("at", address, ""), now)
        if guessable:
            self._count(("of", client_id, "", ""), now)

    def succeeded(self, client_id: str, address: str) -> None:
        """Remember that a client is known at an address, and forget its failures there."""
        pair = (client_id, address)
        self._known[pair] = None
        self._known.move_to_end(pair)
        self._counts.pop(pair, None)
        _bound(self._known)

    def _blocked(self, key: Hashable, most: int, now: float) -> int:
        count = self._counts.get(key)
        if count is None or count.failures < most or count.ends <= now:
            return 0
        return ceil(count.ends - now)

    def _count(self, key: Hashable, now: float) -> None:
        count = self._counts.get(key)
        if count is None or count.ends <= now:
            count = self._counts[key] = _Count(0, now + self._seconds)
        count.failures += 1
        self._counts.move_to_end(key)
        _bound(self._counts)


def _bound(kept: OrderedDict[Hashable, _Count] | OrderedDict[tuple[str, str], None]) -> None:
    """Drop what was not touched for longest, where more is kept than may be."""
    if len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
