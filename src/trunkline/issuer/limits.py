"""Guessing is slowed down, in a way that cannot lock other clients out (RFC 6749 §2.3.1).

Failures count. A client at an address may have a few; an address may have more, for all clients
together. A client that succeeded from an address lately is not blamed for its neighbours. Guesses
of secrets that people chose are limited per client too, from addresses where that client has not
succeeded; 256 random bits need no such limit, which an attacker could use up.

An attempt takes its place before anything is checked, and gets it back unless it fails. So no
number of guesses at once has more failures than the same guesses one by one, and clients that are
right wait for each other at most.
"""

from __future__ import annotations

from asyncio import CancelledError, Future, get_running_loop
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TypeAlias

from trunkline.bounded import BoundedMapping

__all__ = ["FailureLimits", "TooManyFailuresError", "WrongCredentialsError"]

Key: TypeAlias = tuple[str, ...]

_MOST_KEPT = 20_000


class WrongCredentialsError(Exception):
    """The credentials of a request are wrong; the message is for the audit log."""


class TooManyFailuresError(Exception):
    """There were too many failures; ``wait`` is the number of seconds until the next attempt."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


class _Count:
    """What failed until ``ends``, of ``most`` attempts that may fail.

    A semaphore of asyncio would do, but it works in one event loop only.
    """

    __slots__ = ("_free", "_left", "_waiting", "ends", "has_failures")

    def __init__(self, most: int, ends: float) -> None:
        self.ends = ends
        self.has_failures = False
        self._left = most
        self._free = most  # of those that are left: not taken by an attempt under way
        self._waiting: deque[Future[None]] = deque()

    async def begin(self, now: float) -> None:
        """Take a place, or wait for one; raises ``TooManyFailuresError``."""
        while self._left and not self._free:
            turn = get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except CancelledError:
                self._wake()  # the turn may have come
                raise
        if not self._left:
            raise TooManyFailuresError(max(1, ceil(self.ends - now)))
        self._free -= 1

    def end(self, *, failed: bool) -> None:
        """Give the place back, unless the attempt failed."""
        self.has_failures |= failed
        self._left -= failed
        self._free += not failed
        self._wake()

    def _wake(self) -> None:
        """Let those go on who wait: as many as have a place, or all if there will be none."""
        turns = self._free if self._left else len(self._waiting)
        while turns and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                turns -= 1


class FailureLimits:
    """Failures within ``seconds``: per client and address, per address, and per client.

    After that time a client that was blocked may try again. The addresses of an IPv6 network of
    64 bits count as one, because one computer may have all of them. Each process counts for itself.
    Raises ``ValueError`` for a limit below 1.
    """

    def __init__(
        self,
        per_client_and_address: int = 10,
        per_address: int = 100,
        per_client: int = 100,
        seconds: float = 60.0,
    ) -> None:
        self._most = (per_client_and_address, per_address, per_client)
        if min(self._most) < 1:
            raise ValueError("A limit of failures must be 1 at least, else no client can try.")
        self._seconds = seconds
        self._counts = BoundedMapping[Key, _Count](_MOST_KEPT)
        self._known = BoundedMapping[Key, bool](_MOST_KEPT)
        self._swept = float("-inf")

    @asynccontextmanager
    async def attempt(
        self, client_id: str, address: str, now: float, *, guessable: bool
    ) -> AsyncGenerator[None]:
        """Surround the check of a client's credentials.

        The attempt failed if ``WrongCredentialsError`` leaves the check, or if it is cancelled.
        Raises ``TooManyFailuresError``, at once or after others' attempts that came before.
        """
        network = _network(address)
        keys: list[Key] = [(client_id, network), ("at", network, "")]
        if guessable:
            keys.append(("of", client_id, "", ""))
        if keys[0] in self._known:
            del keys[1:]
        begun: list[_Count] = []
        failed = True
        try:
            for key, most in zip(keys, self._most, strict=False):
                count = self._count(key, most, now)
                await count.begin(now)
                begun.append(count)
            yield
            failed = False
            self._known.put(keys[0], value=True)
            if begun[0].has_failures:
                self._counts.remove(keys[0])
        except Exception as error:
            failed = isinstance(error, WrongCredentialsError)
            raise
        finally:
            for count in begun:
                count.end(failed=failed)

    def _count(self, key: Key, most: int, now: float) -> _Count:
        if now - self._swept >= self._seconds:
            self._swept = now
            self._counts.remove_where(lambda _key, count: count.ends <= now)
        count = self._counts.get(key)
        if count is None or count.ends <= now:
            count = _Count(most, now + self._seconds)
            self._counts.put(key, count)
        return count


@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    """Return what stands for an address: an IPv6 address is one of many that a computer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or parsed.packed[:8].hex())
    return address
