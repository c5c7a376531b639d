"""The text of a module in the making: lines, indentation, marks."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, TypeVar

__all__ = ["INDENT", "WIDTH", "Source"]

INDENT = "    "
WIDTH = 88  # ruff's and black's own default, so that what we emit is what they would write


Mark = TypeVar("Mark")


class Source(Generic[Mark]):
    """Collects lines; knows the indentation and what each line is about.

    ``mark`` says what the lines from here on are about, until the next mark. An error's line
    number then leads back to the mark (`runtime/marks.py`), which costs the emitted code nothing.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self.marks: list[tuple[int, Mark]] = []

    def line(self, text: str = "") -> None:
        """Add a line at the current indentation; none adds a blank one."""
        self._lines.append(INDENT * self._depth + text if text else "")

    @contextmanager
    def block(self, header: str) -> Generator[None]:
        """Add a header line and indent what follows in the ``with`` statement."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def call(self, head: str, arguments: list[str], tail: str = ")") -> None:
        """Add ``head`` + arguments + ``tail``: on one line if it fits, else an argument a line."""
        flat = head + ", ".join(arguments) + tail
        if len(INDENT) * self._depth + len(flat) <= WIDTH:
            self.line(flat)
            return
        with self.block(head):
            for argument in arguments:
                self.line(argument + ",")
        self.line(tail)

    def call_block(
        self, head: str, arguments: list[str], tail: str
    ) -> AbstractContextManager[None]:
        """Open a block whose header is written as `call` writes a call."""
        flat = head + ", ".join(arguments) + tail
        if len(INDENT) * self._depth + len(flat) <= WIDTH:
            return self.block(flat)
        with self.block(head):
            for argument in arguments:
                self.line(argument + ",")
        return self.block(tail)

    def all_of(self, operands: list[str]) -> AbstractContextManager[None]:
        """Open an ``if`` block that is entered where every operand is true."""
        return self._if("and", operands)

    def any_of(self, operands: list[str]) -> AbstractContextManager[None]:
        """Open an ``if`` block that is entered where some operand is true."""
        return self._if("or", operands)

    def _if(self, operator: str, operands: list[str]) -> AbstractContextManager[None]:
        flat = "if " + f" {operator} ".join(operands) + ":"
        if len(operands) == 1 or len(INDENT) * self._depth + len(flat) <= WIDTH:
            return self.block(flat)
        with self.block("if ("):
            self.line(operands[0])
            for operand in operands[1:]:
                self.line(f"{operator} {operand}")
        return self.block("):")

    def mark(self, mark: Mark) -> None:
        """Say what the lines from here on are about."""
        self.marks.append((len(self._lines) + 1, mark))

    def text(self) -> str:
        """Return the whole text, ending with a newline."""
        return "\n".join(self._lines) + "\n"
