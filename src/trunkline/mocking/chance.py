"""Numbers that look random, and depend on nothing but what they are drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

__all__ = ["Chance"]

T = TypeVar("T")


class Chance:
    """A purse of 512 bits, made from ``parts``; what is drawn is taken from it.

    The same parts give the same numbers on every machine and with every Python. Whoever draws more
    than there is gets the lowest.
    """

    __slots__ = ("_left",)

    def __init__(self, *parts: object) -> None:
        text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        self._left = int.from_bytes(blake2b(text, digest_size=64).digest(), "big")

    def below(self, bound: int) -> int:
        """Draw a number from 0 to ``bound``, without it."""
        self._left, number = divmod(self._left, bound)
        return number

    def between(self, low: int, high: int) -> int:
        """Draw a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of several."""
        return options[self.below(len(options))]

    def one_in(self, times: int) -> bool:
        """Say yes once in so many times."""
        return self.below(times) == 0
