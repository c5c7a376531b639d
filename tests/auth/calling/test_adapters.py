"""The credentials in plain httpx, httpx2 and requests, over real sockets."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import httpx2
import pytest
import requests
from tests.serving import serving
from tests.waiting import until

from trunkline.auth import HASURA, ClientCredentials
from trunkline.auth.httpx import HTTPXAuth
from trunkline.auth.httpx2 import HTTPX2Auth
from trunkline.auth.requests import RequestsAuth
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without authorities, which cost 0.1 s to read
GRANTS = {"https://api.example/graphql": ["todos:read"]}


class Pair:
    """An issuer and an API behind one port; the API takes any token that was not refused."""

    def __init__(self) -> None:
        self.store = Store("sqlite://")
        web, self.secret = with_new_secret(
            RegisteredClient("web", grants=GRANTS), time.time(), grace=0
        )
        self.store.add(web)
        self.issuer: Any = Issuer("http://127.0.0.1:1", self.store, development=True)
        self.token_requests = 0
        self.bodies: list[bytes] = []
        self.seen: list[str] = []
        self.refused: set[str] = set()
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/api":
            await self.answer(scope, receive, send)
            return
        if scope["type"] == "http":
            self.token_requests += 1
        await self.issuer(scope, receive, send)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode()
        self.seen.append(token)
        self.bodies.append((await receive())["body"])
        status = 401 if token in self.refused or not token.startswith("Bearer ey") else 200
        headers = [(b"www-authenticate", b'Bearer error="invalid_token"')]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def credentials(self, **options: Any) -> ClientCredentials:
        url = f"http://127.0.0.1:{self.port}/token"
        given = {"client_id": "web", "token_url": url, "secret": self.secret}
        return ClientCredentials(**{**given, **options})


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    with serving(pair) as pair.port:
        yield pair


def by_httpx(auth: ClientCredentials, url: str, body: Any) -> int:
    with httpx.Client(auth=HTTPXAuth(auth, api=url, verify=TLS), verify=TLS) as client:
        return client.post(url, content=body).status_code


def by_httpx2(auth: ClientCredentials, url: str, body: Any) -> int:
    with httpx2.Client(auth=HTTPX2Auth(auth, api=url, verify=TLS), verify=TLS) as client:
        return client.post(url, content=body).status_code


def by_requests(auth: ClientCredentials, url: str, body: Any) -> int:
    return requests.post(url, data=body, auth=RequestsAuth(auth, api=url), timeout=10).status_code


def by_httpx_async(auth: ClientCredentials, url: str, body: Any) -> int:
    async def call() -> int:
        async with httpx.AsyncClient(
            auth=HTTPXAuth(auth, api=url, verify=TLS), verify=TLS
        ) as client:
            return (await client.post(url, content=body)).status_code

    return asyncio.run(call())


def by_httpx2_async(auth: ClientCredentials, url: str, body: Any) -> int:
    async def call() -> int:
        async with httpx2.AsyncClient(
            auth=HTTPX2Auth(auth, api=url, verify=TLS), verify=TLS
        ) as client:
            return (await client.post(url, content=body)).status_code

    return asyncio.run(call())


WAYS = [by_httpx, by_httpx2, by_requests, by_httpx_async, by_httpx2_async]
Way = Callable[[ClientCredentials, str, Any], int]


@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_fetched_sent_and_replaced(pair: Pair, way: Way) -> None:
    credentials = pair.credentials()
    assert [way(credentials, pair.api, b"body") for _ in range(3)] == [200] * 3
    assert pair.token_requests == 1
    pair.refused = set(pair.seen)
    assert way(credentials, pair.api, b"body") == 200
    assert pair.token_requests == 2
    assert pair.bodies == [b"body"] * 5


@pytest.mark.parametrize("way", WAYS)
def test_an_expired_token_may_be_told_in_a_body_and_go_in_another_header(
    pair: Pair, way: Way
) -> None:
    refused: set[bytes] = set()
    seen: list[bytes] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = dict(scope["headers"])
        seen.append(headers[b"x-token"])
        assert b"authorization" not in headers
        error = b'{"errors":[{"message":"x","extensions":{"code":"invalid-jwt"}}]}'
        body = error if seen[-1] in refused else b"{}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    pair.answer = answer  # type: ignore[method-assign]
    credentials = pair.credentials(expired=HASURA, header="X-Token", scheme="")
    way(credentials, pair.api, b"")
    refused.update(seen)
    way(credentials, pair.api, b"")
    assert [token in refused for token in seen] == [True, True, False]


@pytest.mark.parametrize("way", WAYS)
def test_a_401_that_stays_is_returned(pair: Pair, way: Way) -> None:
    credentials = pair.credentials()
    assert way(credentials, pair.api, b"") == 200
    original = pair.answer

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        pair.refused.add(dict(scope["headers"])[b"authorization"].decode())
        await original(scope, receive, send)

    pair.answer = refuse  # type: ignore[method-assign]
    assert way(credentials, pair.api, b"") == 401
    assert len(pair.seen) == 3


@pytest.mark.parametrize("way", WAYS)
def test_no_token_is_the_callers_error(pair: Pair, way: Way) -> None:
    from trunkline.errors import TokenError  # noqa: PLC0415

    with pytest.raises(TokenError, match="invalid_client"):
        way(pair.credentials(secret="wrong-wrong-wrong-wrong"), pair.api, b"")
    assert pair.seen == []


@pytest.mark.parametrize("way", [by_httpx, by_httpx2, by_requests])
def test_threads_share_one_token(pair: Pair, way: Way) -> None:
    credentials = pair.credentials()
    with ThreadPoolExecutor(30) as threads:
        statuses = list(threads.map(lambda _: way(credentials, pair.api, b""), range(60)))
    assert statuses == [200] * 60
    assert pair.token_requests == 1


@pytest.mark.parametrize(
    ("library", "auth"), [(httpx, HTTPXAuth), (httpx2, HTTPX2Auth)], ids=["httpx", "httpx2"]
)
async def test_tasks_share_one_token(pair: Pair, library: Any, auth: Any) -> None:
    async with library.AsyncClient(
        auth=auth(pair.credentials(), api=pair.api, verify=TLS), verify=TLS
    ) as client:
        calls = [client.get(pair.api) for _ in range(100)]
        statuses = [answer.status_code for answer in await asyncio.gather(*calls)]
    assert statuses == [200] * 100
    assert pair.token_requests == 1


@pytest.mark.parametrize("way", WAYS)
def test_tokens_are_renewed_in_the_background(pair: Pair, way: Way) -> None:
    credentials = pair.credentials()
    way(credentials, pair.api, b"")
    token = credentials._token
    assert token is not None
    object.__setattr__(token, "renews", 0.0)  # it is time

    def wait() -> None:
        until(lambda: credentials._token is not token, "the token is not renewed")

    if way in {by_httpx_async, by_httpx2_async}:
        asyncio.run(call_and_wait(pair, credentials, way, wait))
    else:
        assert way(credentials, pair.api, b"") == 200
        wait()
    assert pair.seen[0] == pair.seen[1]
    assert pair.token_requests == 2


async def call_and_wait(
    pair: Pair, credentials: ClientCredentials, way: Way, wait: Callable[[], None]
) -> None:
    library, auth = (httpx, HTTPXAuth) if way is by_httpx_async else (httpx2, HTTPX2Auth)
    client: Any = library.AsyncClient(auth=auth(credentials, api=pair.api, verify=TLS), verify=TLS)
    async with client:
        assert (await client.post(pair.api, content=b"")).status_code == 200
        await asyncio.to_thread(wait)


@pytest.mark.parametrize("way", WAYS)
def test_a_redirect_at_the_issuer_is_not_followed(pair: Pair, way: Way) -> None:
    followed: list[bytes] = []

    async def elsewhere(_scope: Any, receive: Any, send: Any) -> None:
        followed.append((await receive())["body"])
        headers = [(b"location", b"/elsewhere")]
        await send({"type": "http.response.start", "status": 307, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    pair.issuer = elsewhere
    with pytest.raises(Exception, match="307"):
        way(pair.credentials(secret_in="form"), pair.api, b"")
    assert [list(parse_qs(body.decode())) for body in followed] == [
        ["grant_type", "client_id", "client_secret"]
    ]


def test_netrc_does_not_replace_the_secret(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert by_requests(pair.credentials(), pair.api, b"") == 200


@pytest.mark.parametrize("verify", ["", b"", 0])
def test_what_requests_would_take_for_no_verification(pair: Pair, verify: Any) -> None:
    with pytest.raises(TypeError, match="verify is True, False, or the path"):
        RequestsAuth(pair.credentials(), verify=verify)
