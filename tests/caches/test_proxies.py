"""The demo behind the real nginx and the real Varnish, by the recipes of docs/caching.md."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event
from time import time
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import quote, urlencode
from wsgiref.handlers import format_date_time

import httpx2
import pytest
import requests
from benchmarks.load import free_port
from prometheus_client import CollectorRegistry
from tests.proxies import nginx, varnish
from tests.serving import serving
from tests.test_docs import Page
from tests.waiting import PATIENCE, until
from typer.testing import CliRunner

from todo.api_server.app import Verifiers, create_app
from todo.api_server.database import Database
from todo.api_server.models import Todo
from todo.api_server.todos import Todos
from todo.demo import publish
from todo.issuer import Clients, issuer
from todo.tokens import MOBILE_APP, PLAYGROUND, WEB_APP
from todo.web_app.calls import ONE_TODO
from trunkline.auth import Verifier
from trunkline.cli.commands import app
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.protocol.documents import document_id
from trunkline.server import (
    CacheAudience,
    CachePurge,
    Caching,
    GraphQL,
    current_response,
    make_executable_schema,
    parse_schema,
)

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "caching.md"
SCHEMA = ROOT / "examples" / "todo" / "api_server" / "schema.graphql"
SECRET = "0123456789abcdef0123456789abcdef"
GRAPHQL, JSON = "application/graphql-response+json", "application/json"


@dataclass
class Origin:
    """The demo's API server; knows which requests for GraphQL reached it. Its clock may be off."""

    app: Any
    port: int
    tokens: dict[str, str]
    clock: float = 0.0
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = format_date_time(time() + self.clock).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        if scope["type"] == "http" and scope["path"] != "/cache-audience":
            self.asked.append(scope["method"])
        await self.app(scope, receive, send_dated)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Generator[Origin]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    base = f"http://localhost:{port}"
    with issuer(free_port(), base) as clients:
        api = create_app(
            Database(f"sqlite:///{folder}/todo.sqlite3"),
            Verifiers(
                graphql=Verifier(clients.issuer, audience=f"{base}/graphql"),
                rest=Verifier(clients.issuer, audience=f"{base}/api"),
                metrics=Verifier(clients.issuer, audience=f"{base}/graphql"),
                caching=CacheAudience(SECRET, clients_share=False),
            ),
            PrometheusMetrics(CollectorRegistry()),
            registered=DocumentRegistry(f"sqlite:///{folder}/documents.db"),
        )
        tokens = {
            "web": token(clients, WEB_APP),
            "web, another": token(clients, WEB_APP),
            "web, more scopes": token(clients, WEB_APP, "todos documents:publish"),
            "playground": token(clients, PLAYGROUND),
            "mobile": token(clients, MOBILE_APP),
            "stolen": "Bearer stolen",
            "": "",
        }
        demo = Origin(api, port, tokens)
        with serving(demo, port, date_header=False):
            publish(f"{base}/graphql", clients)
            yield demo


def token(clients: Clients, client_id: str, scope: str = "todos") -> str:
    form = {
        "grant_type": "client_credentials",
        "resource": clients.audiences[client_id],
        "scope": scope,
    }
    client = client_id, clients.secrets[client_id]
    given = requests.post(f"{clients.issuer}/token", form, auth=client, timeout=PATIENCE)
    return f"Bearer {given.json()['access_token']}"


Kind = Literal["nginx", "varnish"]


@contextmanager
def cache_before(
    server: int, kind: Kind, folder: Path, more: str = "", *, has_auth: bool = True
) -> Generator[int]:
    """Run a cache as the documentation says, in a folder of its own."""
    files = Page(PAGE, server).files
    if kind == "varnish":
        recipe = files["graphql.vcl"].replace('"8080"', f'"{server}"')
        changes = {r".*set req.http.X-URL = .*|.*\"/cache-audience\";.*": ""}
    else:
        recipe = files["nginx.conf"].replace("/var/cache/nginx", str(folder)) + more
        recipe = recipe.replace("200ms", f"{PATIENCE:.0f}s")  # this machine may be busy
        changes = {
            r".*auth_request .*": 'set $audience "";',
            r".*(auth_request_set|error_page).*": "",
        }
    for pattern, text in ({} if has_auth else changes).items():
        recipe, count = re.subn(pattern, text, recipe)
        assert count > 0
    with (varnish if kind == "varnish" else nginx)(folder, recipe) as port:
        yield port


