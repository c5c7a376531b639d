"""What a page of `PrometheusMetrics` says, read back: the figures of operations and of clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

__all__ = [
    "ClientFigures",
    "Counts",
    "OperationFigures",
    "client_figures",
    "difference",
    "operation_figures",
    "read_counts",
]

Counts: TypeAlias = dict[tuple[str, ...], float]
"""What was counted, by the name of the count and its labels in the order of `_LABELS`."""

_DURATION = "trunkline_operation_duration_seconds"
_LABELS = {
    f"{_DURATION}_count": ("operation", "type", "outcome"),
    f"{_DURATION}_sum": ("operation", "type", "outcome"),
    f"{_DURATION}_bucket": ("operation", "type", "outcome", "le"),
    "trunkline_client_operations_total": ("client", "outcome"),
}


@dataclass
class OperationFigures:
    """How often an operation was asked for, how often it failed, and how long it took.

    ``failed`` are the requests with any outcome but ``ok``, and ``seconds`` the sum of all.
    ``buckets`` has for each bound, in seconds, how many requests took no longer.
    """

    operation: str
    kind: str
    requests: int = 0
    failed: int = 0
    seconds: float = 0
    buckets: dict[float, float] = field(default_factory=dict[float, float])

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


@dataclass
class ClientFigures:
    """How many operations a client asked for, and how many of them failed."""

    client: str
    requests: int = 0
    failed: int = 0


def read_counts(page: str) -> Counts:
    """Read a page. Raises ``ValueError`` if it is not one of `PrometheusMetrics`."""
    lines = page.split("\n")
    if not any(line.startswith("trunkline_") for line in lines):
        raise ValueError("the page has no metrics of Trunkline: name that of PrometheusMetrics")
    counts: Counts = {}
    wanted = "\n".join(line for line in lines if line.partition("{")[0] in _LABELS)
    for family in text_string_to_metric_families(wanted + "\n"):
        for sample in family.samples:
            values = [sample.labels.get(name, "") for name in _LABELS[sample.name]]
            if sample.name.endswith("_bucket"):
                float(values[-1])  # refused here if it is not a number
            if not 0 <= sample.value < inf:
                raise ValueError(f"{sample.name} is {sample.value}, and not a count")
            counts[sample.name, *values] = sample.value
    return counts


def difference(later: Counts, earlier: Counts) -> Counts:
    """Return what was counted in between."""
    return {key: value - earlier.get(key, 0) for key, value in later.items()}


def operation_figures(counts: Counts) -> list[OperationFigures]:
    """Return the figures of each operation that was asked for."""
    found: dict[tuple[str, ...], OperationFigures] = {}
    for (name, *labels), value in counts.items():
        if not name.startswith(_DURATION):
            continue
        operation, kind, outcome, *bound = labels
        figures = found.setdefault((operation, kind), OperationFigures(operation, kind))
        if bound:
            seconds = float(bound[0])
            figures.buckets[seconds] = figures.buckets.get(seconds, 0) + value
        elif name.endswith("_sum"):
            figures.seconds += value
        else:
            figures.requests += int(value)
            figures.failed += int(value) if outcome != "ok" else 0
    return [each for each in found.values() if each.requests]


def client_figures(counts: Counts) -> list[ClientFigures]:
    """Return the figures of each client that asked."""
    found: dict[str, ClientFigures] = {}
    for (name, client, *labels), value in counts.items():
        if not name.startswith(_DURATION) and value:
            figures = found.setdefault(client, ClientFigures(client))
            figures.requests += int(value)
            figures.failed += int(value) if labels != ["ok"] else 0
    return list(found.values())
