"""Usage reports as GraphQL Hive takes them (its Usage Reporting Specification, version 2).

Hive wants each request by itself, and the counts of an hour do not have them. So requests are made
up that say the same in sum: how many, how many failed, how long they took altogether and in each
range, and how many used each coordinate. They are spread over the hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from random import Random
from typing import TypeAlias

import msgspec

from trunkline.observe.usage_counts import (
    HOUR,
    Counts,
    UsageBatch,
    UsageClient,
    UsageOperation,
    bounds,
)

__all__ = ["HiveReport", "hive_reports"]

_MOST_REQUESTS = 5_000  # of a report, which may have 15 MB
_MOST_BYTES = 5_000_000  # of the operations that it describes
_NANOSECONDS = 1_000_000_000

_Operation: TypeAlias = dict[str, object]


class HiveReport(msgspec.Struct):
    """A report: its requests, and the operations that these name by a key."""

    size: int
    map: dict[str, _Operation]
    operations: list[dict[str, object]]


def hive_reports(batch: UsageBatch) -> Iterator[HiveReport]:
    """Yield the reports of a batch. What has no document, such as a wrong request, is left out."""
    requests = chain.from_iterable(
        _requests(hour, batch.clients[client], batch.operations[operation], counts)
        for (hour, client, operation), counts in sorted(batch.counts.items())
        if batch.operations[operation].text
    )
    report, room = HiveReport(0, {}, []), _MOST_BYTES
    for request, operation in requests:
        if report.size == _MOST_REQUESTS or room < 0:
            yield report
            report, room = HiveReport(0, {}, []), _MOST_BYTES
        key = str(request["operationMapKey"])
        if key not in report.map:
            report.map[key] = operation
            room -= len(msgspec.json.encode(operation))
        report.operations.append(request)
        report.size += 1
    if report.size:
        yield report


def _requests(
    hour: int, client: UsageClient, operation: UsageOperation, counts: Counts
) -> Iterator[tuple[dict[str, object], _Operation]]:
    """Yield the requests that some counts stand for, each with its operation."""
    count, failed = counts.count, counts.failed
    durations = _durations(counts)
    used: dict[int, tuple[str, _Operation]] = {}
    named = {"name": client.name, **({"version": client.version} if client.version else {})}
    for number in range(count):
        # the first ones use what any of them used by variables: so each has its own count
        by_variables = [name for name, times in counts.by_variables.items() if times > number]
        if len(by_variables) not in used:
            used[len(by_variables)] = (
                f"{operation.id}-{len(by_variables)}",
                {
                    "operation": operation.text,
                    "fields": sorted(map(_hives, [*operation.coordinates, *by_variables])),
                    **({"operationName": operation.name} if operation.name else {}),
                },
            )
        key, described = used[len(by_variables)]
        is_failure = number * failed // count < (number + 1) * failed // count
        request: dict[str, object] = {
            "timestamp": hour * HOUR * 1_000 + (2 * number + 1) * HOUR * 500 // count,
            "operationMapKey": key,
            "execution": {
                "ok": not is_failure,
                "duration": round(durations[number] * _NANOSECONDS),
                "errorsTotal": int(is_failure),
            },
            "metadata": {"client": named} if client.name else {},
        }
        yield request, described


def _durations(counts: Counts) -> list[float]:
    """Return a duration for each request, with the right sum, in random order."""
    middles = [sum(bounds(number)) / 2 for number in range(len(counts.buckets))]
    durations = list(chain.from_iterable(map(repeat, middles, counts.buckets)))
    factor = counts.seconds / (sum(durations) or 1.0)
    Random(counts.count).shuffle(durations)  # noqa: S311  # no secret
    return [each * factor for each in durations]


def _hives(coordinate: str) -> str:
    """Write a coordinate as Hive does: ``Query.todo.todoID`` for ``Query.todo(todoID:)``."""
    return coordinate.replace("(", ".").removesuffix(":)")
