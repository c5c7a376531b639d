"""What the merge tells: where, what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Message", "Severity"]


class Severity(Enum):
    """How much a message matters.

    A note says what was done, a warning what people have to do themselves; an error means that no
    file was changed.
    """

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell; ``line`` counts in the file as the merge leaves it."""

    severity: Severity
    path: str
    line: int
    text: str
    column: int | None = None

    def __str__(self) -> str:
        """Write it as compilers do, so that editors find the place."""
        column = "" if self.column is None else f":{self.column}"
        return f"{self.path}:{self.line}{column}: {self.severity.value}: {self.text}"
