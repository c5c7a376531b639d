"""Where things stand in a class: what belongs to a statement, and where a new one goes."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from trunkline.generate.resolvers.file import File

__all__ = [
    "Region",
    "add_to_body",
    "body_prefix",
    "is_alone",
    "is_docstring",
    "region",
    "remove",
    "with_gap",
]


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of a statement, from its first comment or decorator to its last comment."""

    first: int
    last: int


def region(file: File, node: ast.stmt) -> Region:
    """Return the lines that belong to a statement, with its decorators and comments."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    width = _width(file, first)
    while first > 1 and _is_comment(file, first - 1) and _width(file, first - 1) == width:
        first -= 1
    last = line = node.end_lineno or node.lineno
    while line < file.lines and (_is_blank(file, line + 1) or _is_comment(file, line + 1)):
        line += 1
        if _is_comment(file, line):
            if _width(file, line) <= width:
                break
            last = line
    return Region(first, last)


def is_docstring(statement: ast.stmt) -> bool:
    """Say whether a statement is but a string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_alone(file: File, node: ast.stmt) -> bool:
    """Say whether nothing but comments shares a statement's lines."""
    last = node.end_lineno or node.lineno
    after = file.text[file.end(node) : file.line_end(last)].strip()
    before = file.text[file.line_start(node.lineno) : file.begin(node)].strip()
    return not before and (not after or after.startswith("#"))


def with_gap(file: File, place: Region) -> Region:
    """Return lines that go with the fewer of the blank ones around them, where there are both."""
    first, last = place.first, place.last
    while first > 1 and _is_blank(file, first - 1):
        first -= 1
    while last < file.lines and _is_blank(file, last + 1):
        last += 1
    before, after = place.first - first, last - place.last
    if first > 1 and 0 < before <= after:
        return Region(first, place.last)
    is_section = after == 1 and (before or first == 1)
    return Region(place.first, last if is_section else place.last)


def _is_comment(file: File, line: int) -> bool:
    return file.line(line).lstrip().startswith("#")


def _is_blank(file: File, line: int) -> bool:
    return not file.line(line).strip()


def _width(file: File, line: int) -> int:
    return len(file.prefix(line).expandtabs())


def remove(file: File, body: list[ast.stmt], gone: Collection[ast.stmt]) -> None:
    """Remove statements of a body, with the blank lines that kept them apart from the others."""
    stays = [index for index, statement in enumerate(body) if statement not in gone]
    for index, statement in enumerate(body):
        if statement not in gone:
            continue
        place = region(file, statement)
        first, last = place.first, place.last
        if stays and stays[0] < index:
            while _is_blank(file, first - 1):
                first -= 1
        elif stays:
            while _is_blank(file, last + 1):
                last += 1
        file.replace(file.line_start(first), file.line_start(last + 1), "")


def add_to_body(  # noqa: PLR0913
    file: File,
    owner: ast.stmt,
    body: list[ast.stmt],
    text: str,
    gone: Collection[ast.stmt] = (),
    *,
    kinds: tuple[type[ast.stmt], ...] = (ast.FunctionDef, ast.AsyncFunctionDef),
) -> None:
    """Put lines into a body: after its last statement of these kinds that stays, or at its end.

    ``text`` has its indentation, and no line end after it; where it is empty, what stays needs
    nothing else. ``gone`` are statements that are being removed.
    """
    stays = [statement for statement in body if statement not in gone]
    if not stays:
        first = region(file, body[0]).first
        line = text or file.prefix(body[0].lineno) + "pass"
        file.insert(file.line_start(first), f"{line}\n", rank=-1)
    elif text and len(stays) == 1 and _is_placeholder(file, stays[0]):
        _replace_placeholder(file, owner, stays[0], text)
    elif text:
        if _header_line(file, owner, body[0]):
            _break_line(file, owner, body[0])
        alike = [statement for statement in stays if isinstance(statement, kinds)]
        last = region(file, (alike or stays)[-1]).last
        is_row = alike and ast.FunctionDef not in kinds
        file.insert(file.line_end(last), f"\n{text}" if is_row else f"\n\n{text}")


def _is_placeholder(file: File, statement: ast.stmt) -> bool:
    is_dots = isinstance(statement, ast.Expr) and file.source(statement) == "..."
    if not (is_dots or isinstance(statement, ast.Pass)):
        return False
    return not file.text[file.end(statement) : file.line_end(statement.lineno)].strip()


def body_prefix(file: File, owner: ast.stmt, body: list[ast.stmt]) -> str:
    """Return the white space that the lines of a body begin with."""
    if _header_line(file, owner, body[0]):
        return file.prefix(owner.lineno) + file.indent
    return file.prefix(body[0].lineno)


def _header_line(file: File, owner: ast.stmt, first: ast.stmt) -> int:
    """Return the line of a one-line body: that of its header's colon, else 0."""
    before = file.text[file.line_start(first.lineno) : file.begin(first)]
    return first.lineno if before.strip() or first.lineno == owner.lineno else 0


def _break_line(file: File, owner: ast.stmt, first: ast.stmt) -> None:
    """Put a body that stands behind its header on a line of its own."""
    begin = file.begin(first)
    before = file.text[:begin].rstrip(" \t")
    file.replace(len(before), begin, f"\n{file.prefix(owner.lineno)}{file.indent}", rank=-1)


def _replace_placeholder(file: File, owner: ast.stmt, placeholder: ast.stmt, text: str) -> None:
    if _header_line(file, owner, placeholder):
        before = file.text[: file.begin(placeholder)].rstrip(" \t")
        file.replace(len(before), file.end(placeholder), f"\n{text}")
    else:
        line = placeholder.lineno
        file.replace(file.line_start(line), file.line_end(line), text)
