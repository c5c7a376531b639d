"""What the pages show of the counts: rows put together by operation or by client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec import Struct, field

from trunkline.observe.usage_store import Counts, UsageOperation, UsageRow, quantile

__all__ = ["Reading", "by_client", "by_operation", "by_version", "is_like"]

Key = TypeVar("Key")


class Reading(Struct):
    """What was counted of an operation, of a client, or of both: a row is one of them."""

    row: UsageRow
    counts: Counts = field(default_factory=Counts)

    @property
    def failed(self) -> int:
        """How many requests did not end well."""
        return sum(self.counts.failures.values())

    def within(self, share: float) -> float:
        """Return the seconds within which a share of the requests was answered."""
        return quantile(self.counts.buckets, share)


def by_operation(rows: Iterable[UsageRow]) -> list[Reading]:
    """Put together what has one kind and name, or one document; what took longest comes first."""
    return _together(rows, lambda row: (row.operation.kind, _name(row.operation)))


def by_client(rows: Iterable[UsageRow]) -> list[Reading]:
    """Put together the versions of each client; the one that took longest comes first."""
    return _together(rows, lambda row: (row.client.name, row.client.is_proven))


def by_version(rows: Iterable[UsageRow]) -> list[Reading]:
    """Put together what each version of a client asked."""
    return _together(rows, lambda row: row.client)


def is_like(operation: UsageOperation, other: UsageOperation) -> bool:
    """Say whether two have one kind and name, or without a name one document."""
    return (operation.kind, _name(operation)) == (other.kind, _name(other))


def _name(operation: UsageOperation) -> str:
    return operation.name or operation.document_id


def _together(rows: Iterable[UsageRow], key: Callable[[UsageRow], Key]) -> list[Reading]:
    found: dict[Key, Reading] = {}
    for row in rows:  # the last used first
        reading = found.setdefault(key(row), Reading(row))
        reading.counts.add(Counts(row.count, row.last, row.seconds, row.failures, row.buckets))
    return sorted(found.values(), key=lambda each: each.counts.seconds, reverse=True)
