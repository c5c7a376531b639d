"""The block of comments in which a file keeps what the schema no longer has a place for."""

from __future__ import annotations

import re

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.places import Region

__all__ = ["MARKER", "Kept"]

MARKER = "# What the schema no longer has, kept by `trunkline generate`: move it, or delete it."

_TITLE = re.compile(r"# (?:from )?class (\w+):")


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

    def find(self, owner: str, name: str | None = None) -> int | None:
        """Return where the block that is there has a class, or a resolver from it."""
        head = rf"class {owner}\b" if name is None else rf"(async )?def {name}\b"
        begins = re.compile(rf"#\s+{head}(?!:$)")
        found, title = None, ""
        for line in self._lines():
            text = self._file.line(line)
            if of_class := _TITLE.fullmatch(text):
                title = of_class.group(1)
            elif title == owner and begins.match(text):
                found = self._file.line_start(line)
        return found

    def flush(self) -> None:
        """Write the block into the file, or add to it."""
        if not self._entries:
            return
        text = "\n".join(self._entries)
        lines = self._lines()
        if lines:
            self._file.insert(self._file.line_end(lines[-1]), f"\n{text}")
        else:
            self._file.append(f"{MARKER}\n{text}")

    def _lines(self) -> range:
        """Return the lines of the block that the file has."""
        file = self._file
        within = {
            line
            for statement in file.tree.body
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        }
        for line in range(file.lines, 0, -1):
            if file.line(line) == MARKER and line not in within:
                last = line
                while last < file.lines and file.line(last + 1).startswith("#"):
                    last += 1
                return range(line, last + 1)
        return range(0)


def _commented(line: str) -> str:
    return f"# {line}" if line.strip() else f"#{line}"
