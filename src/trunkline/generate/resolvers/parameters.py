"""The list of a function's parameters as it is written: items, commas, comments, lines."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trunkline.generate.resolvers.file import File
from trunkline.text.source import WIDTH

__all__ = ["Item", "ParameterList", "read_parameters"]

_NAME = re.compile(r"\**\s*(\w*)")
_LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter, or a bare ``/`` or ``*``; a new one has no place yet."""

    text: str
    start: int = -1
    end: int = -1
    has_comment: bool = False

    @property
    def name(self) -> str:
        """The parameter's name; empty for ``/`` and ``*``."""
        found = _NAME.match(self.text)
        return found.group(1) if found else ""

    def with_text(self, text: str) -> Item:
        """Return the item with another text in its place."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class ParameterList:
    """The parameters of a function, and the places of the parentheses around them."""

    file: File
    open: int  # behind the opening one
    close: int  # before the closing one
    items: tuple[Item, ...]

    def rewrite(self, items: Sequence[Item], longer_by: int) -> bool:
        """Write other items in their place; say whether that can be done.

        One parameter a line stays so, and what is not touched stays as it is. Otherwise the list is
        written anew, on one line if it fits (the rest of the line gets ``longer_by`` characters
        more), and cannot be if there are comments in it.
        """
        if self._is_one_a_line:
            text = self._a_line_each(items)
        elif "#" in self.file.text[self.open : self.close]:
            return False
        else:
            text = self._anew([item.text for item in items], longer_by)
        self.file.replace(self.open, self.close, text)
        return True

    @property
    def _is_one_a_line(self) -> bool:
        places = [self.open, *(item.start for item in self.items), self.close]
        lines = [self.file.line_of(place) for place in places]
        return len(set(lines)) == len(lines)

    def _a_line_each(self, items: Sequence[Item]) -> str:
        text = self.file.text
        prefix = self.file.prefix(self.file.line_of(self.items[0].start))
        pieces = [text[self.open : self._segment_start(0)]]
        for item in items:
            if item.start < 0:
                pieces.append(f"{prefix}{item.text},{self.file.newline}")
                continue
            index = next(i for i, mine in enumerate(self.items) if mine.start == item.start)
            before = text[self._segment_start(index) : item.start]
            after = text[item.end : self._segment_start(index + 1)]
            comma = "" if after.lstrip().startswith(",") else ","
            pieces.append(f"{before}{item.text}{comma}{after}")
        pieces.append(text[self._segment_start(len(self.items)) : self.close])
        return "".join(pieces).replace(self.file.newline, "\n")

    def _segment_start(self, index: int) -> int:
        """Return the line start behind the item before: comments above an item are its own."""
        before = self.items[index - 1].end if index else self.open
        return self.file.line_start(self.file.line_of(before) + 1)

    def _anew(self, texts: list[str], longer_by: int) -> str:
        file = self.file
        first, last = file.line_of(self.open), file.line_of(self.close)
        flat = ", ".join(texts)
        head = self.open - file.line_start(first)
        rest = file.line_end(last) - self.close + longer_by
        was_wide = first == last and len(file.line(first)) > WIDTH
        if was_wide or head + len(flat) + rest <= WIDTH:
            return flat
        prefix = file.prefix(first)
        lines = "".join(f"{prefix}{file.indent}{text},\n" for text in texts)
        return f"\n{lines}{prefix}"


def read_parameters(
    file: File, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> ParameterList | None:
    """Read a function's parameters; ``None`` where they are written too strangely."""
    try:
        return _read(file, function)
    except (tokenize.TokenError, SyntaxError, StopIteration):
        return None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: int
    text: str
    start: int
    end: int


def _tokens(file: File, begin: int, end: int) -> Iterator[_Token]:
    first = file.line_of(begin)
    column = begin - file.line_start(first)
    # A lone carriage return ends a line in Python, but not for `tokenize`.
    text = re.sub(r"\r(?!\n)", "\n", file.text[begin:end])
    source = io.StringIO(text, newline="")
    for token in tokenize.generate_tokens(source.readline):
        places = [
            file.line_start(first + row - 1) + col + (column if row == 1 else 0)
            for row, col in (token.start, token.end)
        ]
        yield _Token(token.type, token.string, *places)


def _opened(tokens: Iterator[_Token]) -> int:
    """Return where the parameters begin: behind the first parenthesis that is in no brackets."""
    depth = 0
    for token in tokens:
        if token.text == "(" and not depth:
            return token.end
        depth += (token.text == "[") - (token.text == "]")
    raise AssertionError("a function without parentheses is no Python")


def _read(file: File, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ParameterList:
    tokens = _tokens(file, file.begin(function), file.end(function))
    opened = _opened(tokens)
    items: list[Item] = []
    for group, closes in _groups(tokens):
        content = [each for each in group if each.kind not in _LAYOUT]
        comments = [each for each in group if each.kind == tokenize.COMMENT]
        if items and comments and (not content or _shares_line(file, items[-1], comments[0])):
            items[-1] = replace(items[-1], has_comment=True)  # behind its comma
            del comments[0]
        if content:
            start, end = content[0].start, content[-1].end
            items.append(Item(file.text[start:end], start, end, bool(comments)))
        if closes is not None:
            return ParameterList(file, opened, closes, tuple(items))
    raise StopIteration


def _shares_line(file: File, item: Item, comment: _Token) -> bool:
    return file.line_of(item.end) == file.line_of(comment.start)


def _groups(tokens: Iterator[_Token]) -> Iterator[tuple[list[_Token], int | None]]:
    """Yield the tokens of each parameter, and where the list ends with the last."""
    group: list[_Token] = []
    depth = 0
    for token in tokens:
        if token.text in {")", "]", "}"} and token.kind == tokenize.OP:
            if not depth:
                yield group, token.start
                return
            depth -= 1
        elif token.text in {"(", "[", "{"} and token.kind == tokenize.OP:
            depth += 1
        if token.text == "," and not depth:
            yield group, None
            group = []
        else:
            group.append(token)