@dataclass
class Asking:
    """Asks a cache; each test has a name for its operations, so that none finds another's."""

    origin: Origin
    kind: Kind
    url: str
    client: httpx2.Client
    name: str = ""

    def get(
        self,
        text: str,
        token: str = "web",  # noqa: S107  # a name
        method: str = "GET",
        accept: str = GRAPHQL,
        **more: str,
    ) -> httpx2.Response:
        """Ask for a text; without braces it is one field."""
        text = text if "{" in text else f"{{ {text} }}"
        return self.send(
            f"?{urlencode({'query': f'query {self.name} {text}'})}", token, method, accept, **more
        )

    def send(
        self, url: str, token: str, method: str = "GET", accept: str = GRAPHQL, **more: str
    ) -> httpx2.Response:
        headers = {"accept": accept, **{key.replace("_", "-"): more[key] for key in more}}
        if self.origin.tokens[token]:
            headers["authorization"] = self.origin.tokens[token]
        return self.client.request(method, self.url + url, headers=headers)

    def create(self, title: str) -> httpx2.Response:
        text = "mutation ($todo: TodoInput!) { createTodo(todo: $todo) { todoID } }"
        body = {"query": text, "variables": {"todo": {"title": title, "text": ""}}}
        headers = {"authorization": self.origin.tokens["web"]}
        return self.client.post(self.url, json=body, headers=headers)

    def reached(self) -> int:
        """Return how many requests reached the server since this was called."""
        before = len(self.origin.asked)
        self.origin.asked.clear()
        return before


@pytest.fixture(scope="module")
def client() -> Generator[httpx2.Client]:
    with httpx2.Client(timeout=PATIENCE) as opened:
        yield opened


@pytest.fixture(scope="module", params=["nginx", "varnish"])
def cache(
    request: pytest.FixtureRequest,
    origin: Origin,
    client: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Asking]:
    with cache_before(origin.port, request.param, tmp_path_factory.mktemp(request.param)) as port:
        yield Asking(origin, request.param, f"http://127.0.0.1:{port}/graphql", client)


@pytest.fixture
def asking(cache: Asking) -> Asking:
    cache.name = f"Test{next(NUMBERS)}"
    cache.reached()
    return cache


NUMBERS = count()
TODOS = "{ todos { todoID title } }"
SHARED = {"longestTitle": 3600, "scopes": 60, TODOS: 60, "{ todo(todoID: 0) { title } }": 60}
PRIVATE, NOT_STORED = "clientID", "{ __schema { description } }"


# -- who shares -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SHARED)
def test_tokens_of_an_audience_share_a_response(asking: Asking, text: str) -> None:
    replies = [asking.get(text, token) for token in ("web", "web", "web, another")]
    assert [each.headers["x-cache"] for each in replies] == ["MISS", "HIT", "HIT"]
    assert len({each.content for each in replies}) == 1
    assert asking.reached() == 1
    for each in replies:
        assert each.headers["cache-control"] == f"public, s-maxage={SHARED[text]}"
        assert "Accept" in each.headers["vary"].split(", ")


def test_two_tokens_never_mix_what_is_private(asking: Asking) -> None:
    names = {"web": "web-app", "web, another": "web-app", "playground": "playground"}
    for token in [*names] * 2:
        reply = asking.get(PRIVATE, token)
        assert reply.json() == {"data": {"clientID": names[token]}}
        assert reply.headers["x-cache"] == "MISS"
        assert reply.headers["cache-control"] == "private, max-age=60"
        assert "Authorization" in reply.headers["vary"].split(", ")
    assert asking.reached() == 6


