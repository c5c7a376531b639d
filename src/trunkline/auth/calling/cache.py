"""A cache of tokens that several processes share."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Protocol

import msgspec

from trunkline.auth.calling.tokens import Token

__all__ = ["FileTokenCache", "TokenCache", "load_token", "save_token"]


class TokenCache(Protocol):
    """Keeps bytes by name for several processes: Redis, for example. Its readers have the tokens.

    If a method raises, the client goes on as if nothing were kept.
    """

    def get(self, name: str) -> bytes | None:
        """Return the value of a name, or ``None``."""
        ...

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Keep a value for some seconds, in place of the one before."""
        ...


class FileTokenCache:
    """Keeps tokens in a folder that only its owner can use. The folder is made if necessary.

    Raises ``ValueError`` if others can use it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and self._folder.stat().st_mode & 0o077:
            raise ValueError(f"Others may use the folder {folder}, which has tokens: chmod 700 it.")

    def get(self, name: str) -> bytes | None:
        """Return the value of a name, or ``None``."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, value: bytes, seconds: float) -> None:  # noqa: ARG002  # in the value
        """Keep a value in place of the one before. Readers see the one or the other, complete."""
        descriptor, path = tempfile.mkstemp(dir=self._folder)  # readable by its owner alone
        with os.fdopen(descriptor, "wb") as file:
            file.write(value)
        Path(path).replace(self._folder / name)


class _CachedToken(msgspec.Struct):
    """A token as a cache keeps it; ``expires`` is in seconds since 1970, which machines share."""

    value: str
    kind: str
    expires: float


def load_token(cache: TokenCache, name: str) -> Token | None:
    """Return the token that a process put there, if it is still valid."""
    try:
        found = cache.get(name)
        cached = msgspec.json.decode(found, type=_CachedToken) if found else None
    except Exception:  # noqa: BLE001  # a cache that fails must not be worse than none
        return None
    seconds = cached.expires - time.time() if cached else 0.0
    if not cached or seconds <= 0:
        return None
    return Token.lasting(cached.value, cached.kind, time.monotonic(), seconds)


def save_token(cache: TokenCache, name: str, token: Token) -> None:
    """Put a token there for the other processes."""
    cached = _CachedToken(token.value, token.kind, token.expires)
    try:
        cache.put(name, msgspec.json.encode(cached), token.expires - time.time())
    except Exception:  # noqa: BLE001  # a cache that fails must not be worse than none
        return
