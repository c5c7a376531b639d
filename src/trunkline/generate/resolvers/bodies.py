"""What becomes of the body of a class or function: statements that go, lines that come."""

from __future__ import annotations

import ast

from trunkline.generate.resolvers.edits import EditedText
from trunkline.text.source import INDENT

__all__ = ["Body", "reindent"]


def reindent(text: str, indent: str, base: str = "") -> str:
    """Replace the indentation of lines that we wrote: ``base``, and ``indent`` for each step."""
    lines: list[str] = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        steps, rest = divmod(len(line) - len(content), len(INDENT))
        lines.append(base + indent * steps + " " * rest + content if content else "")
    return "\n".join(lines)


class Body:
    """What becomes of the body of a class or of a function.

    ``gone`` are statements to remove. ``added`` are functions, or assignments of one line each,
    without indentation.
    """

    def __init__(self, text: EditedText, owner: ast.ClassDef | ast.FunctionDef) -> None:
        self.gone: list[ast.stmt] = []
        self.added: list[str] = []
        self._text = text
        self._owner = owner

    def make_edits(self) -> None:
        """Put what is added below the last statement of its kind, else at the end of the body."""
        text, owner, first = self._text, self._owner, self._owner.body[0]
        text.remove_statements(owner.body, self.gone)
        stays = [statement for statement in owner.body if statement not in self.gone]
        start = self._start(first)
        is_one_line = not text.text[:start].endswith(("\n", "\r"))  # class Empty: pass
        prefix = (
            text.prefix(owner.lineno) + text.indent if is_one_line else text.prefix(first.lineno)
        )
        is_rows = all("\n" not in each for each in self.added)
        gap = "\n" if is_rows else "\n\n"
        added = reindent(gap.join(self.added), text.indent, prefix)
        if not stays:
            place = text.line_start(text.region(first)[0])
            text.insert(place, f"{added or prefix + 'pass'}\n", rank=-1)
        elif added and len(stays) == 1 and self._is_placeholder(stays[0]):
            start, end = self._start(stays[0]), text.line_end(stays[0].lineno)
            text.replace(start, end, "\n" + added if is_one_line else added)
        elif added:
            if is_one_line:
                text.replace(start, text.begin(first), f"\n{prefix}", rank=-1)
            rows, functions = (ast.Assign, ast.AnnAssign), (ast.FunctionDef, ast.AsyncFunctionDef)
            alike = [each for each in stays if isinstance(each, rows if is_rows else functions)]
            last = text.region((alike or stays)[-1])[-1]
            text.insert(text.line_end(last), (gap if alike else "\n\n") + added)

    def _start(self, statement: ast.stmt) -> int:
        """Return where the white space before a statement begins: of its line, or of its header."""
        start = self._text.begin(statement)
        while self._text.text[start - 1] in " \t":
            start -= 1
        return start

    def _is_placeholder(self, statement: ast.stmt) -> bool:
        text = self._text
        if not isinstance(statement, ast.Pass) and text.source(statement) != "...":
            return False
        return not text.text[text.end(statement) : text.line_end(statement.lineno)].strip()
