"""Writing what was generated: all of it or nothing, and only what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

__all__ = ["changed_files", "write_files"]


def changed_files(files: Mapping[Path, bytes | None]) -> dict[Path, bytes | None]:
    """Return the files that are different on the disk; ``None`` is a file that must not exist.

    Line ends do not count: Git may write others in a working tree than we do.
    """

    def on_disk(path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def lines(content: bytes | None) -> bytes | None:
        return content and content.replace(b"\r\n", b"\n")

    return {path: text for path, text in files.items() if lines(on_disk(path)) != lines(text)}


def write_files(files: Mapping[Path, bytes | None]) -> None:
    """Write files, each at once: other programs read the old content or the new.

    Everything is on the disk under other names before the first file is replaced, so a full disk
    changes nothing. Raises ``OSError``.
    """
    beside: dict[Path, Path] = {}
    try:
        for path, content in files.items():
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                beside[path] = path.with_name(f".{path.name}.{token_hex(8)}")
                beside[path].write_bytes(content)
        for path, new in beside.items():
            new.replace(path)
        for path, content in files.items():
            if content is None:
                path.unlink(missing_ok=True)
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)
