"""What the console shows in tests: counts of two operations, whose names are not harmless."""

from __future__ import annotations

import time

from trunkline.observe.usage_store import (
    BUCKETS,
    HOUR,
    Counts,
    UsageBatch,
    UsageClient,
    UsageOperation,
    UsageStore,
)

__all__ = ["SCRIPT", "TODOS", "UNNAMED", "write_counts"]

SCRIPT = "<script>alert(1)</script>"
TODOS = UsageOperation(
    "Todos",
    "query",
    "sha256:" + "1" * 64,
    ("Query.todos", "Todo.title"),
    f'query Todos {{ todos(of: "{SCRIPT}") {{ title }} }}',
)
UNNAMED = UsageOperation("", "query", "sha256:" + "2" * 64, ("Query.todos", "Todo.text"))
_BILLING = [UsageClient("billing", version, is_proven=True) for version in ("2.3.0", "2.3.1")]
_STRANGER = UsageClient(SCRIPT, "\u202e1")


def write_counts(url: str, number: int = 1) -> None:
    """Count 1,000 requests of Todos this hour and 30 of 3 days ago, and 8 without a name."""
    hour, batch = int(time.time()) // HOUR, UsageBatch()
    for client, operation, at, count, failures in (
        (_BILLING[0], TODOS, hour - 72, 30, {}),
        (_BILLING[0], TODOS, hour, 400, {"denied": 10}),
        (_BILLING[1], TODOS, hour, 600, {"partial": 15, "denied": 5}),
        (_STRANGER, UNNAMED, hour, 8, {"internal_error": 8}),
    ):
        buckets = [0] * BUCKETS
        buckets[3] = count  # 2 to 4 ms
        batch.add(at, client, operation, Counts(count, at * HOUR, count * 0.003, failures, buckets))
    batch.counts[hour, _BILLING[0].id, TODOS.id].by_variables["State.DONE"] = 7
    UsageStore(url).write(batch, "writer", number)
