"""Files among variables (GraphQL multipart request specification)."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from trunkline.protocol.multipart import FilePart

__all__ = ["Upload", "Uploads"]


class Upload:
    """A file as the value of a variable, of a scalar that servers mostly call ``Upload``.

    ``content`` is its bytes, its path, or an open binary file, which is read from where it stands
    and left open. The name and the media type are those of the path if none are given. The whole
    file is in memory while it is sent.
    """

    # No dataclass: msgspec would write one as an object, and not ask what it is.
    def __init__(
        self,
        content: bytes | Path | IO[bytes],
        filename: str | None = None,
        media_type: str | None = None,
    ) -> None:
        self.content = content
        self.filename = filename
        self.media_type = media_type

    def part(self, path: str) -> FilePart:
        """Read the file for the place in the request where its null stands."""
        name = self.filename or _name_of(self.content)
        media_type = self.media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return FilePart(path, _read(self.content), name, media_type)


def _name_of(content: bytes | Path | IO[bytes]) -> str:
    named = content if isinstance(content, Path) else getattr(content, "name", None)
    return Path(named).name if isinstance(named, (str, Path)) else "file"


def _read(content: bytes | Path | IO[bytes]) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.read_bytes() if isinstance(content, Path) else content.read()


class Uploads:
    """Collects the files of one call while its variables are turned into JSON.

    Whoever turns them does not say where a file stood. So each leaves a mark, and the marks are
    looked for afterwards; a call without files is not searched.
    """

    def __init__(self) -> None:
        self._marked: dict[str, Upload] = {}

    def mark(self, value: Any) -> Any:
        """Leave a mark in the place of a file. Raises ``TypeError`` for what is none."""
        if not isinstance(value, Upload):
            raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")
        mark = f"\0upload {id(self)} {len(self._marked)}"
        self._marked[mark] = value
        return mark

    def take(self, variables: dict[str, Any]) -> list[FilePart]:
        """Put null in the places of the marks, and return the files with their places."""
        return list(self._take(variables, "variables")) if self._marked else []

    def _take(self, container: Any, path: str) -> Iterator[FilePart]:
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(items):
            if isinstance(value, str) and value in self._marked:
                container[key] = None
                yield self._marked[value].part(f"{path}.{key}")
            elif isinstance(value, (dict, list)):
                yield from self._take(value, f"{path}.{key}")
