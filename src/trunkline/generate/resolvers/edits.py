"""A Python file as text and tree, changed only by edits of its text.

What no edit touches stays as it was, byte for byte, because it is never written again.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple, TypeAlias

from trunkline.text.source import INDENT

__all__ = ["EditedText", "parse"]

_LINE_END = re.compile(r"\r\n|\n|\r")

_Node: TypeAlias = ast.expr | ast.stmt | ast.alias


def parse(text: str) -> ast.Module:
    """Parse text as a module. Raises ``SyntaxError`` for everything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in people's strings is their business
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error


class _Edit(NamedTuple):
    start: int
    rank: int  # the lower goes first if several edits start at the same place
    number: int
    end: int
    text: str


class EditedText:
    """The text of a file, its tree, and the edits to be made.

    Places are offsets into ``text``; lines count from 1. Inserted text is given with line feeds,
    and gets the line ends of the file. Raises ``SyntaxError`` if the file is not Python, and
    ``UnicodeDecodeError`` or ``LookupError`` if it is not text.
    """

    def __init__(self, data: bytes) -> None:
        self.encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        self.text = data.decode(self.encoding)
        self.tree = parse(self.text)
        self._data = data
        self._edits: list[_Edit] = []
        self._appended = ""
        self._ends = list(_LINE_END.finditer(self.text))
        self._starts = [0, *(match.end() for match in self._ends)]
        self.newline = self._ends[0].group() if self._ends else "\n"
        self.last_line = len(self._starts)

    @cached_property
    def indent(self) -> str:
        """One step of indentation, as the file has it."""
        for statement in self.tree.body:
            for inner in getattr(statement, "body", ()):
                if isinstance(inner, ast.stmt) and inner.lineno > statement.lineno:
                    prefix = self.prefix(inner.lineno)
                    return "\t" if prefix.startswith("\t") else prefix or INDENT
        return INDENT

    # lines and offsets

    def line_start(self, line: int) -> int:
        """Return where a line begins."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """Return where the content of a line ends: before its line end."""
        return self._ends[line - 1].start() if line <= len(self._ends) else len(self.text)

    def line(self, line: int) -> str:
        """Return a line without its line end."""
        return self.text[self.line_start(line) : self.line_end(line)]

    def prefix(self, line: int) -> str:
        """Return the white space at the beginning of a line."""
        content = self.line(line)
        return content[: len(content) - len(content.lstrip(" \t\f"))]

    def begin(self, node: _Node) -> int:
        """Return where a node begins (a function at ``def``, below its decorators)."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: _Node) -> int:
        """Return where a node ends."""
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def source(self, node: _Node) -> str:
        """Return the text of a node."""
        return self.text[self.begin(node) : self.end(node)]

    def _offset(self, line: int, column: int) -> int:
        content = self.line(line)
        if not content.isascii():  # `ast` counts columns in bytes of UTF-8
            column = len(content.encode()[:column].decode())
        return self.line_start(line) + column

    # the lines of a statement

    def region(self, node: ast.stmt) -> range:
        """Return the lines of a statement, with its decorators and comments."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        width = self._width(first)
        while first > 1 and self._is_comment(first - 1) and self._width(first - 1) == width:
            first -= 1
        last = line = node.end_lineno or node.lineno
        while line < self.last_line and (self._is_blank(line + 1) or self._is_comment(line + 1)):
            line += 1
            if self._is_comment(line):
                if self._width(line) <= width:
                    break
                last = line
        return range(first, last + 1)

    def is_alone(self, node: ast.stmt) -> bool:
        """Say whether only comments share the lines of a statement."""
        after = self.text[self.end(node) : self.line_end(node.end_lineno or node.lineno)].strip()
        before = self.text[self.line_start(node.lineno) : self.begin(node)].strip()
        return not before and (not after or after.startswith("#"))

    def _is_comment(self, line: int) -> bool:
        return self.line(line).lstrip().startswith("#")

    def _is_blank(self, line: int) -> bool:
        return not self.line(line).strip()

    def _width(self, line: int) -> int:
        return len(self.prefix(line).expandtabs())

    # edits

    def replace(self, start: int, end: int, text: str, rank: int = 0) -> None:
        """Replace what is between two offsets."""
        text = text.replace("\n", self.newline)
        self._edits.append(_Edit(start, rank, len(self._edits), end, text))

    def insert(self, offset: int, text: str, rank: int = 0) -> None:
        """Insert text; at the same offset, the lower rank goes first."""
        self.replace(offset, offset, text, rank)

    def append(self, text: str) -> None:
        """Add lines at the very end, two blank lines below what is there."""
        self._appended += text if self._appended else f"\n\n\n{text}"

    def remove_lines(self, lines: range) -> None:
        """Remove lines, and the blank lines on one side of them if there are some on both."""
        first, last = lines[0], lines[-1]
        while first > 1 and self._is_blank(first - 1):
            first -= 1
        while last < self.last_line and self._is_blank(last + 1):
            last += 1
        before, after = lines[0] - first, last - lines[-1]
        is_gap_above = first > 1 and 0 < before <= after
        is_gap_below = not is_gap_above and after == 1 and (before or first == 1)
        start = self.line_start(first if is_gap_above else lines[0])
        self.replace(start, self.line_start((last if is_gap_below else lines[-1]) + 1), "")

    def remove_statements(self, body: list[ast.stmt], gone: Collection[ast.stmt]) -> None:
        """Remove statements of a body, and the blank lines that kept them apart from others."""
        stays = [index for index, statement in enumerate(body) if statement not in gone]
        for index, statement in enumerate(body):
            if statement in gone:
                lines = self.region(statement)
                first, last = lines[0], lines[-1]
                while stays and stays[0] < index and self._is_blank(first - 1):
                    first -= 1
                while stays and stays[0] > index and self._is_blank(last + 1):
                    last += 1
                self.replace(self.line_start(first), self.line_start(last + 1), "")

    def is_replaced(self, node: _Node) -> bool:
        """Say whether an edit replaces the text that contains a node."""
        begin, end = self.begin(node), self.end(node)
        return any(edit.start <= begin and end <= edit.end for edit in self._edits)

    @property
    def edited_text(self) -> str:
        """The text with the edits that were made so far, without the lines at the very end."""
        pieces: list[str] = []
        at = 0
        for edit in sorted(self._edits):
            pieces += [self.text[at : edit.start], edit.text]
            at = max(at, edit.end)
        return "".join(pieces) + self.text[at:]

    def result(self) -> bytes:
        """Return the file with its edits made."""
        if not self._edits and not self._appended:
            return self._data
        text = self.edited_text
        if self._appended:
            is_ended = self.text.endswith(("\n", "\r"))
            lines = self._appended if self.text.strip() else self._appended.lstrip("\n")
            text = text.rstrip("\r\n") + lines.replace("\n", self.newline)
            text += self.newline if is_ended or not self.text else ""
        # Only strings of ours can have characters that the encoding lacks: escape them.
        return text.encode(self.encoding, "backslashreplace")

    def new_line(self, offset: int, head: str = "") -> int:
        """Return the line of a place once all edits are made.

        With a ``head``, return the first line from there on that has it: ``class Name(``.
        """
        edits, growth, text, starts = self._edited
        index = bisect_left(edits, (offset,))
        if index and edits[index - 1].end > offset:  # the place itself is replaced
            index -= 1
            offset = edits[index].start
        place = offset + growth[index]
        if head:
            place = max(place, text.find(head, place))
        return bisect_right(starts, place)

    @cached_property
    def _edited(self) -> tuple[list[_Edit], list[int], str, list[int]]:
        """The edits in order, by how much the text before each has grown, the text, its lines."""
        edits, growth, text = sorted(self._edits), [0], self.edited_text
        for edit in edits:
            growth.append(growth[-1] + len(edit.text) - (edit.end - edit.start))
        return edits, growth, text, [0, *(match.end() for match in _LINE_END.finditer(text))]
