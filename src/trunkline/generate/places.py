"""Where something is written, as messages tell it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Place", "shown_path"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{shown_path(Path(self.file))}:{self.line}"


def shown_path(path: Path) -> str:
    """Return a path as people write it from where they are."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
