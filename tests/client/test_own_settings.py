"""A proxy for one transport, and sessions and clients of the program's own."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx2
import pytest
import requests
from pyreqwest.client import ClientBuilder, SyncClientBuilder
from tests.client import faulty
from tests.client.calling import TRANSPORTS, AsyncCaller, Caller
from tests.client.faulty import Faulty
from tests.client.serving import QUERY, TODOS, Reply, Todos
from tests.client.test_too_large import LARGE, LIMIT

from trunkline import (
    Client,
    ConnectionFailedError,
    DeadlineExceededError,
    ResponseTooLargeError,
    ServerStatusError,
)

BASIC = b"proxy-authorization: basic dxnlcjpodw50zxiy\r\n"  # user:hunter2


@pytest.fixture(params=TRANSPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def call(kind: str, url: str, **options: Any) -> Any:
    transport, caller = TRANSPORTS[kind]
    made: Caller = caller(Client(transport(url, **options), retry=None))
    try:
        return made.execute(QUERY)
    finally:
        made.end()


def test_a_transport_may_have_a_proxy_whatever_the_environment_says(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faulty(faulty.answer) as proxy, Faulty(faulty.answer) as other:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("NO_PROXY", "api.example")
        url = proxy.url.removesuffix("/graphql").replace("//", "//user:hunter%32@")
        assert call(kind, "http://api.example/graphql", proxy=url) == TODOS
    assert other.requests == []
    (request,) = proxy.requests
    assert request.startswith(b"POST http://api.example/graphql HTTP/1.1\r\n")
    assert BASIC in request.lower()


def test_a_proxy_that_is_down_is_told_without_its_password(kind: str) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        call(kind, "http://api.example/graphql", proxy="http://user:hunter2@127.0.0.1:1")
    assert caught.value.never_sent
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["proxy:3128", "hunter2", "http://", "http://u:hunter2@h:pw"])
def test_a_proxy_that_is_no_url(kind: str, proxy: str) -> None:
    with pytest.raises(ValueError, match="A proxy is a URL") as caught:
        TRANSPORTS[kind][0]("http://localhost/", proxy=proxy)
    assert "hunter2" not in str(caught.value)


def test_a_proxys_password_with_a_slash_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="write these as %2F") as caught:
        TRANSPORTS[kind][0]("http://localhost/", proxy="http://user:12/hunter2@proxy:3128")
    assert "hunter2" not in str(caught.value)


# -- sessions and clients -------------------------------------------------------------------------


def of_requests() -> Any:
    session = requests.Session()
    session.headers["x-own"] = "yes"
    return session


OWN = {"x-own": "yes"}
MAKE: dict[str, tuple[str, Callable[[], Any]]] = {
    "requests": ("session", of_requests),
    "httpx2": ("client", lambda: httpx2.Client(headers=OWN)),
    "httpx2-async": ("client", lambda: httpx2.AsyncClient(headers=OWN)),
    "pyreqwest": (
        "client",
        lambda: SyncClientBuilder().default_headers(OWN).follow_redirects(enable=False).build(),
    ),
    "pyreqwest-async": (
        "client",
        lambda: ClientBuilder().default_headers(OWN).follow_redirects(enable=False).build(),
    ),
    "aiohttp": ("session", lambda: aiohttp.ClientSession(headers=OWN)),
}


class Own:
    """Makes callers over one session, or client, of the test's own."""

    def __init__(self, kind: str) -> None:
        self._name, make = MAKE[kind]
        self._transport, self._caller = TRANSPORTS[kind]
        self._runner = asyncio.Runner() if self._caller is AsyncCaller else None
        self.own = self._runner.run(made(make)) if self._runner else make()

    def caller(self, url: str, options: dict[str, Any] | None = None, **client: Any) -> Caller:
        given = {self._name: self.own, **(options or {})}
        caller = self._caller(Client(self._transport(url, **given), **{"retry": None, **client}))
        if isinstance(caller, AsyncCaller) and self._runner:
            caller._runner.close()
            caller._runner = self._runner
        return caller

    def end(self) -> None:
        close = getattr(self.own, "aclose", None) or getattr(self.own, "close", None)
        if close is not None:
            closing = close()
            if self._runner and closing is not None:
                self._runner.run(awaited(closing))
        if self._runner:
            self._runner.close()
        del self.own
        gc.collect()  # pyreqwest closes the connections of a client when nothing refers to it


async def made(make: Callable[[], Any]) -> Any:
    return make()


async def awaited(closing: Any) -> None:
    await closing


@pytest.fixture
def own(kind: str, server: Todos) -> Iterator[Own]:
    assert server
    one = Own(kind)
    yield one
    one.end()


def test_it_is_used_and_left_open(own: Own, server: Todos) -> None:
    for _ in range(2):
        caller = own.caller(server.url, {"headers": {"x-ours": "too"}})
        assert caller.execute(QUERY) == TODOS
        caller.close()
    assert [(each.headers["x-own"], each.headers["x-ours"]) for each in server.received] == [
        ("yes", "too")
    ] * 2
    assert server.connections == 1


def test_it_has_the_rules_of_every_transport(own: Own, server: Todos) -> None:
    server.reply = Reply(307, b"", "text/plain", (("Location", "http://127.0.0.2/"),))
    with pytest.raises(ServerStatusError, match="it redirects to"):
        own.caller(server.url).execute(QUERY)
    with Faulty(LARGE["gzip"]) as bomb, pytest.raises(ResponseTooLargeError):
        own.caller(bomb.url, {"max_response_bytes": LIMIT}).execute(QUERY)
    with Faulty(faulty.say_nothing) as silent, pytest.raises(DeadlineExceededError):
        own.caller(silent.url, timeout=0.2).execute(QUERY)
    with pytest.raises(ConnectionFailedError) as caught:
        own.caller("http://127.0.0.1:1/graphql").execute(QUERY)
    assert caught.value.never_sent


def test_whose_schema_it_is_is_not_known(own: Own, server: Todos) -> None:
    transport: Any = own.caller(server.url).client.transport
    assert transport.identity is None
