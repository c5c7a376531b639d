"""`trunkline usage`: tables, JSON, and reports for Hive, which a server of our own receives."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from trunkline.cli.commands import app
from trunkline.observe.usage_counts import BUCKETS, Counts, UsageBatch, UsageClient, UsageOperation
from trunkline.observe.usage_store import UsageStore

HOUR = int(time.time()) // 3_600
BILLING = [UsageClient("billing", version, is_proven=True) for version in ("1.0", "1.1")]
WEB = UsageClient("web\x1b[2J", "7")
BOOKS = UsageOperation(
    "Books",
    "query",
    "sha256:" + "1" * 64,
    ("Book.title", "Query.books", "Query.books(by:)"),
    "query Books($by: By) { books(by: $by) { title } }",
)
PAGES = UsageOperation(
    "", "query", "sha256:" + "2" * 64, ("Book.pages", "Query.books"), "{ books { pages } }"
)


def counts(count: int, hour: int, *, failed: int = 0, **by_variables: int) -> Counts:
    buckets = [0] * BUCKETS
    buckets[0], buckets[4] = count - count // 4, count // 4
    used = {f"By.{name}": times for name, times in by_variables.items()}
    failures = {"partial": failed} if failed else {}
    return Counts(count, hour * 3_600 + 60, count * 0.002, failures, buckets, used)


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/usage.db"
    batch = UsageBatch()
    batch.add(HOUR - 30, BILLING[0], BOOKS, counts(10, HOUR - 30, title=4))
    batch.add(HOUR - 3, BILLING[0], BOOKS, counts(1_000, HOUR - 3, failed=2, title=7, genre=5))
    batch.add(HOUR - 2, BILLING[1], BOOKS, counts(8, HOUR - 2))
    batch.add(HOUR - 2, WEB, PAGES, counts(4, HOUR - 2))
    batch.add(HOUR - 2, WEB, UsageOperation(), counts(3, HOUR - 2, failed=3))
    UsageStore(url).write(batch, "writer", 1)
    return url


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["usage", *arguments], env=environment)


def lines(*arguments: str) -> list[list[str]]:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return [line.split()[:-2] for line in done.stdout.replace("unproven", "").splitlines()[1:]]


def test_a_table_by_client_and_operation(store: str) -> None:
    assert sorted(lines(store)) == [
        ["billing", "query", "Books", "1,018", "2", "2.0", "ms"],
        [r"web\x1b[2J", "(not", "executed)", "3", "3", "2.0", "ms"],
        [r"web\x1b[2J", "query", "sha256:222222222222", "4", "0", "2.0", "ms"],
    ]


def test_a_client_by_its_versions(store: str) -> None:
    assert lines(store, "--client", "billing") == [
        ["billing@1.1", "query", "Books", "8", "0", "2.0", "ms"],
        ["billing@1.0", "query", "Books", "1,010", "2", "2.0", "ms"],
    ]
    assert lines(store, "--client", "billing", "--since", "24h")[1][3] == "1,000"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Book.title", [["billing@1.1", "8"], ["billing@1.0", "1,010"]]),
        ("Query.books(by:)", [["billing@1.1", "8"], ["billing@1.0", "1,010"]]),
        ("By.title", [["billing@1.0", "11"]]),
        ("Book.pages", [[r"web\x1b[2J@7", "4"]]),
    ],
)
def test_who_uses_a_field(field: str, found: list[list[str]], store: str) -> None:
    assert [[line[0], line[-1]] for line in lines(store, "--field", field)] == found


def test_json(store: str) -> None:
    done = run("--json", "--client", "billing", TRUNKLINE_USAGE=store)
    assert json.loads(done.stdout)[1] == {
        "client": "billing",
        "version": "1.0",
        "is_proven": True,
        "operation": "Books",
        "kind": "query",
        "document_id": BOOKS.document_id,
        "requests": 1_010,
        "last": (HOUR - 3) * 3_600 + 60,
        "seconds": pytest.approx(2.02),
        "failures": {"partial": 2},
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--field", "Book.nothing"], "No request used Book.nothing since 20"),
        (["--field", "title"], "--field must be a coordinate, such as Todo.text, not 'title'."),
        (["--client", "nobody", "--since", "2d"], "No request of nobody was counted since 20"),
        (["--since", "yesterday"], "--since must be a number of hours, days or weeks"),
        (["--since", "9" * 5_000 + "d"], "--since must be a number of hours, days or weeks"),
        (["--since", "999999w", "--client", "x"], "No request of x was counted since "),
        (["--hive", "http://hive.example/usage"], "use https"),
        (["--hive", "https://hive.example/usage"], "variable HIVE_ACCESS_TOKEN"),
    ],
)
def test_what_there_is_not(arguments: list[str], message: str, store: str) -> None:
    assert message in run(store, *arguments, HIVE_ACCESS_TOKEN="").stderr


def test_a_store_that_there_is_not(tmp_path: Path) -> None:
    assert "There is no file" in run(f"sqlite:///{tmp_path}/nothing.db").stderr
    assert "must be sqlite:///usage.db" in run("mysql://host").stderr


def test_what_is_old_is_removed(store: str) -> None:
    batch = UsageBatch()
    batch.add(HOUR - 100 * 24, BILLING[0], BOOKS, counts(10, HOUR - 100 * 24))
    UsageStore(store).write(batch, "writer", 2)
    assert lines(store, "--since", "400d", "--client", "billing")[1][3] == "1,020"
    assert lines(store, "--since", "400d", "--client", "billing", "--keep", "60")[1][3] == "1,010"
    assert lines(store, "--client", "billing", "--keep", "inf")[1][3] == "1,010"


class Hive(BaseHTTPRequestHandler):
    """Keeps the reports, and refuses some of them."""

    received: list[tuple[dict[str, str], dict[str, Any]]]
    refused: set[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((dict(self.headers), json.loads(body)))
        status = 500 if len(self.received) in self.refused else 200
        self.send_response(status)
        self.send_header("content-length", "9")
        self.end_headers()
        self.wfile.write(b'{"id":""}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hive() -> Iterator[str]:
    Hive.received, Hive.refused = [], set()
    with HTTPServer(("127.0.0.1", 0), Hive) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/usage/target"
        finally:
            server.shutdown()
            thread.join()


def test_reports_for_hive(store: str, hive: str) -> None:
    Hive.refused = {2}
    failed = run(store, "--hive", hive, HIVE_ACCESS_TOKEN="a secret")
    assert failed.exit_code == 1
    assert "has refused a report with status 500" in failed.stderr
    assert "a secret" not in failed.output
    for sent in ("Sent 1,012 requests.", "Sent 0 requests."):  # the first hour was sent already
        assert run(store, "--hive", hive, HIVE_ACCESS_TOKEN="a secret").stderr == f"{sent}\n"
    headers = {name.lower(): value for name, value in Hive.received[0][0].items()}
    assert headers["authorization"] == "Bearer a secret"
    assert headers["x-usage-api-version"] == "2"
    reports = [report for number, (_, report) in enumerate(Hive.received) if number != 1]
    check_reports(reports)


def test_printed_reports(store: str) -> None:
    check_reports([json.loads(line) for line in run(store, "--hive", "-").stdout.splitlines()])


def test_a_report_describes_no_more_than_fits(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.observe.hive._MOST_BYTES", 1)
    reports = [json.loads(line) for line in run(store, "--hive", "-").stdout.splitlines()]
    assert {len(report["map"]) for report in reports} == {1}
    assert sum(len(report["operations"]) for report in reports) == 1_022


def check_reports(reports: list[dict[str, Any]]) -> None:
    """Check that all reports together say what was counted."""
    assert [report["size"] for report in reports] == [10, 1_000, 12]
    operations = [each for report in reports for each in report["operations"]]
    used, seconds = Counter[str](), 0.0
    clients, failed = Counter[str](), 0
    for report in reports:
        assert len(report["operations"]) == report["size"]
        for each in report["operations"]:
            operation = report["map"][each["operationMapKey"]]
            used.update(operation["fields"])
            clients["@".join(each["metadata"]["client"].values())] += 1
            failed += not each["execution"]["ok"]
            seconds += each["execution"]["duration"] / 1e9
    assert used == {
        "Query.books": 1_022,
        "Query.books.by": 1_018,
        "Book.title": 1_018,
        "Book.pages": 4,
        "By.title": 11,
        "By.genre": 5,
    }
    assert clients == {"billing@1.0": 1_010, "billing@1.1": 8, "web\x1b[2J@7": 4}
    assert failed == 2
    assert seconds == pytest.approx(1_022 * 0.002)
    hours = Counter(each["timestamp"] // 3_600_000 for each in operations)
    assert hours == {HOUR - 30: 10, HOUR - 3: 1_000, HOUR - 2: 12}
    (named,) = {record.get("operationName") for record in reports[0]["map"].values()}
    assert named == "Books"
