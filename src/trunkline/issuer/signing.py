"""The issuer's keys at work: read from the store, made and followed in time."""

from __future__ import annotations

from asyncio import Lock, to_thread

from trunkline.auth.keys import ANNOUNCED, KeyRing, SigningKey
from trunkline.issuer.clients import LONGEST_LIFETIME
from trunkline.issuer.store import Store

__all__ = ["OVERLAP", "Signing", "read_ring", "rotate"]

OVERLAP = LONGEST_LIFETIME + 300.0
"""Seconds that a key stays published after its last signature, whose token may be used still."""

_READ_EVERY = 30.0


def read_ring(store: Store) -> KeyRing:
    """Read the keys that a store has."""
    return KeyRing(store.keys(), OVERLAP)


def rotate(store: Store, algorithm: str, now: float, *, at_once: bool = False) -> SigningKey:
    """Make the next key; return the one that comes next, whoever made it.

    It is announced for an hour before it signs. ``at_once`` it signs from now on, and all before
    it are worth nothing any more: for a key that somebody else has got.
    """
    ring = read_ring(store)
    newest = ring.newest(algorithm)
    starts = now if at_once or newest is None else now + ANNOUNCED
    key = SigningKey.generate(algorithm, starts=starts)
    if not store.add_key(key, newest):
        return rotate(store, algorithm, now, at_once=True) if at_once else _newest(store, algorithm)
    if at_once:
        store.withdraw([old for old in ring.published(now) if old.algorithm == algorithm])
    return key


def _newest(store: Store, algorithm: str) -> SigningKey:
    newest = read_ring(store).newest(algorithm)
    assert newest is not None  # noqa: S101  # somebody has just made it
    return newest


class Signing:
    """The keys of a running issuer, followed by new ones every ``rotation`` seconds."""

    def __init__(self, store: Store, algorithm: str, rotation: float) -> None:
        self._store = store
        self._algorithm = algorithm
        self._rotation = rotation
        self._ring = KeyRing((), OVERLAP)
        self._read = float("-inf")
        self._reading = Lock()

    async def ring(self, now: float) -> KeyRing:
        """Return the keys, as they were half a minute ago at most."""
        if now - self._read >= _READ_EVERY:
            async with self._reading:
                if now - self._read >= _READ_EVERY:
                    self._ring = await to_thread(self._refresh, now)
                    self._read = now
        return self._ring

    async def key(self, now: float) -> SigningKey:
        """Return the key that signs now."""
        key = (await self.ring(now)).signing(self._algorithm, now)
        assert key is not None  # noqa: S101  # the first one starts at once
        return key

    def _refresh(self, now: float) -> KeyRing:
        self._store.forget(now)
        newest = read_ring(self._store).newest(self._algorithm)
        if newest is None or now - newest.starts >= self._rotation:
            rotate(self._store, self._algorithm, now)
        return read_ring(self._store)
