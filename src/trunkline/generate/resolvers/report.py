"""Messages in the making: about places in files that are still being changed."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.messages import Message, Severity

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class _Draft:
    severity: Severity
    file: File
    offset: int
    text: str


class Report:
    """Collects messages; their lines are counted when all edits are made."""

    def __init__(self) -> None:
        self._drafts: list[_Draft] = []

    def note(self, file: File, offset: int, text: str) -> None:
        """Tell what was done."""
        self._drafts.append(_Draft(Severity.NOTE, file, offset, text))

    def warn(self, file: File, offset: int, text: str) -> None:
        """Tell what people have to do themselves."""
        self._drafts.append(_Draft(Severity.WARNING, file, offset, text))

    def messages(self) -> tuple[Message, ...]:
        """Return the messages, by file and line."""
        drafts = sorted(self._drafts, key=lambda draft: (draft.file.path, draft.offset))
        return tuple(
            Message(
                draft.severity, draft.file.path, draft.file.line_after(draft.offset), draft.text
            )
            for draft in drafts
        )
