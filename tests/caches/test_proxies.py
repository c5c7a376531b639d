"""The recipes of docs/caching.md, as they stand there, with the real nginx and the real Varnish."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import sleep
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from benchmarks.load import free_port
from starlette.applications import Starlette
from starlette.routing import Route
from tests.serving import serving
from tests.test_docs import Page
from tests.waiting import PATIENCE, until

from trunkline.auth import Caller
from trunkline.auth.verifying.caller import Challenge
from trunkline.errors import AccessDeniedError
from trunkline.server import (
    CacheAudience,
    CachePurge,
    Caching,
    GraphQL,
    make_executable_schema,
    parse_schema,
)

PAGE = Path(__file__).parent.parent.parent / "docs" / "caching.md"
GRAPHQL, JSON = "application/graphql-response+json", "application/json"
SDL = """
type Query {
  open(id: ID): Int! @cacheControl(maxAge: 600, scope: PUBLIC)
  ours(id: ID): String! @cacheControl(maxAge: 600, scope: AUDIENCE)
  mine(id: ID): String! @cacheControl(maxAge: 600)
  guarded(id: ID): Int! @requiresScopes(scopes: [["a"]]) @cacheControl(maxAge: 600)
  never(id: ID): Int!
  failing(id: ID): Int @cacheControl(maxAge: 600)
  slow(id: ID): Int! @cacheControl(maxAge: 600)
  brief(id: ID): Int! @cacheControl(maxAge: 1)
  book(id: ID!): Book @cacheControl(maxAge: 600)
  books: [Book!]! @cacheControl(maxAge: 600)
}
type Book @cacheControl(inheritMaxAge: true) { id: ID!  title: String! }
type Mutation { rename(id: ID!, title: String!): Book! }
"""
CALLERS = {
    "Bearer a1": Caller("one", frozenset({"a"}), {"tenant": "x"}),
    "Bearer a2": Caller("two", frozenset({"a"}), {"tenant": "x"}),
    "Bearer b1": Caller("three", frozenset({"a"}), {"tenant": "y"}),
    "Bearer c1": Caller("four", frozenset(), {"tenant": "x"}),
}


class Tokens:
    """Knows some tokens by heart."""

    challenge = Challenge("here")

    def recall(self, _scope: Any, headers: Any) -> Caller | None:
        return CALLERS.get(headers.get(b"authorization", b"").decode())

    async def authenticate(self, _scope: Any) -> Caller:
        raise AccessDeniedError(401, "This token is not known.")


@dataclass
class Query:
    """Counts how often each field was resolved."""

    titles: dict[str, str] = field(default_factory=lambda: {"1": "A", "2": "B"})
    lock: Lock = field(default_factory=Lock)
    calls: int = 0

    def number(self, id: str | None = None) -> int:  # noqa: A002, ARG002
        with self.lock:
            self.calls += 1
            return self.calls

    open = guarded = never = brief = number

    def slow(self, id: str | None = None) -> int:  # noqa: A002
        sleep(0.3)
        return self.number(id)

    def ours(self, caller: Caller, id: str | None = None) -> str:  # noqa: A002
        return f"{caller.claims['tenant']} {self.number(id)}"

    def mine(self, caller: Caller, id: str | None = None) -> str:  # noqa: A002
        return f"{caller.client_id} {self.number(id)}"

    def failing(self, id: str | None = None) -> int:  # noqa: A002
        self.number(id)
        raise ValueError

    def book(self, id: str) -> dict[str, str]:  # noqa: A002
        self.number()
        return {"id": id, "title": self.titles[id]}

    def books(self) -> list[dict[str, str]]:
        self.number()
        return [{"id": key, "title": title} for key, title in self.titles.items()]


@dataclass
class Mutation:
    query: Query

    def rename(self, id: str, title: str) -> dict[str, str]:  # noqa: A002
        self.query.titles[id] = title
        return {"id": id, "title": title}


QUERY = Query()


def application() -> Starlette:
    resolvers = SimpleNamespace(query=QUERY, mutation=Mutation(QUERY))
    schema = make_executable_schema(parse_schema(SDL), resolvers)
    audience = CacheAudience("0123456789abcdef0123456789abcdef", claims=["tenant"])
    caching = Caching(audience=audience, group_headers=["Cache-Groups", "xkey"])
    auth = Tokens()
    return Starlette(
        routes=[
            Route("/graphql", GraphQL(schema, auth=auth, caching=caching, sinks=())),
            Route("/cache-audience", audience.check(auth)),
        ]
    )


@contextmanager
def running(command: list[str], port: int) -> Generator[str]:
    url = f"http://127.0.0.1:{port}/graphql"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            until(lambda: httpx2.get(url), f"{command[0]} does not start")
            yield url
        finally:
            process.terminate()


def nginx(folder: Path, server: int, more: str = "") -> tuple[list[str], int]:
    port = free_port()
    recipe = Page(PAGE, server).files["nginx.conf"].replace("8081", str(port)) + more
    recipe = recipe.replace("/var/cache/nginx/graphql", str(folder / "cache"))
    (folder / "graphql.conf").write_text(recipe, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in kinds)
    user = "user root;" if os.getuid() == 0 else ""  # its workers read the test's own folder
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
        f" http {{ access_log off; {paths} include {folder}/graphql.conf; }}",
        encoding="utf-8",
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], port


def varnish(folder: Path, server: int) -> tuple[list[str], int]:
    port = free_port()
    recipe = Page(PAGE, server).files["graphql.vcl"].replace('"8080"', f'"{server}"')
    (folder / "graphql.vcl").write_text(recipe, encoding="utf-8")
    options = ["-a", f"127.0.0.1:{port}", "-f", str(folder / "graphql.vcl"), "-s", "default,64m"]
    return ["varnishd", "-F", "-j", "none", "-n", str(folder / "work"), *options], port


@pytest.fixture(scope="module")
def server() -> Generator[int]:
    with serving(application()) as port:
        yield port


@pytest.fixture(scope="module", params=["nginx", "varnishd"])
def cache(
    request: pytest.FixtureRequest, server: int, tmp_path_factory: pytest.TempPathFactory
) -> Generator[str]:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    with running(*(nginx if request.param == "nginx" else varnish)(folder, server)) as url:
        yield url


class Asking:
    """Asks the cache; every test has an argument of its own, so that none finds another's."""

    def __init__(self, url: str, number: int, client: httpx2.Client) -> None:
        self.url, self.number, self.client = url, number, client

    def get(
        self,
        field: str,
        token: str = "a1",  # noqa: S107  # a name
        method: str = "GET",
        accept: str = GRAPHQL,
        **more: str,
    ) -> httpx2.Response:
        text = f'{{ {field}(id: "{self.number}") }}' if "{" not in field else field
        named = {name.replace("_", "-"): value for name, value in more.items()}
        headers = {"accept": accept, "authorization": f"Bearer {token}".rstrip(), **named}
        url = f"{self.url}?{urlencode({'query': text})}"
        return self.client.request(method, url, headers=headers)

    def rename(self, id: str, title: str) -> httpx2.Response:  # noqa: A002
        text = f'mutation {{ rename(id: "{id}", title: "{title}") {{ id }} }}'
        headers = {"authorization": "Bearer a1"}
        return self.client.post(self.url, json={"query": text}, headers=headers)


