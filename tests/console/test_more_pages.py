"""The console's pages that the program asks for: contracts, the schema, slow requests."""

from __future__ import annotations

import re
import time
from html import escape, unescape
from pathlib import Path

import pytest
from tests.console.counted import PROFILED, SCRIPT, SLOW, write_counts
from tests.console.site import Table, site_of

from trunkline.contracts import DocumentRegistry
from trunkline.contracts.contract import Contract, UnknownDocument
from trunkline.contracts.database import DatabaseStore
from trunkline.database import database_at
from trunkline.observe.usage_counts import UsageBatch
from trunkline.observe.usage_store import UsageStore
from trunkline.server import parse_schema

OLD = parse_schema("type Query { todos: [Todo!]! } type Todo { title: String  done: Boolean }")
NEW = parse_schema("""
type Query { todos(state: State): [Todo!]! }
type Todo { title: String!  text: String  "Old" notes: String @deprecated(reason: "<b>") }
enum State { OPEN  DONE }
""")
DOCUMENT = "query Todos { todos { title } }"


@pytest.fixture
def usage(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/usage.db"
    write_counts(url)
    return url


def test_how_much_each_part_of_the_schema_is_used(usage: str) -> None:
    site = site_of(usage, schema=NEW)
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
    found = site.get("/console/schema?text=todos(s").text
    assert [row[:2] for row in Table(found).rows] == [["Query.todos(state:)", "unused"]]
    assert "There is no such part." in site.get("/console/schema?text=nothing").text


def test_a_large_schema_is_a_list_of_types(usage: str) -> None:
    types = (
        f"type T{each} {{ {' '.join(f'f{field}: Int' for field in range(30))} }}"
        for each in range(20)
    )
    site = site_of(usage, schema=parse_schema(f"type Query {{ t: T1 }} {' '.join(types)}"))
    page = site.get("/console/schema").text
    assert Table(page).rows[:2] == [
        ["Type", "Kind", "Parts", "Unused"],
        ["Query", "type", "1", "1"],
    ]
    link = next(each for each in re.findall(r'href="(schema[^"]*)', page) if "type=T7" in each)
    page = site.get(f"/console/{unescape(link)}").text
    assert [row[0] for row in Table(page).rows] == [f"f{each}: Int" for each in range(30)]
    assert len(Table(site.get("/console/schema?text=t7.f").text).rows) == 30


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
    page = site_of(usage, schema=NEW).get("/console/coordinate", params={"name": coordinate}).text
    assert sorted(row[:4] for row in Table(page).rows[1:]) == sorted(rows)


def test_how_the_schema_changed(usage: str) -> None:
    first = site_of(usage, schema=OLD).get("/console/changes").text
    assert "No version before it is known." in first
    for _ in range(2):  # a process that starts again has no new version
        site = site_of(usage, schema=NEW)
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
    site = site_of(usage, registered=registry)
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


def test_a_slow_request_without_a_profile(usage: str) -> None:
    UsageStore(usage).write(UsageBatch(slow=[SLOW]), "other", 1)
    site = site_of(usage)
    assert Table(site.get("/console/slow").text).rows[1][:4] == [
        "Todos query",
        "1.00 s",
        "",
        f"todos.{SCRIPT}: 400 ms deadline_exceeded",
    ]
    page = site.get("/console/request?id=a1").text
    assert bars(page) == [
        ("stage", "read", 0, 250, "250 ms"),
        ("stage", "execute", 250, 500, "500 ms"),
        ("other", "other", 750, 250, "250 ms"),
    ]
    assert f"<code>todos.{escape(SCRIPT)}</code> 400 ms" in page
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in page
    assert escape(f"Too slow: {SCRIPT}") in page
    assert "<script>" not in page
    assert site.get("/console/request?id=other").status_code == 404


def test_a_waterfall(usage: str) -> None:
    UsageStore(usage).write(UsageBatch(slow=[SLOW, PROFILED]), "other", 1)
    site = site_of(usage)
    assert Table(site.get("/console/slow").text).rows[1][1:4] == [
        "1.00 s",
        "800 ms",
        f"todos.{SCRIPT}: 400 ms, 2 statements deadline_exceeded",
    ]
    page = site.get("/console/request?id=b2").text
    assert bars(page) == [
        ("stage", "read", 0, 312, "250 ms"),
        ("stage", "execute", 312, 625, "500 ms"),
        ("statement", "BEGIN 1 time", 312, 3, "1.0 ms"),
        ("field", "todos Query.todos, 1 call, 2 items", 312, 125, "100 ms"),
        ("field", f"{SCRIPT} Todo.owner, 2 calls, 2 parents", 438, 500, "400 ms"),
        ("statement", f"SELECT {SCRIPT} 2 times", 562, 250, "30 ms"),
        ("other", "other", 938, 62, "250 ms"),
    ]
    assert "3 statements, 31 ms" in page
    assert "7 fields that took less are left out" in page
    assert "<script>" not in page
    assert "Other slow requests" in page
    of_operation = Table(site.get("/console/operation?kind=query&name=Todos").text).rows
    assert [row[1] for row in of_operation[1:]] == ["1.00 s", "800 ms"]


def bars(page: str) -> list[tuple[str, str, int, int, str]]:
    """Read the bars of a page: kind, text, where each begins, how wide it is, and the time."""
    found = re.findall(
        r'<li class="(\w+) depth\d"><span class="what">(.*?)</span>\n'
        r'.*?<rect x="([\d.]+)" width="([\d.]+)" .*?<span class="n">(.*?)</span>',
        page,
        re.DOTALL,
    )
    return [
        (kind, unescape(re.sub("<.*?>", "", text)), round(float(x)), round(float(width)), seconds)
        for kind, text, x, width, seconds in found
    ]
