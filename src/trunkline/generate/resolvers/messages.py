"""What the merge tells: what was done, and what a person has to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["MergeMessage", "Severity"]


class Severity(Enum):
    """How much a message matters.

    A note says what was done, a warning what a person has to do; an error says that no file was
    changed.
    """

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class MergeMessage:
    """A message about a line of a file, as the merge leaves it."""

    severity: Severity
    path: str
    line: int
    text: str
    column: int | None = None

    def __str__(self) -> str:
        """Write it as compilers do, so that editors find the place."""
        column = "" if self.column is None else f":{self.column}"
        return f"{self.path}:{self.line}{column}: {self.severity.value}: {self.text}"
