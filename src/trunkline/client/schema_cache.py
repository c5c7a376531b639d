"""Schemas on disk, shared by the processes of one user."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time

import msgspec

from trunkline.protocol.schema_version import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "SchemaCache", "StoredSchema"]


class StoredSchema(msgspec.Struct, frozen=True):
    """A schema as its server told it.

    ``introspection`` is the data of an introspection query, as JSON. ``etag`` is that of the SDL it
    came as, if it did; ``version`` what the server's answers say of their schema; ``confirmed`` is
    when the server last said that it is the one (seconds since 1970).
    """

    introspection: bytes
    etag: str | None = None
    version: str | None = None
    confirmed: float = 0.0


class _Head(msgspec.Struct):
    etag: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class SchemaCache:
    """Where fetched schemas are kept, and how long one is taken without asking.

    ``directory`` is ``trunkline/schemas`` in ``$XDG_CACHE_HOME`` or ``~/.cache`` if none is named;
    only its user can read it. After ``seconds`` a schema is asked for anew, which costs a 304 where
    the server has its SDL under a URL. Too old a schema does no harm: what it has a mistake for is
    asked of the server before anything is raised.
    """

    directory: Path | None = None
    seconds: float = 3600.0

    def read(self, key: str) -> StoredSchema | None:
        """Return what is kept under a key; ``None`` where there is nothing of use."""
        path = self._path(key)
        try:
            head, _, introspection = path.read_bytes().partition(b"\n")
            confirmed = path.stat().st_mtime
            stored = msgspec.json.decode(head, type=_Head)
        except (OSError, msgspec.DecodeError):
            return None
        return StoredSchema(introspection, stored.etag, stored.version, confirmed)

    def write(self, key: str, stored: StoredSchema) -> None:
        """Keep a schema, whole or not at all. Where that cannot be, nothing is kept."""
        path = self._path(key)
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(msgspec.json.encode(_Head(stored.etag, stored.version)) + b"\n")
                file.write(stored.introspection)
            Path(file.name).replace(path)

    def confirm(self, key: str) -> None:
        """Note that the server said just now that the schema is still the one."""
        with suppress(OSError):
            os.utime(self._path(key))

    def is_fresh(self, stored: StoredSchema) -> bool:
        """Say whether a schema may be taken without asking."""
        return 0 <= time() - stored.confirmed < self.seconds

    def _path(self, key: str) -> Path:
        name = sha256(key.encode()).hexdigest()
        return (self.directory or _directory()) / f"{name}.json"


def _directory() -> Path:
    named = os.environ.get("XDG_CACHE_HOME")
    root = Path(named) if named else Path.home() / ".cache"
    return root / "trunkline" / "schemas"


DEFAULT_SCHEMA_CACHE = SchemaCache()
