"""Guessing is slowed down, in a way that cannot lock other clients out (RFC 6749 §2.3.1).

Failures count. A client at an address may have a few; an address may have more, for all clients
together. A client that succeeded from an address lately is not blamed for its neighbours. Guesses
of secrets that people chose are limited per client too, from addresses where that client has not
succeeded; 256 random bits need no such limit, which an attacker could use up.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from trunkline.bounded import BoundedMapping

__all__ = ["FailureLimits"]

Key: TypeAlias = tuple[str, ...]

_MOST_KEPT = 20_000


@dataclass(slots=True)
class _Count:
    failures: int
    ends: float


class FailureLimits:
    """Failures within ``seconds``: per client and address, per address, and per client.

    After that time a client that was blocked may try again.
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
        self._counts = BoundedMapping[Key, _Count](_MOST_KEPT)
        self._known = BoundedMapping[Key, bool](_MOST_KEPT)

    def wait(self, client_id: str, address: str, now: float, *, guessable: bool) -> int:
        """Return the seconds that a client at an address must wait; 0 if it may try."""
        keys = _keys(client_id, address, guessable=guessable)
        if (client_id, address) in self._known:
            del keys[1:]
        waits = [0]
        for key, most in zip(keys, self._most, strict=False):
            count = self._counts.get(key)
            if count is not None and count.failures >= most and count.ends > now:
                waits.append(ceil(count.ends - now))
        return max(waits)

    def failed(self, client_id: str, address: str, now: float, *, guessable: bool) -> None:
        """Count a failure."""
        for key in _keys(client_id, address, guessable=guessable):
            count = self._counts.get(key)
            if count is None or count.ends <= now:
                self._counts.put(key, _Count(1, now + self._seconds))
            else:
                count.failures += 1

    def succeeded(self, client_id: str, address: str) -> None:
        """Remember that a client succeeded at an address, and forget its failures there."""
        self._known.put((client_id, address), True)  # noqa: FBT003  # a set's member
        self._counts.remove((client_id, address))


def _keys(client_id: str, address: str, *, guessable: bool) -> list[Key]:
    """Return what failures are counted by, in the order of the limits."""
    keys: list[Key] = [(client_id, address), ("at", address, "")]
    if guessable:
        keys.append(("of", client_id, "", ""))
    return keys