@pytest.fixture(scope="module")
def client() -> Generator[httpx2.Client]:
    with httpx2.Client() as opened:
        yield opened


@pytest.fixture
def asking(cache: str, client: httpx2.Client) -> Asking:
    return Asking(cache, next(NUMBERS), client)


NUMBERS = iter(range(1000))
SHARED = ["open", "ours", "guarded", "slow"]


@pytest.mark.parametrize("field", SHARED)
def test_callers_of_an_audience_share_a_response(asking: Asking, field: str) -> None:
    before = QUERY.calls
    first, again, other = (asking.get(field, token) for token in ("a1", "a1", "a2"))
    assert [each.headers["x-cache"] for each in (first, again, other)] == ["MISS", "HIT", "HIT"]
    assert first.content == again.content == other.content
    assert first.headers["cache-control"] == "public, s-maxage=600"
    assert QUERY.calls == before + 1


def test_two_tenants_never_mix(asking: Asking) -> None:
    answers = {token: asking.get("ours", token).json()["data"]["ours"] for token in ("a1", "b1")}
    assert {token: text[0] for token, text in answers.items()} == {"a1": "x", "b1": "y"}
    assert asking.get("ours", "b1").json()["data"]["ours"] == answers["b1"]


def test_two_scopes_never_mix(asking: Asking) -> None:
    assert asking.get("guarded", "a1").status_code == 200
    refused = asking.get("guarded", "c1")
    assert (refused.status_code, refused.headers["cache-control"]) == (422, "no-store")
    assert asking.get("guarded", "c1").status_code == 422
    assert asking.get("guarded", "a2").headers["x-cache"] == "HIT"


def test_two_tokens_never_mix_what_is_private(asking: Asking) -> None:
    for token, name in [("a1", "one"), ("a2", "two"), ("a1", "one"), ("a2", "two")]:
        reply = asking.get("mine", token)
        assert reply.json()["data"]["mine"].startswith(name)
        assert reply.headers["x-cache"] == "MISS"
        assert reply.headers["cache-control"] == "private, max-age=600"


@pytest.mark.parametrize("field", [*SHARED, "mine", "never"])
def test_nobody_gets_anything_without_a_token(asking: Asking, field: str) -> None:
    asking.get(field, "a1")
    for token in ("stolen", ""):
        refused = asking.get(field, token)
        assert refused.status_code == 401
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.headers["cache-control"] == "no-store"


def test_callers_cannot_choose_their_audience(asking: Asking, server: int) -> None:
    url = f"http://127.0.0.1:{server}/cache-audience"
    theirs = httpx2.get(url, headers={"authorization": "Bearer a1"}).headers["cache-audience"]
    ours = asking.get("ours", "a1").json()["data"]["ours"]
    forged = asking.get("ours", "b1", cache_audience=theirs).json()["data"]["ours"]
    assert ours.startswith("x")
    assert forged.startswith("y")
    assert asking.get("ours", "stolen", cache_audience=theirs).status_code == 401


