"""`trunkline top` against real servers, one of which wants a token."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, NamedTuple

import pytest
from benchmarks.load import free_port
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from tests.serving import serving
from tests.waiting import PATIENCE
from typer.testing import CliRunner

from trunkline.auth import Protected, Verifier
from trunkline.cli.commands import app
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.contrib.prometheus.figures import Figures, read_counts
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.observe.operations import OperationOutcome
from trunkline.server import OperationEvent

API = "https://todo.example"


class Changing:
    """A page that is another one later."""

    def __init__(self) -> None:
        self.page: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.page(scope, receive, send)


class Place(NamedTuple):
    """Two servers, the second with a token of the issuer."""

    root: str
    secret: str
    counted: tuple[PrometheusMetrics, PrometheusMetrics]
    changing: Changing

    @property
    def credentials(self) -> list[str]:
        given = ["--issuer", self.root, "--client-id", "operator", "--secret-file", "-"]
        return [*given, "--resource", API, "--scope", "metrics:read"]


def counted(
    metrics: PrometheusMetrics,
    operation: str,
    *seconds: float,
    outcome: OperationOutcome = "ok",
    client: str = "web",
) -> None:
    for duration in seconds:
        metrics(
            OperationEvent(
                operation_name=operation,
                operation_kind="query",
                registered=True,
                duration=duration,
                outcome=outcome,
                client_id=client,
            )
        )


def no_metrics(_: Request) -> PlainTextResponse:
    return PlainTextResponse("up 1\n")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    clients = Store("sqlite://")
    operator = RegisteredClient("operator", grants={API: ["metrics:read"]})
    operator, secret = with_new_secret(operator, time.time(), grace=0)
    clients.add(operator)
    one, two = (PrometheusMetrics(CollectorRegistry()) for _ in range(2))
    counted(one, "Books", *[0.02] * 9, 0.2)
    counted(one, "Books", 0.02, outcome="partial", client="billing")
    counted(one, "Slow", 20.0)
    counted(two, "Books", *[0.02] * 9)
    counted(two, "[red]Odd\x1b[2J", 0.001)
    changing = Changing()
    verifier = Verifier(root, audience=API, scopes=["metrics:read"])
    pages = Starlette(
        routes=[
            Route("/one", one.page),
            Route("/two", Protected(two.page, verifier)),
            Route("/more", Protected(two.page, Verifier(root, audience=API, scopes=["more"]))),
            Route("/changing", changing),
            Route("/other", no_metrics),
            Mount("/", Issuer(root, clients, development=True)),
        ]
    )
    with serving(pages, port):
        yield Place(root, secret, (one, two), changing)


def run(*arguments: str, text: str | None = None, columns: int = 120) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["top", *arguments], input=text, env={"COLUMNS": str(columns)})
    return result.exit_code, result.stdout, result.stderr


def test_several_servers_are_summed_up(place: Place) -> None:
    urls = [f"{place.root}/one", f"{place.root}/two"]
    status, out, err = run(*urls, "--once", *place.credentials, text=place.secret)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:4] == [
        "2 servers, since the servers started",
        "operation type time requests failed p50 p95 p99 mostly by",
        "Slow query 20.0 s 1 > 10 s > 10 s > 10 s web",
        "Books query 580.0 ms 20 5.0% partial 17.9 ms 25.0 ms 220.0 ms web 97%",
    ]
    assert lines[4].startswith("[red]Odd\\x1b[2J query")
    assert lines[6:] == [
        "client time requests failed p50 p95 p99 mostly",
        "web 20.6 s 21 17.9 ms 242.5 ms > 10 s Slow 97%",
        "billing 20.0 ms 1 100.0% partial 17.5 ms 24.2 ms 24.9 ms Books",
    ]


@pytest.mark.parametrize(
    ("options", "tables"),
    [
        (["--by", "operation"], ["operation", "Slow", "Books", "", "client", "web", "billing"]),
        (["--by", "client"], ["client", "web", "billing", "", "operation", "Slow", "Books"]),
        (["--operation", "Books"], ["client", "web", "billing", "", "operation", "Books"]),
        (["--client", "billing"], ["operation", "Books", "", "client", "billing"]),
        (
            ["--operation", "Books", "--client", "web", "--by", "client"],
            ["client", "web", "", "operation", "Books"],
        ),
        (["--client", "stranger"], ["No"]),  # operation was counted
    ],
)
def test_one_operation_or_one_client_can_be_looked_at(
    options: list[str], tables: list[str], place: Place
) -> None:
    _, out, _ = run(f"{place.root}/one", "--once", *options)
    assert [line.partition(" ")[0] for line in out.splitlines()[1:]] == tables


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("time", "Slow"),
        ("requests", "Books"),
        ("failed", "Books"),
        ("p50", "Slow"),
        ("p95", "Slow"),
        ("p99", "Slow"),
        ("name", "Books"),
    ],
)
def test_the_order_is_an_option(sort: str, first: str, place: Place) -> None:
    status, out, _ = run(f"{place.root}/one", "--once", "--json", "--sort", sort)
    assert status == 0
    assert json.loads(out)["operations"][0]["operation"] == first


def test_scripts_get_json(place: Place) -> None:
    _, out, _ = run(f"{place.root}/one", "--once", "--json")
    books = {"operation": "Books", "type": "query", "requests": 11, "failed": 1}
    books["failed_by_outcome"] = {"partial": 1}
    found = json.loads(out)
    assert found["seconds"] is None
    assert found["servers"] == [{"url": f"{place.root}/one", "problem": None}]
    assert {key: found["operations"][1][key] for key in books} == books
    assert found["operations"][0]["p99"] is None  # it is above the last bound
    assert found["operations"][1]["seconds_by_client"] == pytest.approx(
        {"web": 0.38, "billing": 0.02}
    )
    clients = [(each["client"], each["requests"], each["failed"]) for each in found["clients"]]
    assert clients == [("web", 11, 0), ("billing", 1, 1)]
    assert found["clients"][1]["seconds_by_operation"] == {"Books": 0.02}
    assert found["clients"][1]["p95_before"] is None


@pytest.mark.parametrize(
    ("columns", "headings"),
    [
        (120, "operation type time requests failed p50 p95 p99 mostly by"),
        (119, "operation type time requests failed p95 p99 mostly by"),
        (110, "operation type time requests failed p95 p99 mostly by"),
        (109, "operation type time requests failed p95 mostly by"),
        (80, "operation type time requests failed p95 mostly by"),
        (79, "operation time requests failed p95 mostly by"),
        (65, "operation time requests failed p95 mostly by"),
        (50, "operation time requests failed p95"),
        (40, "operation time failed p95"),
        (39, "operation time failed"),
    ],
)
def test_a_narrow_terminal_has_fewer_columns(columns: int, headings: str, place: Place) -> None:
    _, out, _ = run(f"{place.root}/one", "--once", columns=columns)
    assert out.splitlines()[1].split() == headings.split()
    assert max(map(len, out.splitlines())) <= columns
    assert ("100.0% partial" in out) == (columns >= 100)


def test_a_token_that_lacks_a_scope_is_told_from_none(place: Place) -> None:
    status, out, _ = run(
        f"{place.root}/more", "--once", *place.credentials, text=place.secret, columns=200
    )
    assert status == 1
    assert "The response has the status 403. The token is not for this page." in out


def test_a_server_that_is_away_is_a_line(place: Place) -> None:
    away = f"http://127.0.0.1:{free_port()}/metrics"
    status, out, _ = run(f"{place.root}/one", away, "--once", columns=200)
    assert status == 1
    assert f"\nNo complete response from {away} (" in out
    assert out.count(away) == 1
    assert "Books" in out


@pytest.mark.parametrize(
    ("page", "options", "problem"),
    [
        ("two", [], "The response has the status 401. It wants a token: "),
        ("two", ["--header", "Authorization: Bearer ${WRONG}"], "The response has the status 401."),
        ("missing", [], "The response has the status 404. Name the page"),
        ("other", [], "the page has no metrics of Trunkline: name that of PrometheusMetrics"),
    ],
)
def test_what_is_wrong_is_said(
    page: str, options: list[str], problem: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "nonsense")
    status, out, _ = run(f"{place.root}/{page}", "--once", *options, columns=200)
    assert status == 1
    assert f"{place.root}/{page}: {problem}" in out
    assert len(out.splitlines()) == 2  # no tables with nothing in them


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["ftp://shop.example"], "begins with http:// or https://"),
        (["http://localhost:1", "--client-id", "a"], "Credentials need --issuer"),
        (["http://localhost:1", "--issuer", "http://localhost:1"], "A token needs --client-id"),
        (["http://localhost:1", "--header", "A: ${NOT_SET_AT_ALL}"], "NOT_SET_AT_ALL is not set"),
    ],
)
def test_wrong_options_end_the_command(options: list[str], problem: str) -> None:
    status, out, err = run(*options, "--once")
    assert (status, out) == (1, "")
    assert problem in err


def test_the_live_table_has_what_happens_while_it_looks(place: Place) -> None:
    """It runs in a terminal of its own, until Ctrl-C."""
    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "trunkline.cli", "top", f"{place.root}/one", "--every", "0.1"]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "20"}
    with subprocess.Popen(  # noqa: S603
        command, stdin=inside, stdout=inside, stderr=inside, env=env, start_new_session=True
    ) as process:
        try:
            shown = read_until(outside, "1 server, last")
            assert "Books" not in shown  # it happened before
            name = "Live" + "AndLong" * 20
            counted(place.counted[0], name, 0.02, client="console")
            shown = read_until(outside, "console")
            assert "LiveAndLong" in shown
            assert name not in shown
            assert "20.0 ms" in shown  # a long name leaves room for the figures
            counted(place.counted[0], "Slow", 0.02)
            read_until(outside, "> 10 s")  # as it was before
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            os.close(inside)
            os.close(outside)


def test_a_server_may_start_again(place: Place) -> None:
    first, second = (PrometheusMetrics(CollectorRegistry()) for _ in range(2))
    counted(first, "Before", 0.02)
    place.changing.page = first.page
    command = [sys.executable, "-m", "trunkline.cli", "top", f"{place.root}/changing", "--json"]
    with subprocess.Popen(  # noqa: S603
        [*command, "--every", "0.1"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            looks = map(seen, process.stdout)
            assert next(looks) is None
            counted(first, "Before", *[0.02] * 5)
            assert wait_for({"Before": 5}, looks)
            counted(second, "After", 0.02, 0.02)
            place.changing.page = second.page
            assert wait_for({"After": 2}, looks)
            place.changing.page = PlainTextResponse("starting", 503)
            assert wait_for("The response has the status 503.", looks)
            place.changing.page = second.page
            assert wait_for(None, looks)
            counted(second, "After", 0.02)
            assert wait_for({"After": 1}, looks)
        finally:
            process.kill()


def seen(line: str) -> object:
    """Return how often operations were asked for, or else the problem of the server."""
    look = json.loads(line)
    found = {each["operation"]: each["requests"] for each in look["operations"]}
    return found or look["servers"][0]["problem"]


def wait_for(wanted: object, looks: Iterator[object]) -> bool:
    deadline = time.monotonic() + PATIENCE
    in_time = takewhile(lambda _: time.monotonic() < deadline, looks)
    return any(look == wanted for look in in_time)


def read_until(terminal: int, text: str) -> str:
    shown = ""
    deadline = time.monotonic() + PATIENCE
    while text not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{text!r} is not shown: {shown!r}"
        shown += os.read(terminal, 65_536).decode(errors="replace")
    return shown


def test_a_page_has_to_have_numbers() -> None:
    for value in ("NaN", "+Inf", "-1"):
        with pytest.raises(ValueError, match="and not a count"):
            read_counts(f'trunkline_operation_duration_seconds_count{{client="a"}} {value}\n')
    bucket = 'trunkline_operation_duration_seconds_bucket{operation="a",le="wide"} 1\n'
    with pytest.raises(ValueError, match="wide"):
        read_counts(bucket)


@pytest.mark.parametrize(
    ("buckets", "part", "expected"),
    [
        ({0.1: 10, float("inf"): 10}, 0.5, 0.05),
        ({0.1: 0, 0.2: 10, float("inf"): 10}, 0.9, 0.19),
        ({0.1: 5, float("inf"): 10}, 0.9, float("inf")),
        ({}, 0.5, float("inf")),
    ],
)
def test_quantiles_are_those_of_prometheus(
    buckets: dict[float, float], part: float, expected: float
) -> None:
    figures = Figures(requests=10, buckets=buckets)
    assert figures.quantile(part) == pytest.approx(expected)