def test_two_scopes_and_two_clients_never_mix(asking: Asking) -> None:
    scopes = {
        "web": ["todos"],
        "web, more scopes": ["documents:publish", "todos"],
        "playground": ["todos"],
    }
    for expected in ("MISS", "HIT"):
        for token, theirs in scopes.items():
            reply = asking.get("scopes", token)
            assert (reply.json(), reply.headers["x-cache"]) == (
                {"data": {"scopes": theirs}},
                expected,
            )


@pytest.mark.parametrize("text", [*SHARED, PRIVATE, NOT_STORED])
def test_nobody_gets_anything_without_a_token(asking: Asking, text: str) -> None:
    etag = asking.get(text).headers.get("etag", "*")
    for token in ("stolen", "mobile", ""):
        for more in ({}, {"if_none_match": etag}, {"range": "bytes=5-2"}):
            refused = asking.get(text, token, **more)
            assert refused.status_code == 401
            assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert refused.headers["cache-control"] == "no-store"


def test_callers_cannot_choose_their_audience(asking: Asking) -> None:
    url = f"http://127.0.0.1:{asking.origin.port}/cache-audience"
    sent = {"authorization": asking.origin.tokens["web, more scopes"]}
    theirs = asking.client.get(url, headers=sent).headers["cache-audience"]
    asking.get("scopes", "web, more scopes")
    forged = {"cache_audience": theirs, "x_url": "/graphql", "x_denied": ""}
    for _ in range(2):
        reply = asking.get("scopes", "playground", **forged)
        assert reply.json() == {"data": {"scopes": ["todos"]}}
        assert asking.get("scopes", "stolen", **forged).status_code == 401


def test_a_registered_document_is_shared_by_its_client_only(asking: Asking) -> None:
    path = f"/{document_id(str(ONE_TODO))}/OneTodo?variables="
    path += quote(f'{{"id":"{asking.name}"}}', safe="")
    replies = [asking.send(path, token) for token in ("web", "web, another")]
    assert [each.headers["x-cache"] for each in replies] == ["MISS", "HIT"]
    assert {each.text for each in replies} == {'{"data":{"todo":null}}'}
    for _ in range(2):
        other = asking.send(path, "playground")
        assert other.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        assert other.headers["x-cache"] == "MISS"
    assert asking.reached() == 3


@pytest.mark.parametrize("text", [*SHARED, PRIVATE, NOT_STORED])
def test_what_is_sent_is_what_is_explained(asking: Asking, tmp_path: Path, text: str) -> None:
    document = tmp_path / "operation.graphql"
    document.write_text(f"query A {text}" if "{" in text else f"query A {{ {text} }}")
    command = ["cache", "explain", str(document), "--schema", str(SCHEMA)]
    explained = CliRunner().invoke(app, command).stdout
    assert f"  Cache-Control: {asking.get(text).headers['cache-control']}" in explained


@pytest.mark.parametrize("kind", ["nginx", "varnish"])
def test_without_auth_only_who_sends_no_credentials_shares(
    client: httpx2.Client, tmp_path: Path, kind: Kind
) -> None:
    database = Database(f"sqlite:///{tmp_path}/todo.sqlite3")
    api = create_app(database, None, PrometheusMetrics(CollectorRegistry()))
    with ExitStack() as running:
        server = running.enter_context(serving(api))
        cache = cache_before(server, kind, tmp_path, has_auth=False)
        url = f"http://127.0.0.1:{running.enter_context(cache)}/graphql?query={quote(TODOS)}"
        for sent, known in [
            ({}, "MISS"),
            ({}, "HIT"),
            *[({"authorization": "x"}, "MISS"), ({"cookie": "x"}, "MISS")] * 2,
            ({"cache-audience": "x"}, "HIT"),
            ({}, "HIT"),
        ]:
            reply = client.get(url, headers={"accept": GRAPHQL, **sent})
            assert reply.status_code == 200
            assert reply.headers["x-cache"] == known, sent


