"""Usage: what is counted is what was asked, whatever happens to processes and databases."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.counting import endpoint
from tests.server.calling import post
from tests.waiting import PATIENCE, until

from trunkline.auth import Assumed, Caller
from trunkline.observe import usage as sink
from trunkline.observe import usage_counts, usage_store
from trunkline.observe.operations import OperationEvent
from trunkline.observe.usage_counts import (
    BUCKETS,
    Counts,
    UsageBatch,
    UsageClient,
    UsageOperation,
    bounds,
)
from trunkline.observe.usage_store import UsageStore
from trunkline.server import Usage

DAY = 86_400
NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
BY = "query Books($by: By) { books(by: $by) { title } }"


@pytest.fixture
def usage(store: str) -> Iterator[Usage]:
    """Give a sink that writes when it is told."""
    with closing(Usage(store, every=1_000)) as usage:
        yield usage


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> int:
    """Stop the clock, so that no hour ends within the test; return the hour."""
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    return NOW // 3_600


def ask(app: Any, document: str, client: str = "", variables: object = None) -> int:
    name, _, version = client.partition("/")
    headers = {"graphql-client-name": name, "graphql-client-version": version}
    said = {header: value for header, value in headers.items() if value}
    return asyncio.run(post(app, document, said, variables=variables)).status


def rows(store: str, **options: Any) -> dict[tuple[str, str, str], int]:
    found = UsageStore(store).rows(**options)
    return {(r.client.name, r.client.version, r.operation.name): r.count for r in found}


def test_what_is_counted(usage: Usage, store: str) -> None:
    app = endpoint(usage)
    for _ in range(3):
        ask(app, "query A { books { title } }", "billing/1.0")
    ask(app, "query A { books { title } }", "billing/1.1")
    ask(app, "query B { books { pages } fails }", "web")
    ask(app, "{ nothing }", "web")
    ask(app, "query A { books { title } }")
    usage.flush()
    assert rows(store) == {
        ("billing", "1.0", "A"): 3,
        ("billing", "1.1", "A"): 1,
        ("web", "", "B"): 1,
        ("web", "", ""): 1,
        ("", "", "A"): 1,
    }
    assert rows(store, client="billing") == {("billing", "1.0", "A"): 3, ("billing", "1.1", "A"): 1}
    assert rows(store, coordinate="Book.pages") == {("web", "", "B"): 1}
    assert rows(store, coordinate="Book.title", client="billing").keys() == {
        ("billing", "1.0", "A"),
        ("billing", "1.1", "A"),
    }
    assert rows(store, coordinate="Book.nothing") == {}
    failures = {row.operation.name: row.failures for row in UsageStore(store).rows(client="web")}
    assert failures == {"B": {"internal_error": 1}, "": {"request_error": 1}}


def test_what_is_wrong_is_counted_by_its_type_and_name(usage: Usage, store: str) -> None:
    app = endpoint(usage)
    for document in ("query A { nothing }", "mutation A { nothing }", "{ nothing }", "{"):
        ask(app, document)
    ask(app, "query A { nothing fails }")
    usage.flush()
    found = {(r.operation.kind, r.operation.name): r.failures for r in UsageStore(store).rows()}
    assert found == {
        ("query", "A"): {"request_error": 2},
        ("mutation", "A"): {"request_error": 1},
        ("query", ""): {"request_error": 1},
        ("", ""): {"request_error": 1},
    }


def test_what_variables_use_is_counted_for_each_request(usage: Usage, store: str) -> None:
    app = endpoint(usage)
    for by in ({"title": "x"}, {"title": "y", "genre": "POEM"}, {"genre": "NOVEL"}, {}, None):
        ask(app, BY, "billing/1", {"by": by})
    usage.flush()
    used = ("Query.books(by:)", "Book.title", "By.title", "By.genre", "Genre.POEM", "Genre.NOVEL")
    counts = [sum(rows(store, coordinate=each).values()) for each in used]
    assert counts == [5, 5, 2, 2, 1, 1]


def test_literals_are_not_kept(usage: Usage, store: str, noon: int) -> None:
    app = endpoint(usage)
    ask(app, 'query A { books(by: {title: "secret", genre: POEM}) { title } }')
    usage.flush()
    (operation,) = UsageStore(store).hour(noon).operations.values()
    assert '{ title: "", genre: POEM }' in operation.text


def test_a_token_decides_who_is_counted(usage: Usage, store: str) -> None:
    app = endpoint(usage, auth=Assumed(Caller("billing")))
    ask(app, "query A { books { title } }", "somebody/1.0")
    ask(app, "query A { books { title } }")
    ask(endpoint(usage), "query A { books { title } }", "billing/1.0")
    usage.flush()
    found = {row.client for row in UsageStore(store).rows()}
    assert found == {
        UsageClient("billing", "1.0", is_proven=True),
        UsageClient("billing", "", is_proven=True),
        UsageClient("billing", "1.0", is_proven=False),
    }


def test_names_that_strangers_choose(usage: Usage, store: str) -> None:
    usage(OperationEvent(client_id="a\x00\ud800\n\x1b[2J", client="x/" + "1" * 5_000))
    usage(OperationEvent(client="a/b/c", name="graphql.publication"))
    usage.flush()
    ((name, version, _),) = rows(store)
    assert name.isprintable()
    assert version == "1" * 128


def test_the_same_batch_is_written_once(store: str) -> None:
    opened = UsageStore(store)
    batch = UsageBatch()
    batch.add(NOW // 3_600, UsageClient("a"), UsageOperation("A"), Counts(2, NOW, 0.5))
    for number in (1, 1, 2, 2, 1):
        opened.write(batch, "writer", number)
    opened.write(batch, "another writer", 1)
    assert rows(store) == {("a", "", "A"): 6}


def test_counts_wait_for_a_database_that_is_away(
    store: str, caplog: pytest.LogCaptureFixture
) -> None:
    if store.startswith("sqlite"):
        here = Path(store.removeprefix("sqlite:///")).parent
    else:
        here = Path(store.partition("host=")[2]) / ".s.PGSQL.5432"  # the server's socket
    elsewhere = here.with_name("elsewhere")
    usage = Usage(store, every=1_000)
    app = endpoint(usage)
    try:
        ask(app, "query A { books { title } }")
        usage.flush()
        here.rename(elsewhere)
        for _ in range(2):
            ask(app, "query A { books { title } }")
            usage.flush()
        elsewhere.rename(here)
        ask(app, "query A { books { title } }")
        usage.flush()
        assert rows(store) == {("", "", "A"): 4}
        here.rename(elsewhere)
        ask(app, "query A { books { title } }")
    finally:
        usage.close()
        if elsewhere.exists():
            elsewhere.rename(here)
    messages = [record.message for record in caplog.records if record.name == "trunkline.usage"]
    assert [each.partition(".")[0] for each in messages] == [
        "Counts of usage are kept until the store is back",
        "The store of usage is back",
        "Counts of usage are kept until the store is back",
        "1 requests are not counted",
    ]


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("bound", ["_MOST_KEYS", "_MOST_ROWS"])
def test_what_is_too_much_in_memory_is_counted_as_others(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sink, bound, 2)
    store = f"sqlite:///{tmp_path}/usage.db"
    with closing(Usage(store, every=1_000)) as usage:
        app = endpoint(usage)
        for number in [0, 1, 2, 3, 0]:
            ask(app, "query A { books { title } }", f"client{number}/1")
    assert rows(store) == {
        ("client0", "1", "A"): 2,
        ("client1", "1", "A"): 1,
        ("(other)", "", "(other)"): 2,
    }
    assert sum(rows(store, coordinate="Book.title").values()) == 5
    assert "too many clients" in caplog.text


@pytest.mark.usefixtures("noon")
def test_operations_that_wait_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "_MOST_OPERATIONS", 1)
    store = f"sqlite:///{tmp_path}/usage.db"
    with closing(Usage(store, every=1_000)) as usage:
        app = endpoint(usage)
        for number in [0, 1, 0]:
            ask(app, f"query A{number} {{ books {{ title }} }}")
            ask(app, f"query A{number} {{ books {{ title }} }}", "another")
    assert rows(store) == {
        ("", "", "A0"): 2,
        ("another", "", "A0"): 2,
        ("(other)", "", "(other)"): 2,
    }


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": -1}, {"keep": 0.5}])
def test_times_that_cannot_be(wrong: dict[str, float], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Usage needs"):
        Usage(f"sqlite:///{tmp_path}/usage.db", **wrong)


def test_an_operation_that_is_forgotten_is_counted(usage: Usage, store: str, noon: int) -> None:
    app = endpoint(usage)
    texts: list[str] = []
    for _ in range(2):
        ask(app, "query A { books { title } }")
        if not texts:
            app = endpoint(usage)  # the first one goes, and what it has compiled
            gc.collect()
        usage.flush()
        (operation,) = UsageStore(store).hour(noon).operations.values()
        texts.append(operation.text)
    assert texts == ["", "query A {\n  books {\n    title\n  }\n}"]
    assert rows(store, coordinate="Book.title") == {("", "", "A"): 2}


@pytest.mark.usefixtures("noon")
def test_what_is_too_much_for_the_database_is_counted_as_others(
    store: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(usage_counts, "_MOST_NAMES", 2)
    with closing(Usage(store, every=1_000)) as usage:
        app = endpoint(usage)
        proven = endpoint(usage, auth=Assumed(Caller("billing")))
        for number in [0, 1, 2, 0, 3]:
            ask(app, f"query A{number} {{ books {{ title }} }}", f"client{number}")
            usage.flush()
        ask(proven, "query A0 { books { title } }")
    assert rows(store) == {
        ("client0", "", "A0"): 2,
        ("client1", "", "A1"): 1,
        ("billing", "", "A0"): 1,
        ("(other)", "", "(other)"): 2,
    }
    assert sum(rows(store, coordinate="Book.title").values()) == 6
    assert caplog.text.count("too many clients") == 1


@settings(max_examples=40, deadline=None)
@given(
    ages=st.lists(st.integers(0, 500 * 24), max_size=30),
    days=st.integers(0, 520),
    now=st.integers(0, 400).map(lambda days: NOW + days * DAY),
)
def test_a_time_is_read_from_months_days_and_hours(ages: list[int], days: int, now: int) -> None:
    """Add up what was counted by hand, and by the ranges that are read."""
    since = now - days * DAY
    hours = [now // 3_600 - age for age in ages]
    first = since // 3_600 if days <= 2 else since // DAY * 24
    counted = 0
    for span, start, end in usage_store._ranges(since, now):
        counted += sum(start <= span.start(hour) < end for hour in hours)
    assert counted == sum(hour >= first for hour in hours)


def written(opened: UsageStore, *ages: float) -> None:
    for number, age in enumerate(ages):
        then = time.time() - age * DAY
        batch = UsageBatch()
        client, operation = UsageClient(f"c{age}"), UsageOperation("A", coordinates=(f"X.{age}",))
        batch.add(int(then) // 3_600, client, operation, Counts(1, then, by_variables={"Y.y": 1}))
        opened.write(batch, "writer", number)


@pytest.mark.usefixtures("noon")
def test_old_counts_are_removed(store: str) -> None:
    opened = UsageStore(store)
    written(opened, 0, 1, 40, 100, 300)
    opened.forget(200)
    found = [sum(rows(store, since=time.time() - days * DAY).values()) for days in (1.5, 50, 150)]
    assert found == [2, 3, 4]
    assert sum(rows(store).values()) == 4
    assert sum(rows(store, coordinate="Y.y").values()) == 4
    assert len(opened.hour(int(time.time() - 40 * DAY) // 3_600).counts) == 1
    assert len(opened.hour(int(time.time() - 100 * DAY) // 3_600).counts) == 0
    assert rows(store, coordinate="X.300") == {}


def test_quantiles_and_buckets() -> None:
    assert [bounds(number)[1] for number in (0, 1, 2, 14)] == [0.0005, 0.001, 0.002, 8.192]
    assert bounds(BUCKETS - 1) == (8.192, 8.192)
    assert Counts().quantile(0.5) == 0.0
    assert Counts(buckets=[0, 0, 100, *[0] * 13]).quantile(0.5) == pytest.approx(0.0015)
    assert Counts(buckets=[90, 0, 10, *[0] * 13]).quantile(0.95) == pytest.approx(0.0015)
    assert Counts(buckets=[*[0] * 15, 1]).quantile(0.99) == 8.192


@pytest.mark.parametrize(
    ("duration", "bucket"),
    [
        (0.0, 0),
        (0.00049, 0),
        (0.0005, 1),
        (0.00099, 1),
        (0.001, 2),
        (8.1, 14),
        (8.2, 15),
        (1e9, 15),
    ],
)
def test_durations_are_counted_in_their_bucket(
    duration: float, bucket: int, tmp_path: Path, noon: int
) -> None:
    with closing(Usage(f"sqlite:///{tmp_path}/usage.db", every=1_000)) as usage:
        usage(OperationEvent(duration=duration))
        usage.flush()
        (counts,) = UsageStore(f"sqlite:///{tmp_path}/usage.db").hour(noon).counts.values()
    assert [number for number, count in enumerate(counts.buckets) if count] == [bucket]
    start, end = bounds(bucket)
    assert start <= duration
    assert duration < end or bucket == BUCKETS - 1


def test_an_hour_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = f"sqlite:///{tmp_path}/usage.db"
    clock = [float(NOW)]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    with closing(Usage(store, every=1_000)) as usage:
        for seconds in (0, 3_599, 3_600, 7_200):
            clock[0] = NOW + float(seconds)
            usage(OperationEvent())
    opened = UsageStore(store)
    counted = [
        [each.count for each in opened.hour(NOW // 3_600 + hour).counts.values()]
        for hour in range(3)
    ]
    assert counted == [[2], [1], [1]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_child_counts_for_itself(tmp_path: Path) -> None:
    program = f"""
