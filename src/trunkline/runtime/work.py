"""What an execution still waits for: single fields, and fields of all parents of a level."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from trunkline.runtime.marks import Mark

__all__ = ["Batch", "Deferral", "Path", "Work"]

Path: TypeAlias = tuple[str | int, ...]


class Deferral:
    """A field whose value is awaited, and where it goes when it is there."""

    __slots__ = ("awaitable", "complete", "entry", "indices", "key", "mark")

    def __init__(  # noqa: PLR0913, PLR0917  # made by `Execution.defer` alone, once per field
        self,
        awaitable: Awaitable[Any],
        complete: Callable[..., Any],
        entry: dict[str, Any],
        key: str,
        mark: Mark,
        indices: tuple[int, ...],
    ) -> None:
        self.awaitable = awaitable
        self.complete = complete
        self.entry = entry
        self.key = key
        self.mark = mark
        self.indices = indices

    @property
    def path(self) -> Path:
        """The field's path in the response."""
        return self.mark.fill(self.indices)

    def drop(self) -> None:
        """Give the field up without awaiting it."""
        close = getattr(self.awaitable, "close", None)
        if close is not None:  # a coroutine that nobody awaits would warn
            close()


class Batch:
    """A field that one call resolves for all its parents.

    ``items`` has a tuple per parent: the parent, the entry that the value goes into, the indices
    of its path. ``call`` resolves a list of parents, ``complete`` puts the values in their places.
    """

    __slots__ = ("call", "complete", "items", "mark")

    def __init__(self, call: Callable[..., Any], complete: Callable[..., None], mark: Mark) -> None:
        self.call = call
        self.complete = complete
        self.mark = mark
        self.items: list[tuple[Any, ...]] = []

    def paths(self) -> list[Path]:
        """Return the field's path for each of its parents."""
        return [self.mark.fill(item[2:]) for item in self.items]

    def drop(self) -> None:
        """Give the field up: nothing was called."""


Work: TypeAlias = Deferral | Batch