@pytest.mark.parametrize("kind", ["nginx", "varnish"])
def test_languages_never_mix(client: httpx2.Client, tmp_path: Path, kind: Kind) -> None:
    def said(context: str) -> str:
        for name in ("Accept-Language", "X-Other"):
            current_response().headers.add_header("Vary", name)
        return context

    sdl = """type Query {
      said: String @cacheControl(maxAge: 60)
      named: String @cacheControl(maxAge: 60)
    }"""
    query = SimpleNamespace(said=said, named=lambda context: context)
    schema = make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query))
    api = GraphQL(
        schema,
        auth=None,
        sinks=(),
        context=lambda scope: dict(scope["headers"])[b"accept-language"].decode(),
        caching=Caching(vary=["Accept-Language"]),
    )
    with ExitStack() as running:
        server = running.enter_context(serving(api))
        port = running.enter_context(cache_before(server, kind, tmp_path, has_auth=False))
        for name in ("said", "named"):
            for language, known in [("de", "MISS"), ("en", "MISS"), ("de", "HIT"), ("en", "HIT")]:
                reply = client.get(
                    f"http://127.0.0.1:{port}/graphql?query={{{name}}}",
                    headers={"accept": GRAPHQL, "accept-language": language},
                )
                assert reply.json() == {"data": {name: language}}
                assert reply.headers["x-cache"] == known


# -- what is kept apart, and what is not kept -----------------------------------------------------


def test_media_types_never_mix(asking: Asking) -> None:
    for _ in range(2):
        for accept, given in [
            (GRAPHQL, GRAPHQL),
            (JSON, JSON),
            (f"{JSON}, {GRAPHQL};q=0.5", JSON),
            ("*/*", JSON),
        ]:
            reply = asking.get("longestTitle", accept=accept)
            assert reply.headers["content-type"].startswith(given)
    refused = asking.get("longestTitle", accept="text/html")
    assert (refused.status_code, refused.headers["cache-control"]) == (406, "no-store")
    two_lines = [
        ("accept", JSON),
        ("accept", GRAPHQL),
        ("authorization", asking.origin.tokens["web"]),
    ]
    url = f"{asking.url}?query={quote(f'query {asking.name}Two {{ longestTitle }}')}"
    for sent, given in [(two_lines, GRAPHQL), (two_lines[::2], JSON), (two_lines[1:], GRAPHQL)]:
        reply = asking.client.get(url, headers=sent)
        assert reply.headers["content-type"].startswith(given)
    etag = asking.get("longestTitle", accept=JSON).headers["etag"]
    assert asking.get("longestTitle", if_none_match=etag).status_code == 200
    assert asking.get("longestTitle", accept=JSON, if_none_match=etag).status_code == 304


def test_a_cache_that_ignores_vary_mixes_nothing(
    origin: Origin, client: httpx2.Client, tmp_path: Path
) -> None:
    with cache_before(origin.port, "nginx", tmp_path, "proxy_ignore_headers Vary;") as port:
        asking = Asking(origin, "nginx", f"http://127.0.0.1:{port}/graphql", client, "Test")
        for accept in [JSON, GRAPHQL] * 2:
            for token in ("web", "web, more scopes", "playground"):
                reply = asking.get("{ scopes }", token, accept=accept)
                assert len(reply.json()["data"]["scopes"]) == (2 if "more" in token else 1)
                assert reply.headers["content-type"].startswith(accept)
                assert asking.get(PRIVATE, token).json()["data"]["clientID"][:3] == token[:3]
        assert reply.headers["x-cache"] == "HIT"


def test_what_is_not_graphql_is_not_stored(asking: Asking) -> None:
    headers = {"authorization": asking.origin.tokens["web"]}
    for path in ("/nothing", "/graphs"):
        url = asking.url.replace("/graphql", path)
        asking.client.get(url, headers=headers)
        asking.reached()
        assert asking.client.get(url, headers=headers).status_code == 404
        assert asking.reached() == (1 if asking.kind == "varnish" else 0)  # nginx says it itself


