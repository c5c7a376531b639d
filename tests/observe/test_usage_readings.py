"""What the console reads of the counts, in both databases; their numbers are plain ones."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.console.counted import TODOS, UNNAMED, write_counts
from tests.console.site import site_of

from trunkline.errors import StoreError
from trunkline.observe.usage_counts import HOUR, Counts, Span
from trunkline.observe.usage_store import UsageStore
from trunkline.server import parse_schema

NOW = time.time()


def test_hours_and_days(store: str) -> None:
    write_counts(store)
    usage = UsageStore(store)
    by_hour = usage.over_time(NOW - 4 * 86_400, Span.HOUR)
    assert [counts.count for counts in by_hour.values()] == [30, 1_008]
    last = by_hour[max(by_hour)]
    assert (last.failures, last.buckets[3]) == (
        {"partial": 15, "denied": 15, "internal_error": 8},
        1_008,
    )
    assert all(type(each) is int for each in (last.count, *last.buckets, *last.failures.values()))
    of_one = usage.over_time(NOW - 4 * 86_400, Span.DAY, TODOS)
    assert [counts.count for counts in of_one.values()] == [30, 1_000]
    assert all(start % 24 == 0 for start in of_one)
    unnamed = usage.over_time(NOW - HOUR, Span.HOUR, UNNAMED)
    assert [counts.count for counts in unnamed.values()] == [8]


def test_coordinates(store: str) -> None:
    write_counts(store)
    used = UsageStore(store).coordinates(NOW - 4 * 86_400)
    assert {name: count for name, (count, _) in used.items()} == {
        "Query.todos": 1_038,
        "Todo.title": 1_030,
        "Todo.text": 8,
        "State.DONE": 7,
    }


def test_sums_are_those_of_the_rows(store: str) -> None:
    write_counts(store)
    write_counts(store, number=2)
    usage = UsageStore(store)
    rows = usage.rows(NOW - 4 * 86_400, with_buckets=True)
    by_operation: dict[object, Counts] = {}
    by_client: dict[object, Counts] = {}
    for row in rows:
        by_operation.setdefault(row.operation, Counts()).add(row)
        by_client.setdefault(row.client, Counts()).add(row)
    assert dict(usage.by_operation(NOW - 4 * 86_400)) == by_operation
    assert dict(usage.by_client(NOW - 4 * 86_400)) == by_client
    of_one = usage.rows(NOW - 4 * 86_400, operation=TODOS)
    assert {(row.operation.name, row.count) for row in of_one} == {("Todos", 860), ("Todos", 1_200)}


def test_rows_have_durations_if_these_are_asked_for(store: str) -> None:
    write_counts(store)
    usage = UsageStore(store)
    assert {sum(row.buckets) for row in usage.rows(NOW - HOUR)} == {0}
    rows = usage.rows(NOW - HOUR, with_buckets=True)
    assert all(row.buckets[3] == row.count for row in rows)
    by_variables = usage.rows(NOW - HOUR, coordinate="State.DONE", with_buckets=True)
    assert [(row.count, sum(row.buckets)) for row in by_variables] == [(7, 0)]


def test_texts_and_schemas(store: str) -> None:
    write_counts(store)
    usage = UsageStore(store)
    assert usage.texts(TODOS) == {TODOS.document_id: TODOS.text}
    assert usage.texts(UNNAMED) == {}
    for number in (*range(52), 51):
        usage.saw_schema(f"version {number}", f"type Query {{ field{number}: Int }}")
    seen = usage.schemas()
    assert [each.version for each in seen] == [f"version {each}" for each in range(51, 1, -1)]
    assert seen[0].text == "type Query { field51: Int }"


def test_reading_makes_no_tables(store: str) -> None:
    usage = UsageStore(store, creates=False)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"has no counts yet. The first server that counts"):
            usage.rows()
    assert not Path(store.removeprefix("sqlite:///")).exists()
    write_counts(store)
    assert usage.rows()


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_who_may_only_read(store: str) -> None:
    write_counts(store)
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        try:
            reader = store.replace("postgres@", "reader@")
            usage = UsageStore(reader, creates=False)
            assert len(usage.rows()) == len(UsageStore(store).rows())
            with pytest.raises(StoreError, match="permission denied"):
                usage.saw_schema("1", "")
            schema = parse_schema("type Query { title: String }")
            site = site_of(reader, schema=schema)
            assert "Todos" in site.get("/console/").text
            assert re.search(
                "was not noted: .*permission denied", site.get("/console/changes").text
            )
        finally:
            connection.execute("DROP OWNED BY reader")
            connection.execute("DROP ROLE reader")


def test_reading_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    write_counts(f"sqlite:///{tmp_path}/usage.db")
    with closing(sqlite3.connect(tmp_path / "usage.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert UsageStore(f"sqlite:///{tmp_path}/usage.db", creates=False).rows()