import os
from tests.observe.counting import endpoint
from tests.observe.test_usage_counts import ask
from trunkline.server import Usage

usage = Usage("sqlite:///{tmp_path}/usage.db", every=1000)
app = endpoint(usage)
ask(app, "query Both {{ books {{ title }} }}")
child = os.fork()
ask(app, "query Both {{ books {{ title }} }}")
if child:
    os.waitpid(child, 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE)  # noqa: S603
    assert rows(f"sqlite:///{tmp_path}/usage.db") == {("", "", "Both"): 3}


@contextmanager
def workers(store: str) -> Generator[tuple[dict[int, subprocess.Popen[bytes]], int]]:
    """Serve with four processes, which are stopped gracefully. Gives them, and their port."""
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as listening:
        shared = listening.fileno()
        command = [sys.executable, "-m", "tests.observe.counting", str(shared), store]
        processes = [
            stack.enter_context(subprocess.Popen(command, pass_fds=[shared]))  # noqa: S603
            for _ in range(4)
        ]
        try:
            port: int = listening.getsockname()[1]
            until(lambda: len(ask_workers(port, "0", 10)) > 1, "they do not start")
            yield {process.pid: process for process in processes}, port
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(PATIENCE)


def ask_worker(port: int, version: str) -> int:
    """Send a request over a connection of its own; return which process has served it."""
    headers = {"content-type": "application/json"}
    headers |= {"graphql-client-name": "billing", "graphql-client-version": version}
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/graphql", b'{"query": "query P { process }"}', headers)
        process: int = json.load(connection.getresponse())["data"]["process"]
    return process


def ask_workers(port: int, version: str, requests: int) -> Counter[int]:
    """Send requests; return how many each process has served."""
    return Counter(ask_worker(port, version) for _ in range(requests))


def test_four_workers(store: str) -> None:
    UsageStore(store)  # the tables are there before the workers are
    with workers(store) as (processes, port):
        ask_workers(port, "1", 60)
        until(lambda: counted(store, "1") == 60, "not all requests are counted")
        ((killed, most),) = ask_workers(port, "2", 60).most_common(1)
        processes[killed].kill()
        processes[killed].wait(PATIENCE)
        ask_workers(port, "3", 20)
    assert 60 - most <= counted(store, "2") <= 60
    assert (counted(store, "1"), counted(store, "3")) == (60, 20)


def counted(store: str, version: str) -> int:
    return rows(store, client="billing").get(("billing", version, "P"), 0)
