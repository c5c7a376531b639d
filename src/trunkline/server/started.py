"""Awaiting without waiting: what is there already costs no timer and no task."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

__all__ = ["Started"]

T = TypeVar("T")


class Started(Generic[T]):
    """An awaitable, run up to where it first waits.

    If it never waited, it ``is_done`` and ``value`` is what it gave. Else whoever has set up a
    deadline for it awaits the rest; setting one up costs ten times what not waiting does.
    """

    __slots__ = ("_steps", "_waits_for", "is_done", "value")

    value: T

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._steps = awaitable.__await__()
        try:
            self._waits_for: Any = next(self._steps)
            self.is_done = False
        except StopIteration as done:
            self.value = done.value
            self.is_done = True

    def __await__(self) -> Generator[Any, Any, T]:
        """Go on as ``await`` does with what has not been started yet (PEP 380)."""
        try:
            while not self.is_done:
                try:
                    sent = yield self._waits_for
                except BaseException as error:  # noqa: BLE001  # also cancelling: it is the awaited's
                    self._waits_for = self._steps.throw(error)
                else:
                    self._waits_for = self._steps.send(sent)
        except StopIteration as done:
            value: T = done.value
            return value
        return self.value
