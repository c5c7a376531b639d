"""The text of a module in the making: lines, indentation, marks, and where a line is broken."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

__all__ = ["INDENT", "WIDTH", "Source"]

INDENT = "    "
WIDTH = 88  # the default of ruff and black: what we emit is what they would write

Mark = TypeVar("Mark")


class Source(Generic[Mark]):
    """Collects lines; knows the indentation and what each line is about.

    ``mark`` says what the lines from here on are about, until the next mark. An error's line
    number then leads back to the mark (`runtime/positions.py`), at no cost to the emitted code.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indentation = _Indentation()
        self.marks: list[tuple[int, Mark]] = []

    def line(self, text: str = "") -> None:
        """Add a line at the current indentation; none adds a blank one."""
        self._lines.append(self._indentation.text + text if text else "")

    def raw(self, text: str) -> None:
        """Add a line as it is, which is within a string that spans lines."""
        self._lines.append(text)

    def block(self, header: str) -> AbstractContextManager[None]:
        """Add a header line and indent what follows in the ``with`` statement."""
        self.line(header)
        return self._indentation

    def call(
        self, head: str, arguments: Sequence[str], tail: str = ")", *, compact: bool = False
    ) -> None:
        """Add ``head`` + arguments + ``tail``: on one line if it fits, else an argument a line.

        ``compact`` puts all arguments on one line between the two, if they fit there.
        """
        flat = head + ", ".join(arguments) + tail
        if self.fits(flat):
            self.line(flat)
            return
        with self.block(head):
            inner = ", ".join(arguments)
            if compact and (len(arguments) == 1 or self.fits(inner)):
                self.line(inner)
            else:
                for argument in arguments:
                    self.line(argument + ",")
        self.line(tail)

    def call_block(
        self, head: str, arguments: Sequence[str], tail: str
    ) -> AbstractContextManager[None]:
        """Open a block whose header is written as `call` writes a call."""
        self.call(head, arguments, tail)
        return self._indentation

    def all_of(self, operands: list[str], word: str = "if") -> AbstractContextManager[None]:
        """Open an ``if`` block (or ``elif``) that is entered where every operand is true."""
        return self._if("and", operands, word)

    def any_of(self, operands: list[str], word: str = "if") -> AbstractContextManager[None]:
        """Open an ``if`` block (or ``elif``) that is entered where some operand is true."""
        return self._if("or", operands, word)

    def _if(self, operator: str, operands: list[str], word: str) -> AbstractContextManager[None]:
        flat = f"{word} {f' {operator} '.join(operands)}:"
        if len(operands) == 1 or self.fits(flat):
            return self.block(flat)
        with self.block(f"{word} ("):
            self.line(operands[0])
            for operand in operands[1:]:
                self.line(f"{operator} {operand}")
        return self.block("):")

    def fits(self, line: str) -> bool:
        """Say whether a line at the current indentation is short enough."""
        return len(self._indentation.text) + len(line) <= WIDTH

    @property
    def indentation(self) -> int:
        """The number of columns before the lines that are added now."""
        return len(self._indentation.text)

    @property
    def length(self) -> int:
        """The number of lines so far."""
        return len(self._lines)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was added yet."""
        return not self._lines

    def mark(self, mark: Mark) -> None:
        """Say what the lines from here on are about."""
        self.marks.append((len(self._lines) + 1, mark))

    def text(self) -> str:
        """Return the whole text, ending with a newline."""
        return "\n".join(self._lines) + "\n"


class _Indentation(AbstractContextManager[None]):
    """The white space before a line: deeper by one step within each ``with``."""

    def __init__(self) -> None:
        self.text = ""

    def __enter__(self) -> None:
        self.text += INDENT

    def __exit__(self, *_error: object) -> None:
        self.text = self.text[: -len(INDENT)]
