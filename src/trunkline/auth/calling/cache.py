"""Tokens that processes share: a cache outside of them, if they want one."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Protocol

import msgspec

from trunkline.auth.calling.token import Token

__all__ = ["FileTokenCache", "TokenCache", "load", "save"]


class TokenCache(Protocol):
    """Keeps bytes by a name, for several processes: Redis, say. Whoever reads it has tokens.

    What it raises is taken as "not there".
    """

    def get(self, name: str) -> bytes | None:
        """Return what is kept."""
        ...

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Keep a value for some seconds, instead of the one before."""
        ...


class FileTokenCache:
    """Keeps tokens in a folder that only its owner can read, which is made if need be."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, name: str) -> bytes | None:
        """Return what is kept."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, value: bytes, seconds: float) -> None:  # noqa: ARG002  # it has its end
        """Keep a value instead of the one before; readers see the one or the other, whole."""
        descriptor, path = tempfile.mkstemp(dir=self._folder)  # for its owner alone
        with os.fdopen(descriptor, "wb") as file:
            file.write(value)
        Path(path).replace(self._folder / name)


class _Kept(msgspec.Struct):
    """A token as a cache keeps it; its end is of the clock that machines share."""

    value: str
    kind: str
    expires: float


def load(cache: TokenCache, name: str) -> Token | None:
    """Read a token that some process put there, if it lives."""
    try:
        found = cache.get(name)
        kept = found and msgspec.json.decode(found, type=_Kept)
    except Exception:  # noqa: BLE001  # a cache that fails must not be worse than none
        return None
    seconds = kept.expires - time.time() if kept else 0.0
    if not kept or seconds <= 0:
        return None
    return Token.lasting(kept.value, kept.kind, time.monotonic(), seconds)


def save(cache: TokenCache, name: str, token: Token) -> None:
    """Put a token there for the others."""
    kept = _Kept(token.value, token.kind, token.expires)
    try:
        cache.put(name, msgspec.json.encode(kept), token.expires - time.time())
    except Exception:  # noqa: BLE001  # see above
        return