def test_the_name_of_an_audience_is_no_token(asking: Asking) -> None:
    asking.get("scopes")
    headers = {"authorization": asking.origin.tokens["web"]}
    url = asking.url.replace("/graphql", "/cache-audience")
    name = asking.client.get(url, headers=headers).headers.get("cache-audience", "none")
    asking.origin.tokens["named"] = name
    assert asking.get("scopes", "named").status_code == 401


@pytest.mark.parametrize(
    ("text", "status"),
    [("{ todo(todoID: 0) { title } }", 294), ("{ nothing }", 422), ("{", 400), (NOT_STORED, 200)],
)
def test_what_must_not_be_stored_is_not(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    if status == 294:
        monkeypatch.setattr(Todos, "find", None)
    for _ in range(3):
        reply = asking.get(text)
        assert (reply.status_code, reply.headers["x-cache"]) == (status, "MISS")
        assert reply.headers["cache-control"] == "no-store"
    assert asking.reached() == 3


def test_many_misses_at_once_are_one_request(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Todos.all

    async def find_slowly(self: Todos) -> list[Todo]:
        await asyncio.sleep(0.1)
        return await find(self)

    monkeypatch.setattr(Todos, "all", find_slowly)
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: asking.get(TODOS), range(50)))
    assert asking.reached() == 1
    assert {each.status_code for each in replies} == {200}
    assert len({each.content for each in replies}) == 1


# -- methods and conditions -----------------------------------------------------------------------


def test_head_is_as_get_without_a_body(asking: Asking) -> None:
    heads = [asking.get(TODOS, method="HEAD") for _ in range(2)]
    got = asking.get(TODOS)
    for head in heads:
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == got.headers["etag"]
    assert got.headers["x-cache"] == "HIT"
    assert asking.reached() == 1
    assert asking.get(TODOS, "stolen", method="HEAD").status_code == 401


@pytest.mark.parametrize("text", [TODOS, PRIVATE, NOT_STORED])
def test_a_range_is_of_the_same_response(asking: Asking, text: str) -> None:
    parts = [asking.get(text, range="bytes=2-5") for _ in range(2)]
    whole = asking.get(text)
    parts.append(asking.get(text, range="bytes=2-5", if_range=whole.headers.get("etag", '"x"')))
    for part in parts:
        assert part.content == (whole.content[2:6] if part.status_code == 206 else whole.content)
    if text == TODOS:  # nginx sends all of a response whose server knows no ranges
        statuses = {"nginx": {200}, "varnish": {206}}
        assert {part.status_code for part in parts} == statuses[asking.kind]
    assert asking.get(text, range="bytes=2-5", if_range='"other"').content == whole.content


def test_what_the_client_has_is_304(asking: Asking) -> None:
    whole = asking.get(TODOS)
    etag = whole.headers["etag"]
    for token in ("web", "web, another"):
        for sent in (etag, f"W/{etag}"):
            same = asking.get(TODOS, token, if_none_match=sent)
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        for sent in (f'"other", {etag}', "*"):  # Varnish compares with one ETag only
            same = asking.get(TODOS, token, if_none_match=sent)
            assert same.content == (b"" if same.status_code == 304 else whole.content)
        assert asking.get(TODOS, token, if_none_match='"other"').content == whole.content


def test_what_is_private_is_304_for_its_caller(asking: Asking) -> None:
    etag = asking.get(PRIVATE).headers["etag"]
    same = asking.get(PRIVATE, if_none_match=etag)
    # nginx does not tell the server what the client has
    assert (same.status_code, same.headers["etag"]) == (
        200 if asking.kind == "nginx" else 304,
        etag,
    )
    assert asking.get(PRIVATE, "playground", if_none_match=etag).status_code == 200


def test_what_is_stale_is_asked_for_again(asking: Asking, brief: None) -> None:  # noqa: ARG001
    first = asking.get(TODOS)
    assert asking.create(f"stale {asking.name}").status_code == 200

    def is_new() -> bool:
        reply = asking.get(TODOS, if_none_match=first.headers["etag"])
        assert reply.headers["x-cache"] != "STALE"
        return reply.status_code == 200

    until(is_new, "the cache keeps a response for longer than its second")
    assert asking.get(TODOS).content != first.content


