"""Slow requests: which are kept, in a process and in the database, and which are profiled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from tests.server.calling import post

from trunkline.observe.slow import SlowRequest, SlowRequests
from trunkline.observe.usage_counts import HOUR, UsageBatch, UsageOperation
from trunkline.observe.usage_store import UsageStore
from trunkline.server import (
    GraphQL,
    OperationEvent,
    Stages,
    Usage,
    batch,
    make_executable_schema,
    parse_schema,
)

NOW = time.time()
PROFILE = {"ms": 1.0, "statements": 0, "sql_ms": 0.0, "omitted": 0, "sql": [], "fields": []}


def event(name: str, seconds: float, **options: Any) -> OperationEvent:
    return OperationEvent(operation_name=name, duration=seconds, **options)


def note(slow: SlowRequests, *events: OperationEvent) -> list[float]:
    """Note those that `Usage` would; return what is kept of them."""
    for each in events:
        if each.duration > slow.bounds.get(each.operation_name or "", slow.bound) or each.profile:
            slow.note(each, NOW)
    return sorted(each.duration for each in slow.take())


def test_the_slowest_of_each_operation_are_kept() -> None:
    slow = SlowRequests()
    fast = [event("Fast", each / 1_000) for each in (3, 1, 2, 5, 4)]
    assert note(slow, *fast, event("Slow", 1.0)) == [0.003, 0.004, 0.005, 1.0]
    assert note(slow, event("Fast", 0.003), event("Fast", 0.0045), event("Slow", 0.5)) == [
        0.0045,
        0.5,
    ]
    assert note(slow, event("Fast", 0.001, profile=PROFILE)) == [0.001]  # these are apart
    slow.begin_hour()
    assert note(slow, event("Fast", 0.001)) == [0.001]


def test_an_hour_has_a_bound() -> None:
    slow = SlowRequests()
    assert len(note(slow, *(event(f"Name{each}", each) for each in range(1, 300)))) == 200
    assert note(slow, event("Other", 99.0), event("Name298", 99.0)) == []
    assert note(slow, event("Other", 301.0)) == [301.0]


@pytest.mark.parametrize(("executed", "wanted"), [(0.009, False), (0.01, True)])
def test_what_executed_for_long_is_profiled(executed: float, *, wanted: bool) -> None:
    slow = SlowRequests()
    note(slow, event("Todos", 1.0, stages=Stages(read=0.5, execute=executed)))
    assert [slow.wants_profile(event(each, 0.0)) for each in ("Other", "Todos")] == [False, wanted]


def test_profiles_are_made_until_one_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, now, made = SlowRequests(), 0, list[int]()
    monkeypatch.setattr("trunkline.observe.slow.monotonic", lambda: now)

    def profile(seconds: float, until: int) -> list[int]:
        """Ask once a second; return when there was a profile, of a request that took so long."""
        nonlocal now
        while now < until:
            if slow.wants_profile(event("Todos", 0.0)):
                made.append(now)
                note(slow, event("Todos", seconds, profile=PROFILE))
            now += 1
        return made

    note(slow, event("Todos", 1.0, stages=Stages(execute=1.0)))
    assert profile(0.1, 20) == [0, 1, 3, 7, 15]
    note(slow, event("Todos", 0.9, stages=Stages(execute=0.9)))  # it was slower before
    assert profile(0.1, 30)[5:] == []
    note(slow, event("Todos", 2.0, stages=Stages(execute=2.0)))
    assert profile(0.1, 36)[5:] == [31, 32, 34]
    assert profile(1.0, 2_000)[8:] == [38]
    note(slow, event("Todos", 1.9, stages=Stages(execute=1.9)))
    assert profile(1.0, 3_000)[9:] == []


def request(name: str, seconds: float, at: float, **options: Any) -> SlowRequest:
    facts = dict.fromkeys(("kind", "document_id", "client", "reason", "trace_id", "request_id"), "")
    return SlowRequest(
        **{
            **facts,
            "id": f"{name} {seconds}",
            "at": at,
            "duration": seconds,
            "name": name,
            "is_proven": False,
            "outcome": "ok",
            "fields": 0,
            "batches": 0,
            "stages": [],
            "waits": {},
            "profile": None,
            **options,
        }
    )


def test_what_several_processes_keep(store: str) -> None:
    usage = UsageStore(store)
    todos = UsageOperation("Todos", "")
    for writer in range(2):
        requests = [request("Todos", 2.0 * each + writer, NOW) for each in range(1, 4)]
        requests.append(request("Todos", 0.5 + writer, NOW, profile={"text": "\0'"}))
        requests.append(request("Old", 9.0 + writer, NOW - 8 * 86_400))
        usage.write(UsageBatch(slow=requests), f"writer {writer}", 1)
    assert [each.duration for each in usage.slow_of(todos, NOW - HOUR, 10)] == [7, 6, 5, 1.5, 0.5]
    assert [(each.name, each.duration) for each in usage.slow(0.0)] == [
        ("Old", 10.0),
        ("Todos", 7.0),
        ("Todos", 1.5),
    ]
    found = usage.slow_request("Todos 1.5")
    assert found is not None
    assert found.profile == {"text": "\0'"}
    assert usage.slow_request("Todos 2.0") is None
    usage.forget(400)
    assert {each.name for each in usage.slow(0.0)} == {"Todos"}


def test_the_database_has_a_bound_for_an_hour(store: str) -> None:
    usage = UsageStore(store)
    for number in range(3):
        requests = [request(f"Name{each}", each + number / 4, NOW) for each in range(150)]
        usage.write(UsageBatch(slow=requests), "writer", number + 1)
    kept = usage.slow(0.0, most=1_000)
    assert min(each.duration for each in kept) == 83.5  # 66 of them three times, and two


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/todos.db", poolclass=NullPool)
    yield engine
    engine.dispose()


def test_the_request_after_a_slow_one_is_profiled(tmp_path: Path, engine: Engine) -> None:
    def ask(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement), {"id": "secret"})

    def todos() -> list[Any]:
        ask("SELECT 'private', 42 WHERE :id IN ('a', :id)")
        time.sleep(0.015)
        return [SimpleNamespace(title="Emma")] * 2

    @batch
    async def owner(todos: list[Any]) -> list[str]:
        ask("SELECT 1, :id")
        await asyncio.sleep(0)
        return ["Jane" for _ in todos]

    schema = make_executable_schema(
        parse_schema("type Query { todos: [Todo!]! } type Todo { title: String  owner: String }"),
        SimpleNamespace(query=SimpleNamespace(todos=todos), todo=SimpleNamespace(owner=owner)),
    )
    store = f"sqlite:///{tmp_path}/usage.db"
    with closing(Usage(store)) as usage:
        endpoint = GraphQL(schema, auth=None, sinks=[usage])

        async def ask_twice() -> None:
            for _ in range(2):
                reply = await post(endpoint, "query Todos { list: todos { title owner } }")
                assert reply.data == {"list": [{"title": "Emma", "owner": "Jane"}] * 2}
                assert "extensions" not in reply.json

        asyncio.run(ask_twice())
    profiled, first = sorted(UsageStore(store).slow(0.0), key=lambda each: each.profile is None)
    assert first.profile is None
    assert profiled.profile is not None
    (field,) = profiled.profile["fields"]
    assert (field["key"], field["calls"], field["own_ms"] >= 15) == ("list", 1, True)
    (statement,) = field["sql"]
    assert (statement["statement"], statement["count"]) == ("SELECT ?, ? WHERE ? IN (…)", 1)
    below = {each["key"]: each for each in field["fields"]}
    assert [each["statement"] for each in below["owner"]["sql"]] == ["SELECT ?, ?"]
    assert field["began_ms"] < field["ended_ms"] <= below["owner"]["began_ms"]
