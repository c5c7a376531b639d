"""Files as the values of variables (GraphQL multipart request specification)."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from trunkline.protocol.request import FilePart

__all__ = ["Upload", "Uploads"]


class Upload:
    """A file as the value of a variable, whose scalar is called ``Upload`` on most servers.

    ``content`` is the file's bytes, its path, or an open binary file, which is read from its
    position, once for all its places in a call, and left open. The default name and media type are
    those of the path. The whole file is in memory while it is sent.
    """

    # Not a dataclass: msgspec would write it as an object, without calling the hook.
    def __init__(
        self,
        content: bytes | Path | IO[bytes],
        filename: str | None = None,
        media_type: str | None = None,
    ) -> None:
        if isinstance(content, str):  # not all callers are typed
            raise TypeError("Upload takes bytes, a Path or an open binary file: Upload(Path(…)).")
        self.content = content
        self.filename = filename
        self.media_type = media_type

    def part(self, path: str, read: dict[int, bytes] | None = None) -> FilePart:
        """Read the file; ``path`` is the place of its null in the request.

        ``read`` has the open files that the call has read already, by ``id``.
        """
        content = self.content
        named = content if isinstance(content, Path) else getattr(content, "name", None)
        name = self.filename or (Path(named).name if isinstance(named, (str, Path)) else "file")
        media_type = self.media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if isinstance(content, Path):
            content = content.read_bytes()
        elif not isinstance(content, bytes):
            seen = {} if read is None else read
            if id(content) not in seen:
                seen[id(content)] = content.read()
            content = seen[id(content)]
            if not isinstance(content, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]  # a text file
                raise TypeError(f"{name} is open as text: open it with the mode 'rb'.")
        return FilePart(path, content, name, media_type)


class Uploads:
    """Collects the files of one call while its variables are converted to JSON.

    msgspec's hook does not know the place of a value. So it leaves a mark for each file, and the
    marks are looked for afterwards. The variables of a call without files are not searched.
    """

    def __init__(self) -> None:
        self._marked: dict[str, Upload] = {}
        self._read: dict[int, bytes] = {}

    def mark(self, value: Any) -> Any:
        """Return the mark of a file. Raises ``TypeError`` for other values."""
        if not isinstance(value, Upload):
            raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")
        mark = f"\0upload {id(self)} {len(self._marked)}"
        self._marked[mark] = value
        return mark

    def take(self, variables: dict[str, Any]) -> list[FilePart]:
        """Replace the marks by null, and return the files with their places."""
        return list(self._take(variables, "variables")) if self._marked else []

    def _take(self, container: Any, path: str) -> Iterator[FilePart]:
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in list(items):
            if isinstance(value, str) and value in self._marked:
                container[key] = None
                yield self._marked[value].part(f"{path}.{key}", self._read)
            elif isinstance(value, (dict, list, tuple)):
                inner = container[key] = list(value) if isinstance(value, tuple) else value
                yield from self._take(inner, f"{path}.{key}")
