"""Where credentials go: to their API, over connections that nobody else reads, and nowhere else."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
import requests
from tests.auth.calling.test_adapters import TLS, WAYS, Pair, Way, pair
from tests.auth.calling.world import API, SECRET, World, credentials, granted
from tests.client import faulty
from tests.client.calling import TRANSPORTS
from tests.client.faulty import Behaviour, Faulty
from tests.client.serving import QUERY
from tests.client.test_faults import call

from trunkline import Client, TrunklineError
from trunkline.auth.calling.adapters import Conversation
from trunkline.auth.httpx import HTTPXAuth
from trunkline.auth.httpx2 import HTTPX2Auth
from trunkline.auth.requests import RequestsAuth
from trunkline.client import APIKey, BearerToken
from trunkline.client.transports.asgi import ASGITransport
from trunkline.client.transports.requests import RequestsHTTPTransport
from trunkline.flow.calls import Flow, send_request
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["pair"]  # a fixture

IN_THE_URL = "hunter2"
ADAPTERS: list[Any] = [HTTPXAuth, HTTPX2Auth, RequestsAuth]
PLAIN = [
    "http://api.internal/graphql",
    "http://10.0.0.7/graphql",
    "http://127.0.0.1.evil.example/graphql",
    "http://localhost@evil.example/graphql",
]


class OwnScheme:
    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        return send_request(request)


SCHEMES: dict[str, Callable[..., Any]] = {
    "a bearer token": lambda **given: BearerToken("secret", **given),
    "a key": lambda **given: APIKey("secret", **given),
    "client credentials": credentials,
}


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("url", PLAIN)
@pytest.mark.parametrize("scheme", [*SCHEMES.values(), OwnScheme], ids=[*SCHEMES, "its own"])
def test_cl_10_no_credentials_over_plain_http(scheme: Any, url: str, kind: str) -> None:
    transport, _ = TRANSPORTS[kind]
    with pytest.raises(ValueError, match="use https, because credentials are sent there"):
        Client(transport(url), auth=scheme())


OWN: dict[str, dict[str, str]] = {
    "authorization": {"Authorization": "Bearer secret"},
    "a cookie": {"Cookie": "session=secret"},
    "a key": {"X-API-Key": "secret"},
}


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
def test_cl_10_nor_a_transports_own(kind: str, headers: dict[str, str]) -> None:
    transport, _ = TRANSPORTS[kind]
    plain = "http://api.internal/graphql"
    for made in (
        transport(plain, headers=headers),
        transport("http://user:secret@api.internal/graphql"),
    ):
        with pytest.raises(ValueError, match="use https, because credentials") as caught:
            Client(made)
        assert "secret" not in str(caught.value)
        assert Client(made, auth=BearerToken("other", allow_http=True))
    assert Client(transport(plain, headers={"X-Tenant": "7"}))
    assert Client(transport("http://127.0.0.1:8080/graphql", headers=headers))
    assert Client(transport("https://api.internal/graphql", headers=headers))


def test_cl_10_nor_what_requests_authenticates_with() -> None:
    made = RequestsHTTPTransport("http://api.internal/graphql", auth=("user", "secret"))
    with pytest.raises(ValueError, match="use https, because credentials"):
        Client(made)


@pytest.mark.parametrize("url", PLAIN[:2])
@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_unless_the_caller_says_so(scheme: Any, url: str) -> None:
    assert Client(url, auth=scheme(allow_http=True))


@pytest.mark.parametrize("scheme", [*SCHEMES.values(), OwnScheme], ids=[*SCHEMES, "its own"])
def test_where_nobody_else_reads_them_they_go(scheme: Any) -> None:
    for url in ("https://api.internal/", "http://localhost:8080/", "http://[::1]/"):
        assert Client(url, auth=scheme())
    assert Client(ASGITransport(lambda *_: None), auth=scheme())  # type: ignore[arg-type]


def test_an_issuer_inside_a_mesh_is_asked_if_the_caller_says_so() -> None:
    mesh = "http://auth.mesh"
    with pytest.raises(ValueError, match="use https"):
        credentials(token_url=f"{mesh}/token")
    assert World().execute(credentials(token_url=f"{mesh}/token", allow_http=True)).status == 200
    world = World()
    metadata = {"issuer": mesh, "token_endpoint": f"{mesh}/token"}
    world.answer = lambda asked: (
        granted("token")
        if asked.method == "POST"
        else HTTPResponse(200, json.dumps(metadata).encode())
    )
    assert world.execute(credentials(issuer=mesh, token_url=None, allow_http=True)).status == 200


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_must_know_its_api(adapter: Any) -> None:
    with pytest.raises(ValueError, match="Say to which API"):
        adapter(credentials())
    for url in PLAIN:
        with pytest.raises(ValueError, match=r"use https|neither a user"):
            adapter(credentials(), api=url)
        with pytest.raises(ValueError, match=r"use https|neither a user"):
            adapter(credentials(resource=url))
    adapter(credentials(allow_http=True), api=PLAIN[0])
    adapter(credentials(resource="https://api.example/graphql"))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://127.0.0.1:{other}/",
        "http://localhost:{port}/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@127.0.0.1:{other}/",
    ],
)
def test_cl_11_an_adapter_sends_the_token_to_its_api_only(
    pair: Pair, adapter: Any, elsewhere: str
) -> None:
    with Faulty(faulty.answer) as other:
        auth = adapter(pair.credentials(), api=pair.api)
        url = elsewhere.format(port=pair.port, other=other.url.rpartition(":")[2].split("/")[0])
        library: Any = {HTTPXAuth: httpx, HTTPX2Auth: httpx2, RequestsAuth: requests}[adapter]
        with pytest.raises(ValueError, match="is not sent to"):
            library.get(url, auth=auth)
    assert other.requests == []
    assert pair.token_requests == 0


def test_cl_11_a_token_endpoint_may_have_the_url_of_the_api() -> None:
    world = World()
    headers: dict[str, str] = {}
    conversation = Conversation(credentials(token_url=API), "POST", API)
    assert run(conversation.next_request(headers), world.ask)
    assert [asked.url for asked in world.asked] == [API]
    assert headers["authorization"] == "Bearer token1"
    assert not run(conversation.next_request({}, HTTPResponse(200, b"{}")), world.ask)


FAMILY: list[Any] = [(httpx, HTTPXAuth), (httpx2, HTTPX2Auth)]
SENT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "Authorization": ({}, ["authorization: bearer token1"]),
    "DPoP": ({"dpop": True}, ["authorization: dpop token1", "dpop: ey"]),
    "another": ({"header": "X-Token", "scheme": ""}, ["x-token: token1"]),
}


def issue(kind: str) -> Behaviour:
    """Give a token, at a socket."""
    body = b'{"access_token":"token1","expires_in":600,"token_type":"%b"}' % kind.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    return lambda c: c.sendall(head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def send(library: Any, url: str, auth: Any) -> Any:
    if library is requests:
        return requests.post(url, auth=auth, timeout=10)
    return library.post(url, auth=auth, follow_redirects=True, verify=TLS)


def send_async(library: Any, url: str, auth: Any) -> Any:
    async def post() -> Any:
        async with library.AsyncClient(auth=auth, follow_redirects=True, verify=TLS) as client:
            return await client.post(url)

    return asyncio.run(post())


@pytest.mark.parametrize(
    ("send", "library", "adapter"),
    [
        (send, requests, RequestsAuth),
        *((way, *each) for way in (send, send_async) for each in FAMILY),
    ],
)
@pytest.mark.parametrize("status", [b"302 Found", b"307 Temporary Redirect"])
@pytest.mark.parametrize(("given", "expected"), SENT.values(), ids=SENT)
def test_cl_12_a_redirect_takes_no_credentials_elsewhere(  # noqa: PLR0913, PLR0917
    send: Any, library: Any, adapter: Any, status: bytes, given: Any, expected: list[str]
) -> None:
    kind = "DPoP" if "dpop" in given else "Bearer"
    with Faulty(faulty.answer) as other, Faulty(issue(kind)) as issuer:
        place = b"Location: " + other.url.replace("127.0.0.1", "localhost").encode()
        with Faulty(faulty.status(b"401 No"), faulty.status(status, place)) as api:
            auth = adapter(credentials(token_url=issuer.url, **given), api=api.url)
            send(library, api.url, auth)
    for request in api.requests:
        assert all(f"\r\n{each}" in request.decode().lower() for each in expected)
    assert (len(api.requests), len(other.requests)) == (2, 1)
    for each in expected:
        assert f"\r\n{each.partition(':')[0]}:" not in other.requests[0].decode().lower()


@pytest.mark.parametrize(("library", "adapter"), FAMILY)
def test_headers_that_no_redirect_has_are_headers_like_others(library: Any, adapter: Any) -> None:
    with Faulty(issue("Bearer")) as issuer:
        given = credentials(token_url=issuer.url, header="X-Token", scheme="")
        request = library.Request("POST", API, headers={"X-Tenant": "7"})
        next(adapter(given, api=API, verify=TLS).sync_auth_flow(request))
    headers = request.headers
    assert headers["X-Token"] == "token1" == headers.get("x-token")
    assert headers.get_list("x-token") == ["token1"]
    assert "X-Token" in headers
    assert list(headers) == list(headers.keys())
    assert list(headers.values()) == [headers[name] for name in headers]
    assert dict(headers) == dict(headers.items()) == dict(headers.multi_items())
    assert len(headers) == len(headers.raw) == len(dict(headers)) == 4
    assert (b"X-Tenant", b"7") in headers.raw
    assert "token1" not in repr(headers)
    headers.update({"X-Token": "own"})
    assert headers["X-Token"] == "own"
    del headers["X-Token"]
    assert "X-Token" not in headers


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def texts_of(error: BaseException) -> str:
    """Return an exception as people and other processes get it, with those it is chained to."""
    return "\n".join(
        f"{each} {each!r} {pickle.dumps(each)!r} {vars(copy.copy(each))}" for each in chain(error)
    )


def shown_of(error: BaseException) -> str:
    """Return the texts, and the locals of all frames, which error trackers send."""
    told = (
        traceback.TracebackException.from_exception(e, capture_locals=True) for e in chain(error)
    )
    frames = (frame for each in told for frame in each.stack if "/tests/" not in frame.filename)
    return texts_of(error) + "\n".join(str(frame.locals) for frame in frames)


FAILURES: dict[str, Behaviour] = {
    "hang-up": faulty.hang_up,
    "reset in the body": faulty.reset_within_the_body,
    "no HTTP": faulty.no_http,
    "another coding": faulty.status(b"200 OK", b"Content-Encoding: gzip, gzip"),
    "a redirect": faulty.status(b"307 Away", b"Location: https://elsewhere.example/"),
    "too large": faulty.status(
        b"200 OK", b"Content-Type: application/json", b"X: " + b"y" * 70_000
    ),
    "a status": faulty.status(b"503 Busy", b"Content-Type: text/plain"),
    "too slow": faulty.say_nothing,
    "no token": faulty.answer,
}


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("where", ["issuer", "API"])
def test_cl_13_no_frame_of_a_failure_has_a_secret(
    failure: Behaviour, where: str, kind: str, pair: Pair
) -> None:
    with Faulty(failure) as server, pytest.raises(TrunklineError) as caught:
        call_with_secrets(kind, server.url, where, pair)
    shown = shown_of(caught.value)
    assert IN_THE_URL not in texts_of(caught.value)
    assert pair.secret not in shown
    assert "Bearer ey" not in shown
    assert SECRET not in shown


def call_with_secrets(kind: str, failing: str, where: str, pair: Pair) -> None:
    if where == "issuer":
        auth = credentials(token_url=failing, secret_in="form")
        call(kind, "http://127.0.0.1:1/graphql", QUERY, auth=auth, retry=None, timeout=0.5)
    else:
        url = f"{failing}?key={IN_THE_URL}"
        call(kind, url, QUERY, auth=pair.credentials(), retry=None, timeout=0.5)
        raise TrunklineError  # what an API answers may be an answer


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_cl_13_and_none_of_another_library(
    failure: Behaviour, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("calling.adapters", "requests"):  # the default is 10 s
        monkeypatch.setattr(f"trunkline.auth.{module}.TIMEOUT", 1.0)
    with Faulty(failure) as server, pytest.raises(TrunklineError) as caught:
        way_to(way, server.url)
    assert SECRET not in shown_of(caught.value)


def way_to(way: Way, issuer: str) -> None:
    way(credentials(token_url=issuer, secret_in="form"), "http://127.0.0.1:1/api", b"")
