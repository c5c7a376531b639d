"""What is counted of requests, by client and operation, and how counts are put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from heapq import nlargest

import msgspec

from trunkline.observe.slow import KEPT_OF_HOUR, SlowRequest

__all__ = [
    "BUCKETS",
    "HOUR",
    "OTHER_CLIENT",
    "OTHER_OPERATION",
    "Counts",
    "Span",
    "UsageBatch",
    "UsageClient",
    "UsageOperation",
    "UsageRow",
    "bounds",
]

BUCKETS = 16
"""How many ranges of durations are counted: they end at 0.5 ms, 1 ms, 2 ms, …, 8.192 s, never."""

HOUR = 3_600
"""The seconds of an hour; hours are counted from 1970."""

_MOST_NAMES = 20_000  # versions of clients that a database has, and operations


class Span(IntEnum):
    """How long a row counts, always in UTC; each is a number of the next shorter ones."""

    HOUR = 0
    DAY = 1
    THIRD = 2  # of a month: from its 1st, 11th and 21st
    MONTH = 3

    def start(self, hour: int) -> int:
        """Return the hour in which the span of an hour starts; hours count from 1970."""
        if self is Span.HOUR:
            return hour
        day = hour - hour % 24
        if self is Span.DAY:
            return day
        past = datetime.fromtimestamp(day * HOUR, UTC).day - 1
        if self is Span.THIRD:
            past -= min(past // 10, 2) * 10
        return day - past * 24


class Counts(msgspec.Struct, gc=False):  # there are many, and no cycles
    """How often an operation was asked, and how it went.

    ``last`` is when, in seconds since 1970; ``seconds`` the sum of durations; ``failures`` by
    outcome; ``buckets`` how many took how long; ``by_variables`` how often the values of variables
    used a coordinate.
    """

    count: int = 0
    last: float = 0.0
    seconds: float = 0.0
    failures: dict[str, int] = {}
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * BUCKETS)
    by_variables: dict[str, int] = {}

    @property
    def failed(self) -> int:
        """How many requests did not end well."""
        return sum(self.failures.values())

    def quantile(self, share: float) -> float:
        """Return the seconds within which a share of the requests was answered: 0.95 for the p95.

        Durations are taken to be spread evenly in their bucket; those of the last one to be its
        start.
        """
        left = share * sum(self.buckets)
        for number, count in enumerate(self.buckets):
            if count and left <= count:
                start, end = bounds(number)
                return start + (end - start) * left / count
            left -= count
        return 0.0

    def add(self, other: Counts) -> None:
        """Add other counts."""
        self.count += other.count
        self.last = max(self.last, other.last)
        self.seconds += other.seconds
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        _add(self.failures, other.failures)
        _add(self.by_variables, other.by_variables)

    def without(self, operation: UsageOperation) -> Counts:
        """Return the counts as those of an operation that uses nothing by itself."""
        always = dict.fromkeys(operation.coordinates, self.count)
        return msgspec.structs.replace(self, by_variables={**always, **self.by_variables})


def _add(numbers: dict[str, int], others: dict[str, int]) -> None:
    for name, number in others.items():
        numbers[name] = numbers.get(name, 0) + number


def bounds(bucket: int) -> tuple[float, float]:
    """Return the seconds between which the durations of a bucket are; the last one has no end."""
    start = 0.00025 * 2**bucket if bucket else 0.0
    return start, start if bucket == BUCKETS - 1 else 0.0005 * 2**bucket


class UsageClient(msgspec.Struct, frozen=True):
    """A version of a client. ``is_proven`` says whether a token proves the name."""

    name: str
    version: str = ""
    is_proven: bool = False

    @property
    def id(self) -> int:
        """Its key in the database, which is the same in each process."""
        return _id(self)


class UsageOperation(msgspec.Struct, frozen=True):
    """An operation of a document, with the ``coordinates`` that it always uses, sorted.

    ``text`` is the document without its literals. What is not known is empty.
    """

    name: str = ""
    kind: str = ""
    document_id: str = ""
    coordinates: tuple[str, ...] = ()
    text: str = ""

    @property
    def id(self) -> int:
        """Its key in the database, which is the same in each process."""
        return _id((self.name, self.kind, self.document_id, self.coordinates))


def _id(facts: object) -> int:
    """Return 63 bits of a hash: no process has to ask what number another one gave."""
    return int.from_bytes(sha256(msgspec.json.encode(facts)).digest()[:8]) >> 1


OTHER_CLIENT = UsageClient("(other)")
"""Stands for the clients that were too many."""

OTHER_OPERATION = UsageOperation("(other)")
"""Stands for the operations that were too many; what they use is counted beside it."""


class UsageBatch(msgspec.Struct):
    """What is written in one transaction.

    ``counts`` are by the hour since 1970, the client's id and the operation's.
    """

    counts: dict[tuple[int, int, int], Counts] = {}
    clients: dict[int, UsageClient] = {}
    operations: dict[int, UsageOperation] = {}
    slow: list[SlowRequest] = []

    def add(
        self, hour: int, client: UsageClient, operation: UsageOperation, counts: Counts
    ) -> None:
        """Add the counts of an operation that a client asked."""
        key = hour, client.id, operation.id
        self.clients[key[1]], self.operations[key[2]] = client, operation
        self.counts.setdefault(key, Counts()).add(counts)

    def keep_slow(self, requests: Iterable[SlowRequest]) -> None:
        """Add slow requests; those that are fast among them go if the batch waits for long."""
        everything = [*self.slow, *requests]
        self.slow = nlargest(KEPT_OF_HOUR, everything, key=lambda each: each.duration)

    def bounded(self, clients: Collection[int], operations: Collection[int]) -> UsageBatch:
        """Return a batch that adds to these ids no more than a database may have.

        Clients that are proven are not bounded: strangers do not make them.
        """
        many = _too_many(clients, (id_ for id_, each in self.clients.items() if not each.is_proven))
        many |= _too_many(operations, self.operations)
        if not many:
            return self
        bounded = UsageBatch(slow=self.slow)
        for (hour, client_id, operation_id), counts in self.counts.items():
            client, operation = self.clients[client_id], self.operations[operation_id]
            bounded.add(
                hour,
                OTHER_CLIENT if client_id in many else client,
                OTHER_OPERATION if operation_id in many else operation,
                counts.without(operation) if operation_id in many else counts,
            )
        return bounded


def _too_many(there: Collection[int], ids: Iterable[int]) -> set[int]:
    """Return the new ids that do not fit."""
    new = [id_ for id_ in ids if id_ not in there]
    return set(new[max(0, _MOST_NAMES - len(there)) :])


class UsageRow(Counts, kw_only=True):
    """The counts of what a version of a client asked with an operation.

    ``buckets`` are there if they were asked for.
    """

    client: UsageClient
    operation: UsageOperation
