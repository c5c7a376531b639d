"""A Python file of people's: read as a tree, changed only by edits of its text.

Whatever no edit touches stays as it was, byte for byte, because it is never written anew.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from trunkline.text.source import INDENT

__all__ = ["File", "module_name"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_REST = re.compile(r"[(:].*")


def module_name(package: str, path: str) -> str:
    """Return the dotted name of a file of a package."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join([package, *parts] if package else parts)


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    start: int
    rank: int  # what goes first where several edits start at the same place
    number: int
    end: int
    text: str


class File:
    """One file: its text, its tree, and the edits to be made.

    Places are offsets into ``text``; lines count from 1. What is inserted is given with line feeds,
    and takes the line ends that the file has. Raises
    ``SyntaxError`` where the file is no Python, and ``UnicodeDecodeError`` where it is no text.
    """

    def __init__(self, path: str, package: str, data: bytes) -> None:
        self.path = path
        self.module = module_name(package, path)
        self.is_package = PurePosixPath(path).name == "__init__.py"
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        self.text = data.decode(self.encoding)
        self.tree = parse(self.text)
        self._edits: list[_Edit] = []
        self._tail = ""
        self._ends = list(_LINE_END.finditer(self.text))
        self._starts = [0, *(match.end() for match in self._ends)]

    @cached_property
    def newline(self) -> str:
        """The line end that the file has."""
        return self._ends[0].group() if self._ends else "\n"

    @cached_property
    def indent(self) -> str:
        """One step of indentation, as the file has it."""
        body = _first_body(self.tree)
        prefix = self.prefix(body.lineno) if body else ""
        return "\t" if prefix.startswith("\t") else prefix or INDENT

    @property
    def lines(self) -> int:
        """The number of lines; an empty one after the last line end counts."""
        return len(self._starts)

    def line_start(self, line: int) -> int:
        """Return where a line begins."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """Return where a line's content ends: before its line end."""
        return self._ends[line - 1].start() if line <= len(self._ends) else len(self.text)

    def line(self, line: int) -> str:
        """Return a line without its line end."""
        return self.text[self.line_start(line) : self.line_end(line)]

    def prefix(self, line: int) -> str:
        """Return the white space that a line begins with."""
        content = self.line(line)
        return content[: len(content) - len(content.lstrip(" \t\f"))]

    def line_of(self, offset: int) -> int:
        """Return the line of an offset."""
        return bisect_right(self._starts, offset)

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place as `ast` counts: columns are bytes of UTF-8."""
        content = self.line(line)
        if not content.isascii():
            column = len(content.encode()[:column].decode())
        return self.line_start(line) + column

    def begin(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> int:
        """Return where a node begins (a function at ``def``, below its decorators)."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> int:
        """Return where a node ends."""
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def source(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> str:
        """Return a node's text."""
        return self.text[self.begin(node) : self.end(node)]

    def replace(self, start: int, end: int, text: str, rank: int = 0) -> None:
        """Put ``text`` in the place of what is there; an insertion, where ``start`` is ``end``."""
        text = text.replace("\n", self.newline)
        self._edits.append(_Edit(start, rank, len(self._edits), end, text))

    def insert(self, offset: int, text: str, rank: int = 0) -> None:
        """Put ``text`` in at an offset; the lower rank goes first."""
        self.replace(offset, offset, text, rank)

    def append(self, text: str) -> None:
        """Put lines at the very end, two blank lines below what is there."""
        self._tail += text if self._tail else f"\n\n\n{text}"

    def is_replaced(self, node: ast.expr | ast.stmt) -> bool:
        """Say whether an edit replaces what a node is in."""
        begin, end = self.begin(node), self.end(node)
        return any(edit.start <= begin and end <= edit.end for edit in self._edits)

    @property
    def made_text(self) -> str:
        """The text with the edits made so far."""
        return self._pieced()

    @property
    def is_changed(self) -> bool:
        """Whether there are edits."""
        return bool(self._edits or self._tail)

    def result(self) -> bytes:
        """Return the file with its edits made."""
        text = self._pieced()
        if self._tail:
            ended = self.text.endswith(("\n", "\r"))
            tail = self._tail.lstrip("\n") if not text.strip() else self._tail
            text = text.rstrip("\r\n") + tail.replace("\n", self.newline)
            text += self.newline if ended or not self.text else ""
        # What the file's encoding lacks is in strings of ours only: escapes mean the same there.
        return text.encode(self.encoding, "backslashreplace")

    def line_after(self, offset: int) -> int:
        """Return the line in which a place is once the edits are made."""
        edits, more = self._made
        index = bisect_left(edits, offset, key=lambda edit: edit.start)
        if index and edits[index - 1].end > offset:  # the place is gone
            index -= 1
            offset = edits[index].start
        return max(1, self.line_of(offset) + more[index])

    def line_of_new(self, begins: str, first: int) -> int:
        """Return the line, from ``first`` on, that begins with a text once the edits are made."""
        lines = self._made_lines.get(_head(begins), [])
        index = bisect_left(lines, first)
        return lines[index] if index < len(lines) else first

    @cached_property
    def _made(self) -> tuple[list[_Edit], list[int]]:
        """The edits in their order, and how many lines more there are before each of them."""
        edits, more = sorted(self._edits), [0]
        for edit in edits:
            replaced = len(_LINE_END.findall(self.text, edit.start, edit.end))
            more.append(more[-1] + len(_LINE_END.findall(edit.text)) - replaced)
        return edits, more

    @cached_property
    def _made_lines(self) -> dict[str, list[int]]:
        """The lines of the file with its edits made, by what they begin with."""
        found: dict[str, list[int]] = {}
        for number, line in enumerate(_LINE_END.split(self._pieced()), 1):
            found.setdefault(_head(line), []).append(number)
        return found

    def _pieced(self) -> str:
        pieces: list[str] = []
        at = 0
        for edit in sorted(self._edits):
            pieces += [self.text[at : edit.start], edit.text]
            at = max(at, edit.end)
        return "".join(pieces) + self.text[at:]


def _head(line: str) -> str:
    """Return what a line has before its first parenthesis or colon."""
    return _REST.sub("", line.strip().removeprefix("async "))


def parse(text: str) -> ast.Module:
    """Parse text as a module; raises ``SyntaxError`` for everything that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in people's strings is theirs
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error


def _first_body(tree: ast.Module) -> ast.stmt | None:
    """Return the first statement that is indented by one step."""
    for statement in tree.body:
        for inner in getattr(statement, "body", ()):
            if isinstance(inner, ast.stmt) and inner.lineno > statement.lineno:
                return inner
    return None