@pytest.mark.parametrize("clock", [-3600, 3600])
def test_a_server_whose_clock_is_off_is_cached_as_long(
    asking: Asking,
    brief: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    clock: float,
) -> None:
    monkeypatch.setattr(asking.origin, "clock", clock)
    scopes = [asking.get("scopes").headers["x-cache"] for _ in range(2)]
    assert scopes == ["MISS", "HIT"]
    asking.get(TODOS)
    asking.reached()
    until(lambda: asking.get(TODOS) and asking.reached(), "the cache keeps it for too long")


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a list of todos be stored for a second."""
    find = Todos.all

    async def find_for_now(self: Todos) -> list[Todo]:
        current_response().narrow_caching(max_age=1)
        return await find(self)

    monkeypatch.setattr(Todos, "all", find_for_now)


def test_a_clock_of_the_client_changes_nothing(asking: Asking) -> None:
    first = asking.get(TODOS)
    etag = first.headers["etag"]
    for when in ("Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"):
        same = asking.get(TODOS, if_modified_since=when, if_none_match=etag)
        # nginx sends the response again, which is right, too
        assert same.status_code == 304 or same.content == first.content
        assert asking.get(TODOS, if_modified_since=when, if_none_match='"x"').status_code == 200


# -- mutations ------------------------------------------------------------------------------------


def test_a_mutation_purges_its_groups(asking: Asking) -> None:
    known = asking.create("known").json()["data"]["createTodo"]["todoID"]
    texts = [
        TODOS,
        f'{{ todo(todoID: "{known}") {{ todoID title }} }}',
        "{ todo(todoID: 0) { title } }",
        "longestTitle",
    ]
    before = [asking.get(text) for text in texts]
    created = asking.create(f"new {asking.name}")
    assert '"Todo:*"' in created.headers["cache-group-invalidation"]
    asking.reached()
    after = [
        asking.get(text, if_none_match=each.headers["etag"])
        for text, each in zip(texts, before, strict=True)
    ]
    if asking.kind == "varnish":
        assert [each.status_code for each in after] == [200, 304, 304, 304]
        assert f"new {asking.name}" in after[0].text
        assert asking.reached() == 2  # one of which is null, as before
    else:  # which knows no groups: what it stored is true for its seconds
        assert [each.status_code for each in after] == [304] * 4


def test_what_was_on_its_way_during_a_mutation_is_not_stored(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    if asking.kind == "nginx":
        return  # it knows no groups
    find, has_read, may_respond = Todos.all, Event(), Event()

    async def find_early(self: Todos) -> list[Todo]:
        found = await find(self)
        has_read.set()
        await asyncio.to_thread(may_respond.wait, PATIENCE)
        return found

    monkeypatch.setattr(Todos, "all", find_early)
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(asking.get, TODOS)
        try:
            assert has_read.wait(PATIENCE)
            asking.create(f"late {asking.name}")
        finally:
            may_respond.set()
        assert f"late {asking.name}" not in early.result().text
    assert f"late {asking.name}" in asking.get(TODOS).text


def test_groups_are_purged_by_hand(asking: Asking) -> None:
    if asking.kind == "nginx":
        return  # it knows no groups
    known = asking.create("known").json()["data"]["createTodo"]["todoID"]
    text = f'{{ todo(todoID: "{known}") {{ todoID title }} }}'
    states = [asking.get(each).headers["x-cache"] for each in (text, TODOS, text, TODOS)]
    assert states == ["MISS", "MISS", "HIT", "HIT"]
    (group,) = {*asking.get(text).headers["cache-groups"].split(", ")} - {'"Todo"'}
    purge = CachePurge(asking.url)
    purge([group.strip('"'), "Todo:other"])
    assert purge.wait(PATIENCE)
    assert [asking.get(each).headers["x-cache"] for each in (text, TODOS)] == ["MISS", "HIT"]
