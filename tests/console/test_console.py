"""The console's pages: who may see them, what they say, and that names stay text."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.console.counted import SCRIPT, TODOS, UNNAMED, write_counts
from tests.console.site import Table, everybody, site_of

from trunkline.auth import Assumed, Caller
from trunkline.console import Console
from trunkline.errors import StoreError
from trunkline.server import parse_schema


async def operators(scope: MutableMapping[str, Any]) -> bool:
    return (b"cookie", b"session=operator") in scope["headers"]


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('console')}/usage.db"
    write_counts(url)
    return url


@pytest.fixture(scope="module")
def site(usage: str) -> TestClient:
    return site_of(usage)


def test_a_console_that_lets_everybody_in_is_refused(usage: str) -> None:
    with pytest.raises(TypeError, match=r"Console needs may_see=, .* or auth="):
        Console(usage)
    with pytest.raises(TypeError, match="auth must be a Verifier"):
        Console(usage, auth="secret")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="must be sqlite"):
        Console("usage.db", may_see=everybody)


def test_a_console_that_starts_before_there_are_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/usage.db"
    schema = parse_schema("type Query { title: String }")
    site = site_of(url, schema=schema)
    assert "did not note the version of the schema" in caplog.text
    assert list(tmp_path.iterdir()) == []
    page = site.get("/console/")
    assert (page.status_code, "has no counts yet" in page.text) == (503, True)
    write_counts(url)
    assert site.get("/console/").status_code == 200
    assert "No version before it is known." in site.get("/console/changes").text


@pytest.mark.parametrize("path", ["/", "/clients", "/console.css", "/console.js", "/nothing"])
@pytest.mark.parametrize(
    ("scopes", "cookie", "status"),
    [
        (None, "", 403),
        (None, "session=other", 403),
        (None, "session=operator", 200),
        ({"todos:read"}, "", 403),
        ({"console"}, "", 200),
    ],
)
def test_every_path_is_for_those_who_may_see_it(
    usage: str, path: str, scopes: set[str] | None, cookie: str, status: int
) -> None:
    caller = None if scopes is None else Assumed(Caller("prometheus", frozenset(scopes)))
    site = site_of(usage, may_see=operators, auth=caller)
    response = site.get(f"/console{path}", headers={"cookie": cookie})
    expected = 404 if status == 200 and path == "/nothing" else status
    assert (response.status_code, response.headers["cache-control"]) == (expected, "no-store")
    if scopes == {"todos:read"}:
        assert 'scope="console"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("says", [1, "yes", None])
def test_only_true_lets_somebody_in(usage: str, says: object) -> None:
    async def may_see(_: MutableMapping[str, Any]) -> Any:
        return says

    assert site_of(usage, may_see=may_see).get("/console/").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 405),
        ("GET", "/../console.css", 404),
        ("GET", "/layout.html", 404),
        ("GET", "/?since=1h", 400),
        ("GET", "/?since=%FF", 400),
    ],
)
def test_what_it_does_not_serve(site: TestClient, method: str, path: str, status: int) -> None:
    assert site.request(method, f"/console{path}").status_code == status


def test_the_slash_that_relative_urls_need(site: TestClient) -> None:
    assert site.get("/console?since=7d").url.path == "/console/"


def test_operations(site: TestClient) -> None:
    _, *rows = Table(site.get("/console/").text).rows
    assert [row[:7] for row in rows] == [
        ["Todos query", "1,000", "30 3.0 % denied", "3.0 ms", "3.9 ms", "4.0 ms", "3.00 s"],
        [
            "sha256:222222222222 query",
            "8",
            "8 100.0 % internal_error",
            "3.0 ms",
            "3.9 ms",
            "4.0 ms",
            "24 ms",
        ],
    ]
    assert Table(site.get("/console/?since=7d").text).rows[1][1] == "1,030"


def test_an_operation(site: TestClient) -> None:
    page = site.get("/console/operation?kind=query&name=Todos&since=7d").text
    assert [row[:4] for row in Table(page).rows[1:]] == [
        ["billing", "2.3.1", "600", "20 3.3 % partial"],
        ["billing", "2.3.0", "430", "10 2.3 % denied"],
    ]
    assert re.findall(r"<rect class=.failed.*<title>(?:.*: )(.*)</title>", page) == ["30 of 1,000"]
    assert len(re.findall('<rect class="count"', page)) == 2
    assert re.findall(r'"row">(\w+)<td class="n bad">(\d+)', page) == [
        ("denied", "15"),
        ("partial", "15"),
    ]
    assert TODOS.text.partition("<")[0].replace('"', "&#34;") in page


def test_an_operation_without_a_name(site: TestClient) -> None:
    link = re.findall(r'href="(operation\?[^"]*)"', site.get("/console/").text)[1]
    page = site.get("/console/" + link.replace("&amp;", "&")).text
    assert Table(page).rows[1][1:4] == [r"\u202e1", "8", "8 100.0 % internal_error"]
    assert UNNAMED.document_id[:19] in page


def test_clients(site: TestClient) -> None:
    _, *rows = Table(site.get("/console/clients").text).rows
    assert [row[:3] for row in rows] == [
        ["billing", "1,000", "30 3.0 % denied"],
        [f"{SCRIPT} unproven", "8", "8 100.0 % internal_error"],
    ]


def test_a_client(site: TestClient) -> None:
    page = site.get("/console/client", params={"name": SCRIPT}).text
    assert Table(page).rows[1][:2] == ["sha256:222222222222 query", "8"]
    assert "No request was counted" in site.get("/console/client?name=web").text


@pytest.mark.parametrize("path", ["", "operation?kind=query&name=Todos", "clients", "client?name="])
def test_names_stay_text(site: TestClient, path: str) -> None:
    response = site.get(f"/console/{path}{SCRIPT if path.endswith('=') else ''}")
    assert response.status_code == 200
    assert "<script>" not in response.text
    assert "\u202e" not in response.text
    assert " style=" not in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["schema", "coordinate", "changes"])
def test_a_page_that_the_program_did_not_ask_for(site: TestClient, path: str) -> None:
    assert site.get(f"/console/{path}").status_code == 404
    assert f'href="{path}' not in site.get("/console/").text


def test_a_store_that_is_away_is_said(tmp_path: Path) -> None:
    site = site_of(f"sqlite:///{tmp_path}/usage.db")
    (tmp_path / "usage.db").write_bytes(b"no database " * 1_000)
    response = site.get("/console/")
    assert (response.status_code, "cannot be used" in response.text) == (503, True)
    assert ">Operations<" in response.text  # a page all the same
