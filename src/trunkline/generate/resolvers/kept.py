"""The block of comments in which a file keeps what the schema no longer has a place for."""

from __future__ import annotations

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.places import Region

__all__ = ["MARKER", "Kept"]

MARKER = "# What the schema no longer has, kept by `trunkline generate`: move it, or delete it."


class Kept:
    """What is to be added to the block of a file; there is one in a file, at its end."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._entries: list[str] = []

    def add(self, title: str, place: Region) -> None:
        """Keep lines as they are, each as a comment, under a title."""
        file = self._file
        lines = [file.line(line) for line in range(place.first, place.last + 1)]
        self._entries.append("\n".join(["#", f"# {title}:", *map(_commented, lines)]))

    def flush(self) -> None:
        """Write the block into the file, or add to it."""
        if not self._entries:
            return
        text = "\n".join(self._entries)
        last = self._last_line()
        if last:
            self._file.insert(self._file.line_end(last), f"\n{text}")
        else:
            self._file.append(f"{MARKER}\n{text}")

    def _last_line(self) -> int | None:
        """Return the last line of the block that the file has."""
        file = self._file
        within = {
            line
            for statement in file.tree.body
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        }
        for line in range(file.lines, 0, -1):
            if file.line(line) == MARKER and line not in within:
                while line < file.lines and file.line(line + 1).startswith("#"):
                    line += 1  # noqa: PLW2901
                return line
        return None


def _commented(line: str) -> str:
    return f"# {line}" if line.strip() else f"#{line}"
