"""What the pages show of the counts: put together by operation or by client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from msgspec import Struct, field

from trunkline.observe.usage_counts import Counts, UsageClient, UsageOperation, UsageRow

__all__ = ["Reading", "by_client", "by_operation", "by_version"]

Of = TypeVar("Of", UsageClient, UsageOperation)


class Reading(Struct, Generic[Of]):
    """What was counted of an operation or a client; ``of`` is one of those put together."""

    of: Of
    counts: Counts = field(default_factory=Counts)


def by_operation(
    counted: Iterable[tuple[UsageOperation, Counts]],
) -> list[Reading[UsageOperation]]:
    """Put together what has one kind and name, or one document; what took longest comes first."""
    return _together(counted, lambda each: (each.kind, each.name or each.document_id))


def by_client(counted: Iterable[tuple[UsageClient, Counts]]) -> list[Reading[UsageClient]]:
    """Put together the versions of each client; the one that took longest comes first."""
    return _together(counted, lambda each: (each.name, each.is_proven))


def by_version(rows: Iterable[UsageRow]) -> list[Reading[UsageClient]]:
    """Put together what each version of a client asked."""
    return _together(((row.client, row) for row in rows), lambda each: each)


def _together(
    counted: Iterable[tuple[Of, Counts]], key: Callable[[Of], object]
) -> list[Reading[Of]]:
    found: dict[object, Reading[Of]] = {}
    for of, counts in counted:
        found.setdefault(key(of), Reading(of)).counts.add(counts)
    return sorted(found.values(), key=lambda each: each.counts.seconds, reverse=True)