def test_media_types_never_mix(asking: Asking) -> None:
    for _ in range(2):
        for accept in (GRAPHQL, JSON):
            reply = asking.get("open", accept=accept)
            assert reply.headers["content-type"].startswith(accept)
            assert "Accept" in reply.headers["vary"]


def test_a_cache_that_ignores_vary_mixes_nothing(
    server: int, client: httpx2.Client, tmp_path: Path
) -> None:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    with running(*nginx(tmp_path, server, "proxy_ignore_headers Vary;")) as url:
        asking = Asking(url, next(NUMBERS), client)
        for token, accept in [("a1", JSON), ("b1", JSON), ("a1", GRAPHQL), ("a2", GRAPHQL)] * 2:
            reply = asking.get("ours", token, accept=accept)
            assert reply.json()["data"]["ours"][0] == ("y" if token == "b1" else "x")
            assert reply.headers["content-type"].startswith(accept)
        assert reply.headers["x-cache"] == "HIT"


def test_what_the_client_has_is_304(asking: Asking) -> None:
    etag = asking.get("open").headers["etag"]
    for token in ("a1", "a2"):
        same = asking.get("open", token, if_none_match=etag)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == etag
    assert asking.get("open", if_none_match='"other"').status_code == 200
    assert asking.get("open", "stolen", if_none_match=etag).status_code == 401


@pytest.mark.parametrize(("field", "status"), [("failing", 294), ("nothing", 422), ("never", 200)])
def test_what_is_not_to_be_stored_is_not(asking: Asking, field: str, status: int) -> None:
    before = QUERY.calls
    for _ in range(3):
        reply = asking.get(field)
        assert reply.status_code == status
        assert reply.headers["x-cache"] == "MISS"
    assert QUERY.calls == before + (0 if field == "nothing" else 3)


def test_many_misses_at_once_are_one_request(asking: Asking) -> None:
    before = QUERY.calls
    with ThreadPoolExecutor(50) as pool:
        bodies = {each.content for each in pool.map(lambda _: asking.get("slow"), range(50))}
    assert QUERY.calls == before + 1
    assert len(bodies) == 1


def test_head_is_as_get_without_a_body(asking: Asking) -> None:
    stored = asking.get("open")
    head = asking.get("open", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == stored.headers["etag"]
    assert asking.get("open", "stolen", method="HEAD").status_code == 401


def test_a_range_is_of_the_same_response(asking: Asking) -> None:
    whole = asking.get("open").content
    part = asking.get("open", range="bytes=2-5")
    assert part.content == (whole[2:6] if part.status_code == 206 else whole)


def test_what_is_stale_is_not_served(asking: Asking) -> None:
    first = asking.get("brief")

    def is_new() -> bool:
        reply = asking.get("brief")
        assert int(reply.headers.get("age", 0)) <= 1
        assert reply.headers["x-cache"] != "STALE"
        return reply.content != first.content

    until(is_new, "the cache keeps a response for longer than its second")


def test_a_wrong_clock_of_the_client_changes_nothing(asking: Asking) -> None:
    first = asking.get("open")
    etag = first.headers["etag"]
    for time in ("Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"):
        same = asking.get("open", if_modified_since=time, if_none_match=etag)
        # nginx sends the response again, which is right, too
        assert same.status_code == 304 or same.content == first.content
        assert asking.get("open", if_modified_since=time, if_none_match='"x"').status_code == 200


def test_a_mutation_purges_its_groups(asking: Asking, request: pytest.FixtureRequest) -> None:
    texts = [
        '{ book(id: "1") { id title } }',
        '{ book(id: "2") { id title } }',
        "{ books { id title } }",
    ]
    first = [asking.get(text) for text in texts]
    title = f"new {asking.number}"
    assert asking.rename("1", title).headers["cache-group-invalidation"]
    again = [
        asking.get(text, if_none_match=each.headers["etag"])
        for text, each in zip(texts, first, strict=False)
    ]
    if "varnishd" in request.node.name:
        assert [each.status_code for each in again] == [200, 304, 200]
        assert again[0].json()["data"]["book"]["title"] == title
        assert again[2].json()["data"]["books"][0]["title"] == title
    else:  # which knows no groups
        assert [each.status_code for each in again] == [304, 304, 304]


def test_groups_are_purged_by_hand(asking: Asking, request: pytest.FixtureRequest) -> None:
    if "varnishd" not in request.node.name:
        pytest.skip("nginx knows no groups")
    asking.get('{ book(id: "2") { id title } }')
    assert asking.get('{ book(id: "2") { id title } }').headers["x-cache"] == "HIT"
    purge = CachePurge(asking.url)
    purge(["Book:2", "Book:9"])
    assert purge.wait(PATIENCE)
    assert asking.get('{ book(id: "2") { id title } }').headers["x-cache"] == "MISS"
