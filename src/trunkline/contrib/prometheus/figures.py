"""What a page of `PrometheusMetrics` says, read back: the figures of operations and of clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, TypeAlias

from prometheus_client.parser import text_string_to_metric_families

__all__ = ["Asked", "Counts", "Figures", "difference", "figures", "read_counts"]


class Asked(NamedTuple):
    """An operation, its type, and the client that asked for it."""

    operation: str
    kind: str
    client: str


Counts: TypeAlias = dict[tuple[Asked, str, str, str], float]
"""What was counted: by what was asked, its outcome, the name of the count, and a bucket's bound."""

_DURATION = "trunkline_operation_duration_seconds"
_COUNT, _SUM, _BUCKET = (f"{_DURATION}_{end}" for end in ("count", "sum", "bucket"))


@dataclass
class Figures:
    """How often something was asked for, how often it failed, and how long it took.

    ``failures`` are the requests with any outcome but ``ok``, by the outcome, and ``seconds`` the
    sum of all. ``buckets`` has for each bound, in seconds, how many requests took no longer.
    """

    requests: int = 0
    failures: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0
    buckets: dict[float, float] = field(default_factory=dict[float, float])

    @property
    def failed(self) -> int:
        """How many requests did not end well."""
        return sum(self.failures.values())

    def add(self, other: Figures) -> None:
        """Add what was counted of something else."""
        self.requests += other.requests
        self.seconds += other.seconds
        for outcome, failed in other.failures.items():
            self.failures[outcome] = self.failures.get(outcome, 0) + failed
        for bound, count in other.buckets.items():
            self.buckets[bound] = self.buckets.get(bound, 0) + count

    def quantile(self, part: float) -> float:
        """Return the seconds within which this part of the requests ended.

        Between two bounds it is interpolated, as Prometheus does. Above the last bound it is
        infinite, because no more is known.
        """
        wanted, low, below = part * self.requests, 0.0, 0.0
        for bound, count in sorted(self.buckets.items()):
            if count >= wanted:
                if bound == inf or count <= below:
                    return bound
                return low + (bound - low) * (wanted - below) / (count - below)
            low, below = bound, count
        return inf


def read_counts(page: str) -> Counts:
    """Read a page. Raises ``ValueError`` if it is not one of `PrometheusMetrics`."""
    lines = page.split("\n")
    if not any(line.startswith("trunkline_") for line in lines):
        raise ValueError("the page has no metrics of Trunkline: name that of PrometheusMetrics")
    counts: Counts = {}
    wanted = "\n".join(line for line in lines if line.startswith((_COUNT, _SUM, _BUCKET)))
    for family in text_string_to_metric_families(wanted + "\n"):
        for sample in family.samples:
            label = sample.labels.get
            if sample.name == _BUCKET:
                float(label("le", ""))  # refused here if it is not a number
            if not 0 <= sample.value < inf:
                raise ValueError(f"{sample.name} is {sample.value}, and not a count")
            asked = Asked(label("operation", ""), label("type", ""), label("client", ""))
            key = asked, label("outcome", ""), sample.name, label("le", "")
            counts[key] = sample.value
    return counts


def difference(later: Counts, earlier: Counts) -> Counts:
    """Return what was counted in between."""
    return {key: value - earlier.get(key, 0) for key, value in later.items()}


def figures(counts: Counts) -> dict[Asked, Figures]:
    """Return the figures of each operation and client."""
    found: dict[Asked, Figures] = {}
    for (asked, outcome, name, bound), value in counts.items():
        its = found.setdefault(asked, Figures())
        if name == _BUCKET:
            seconds = float(bound)
            its.buckets[seconds] = its.buckets.get(seconds, 0) + value
        elif name == _SUM:
            its.seconds += value
        else:
            its.requests += int(value)
            if value and outcome != "ok":
                its.failures[outcome] = its.failures.get(outcome, 0) + int(value)
    return {asked: its for asked, its in found.items() if its.requests}
