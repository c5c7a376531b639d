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

__all__ = ["DEFAULT_SCHEMA_CACHE", "SchemaCache", "StoredSchema"]


class StoredSchema(msgspec.Struct, frozen=True):
    """A schema as its server returned it.

    - ``introspection``: the data of an introspection query, as JSON.
    - ``etag``: that of the SDL, if the schema was fetched as SDL.
    - ``version``: the version of the schema that the server's responses name.
    - ``confirmed``: when the server last said that it is current (seconds since 1970).
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
    """Where fetched schemas are kept, and for how long they are used without asking the server.

    - ``directory``: by default ``trunkline/schemas`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. Only
      its user can read it. A folder that others can write to is not used.
    - ``seconds``: after so long the schema is fetched again, which costs a 304 if the server has
      its SDL under a URL.

    The cached schema may be stale. That is safe: before an error is raised, the schema is fetched
    again.
    """

    directory: Path | None = None
    seconds: float = 3600.0

    def read(self, key: str) -> StoredSchema | None:
        """Return the schema that is kept under a key; ``None`` if none can be read."""
        path = self._path(key)
        try:
            if not _is_ours(path.parent):
                return None
            head, _, introspection = path.read_bytes().partition(b"\n")
            confirmed = path.stat().st_mtime
            stored = msgspec.json.decode(head, type=_Head)
        except (OSError, msgspec.DecodeError):
            return None
        return StoredSchema(introspection, stored.etag, stored.version, confirmed)

    def write(self, key: str, stored: StoredSchema) -> None:
        """Keep a schema, completely or not at all. If that is impossible, nothing is kept."""
        path = self._path(key)
        with suppress(OSError):
            for folder in reversed(path.parents):
                if not folder.exists():
                    folder.mkdir(mode=0o700, exist_ok=True)
            if not _is_ours(path.parent):
                return
            with NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(msgspec.json.encode(_Head(stored.etag, stored.version)) + b"\n")
                file.write(stored.introspection)
            Path(file.name).replace(path)

    def confirm(self, key: str) -> None:
        """Note that the server has just said that the schema is current."""
        with suppress(OSError):
            os.utime(self._path(key))

    def is_fresh(self, stored: StoredSchema) -> bool:
        """Say whether a schema may be used without asking the server."""
        return 0 <= time() - stored.confirmed < self.seconds

    def _path(self, key: str) -> Path:
        directory = self.directory
        if directory is None:
            named = os.environ.get("XDG_CACHE_HOME")
            root = Path(named) if named else Path.home() / ".cache"
            directory = root / "trunkline" / "schemas"
        return directory / f"{sha256(key.encode()).hexdigest()}.json"


def _is_ours(folder: Path) -> bool:
    """Say whether only this user can write to a folder, and so put a schema there."""
    found = folder.stat()
    return os.name == "nt" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)


DEFAULT_SCHEMA_CACHE = SchemaCache()
