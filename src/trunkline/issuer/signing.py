"""The keys of a running issuer: read from the store, and followed by new ones in time."""

from __future__ import annotations

import logging
from asyncio import to_thread
from threading import Lock

from trunkline.errors import StoreError
from trunkline.issuer.keys import ANNOUNCED, KeyRing, SigningKey
from trunkline.issuer.store import Store

__all__ = ["KeyRotation", "rotate"]

logger = logging.getLogger("trunkline.issuer")

_READ_EVERY = 30.0


def rotate(store: Store, algorithm: str, now: float, *, at_once: bool = False) -> SigningKey:
    """Make the next key. Returns the key that comes next, even if another process made it.

    It is announced for an hour before it signs. With ``at_once`` it signs from now on and all
    earlier keys are withdrawn: for a private key that leaked.
    """
    ring = KeyRing(store.keys())
    newest = ring.newest(algorithm)
    starts = now if at_once or newest is None else now + ANNOUNCED
    key = SigningKey.generate(algorithm, starts=starts)
    if not store.add_key(key, newest):  # another process was faster
        if at_once:
            return rotate(store, algorithm, now, at_once=True)
        newest = KeyRing(store.keys()).newest(algorithm)
        assert newest is not None  # noqa: S101  # the other process has just added it
        return newest
    if at_once:
        store.withdraw([old for old in ring.published(now) if old.algorithm == algorithm])
    return key


class KeyRotation:
    """The keys of a running issuer. A new one is made every ``rotation`` seconds."""

    def __init__(self, store: Store, algorithm: str, rotation: float) -> None:
        self._store = store
        self._algorithm = algorithm
        self._rotation = rotation
        self._ring = KeyRing()
        self._read = float("-inf")
        self._reading = Lock()

    async def ring(self, now: float) -> KeyRing:
        """Return the keys, read from the store at most half a minute ago."""
        if now - self._read >= _READ_EVERY:
            await to_thread(self._refresh, now)
        return self._ring

    async def key(self, now: float) -> SigningKey:
        """Return the key that signs now."""
        key = (await self.ring(now)).signing(self._algorithm, now)
        assert key is not None  # noqa: S101  # the first one starts at once
        return key

    def _refresh(self, now: float) -> None:
        with self._reading:  # of many at once, in any event loops, one reads
            if now - self._read >= _READ_EVERY:
                self._ring = self._current(now)
                self._read = now

    def _current(self, now: float) -> KeyRing:
        ring = KeyRing(self._store.keys())
        newest = ring.newest(self._algorithm)
        try:
            self._store.forget(now)
            if newest is None or now - newest.starts >= self._rotation:
                rotate(self._store, self._algorithm, now)
                ring = KeyRing(self._store.keys())
        except StoreError as error:
            if newest is None:
                raise
            logger.warning("The issuer goes on with the keys that it has. %s", error)
        return ring
