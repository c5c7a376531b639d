"""Usage: what counting adds to a request, and reading a year of 100 clients and 200 documents.

Also the console's pages of that year.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, at_most
from benchmarks.peers.python.ours import SCHEMA
from benchmarks.queries import one
from benchmarks.race import Spent
from benchmarks.registered import caller
from trunkline.asgi.requests import ASGIMessage, Scope
from trunkline.console import Console
from trunkline.observe.operations import OperationEvent
from trunkline.observe.usage_counts import Counts, Span, UsageBatch, UsageClient, UsageOperation
from trunkline.observe.usage_store import UsageStore
from trunkline.protocol.documents import document_id
from trunkline.server import GraphQL, Usage

__all__ = ["measure"]

CLIENTS, DOCUMENTS = 100, 200
EVENTS = 100_000
HOUR = 3_600


def measure() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        yield counting(f"sqlite:///{folder}/counting.db")
        store = Path(folder) / "year.db"
        days = write_a_year(store)
        command = [sys.executable, "-m", "trunkline.cli", "usage", f"sqlite:///{store}"]
        started = timed([*command[:-1], "--help"])
        for name, options in (
            ("clients and operations", []),
            ("who uses a field", ["--field", "Book.title"]),
            ("a client", ["--client", "client 7"]),
        ):
            spent = timed([*command, "--since", f"{days}d", *options])
            goal = at_most(1.0)
            yield Figure(f"usage of a year: {name}", spent.cpu, "s", goal=goal, wall=spent.wall)
        yield Figure("usage: the command's help, for comparison", started.cpu, "s")
        console = Console(f"sqlite:///{store}", may_see=everybody)
        for name, path in (
            ("operations", "/?since=90d"),
            ("an operation", "/operation?kind=query&name=Operation7&since=90d"),
            ("clients", "/clients?since=90d"),
            ("a client", "/client?name=client+7&since=90d"),
        ):
            yield page(f"console: 90 days, {name}", console, path)


def timed(command: list[str]) -> Spent:
    """Run a command three times; return the median of what it takes, with its start."""
    spent: list[Spent] = []
    for _ in range(3):
        before, began = os.times(), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # ours
        after = os.times()
        cpu = after.children_user + after.children_system
        cpu -= before.children_user + before.children_system
        spent.append(Spent(cpu, time.perf_counter() - began))
    return Spent(median(each.cpu for each in spent), median(each.wall for each in spent))


async def everybody(_: Scope) -> bool:
    return True


def page(name: str, console: Console, url: str) -> Figure:
    """Measure a page of the console, with the threads that read the database."""
    path, _, query = url.partition("?")
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
    }

    async def receive() -> ASGIMessage:
        return {"type": "http.request", "body": b""}

    async def send(message: ASGIMessage) -> None:
        if message.get("status", 200) != 200:
            raise AssertionError(message)

    spent: list[float] = []
    for _ in range(5):
        began = time.process_time()
        asyncio.run(console(dict(scope), receive, send))
        spent.append(time.process_time() - began)
    return Figure(name, median(spent), "s", goal=at_most(0.3))


def write_a_year(file: Path) -> int:
    """Let each client ask each document on every day of a year; return the days.

    The year begins with the second day of a month, because the days of the first month are read.
    """
    store = UsageStore(f"sqlite:///{file}")
    hour = int(time.time()) // HOUR
    batch = UsageBatch()
    operations = [
        UsageOperation(
            f"Operation{number}",
            "query",
            document_id(f"{number}"),
            ("Book.title", *(f"Type{number}.field{field}" for field in range(30))),
        )
        for number in range(DOCUMENTS)
    ]
    for number in range(CLIENTS):
        client = UsageClient(f"client {number}", "1.0", is_proven=True)
        for operation in operations:
            batch.add(hour, client, operation, Counts(1_000, hour * HOUR, 2.0))
    store.write(batch, "benchmark", 1)
    first = datetime.now(UTC).replace(day=2, hour=0)
    first = first.replace(year=first.year - 1)
    age = (datetime.now(UTC) - first).days
    days = [hour - hour % 24 - 24 * day for day in range(1, age + 1)]
    spans = {(span, span.start(day)) for span in list(Span)[1:] for day in days}
    written = {(span, span.start(hour)) for span in Span}
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TEMP TABLE spans (span, start)")
        connection.executemany("INSERT INTO spans VALUES (?, ?)", sorted(spans - written))
        for table in ("usage", "usage_by_operation", "usage_by_client"):
            columns = connection.execute(f"PRAGMA table_info(trunkline_{table})").fetchall()
            values = ", ".join(name for _, name, *_ in columns[2:])
            connection.execute(
                f"INSERT INTO trunkline_{table} SELECT spans.span, spans.start, {values}"  # noqa: S608
                f" FROM spans CROSS JOIN trunkline_{table} AS first WHERE first.span = 0"
            )
        connection.commit()
    return age


def counting(store: str) -> Figure:
    """Measure the sink alone, with the event of a real request."""
    events: list[OperationEvent] = []
    query = one(2)
    endpoint = GraphQL(SCHEMA, auth=None, sinks=[events.append])
    body = {"query": query.text, "variables": query.variables}
    asyncio.run(_ask(caller(endpoint, "POST", "/graphql", body)))
    with closing(Usage(store)) as usage:
        began = time.process_time()
        for _ in range(EVENTS):
            usage(events[0])
        spent = time.process_time() - began
    return Figure("usage: to count a request", spent / EVENTS * 1e6, "µs", goal=at_most(3))


async def _ask(call: Callable[[], Awaitable[object]]) -> None:
    await call()
