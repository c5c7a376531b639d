"""How things are compared: side by side, in shuffled rounds, by the ratios within a round.

A machine that others use as well slows down and recovers. It does so for all contestants of a
round, so the ratio of two of them in one round stays what it is, and the median of such ratios
forgets the rounds in which it did not.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from benchmarks.figures import Figure, Goal

__all__ = ["Contestant", "Race", "Spent", "race"]

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: of the processor, and by the clock."""

    cpu: float
    wall: float


class Contestant(Protocol):
    """Something that can do the same piece of work any number of times."""

    def answer(self) -> bytes | None:
        """Do the work once and return the JSON that it gives, if it gives any."""

    def spend(self, times: int) -> Spent:
        """Do the work so many times and return what all of them took together."""


@dataclass(frozen=True, slots=True)
class Race:
    """What each contestant spent on one piece of work, round by round."""

    spent: Mapping[str, list[Spent]]

    def ratio(self, name: str, over: str, under: str, goal: Goal | None = None) -> Figure:
        """Return the figure of what ``over`` spends in units of what ``under`` spends."""
        pairs = list(zip(self.spent[over], self.spent[under], strict=True))
        cpu = median(one.cpu / other.cpu for one, other in pairs)
        wall = median(one.wall / other.wall for one, other in pairs)
        return Figure(name, cpu, goal=goal, wall=wall)

    def added(
        self, name: str, over: str, under: str, parts: int, goal: Goal | None = None
    ) -> Figure:
        """Return the figure of the µs that ``over`` spends more, for each of so many parts."""
        pairs = list(zip(self.spent[over], self.spent[under], strict=True))
        cpu = median(one.cpu - other.cpu for one, other in pairs) / parts * 1e6
        wall = median(one.wall - other.wall for one, other in pairs) / parts * 1e6
        return Figure(name, cpu, "µs", goal, wall)

    def cost(self, name: str, contestant: str) -> Figure:
        """Return the figure of what a contestant spends on one piece of work, in µs."""
        spent = self.spent[contestant]
        cpu = median(each.cpu for each in spent) * 1e6
        return Figure(name, cpu, "µs", wall=median(each.wall for each in spent) * 1e6)


def race(
    contestants: Mapping[str, Contestant], seconds: float = 0.05, rounds: int = ROUNDS
) -> Race:
    """Let contestants take turns, about ``seconds`` of processor time for each in each round.

    Raises ``AssertionError`` where their answers are not all the same JSON.
    """
    check_answers(contestants)
    times = {name: _enough(each.spend, seconds) for name, each in contestants.items()}
    spent: dict[str, list[Spent]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name in random.sample(list(contestants), len(contestants)):
            total = contestants[name].spend(times[name])
            spent[name].append(Spent(total.cpu / times[name], total.wall / times[name]))
    return Race(spent)


def check_answers(contestants: Mapping[str, Contestant]) -> None:
    """Raise where contestants do not give the same answer, or have errors in it."""
    given = {name: each.answer() for name, each in contestants.items()}
    parsed = {name: json.loads(text) for name, text in given.items() if text is not None}
    for name, answer in parsed.items():
        first = next(iter(parsed))
        if answer != parsed[first] or answer.get("errors"):
            raise AssertionError(
                f"{name} and {first} answer differently:\n{given[name]!r:.500}\n"
                f"{given[first]!r:.500}"
            )


def _enough(spend: Callable[[int], Spent], seconds: float) -> int:
    """Count how often the work fills ``seconds``; warms up while it does."""
    times = 1
    while (taken := spend(times).cpu) < seconds / 2:
        times *= 2
    return max(1, round(times * seconds / taken))
