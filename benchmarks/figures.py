"""A measured figure, the goal it is held against, and the table's line for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["HEADING", "Figure", "Goal", "at_least", "at_most"]


@dataclass(frozen=True, slots=True)
class Goal:
    """The lowest or the highest value that a figure may have."""

    bound: float
    is_least: bool

    def holds(self, value: float) -> bool:
        """Say whether a value is on the right side."""
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.bound:g}"


def at_most(bound: float) -> Goal:
    return Goal(bound, is_least=False)


def at_least(bound: float) -> Goal:
    return Goal(bound, is_least=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: ``value`` in ``unit``, by processor time; ``wall`` is the same by the clock."""

    name: str
    value: float
    unit: str = "x"
    goal: Goal | None = None
    wall: float | None = None

    @property
    def holds(self) -> bool:
        """Say whether the goal is reached, if there is one."""
        return self.goal is None or self.goal.holds(self.value)

    def row(self) -> dict[str, Any]:
        """Return what `latest.json` keeps."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "wall": self.wall,
            "goal": None if self.goal is None else str(self.goal),
            "holds": self.holds,
        }

    def __str__(self) -> str:
        wall = "" if self.wall is None else f"{self.wall:.2f}"
        goal = "" if self.goal is None else f"{self.goal!s:<7} {'yes' if self.holds else 'NO'}"
        return f"{self.name:<68} {self.value:10.2f} {self.unit:<10} {wall:>9}  {goal}".rstrip()


HEADING = f"{'':<68} {'CPU':>10} {'':<10} {'wall':>9}  goal"
