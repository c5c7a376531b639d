"""The console's pages that the program asks for: contracts, the schema, slow requests."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from tests.console.counted import SCRIPT, write_counts
from tests.console.test_console import Table

from trunkline.console import Console, SlowRequests
from trunkline.contracts import DocumentRegistry
from trunkline.contracts.contract import Contract, UnknownDocument
from trunkline.contracts.database import DatabaseStore
from trunkline.database import database_at
from trunkline.server import (
    GraphQL,
    OperationEvent,
    Stages,
    make_executable_schema,
    parse_schema,
)

OLD = parse_schema("type Query { todos: [Todo!]! } type Todo { title: String  done: Boolean }")
NEW = parse_schema("""
type Query { todos(state: State): [Todo!]! }
type Todo { title: String!  text: String  "Old" notes: String @deprecated(reason: "<b>") }
enum State { OPEN  DONE }
""")
DOCUMENT = "query Todos { todos { title } }"


async def everybody(_: MutableMapping[str, Any]) -> bool:
    return True


def client_of(url: str, **options: Any) -> TestClient:
    return TestClient(
        Starlette(routes=[Mount("/console", Console(url, may_see=everybody, **options))])
    )


@pytest.fixture
def usage(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/usage.db"
    write_counts(url)
    return url


def test_how_much_each_part_of_the_schema_is_used(usage: str) -> None:
    site = client_of(usage, schema=NEW)
    page = site.get("/console/schema").text
    assert "3 of 7 parts were not used" in page  # the argument, State.OPEN, Todo.notes
    assert [row[:2] for row in Table(page).rows] == [  # types after Query by name
        ["title: String!", "1,000"],
        ["text: String", "8"],
        ["notes: String deprecated", "unused"],
    ]
    assert ">7<" in page  # State.DONE, in variables
    assert "&lt;b&gt;" in page
    unused = site.get("/console/schema?show=unused").text
    assert [row[0] for row in Table(unused).rows] == ["notes: String deprecated"]


@pytest.mark.parametrize(
    ("coordinate", "rows"),
    [
        (
            "Todo.title",
            [
                ["billing", "2.3.1", "Todos query", "600"],
                ["billing", "2.3.0", "Todos query", "400"],
            ],
        ),
        ("State.DONE", [["billing", "2.3.0", "Todos query", "7"]]),
        ("Todo.nothing", []),
    ],
)
def test_who_uses_a_part(usage: str, coordinate: str, rows: list[list[str]]) -> None:
    page = client_of(usage, schema=NEW).get("/console/coordinate", params={"name": coordinate}).text
    assert sorted(row[:4] for row in Table(page).rows[1:]) == sorted(rows)


def test_how_the_schema_changed(usage: str) -> None:
    first = client_of(usage, schema=OLD).get("/console/changes").text
    assert "No version before it is known." in first
    for _ in range(2):  # a process that starts again has no new version
        site = client_of(usage, schema=NEW)
    page = site.get("/console/changes").text
    assert page.count("<li>") == 2
    changes = Table(page).rows
    assert ["breaking", "Field Todo.done was removed."] in changes
    assert ["dangerous", "An optional argument Query.todos(state:) was added."] in changes
    assert ["safe", "Field Todo.text was added."] in changes
    assert [change[0] for change in changes] == sorted(change[0] for change in changes)
    assert site.get("/console/changes?version=0").status_code == 404


@pytest.fixture
def registry(tmp_path: Path) -> DocumentRegistry:
    url, now = f"sqlite:///{tmp_path}/documents.db", time.time()
    database = database_at(url)
    assert database is not None
    store = DatabaseStore(database)
    for client, version, used, documents in (
        ("billing", "2.3.0", now, {"old": DOCUMENT}),
        ("billing", "2.3.1", now, {"todos": DOCUMENT, SCRIPT: f'{{ todos(of: "{SCRIPT}") }}'}),
        ("nightly", "1.0", now - 91 * 86_400, {"todos": DOCUMENT}),
    ):
        store.publish(
            Contract(client=client, version=version, documents=documents, published=now, used=used)
        )
    store.retire("billing", "2.3.0", now)
    store.set_rule("billing", "only")
    unknown = [
        UnknownDocument("billing", id_, text, 5, now, now)
        for id_, text in (("new", "{ todos { notes } }"), ("todos", DOCUMENT))
    ]
    store.note({}, unknown, now - 1)
    return DocumentRegistry(url)


def test_contracts(usage: str, registry: DocumentRegistry) -> None:
    site = client_of(usage, registered=registry)
    page = site.get("/console/clients").text
    assert [row[-1] for row in Table(page).rows] == ["Contracts", "1", "0"]
    assert "nightly</a>, 0 active contracts" in page
    page = site.get("/console/client?name=billing").text
    assert [row[:3] for row in Table(page).rows[1:]] == [
        ["2.3.1", "active", "2"],
        ["2.3.0", "retired", "1"],
    ]
    assert "It may send only documents that it registered." in page
    assert page.count("5 times") == 1  # what is registered is not unknown
    assert "<script>" not in page
    page = site.get("/console/client?name=nightly").text
    assert Table(page).rows[1][:3] == ["1.0", "expired", "1"]
    assert "registered no documents" in site.get("/console/client?name=web").text


def test_the_slowest_requests_are_kept() -> None:
    slow = SlowRequests()
    for duration in (*range(1, 151), 0):
        slow(OperationEvent(duration=float(duration)))
    slow(OperationEvent(name="graphql.schema", duration=1_000.0))
    assert [each.duration for each in slow.kept()] == [float(each) for each in range(150, 50, -1)]


def test_slow_requests_are_kept_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, began = SlowRequests(), time.time()
    for duration in range(1, 101):
        slow(OperationEvent(duration=float(duration)))
    monkeypatch.setattr(time, "time", lambda: began + 90_000)
    assert slow.kept() == []
    slow(OperationEvent(duration=0.5))
    assert [each.duration for each in slow.kept()] == [0.5]


def test_a_waterfall(usage: str) -> None:
    slow = SlowRequests()
    slow(
        OperationEvent(
            operation_name="Todos",
            operation_kind="query",
            client=SCRIPT,
            outcome="deadline_exceeded",
            duration=1.0,
            trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
            stages=Stages(read=0.25, execute=0.5),
        )
    )
    page = client_of(usage, slow=slow).get("/console/slow").text
    assert "read 250 ms, execute 500 ms, other 250 ms" in page
    assert [part in page for part in ("4bf92f3577b3", "deadline_exceeded", "&lt;script")] == [
        True
    ] * 3
    assert "<script>" not in page


def test_what_an_endpoint_measures() -> None:
    slow = SlowRequests()
    query = SimpleNamespace(todos=lambda **_: [])
    endpoint = GraphQL(
        make_executable_schema(NEW, SimpleNamespace(query=query)), auth=None, sinks=[slow]
    )
    response = TestClient(endpoint).post("/", json={"query": DOCUMENT})
    assert response.json() == {"data": {"todos": []}}
    (request,) = slow.kept()
    assert (request.operation, request.outcome) == ("Todos", "ok")
    assert {"parse", "validate", "compile", "execute"} <= {each.name for each in request.stages}
    assert sum(each.seconds for each in request.stages) == pytest.approx(request.duration)
