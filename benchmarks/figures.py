"""A measured figure, and how ratios are measured: side by side, in turns, medians."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Figure", "cpu_seconds", "side_by_side"]

ROUNDS = 9
SECONDS_A_ROUND = 0.05


@dataclass(frozen=True)
class Figure:
    """A figure: ``value`` in ``unit``; ``goal`` is the highest value that ``holds``, if any."""

    name: str
    value: float
    unit: str = "x"
    goal: float | None = None

    @property
    def holds(self) -> bool:
        """Say whether the goal is reached, if there is one."""
        return self.goal is None or self.value <= self.goal

    def __str__(self) -> str:
        verdict = (
            "" if self.goal is None else f"   goal ≤ {self.goal:g}: {'yes' if self.holds else 'NO'}"
        )
        return f"{self.name:<64} {self.value:9.2f} {self.unit}{verdict}"


def cpu_seconds(function: Callable[[], object], times: int) -> float:
    """Return the processor's seconds for one call, from ``times`` calls in a row."""
    begin = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - begin) / times


def side_by_side(*functions: Callable[[], object]) -> list[float]:
    """Time functions in turns; return each one's median seconds of processor time a call.

    In turns, so that a machine which slows down slows all of them.
    """
    times = [_enough(function) for function in functions]
    rounds: list[Sequence[float]] = [
        [cpu_seconds(function, count) for function, count in zip(functions, times, strict=True)]
        for _ in range(ROUNDS)
    ]
    return [median(column) for column in zip(*rounds, strict=True)]


def _enough(function: Callable[[], object]) -> int:
    """Count how many calls fill a round."""
    count = 1
    while (taken := cpu_seconds(function, count) * count) < SECONDS_A_ROUND / 2:
        count *= 2
    return max(1, round(count * SECONDS_A_ROUND / taken))
