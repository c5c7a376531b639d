"""What the console shows in tests: counts and slow requests; some of the names are harmful."""

from __future__ import annotations

import time
from typing import Any

from msgspec.structs import replace

from trunkline.observe.slow import SlowRequest, Stage
from trunkline.observe.usage_counts import (
    BUCKETS,
    HOUR,
    Counts,
    UsageBatch,
    UsageClient,
    UsageOperation,
)
from trunkline.observe.usage_store import UsageStore

__all__ = ["PROFILED", "SCRIPT", "SLOW", "TODOS", "UNNAMED", "write_counts"]

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


SLOW = SlowRequest(
    id="a1",
    at=time.time(),
    duration=1.0,
    name="Todos",
    kind="query",
    document_id="",
    client=SCRIPT,
    is_proven=False,
    outcome="deadline_exceeded",
    reason=f"Too slow: {SCRIPT}",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    request_id="4f2c91",
    fields=9,
    batches=1,
    stages=[Stage("read", 0.0, 0.25), Stage("execute", 0.25, 0.5), Stage("other", 0.75, 0.25)],
    waits={f"todos.{SCRIPT}": 0.4},
    profile=None,
)


def _timed(began: float, ended: float) -> dict[str, float]:
    return {"began_ms": began, "ended_ms": ended}


_PROFILE: dict[str, Any] = {
    "ms": 500.0,
    "statements": 3,
    "sql_ms": 31.0,
    "omitted": 7,
    "sql": [{"statement": "BEGIN", "count": 1, "ms": 1.0, **_timed(0.0, 1.0)}],
    "fields": [
        {
            "key": "todos",
            "field": "Query.todos",
            "calls": 1,
            "items": 2,
            "own_ms": 100.0,
            "statements": 0,
            "sql": [],
            **_timed(0.0, 100.0),
            "fields": [
                {
                    "key": SCRIPT,
                    "field": "Todo.owner",
                    "calls": 2,
                    "parents": 2,
                    "own_ms": 400.0,
                    "statements": 2,
                    "sql": [
                        {
                            "statement": f"SELECT {SCRIPT}",
                            "count": 2,
                            "ms": 30.0,
                            **_timed(200.0, 400.0),
                        }
                    ],
                    "fields": [],
                    **_timed(100.0, 500.0),
                }
            ],
        }
    ],
}

PROFILED = replace(SLOW, id="b2", duration=0.8, profile=_PROFILE)
