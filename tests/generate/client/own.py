"""Classes of a program's own, which generated classes extend."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Counting", "Greeting", "Shouting"]


class Counting:
    """For clients: something that a client of the program has, too."""

    def count(self) -> int:
        return 1


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class Greeting:
    """For what has a name."""

    __slots__ = ()

    def greeting(self: _Named) -> str:
        return f"Hello {self.name}"


class Shouting:
    """For an enum."""

    def shout(self) -> str:
        return f"{self}!"
