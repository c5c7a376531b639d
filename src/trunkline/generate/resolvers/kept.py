"""The block of comments at the end of a file that keeps what the schema no longer has."""

from __future__ import annotations

import re
from functools import cached_property

from trunkline.generate.resolvers.edits import EditedText
from trunkline.generate.resolvers.places import Region

__all__ = ["KeptBlock"]

_MARKER = "# What the schema no longer has, kept by `trunkline generate`: move it, or delete it."
_TITLE = re.compile(r"# (?:from )?class (\w+):")


class KeptBlock:
    """The block of a file, and what is to be added to it."""

    def __init__(self, text: EditedText) -> None:
        self._text = text
        self._entries: list[str] = []

    def add(self, title: str, place: Region) -> None:
        """Keep lines as they are, each as a comment, under a title."""
        lines = [self._text.line(line) for line in range(place.first, place.last + 1)]
        commented = [f"# {line}" if line.strip() else f"#{line}" for line in lines]
        self._entries.append("\n".join(["#", f"# {title}:", *commented]))

    def find(self, owner: str, name: str | None = None) -> int | None:
        """Return where the block has a class, or a resolver of that class."""
        head = rf"class {owner}\b" if name is None else rf"(async )?def {name}\b"
        begins = re.compile(rf"#\s+{head}(?!:$)")
        found, title = None, ""
        for line in self._lines:
            text = self._text.line(line)
            if of_class := _TITLE.fullmatch(text):
                title = of_class.group(1)
            elif title == owner and begins.match(text):
                found = self._text.line_start(line)
        return found

    def make_edits(self) -> None:
        """Write the block into the file, or add to the one that is there."""
        entries, lines = "\n".join(self._entries), self._lines if self._entries else range(0)
        if lines:
            self._text.insert(self._text.line_end(lines[-1]), f"\n{entries}")
        elif entries:
            self._text.append(f"{_MARKER}\n{entries}")

    @cached_property
    def _lines(self) -> range:
        """Return the lines of the block that the file has."""
        text = self._text
        body = text.tree.body
        for line in range(text.lines, 0, -1):
            if text.line(line) != _MARKER:
                continue
            if any(each.lineno <= line <= (each.end_lineno or each.lineno) for each in body):
                continue  # inside a string
            last = line
            while last < text.lines and text.line(last + 1).startswith("#"):
                last += 1
            return range(line, last + 1)
        return range(0)
