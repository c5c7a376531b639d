"""Where statements stand in a file: the lines that belong to one, and where a new one goes."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from trunkline.generate.resolvers.edits import EditedText
from trunkline.text.source import INDENT

__all__ = [
    "Body",
    "Region",
    "is_alone",
    "is_docstring",
    "region",
    "reindented",
    "remove_lines",
    "remove_statements",
]


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of a statement, from its first comment or decorator to its last comment."""

    first: int
    last: int


def region(text: EditedText, node: ast.stmt) -> Region:
    """Return the lines that belong to a statement, with its decorators and comments."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    width = _width(text, first)
    while first > 1 and _is_comment(text, first - 1) and _width(text, first - 1) == width:
        first -= 1
    last = line = node.end_lineno or node.lineno
    while line < text.lines and (_is_blank(text, line + 1) or _is_comment(text, line + 1)):
        line += 1
        if _is_comment(text, line):
            if _width(text, line) <= width:
                break
            last = line
    return Region(first, last)


def _is_comment(text: EditedText, line: int) -> bool:
    return text.line(line).lstrip().startswith("#")


def _is_blank(text: EditedText, line: int) -> bool:
    return not text.line(line).strip()


def _width(text: EditedText, line: int) -> int:
    return len(text.prefix(line).expandtabs())


def is_docstring(statement: ast.stmt) -> bool:
    """Say whether a statement is only a string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_alone(text: EditedText, node: ast.stmt) -> bool:
    """Say whether only comments share the lines of a statement."""
    last = node.end_lineno or node.lineno
    after = text.text[text.end(node) : text.line_end(last)].strip()
    before = text.text[text.line_start(node.lineno) : text.begin(node)].strip()
    return not before and (not after or after.startswith("#"))


def remove_lines(text: EditedText, place: Region) -> None:
    """Remove lines, and the blank lines on one side of them if there are some on both."""
    first, last = place.first, place.last
    while first > 1 and _is_blank(text, first - 1):
        first -= 1
    while last < text.lines and _is_blank(text, last + 1):
        last += 1
    before, after = place.first - first, last - place.last
    if first > 1 and 0 < before <= after:
        last = place.last
    else:
        is_section = after == 1 and (before or first == 1)
        first, last = place.first, last if is_section else place.last
    text.replace(text.line_start(first), text.line_start(last + 1), "")


def remove_statements(text: EditedText, body: list[ast.stmt], gone: Collection[ast.stmt]) -> None:
    """Remove statements of a body, with the blank lines that kept them apart from the others."""
    stays = [index for index, statement in enumerate(body) if statement not in gone]
    for index, statement in enumerate(body):
        if statement not in gone:
            continue
        place = region(text, statement)
        first, last = place.first, place.last
        if stays and stays[0] < index:
            while _is_blank(text, first - 1):
                first -= 1
        elif stays:
            while _is_blank(text, last + 1):
                last += 1
        text.replace(text.line_start(first), text.line_start(last + 1), "")


def reindented(text: str, indent: str, base: str = "") -> str:
    """Replace the indentation of lines that we wrote: ``base``, and ``indent`` for each step."""
    lines: list[str] = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        steps, rest = divmod(len(line) - len(content), len(INDENT))
        lines.append(base + indent * steps + " " * rest + content if content else "")
    return "\n".join(lines)


class Body:
    """What becomes of the body of a class or of a function.

    ``gone`` are statements that are removed; ``functions`` and ``assignments`` are texts that are
    added, without indentation.
    """

    def __init__(self, text: EditedText, owner: ast.ClassDef | ast.FunctionDef) -> None:
        self.gone: list[ast.stmt] = []
        self.functions: list[str] = []
        self.assignments: list[str] = []
        self._text = text
        self._owner = owner
        first = owner.body[0]
        before = text.text[text.line_start(first.lineno) : text.begin(first)]
        self._is_one_line = bool(before.strip()) or first.lineno == owner.lineno
        self._prefix = (
            text.prefix(owner.lineno) + text.indent
            if self._is_one_line
            else text.prefix(first.lineno)
        )

    def write(self) -> None:
        """Make the edits."""
        text, body = self._text, self._owner.body
        remove_statements(text, body, self.gone)
        stays = [statement for statement in body if statement not in self.gone]
        assignments = self._joined(self.assignments, "\n")
        functions = self._joined(self.functions, "\n\n")
        added = "\n\n".join(filter(None, (assignments, functions)))
        if not stays:
            start = text.line_start(region(text, body[0]).first)
            text.insert(start, f"{added or self._prefix + 'pass'}\n", rank=-1)
        elif added and len(stays) == 1 and self._is_placeholder(stays[0]):
            self._replace_placeholder(stays[0], added)
        elif added:
            if self._is_one_line:
                begin = text.begin(body[0])
                end_of_header = len(text.text[:begin].rstrip(" \t"))
                text.replace(end_of_header, begin, f"\n{self._prefix}", rank=-1)
            self._insert(assignments, stays, (ast.Assign, ast.AnnAssign), "\n")
            self._insert(functions, stays, (ast.FunctionDef, ast.AsyncFunctionDef), "\n\n")

    def _joined(self, texts: list[str], gap: str) -> str:
        return reindented(gap.join(texts), self._text.indent, self._prefix)

    def _insert(
        self, added: str, stays: list[ast.stmt], kinds: tuple[type[ast.stmt], ...], gap: str
    ) -> None:
        """Insert text below the last statement of the same kind, else at the end of the body."""
        if added:
            alike = [statement for statement in stays if isinstance(statement, kinds)]
            last = region(self._text, (alike or stays)[-1]).last
            self._text.insert(self._text.line_end(last), (gap if alike else "\n\n") + added)

    def _is_placeholder(self, statement: ast.stmt) -> bool:
        text = self._text
        if not isinstance(statement, ast.Pass) and text.source(statement) != "...":
            return False
        return not text.text[text.end(statement) : text.line_end(statement.lineno)].strip()

    def _replace_placeholder(self, placeholder: ast.stmt, added: str) -> None:
        text, line = self._text, placeholder.lineno
        if self._is_one_line:
            end_of_header = len(text.text[: text.begin(placeholder)].rstrip(" \t"))
            text.replace(end_of_header, text.end(placeholder), f"\n{added}")
        else:
            text.replace(text.line_start(line), text.line_end(line), added)
