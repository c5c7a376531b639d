"""What the merge tells: what was done, and what a person has to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from trunkline.generate.resolvers.package import PythonFile

__all__ = ["MergeMessage", "Report", "Severity", "Spot"]

Spot: TypeAlias = tuple[PythonFile, int]
"""An offset in a file as it was read."""


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


@dataclass(frozen=True, slots=True)
class _Draft:
    severity: Severity
    spot: Spot
    text: str
    head: str | None
    other: Spot | None


class Report:
    """Collects messages. Their lines are counted when all edits are made.

    In the text of a message, ``{other}`` is the place of its ``other`` spot. ``shown`` returns a
    path as messages show it.
    """

    def __init__(self, shown: Callable[[str], str]) -> None:
        self._shown = shown
        self._drafts: list[_Draft] = []

    def note(
        self, spot: Spot, text: str, head: str | None = None, other: Spot | None = None
    ) -> None:
        """Say what was done. For added lines, ``head`` is how the first one begins."""
        self._drafts.append(_Draft(Severity.NOTE, spot, text, head, other))

    def warn(self, spot: Spot, text: str, other: Spot | None = None) -> None:
        """Say what a person has to do."""
        self._drafts.append(_Draft(Severity.WARNING, spot, text, None, other))

    def messages(self) -> tuple[MergeMessage, ...]:
        """Return the messages, by file and line."""
        messages: list[MergeMessage] = []
        for draft in self._drafts:
            (file, offset), text = draft.spot, draft.text
            if draft.other:
                other, place = draft.other
                text = text.replace("{other}", f"{self._shown(other.path)}:{other.new_line(place)}")
            line = file.new_line(offset, draft.head)
            messages.append(MergeMessage(draft.severity, file.path, line, text))
        return tuple(sorted(messages, key=lambda message: (message.path, message.line)))
