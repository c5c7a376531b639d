"""Messages in the making: about places in files that are still being changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trunkline.generate.resolvers.file import File
from trunkline.generate.resolvers.messages import Message, Severity

__all__ = ["Mention", "Report"]


@dataclass(frozen=True, slots=True)
class Mention:
    """How a message goes on, about another place: ``{path}`` and ``{line}`` are put into it."""

    text: str
    file: File
    offset: int

    def written(self, shown: Callable[[str], str]) -> str:
        """Return the text."""
        line = self.file.line_after(self.offset)
        return self.text.format(path=shown(self.file.path), line=line)


@dataclass(frozen=True, slots=True)
class _Draft:
    severity: Severity
    file: File
    offset: int
    text: str
    begins: str | None = None
    mention: Mention | None = None

    def message(self, shown: Callable[[str], str]) -> Message:
        line = self.file.line_after(self.offset)
        if self.begins is not None:
            line = self.file.line_of_new(self.begins, line)
        text = self.text + (self.mention.written(shown) if self.mention else "")
        return Message(self.severity, self.file.path, line, text)


class Report:
    """Collects messages; their lines are counted when all edits are made.

    ``shown`` is how a path is written in a text.
    """

    def __init__(self, shown: Callable[[str], str]) -> None:
        self._shown = shown
        self._drafts: list[_Draft] = []

    def note(self, file: File, offset: int, text: str) -> None:
        """Tell what was done."""
        self._drafts.append(_Draft(Severity.NOTE, file, offset, text))

    def new(
        self,
        file: File,
        begins: str,
        text: str,
        offset: int = 0,
        mention: Mention | None = None,
    ) -> None:
        """Tell what was added: the first line behind an offset that begins so."""
        self._drafts.append(_Draft(Severity.NOTE, file, offset, text, begins, mention))

    def warn(self, file: File, offset: int, text: str, mention: Mention | None = None) -> None:
        """Tell what people have to do themselves."""
        self._drafts.append(_Draft(Severity.WARNING, file, offset, text, None, mention))

    def messages(self) -> tuple[Message, ...]:
        """Return the messages, by file and line."""
        messages = [draft.message(self._shown) for draft in self._drafts]
        return tuple(sorted(messages, key=lambda message: (message.path, message.line)))
