"""uvicorn with our protocol class: what goes which way, and that nobody sees a difference.

`test_sockets.py`, `test_disconnect.py` and `tests/asgi/test_serving.py` run with it, too.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from select import select
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route
from tests.server.test_sockets import chunked, length_of, post
from tests.serving import serving
from tests.waiting import PATIENCE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trunkline.auth import Assumed, Caller
from trunkline.auth.verifying.caller import Challenge
from trunkline.errors import AccessDeniedError
from trunkline.server import GraphQL, current_response, make_executable_schema, parse_schema
from trunkline.server.lean import Protocol

SOON = 0.2
SDL = """
directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION
type Query {
  way: String!
  awaited: String!
  pause: String!
  remembered: String!
  raised: String
  refused: String
  header: String
  exit: String
  secret: String @policy(policies: [["any"]])
}
"""
WAY = b'{"query": "{ way }"}'
AWAITED = b'{"query": "{ awaited }"}'
DIRECT, TASK = b'{"data":{"way":"direct"}}', b'{"data":{"way":"task"}}'
WAITED = b'{"data":{"awaited":"task, task"}}'
TEXT = PlainTextResponse("text")
remembered: ContextVar[str] = ContextVar("remembered", default="nothing")


def way() -> str:
    """Say whether a request is executed in a task, or directly."""
    return "direct" if asyncio.current_task() is None else "task"


class Query:
    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._released = asyncio.Event()

    def way(self) -> str:
        current_response().headers["x-way"] = "here"
        return way()

    async def awaited(self) -> str:
        current_response().headers["x-way"] = "here"
        first = way()
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)
        return f"{first}, {way()}"

    async def pause(self) -> str:
        self._loop = asyncio.get_running_loop()
        await self._released.wait()
        return "over"

    def release(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._released.set)

    def remembered(self) -> str:
        before = remembered.get()
        remembered.set("what another request did")
        return before

    def raised(self) -> str:
        raise KeyError("x")

    def refused(self) -> str:
        raise GraphQLError("No.")

    def header(self) -> str:
        current_response().headers["x-name"] = "two\nlines"
        return ""

    def exit(self) -> None:
        raise SystemExit(1)

    def secret(self) -> str:
        return way()


def endpoint(query: Query | None = None, **options: Any) -> GraphQL:
    schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=query or Query()))
    return GraphQL(schema, **{"auth": Assumed(Caller("shop")), "sinks": (), **options})


@contextmanager
def connected(app: Any, **options: Any) -> Iterator[socket.socket]:
    with (
        serving(app, **{"http": Protocol, **options}) as port,
        socket.create_connection(("127.0.0.1", port), PATIENCE) as client,
    ):
        yield client


def responses(client: socket.socket, number: int) -> Iterator[tuple[bytes, bytes]]:
    """Receive so many responses; give their heads and bodies."""
    buffer = b""
    while number:
        head, end, rest = buffer.partition(b"\r\n\r\n")
        length = length_of(head) or 0
        if end and len(rest) >= length:
            yield head, rest[:length]
            buffer = rest[length:]
            number -= 1
        else:
            received = client.recv(65_536)
            assert received, buffer
            buffer += received


def ask(client: socket.socket, body: bytes, *headers: str) -> bytes:
    client.sendall(post(body, *headers))
    return next(body for _, body in responses(client, 1))


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """Serve nothing."""


class Between:
    """A middleware."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


def alone(app: Any) -> Any:
    return app


def at(path: str, *others: Any, **options: Any) -> Any:
    """Return what puts an endpoint into a route, behind other routes."""
    return lambda app: Starlette(routes=[*others, Route(path, app, **options)])


def between(app: Any) -> Any:
    return Starlette(routes=[Route("/graphql", app)], middleware=[Middleware(Between)])


def in_fastapi(app: Any) -> Any:
    found = FastAPI()
    found.routes.append(Route("/graphql", app))
    return found


WAYS = {
    "alone": (alone, {}, (), DIRECT),
    "without proxies": (alone, {"proxy_headers": False}, (), DIRECT),
    "behind a proxy": (alone, {}, ("X-Forwarded-For: 192.0.2.1",), DIRECT),
    "kept alive": (alone, {}, ("Connection: keep-alive",), DIRECT),
    "closed": (alone, {}, ("Connection: close",), TASK),
    "over the limit": (alone, {"limit_concurrency": 1}, (), b"Service Unavailable"),
    "another application": (Between, {}, (), TASK),
    "in a route": (at("/graphql"), {}, (), DIRECT),
    "behind another route": (at("/graphql", Route("/other", TEXT)), {}, (), DIRECT),
    "in a route with methods": (at("/graphql", methods=["POST"]), {}, (), TASK),
    "in a route with a middleware": (
        at("/graphql", middleware=[Middleware(Between)]),
        {},
        (),
        TASK,
    ),
    "in a route with a parameter": (at("/{any}"), {}, (), TASK),
    "hidden by a mount": (at("/graphql", Mount("/", TEXT)), {}, (), b"text"),
    "hidden by a host": (at("/graphql", Host("localhost", TEXT)), {}, (), b"text"),
    "behind a middleware": (between, {}, (), TASK),
    "in FastAPI": (in_fastapi, {}, (), TASK),
}


@pytest.mark.parametrize(("make", "options", "headers", "answer"), WAYS.values(), ids=WAYS)
def test_which_way_a_request_goes(
    make: Any, options: Any, headers: tuple[str, ...], answer: bytes
) -> None:
    with connected(make(endpoint()), **options) as client:
        assert ask(client, WAY, *headers) == answer


def test_with_an_access_log_all_requests_go_uvicorns_way(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", True)
    with (
        caplog.at_level("INFO", "uvicorn.access"),
        connected(endpoint(), access_log=True) as client,
    ):
        assert ask(client, WAY) == TASK
    assert '"POST /graphql HTTP/1.1" 200' in caplog.text


REQUESTS = {
    "GET": b"GET /graphql?query={way} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a query string": post(WAY).replace(b"/graphql", b"/graphql?a=b", 1),
    "an escaped path": post(WAY).replace(b"/graphql", b"/%67raphql", 1),
    "HTTP/1.0": post(WAY).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "HTTP/1.0, kept alive": post(WAY, "Connection: Keep-Alive").replace(b"1.1", b"1.0", 1),
    "an upgrade": post(WAY, "Connection: Upgrade", "Upgrade: h2c"),
    "a body": post(WAY),
    "chunks": chunked(WAY[:5], WAY[5:], b""),
    "no JSON": post(b"{"),
    "no document": post(b"{}"),
    "a compressed body": post(WAY, "Content-Encoding: gzip"),
    "a large body": post(b" " * 70_000),
    "many headers": post(WAY, *[f"X-{number}: y" for number in range(1_000)]),
    "a wrong document": post(b'{"query": "query ($a: Int!) { way(a: $a) }"}'),
    "awaited": post(AWAITED),
    "an exception": post(b'{"query": "{ raised }"}'),
    "a refusal": post(b'{"query": "{ refused }"}'),
    "a header that cannot be": post(b'{"query": "{ header }"}'),
    "two": post(WAY) + post(AWAITED),
}
_ID = re.compile(rb"[0-9a-f]{8,}")
_WAY = re.compile(rb"direct|task(?!,)(?<!, task)")


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """Serve the same with both protocols."""
    app = endpoint(max_body_bytes=65_536)
    with serving(app, http=Protocol) as ours, serving(app, http=HttpToolsProtocol) as theirs:
        yield ours, theirs


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_response_is_the_same(ports: tuple[int, int], request_: bytes) -> None:
    number = request_.count(b"HTTP/1.")
    found: list[Any] = []
    for port in ports:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(request_)
            found.append([comparable(*each) for each in responses(client, number)])
    assert found[0] == found[1]


def comparable(head: bytes, body: bytes) -> Any:
    first, *lines = head.lower().split(b"\r\n")
    headers = {each for each in lines if not each.startswith((b"date:", b"content-length:"))}
    return first, headers, _ID.sub(b"", body).replace(b"direct", b"task")


def test_what_awaits_goes_on_in_a_task() -> None:
    with connected(endpoint()) as client:
        client.sendall(post(AWAITED) + post(WAY) + post(AWAITED) + post(WAY))
        assert [body for _, body in responses(client, 4)] == [WAITED, TASK] * 2
        assert ask(client, WAY) == DIRECT


class Checked:
    """An authenticator that waits, and knows only the client ``shop``."""

    challenge = Challenge("test")

    def recall(self, _scope: Any, _headers: Any) -> Caller | None:
        return None

    async def authenticate(self, scope: Any) -> Caller:
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)
        if (b"x-name", b"shop") in scope["headers"]:
            return Caller("shop")
        raise AccessDeniedError(401, "No.", "invalid_token")


async def decide(_caller: Any, names: frozenset[str]) -> frozenset[str]:
    async with asyncio.timeout(PATIENCE):
        await asyncio.sleep(0)
    return names


def test_what_a_program_awaits_is_in_a_task() -> None:
    with connected(endpoint(auth=Checked())) as client:
        assert ask(client, WAY, "X-Name: shop") == TASK
        assert b"UNAUTHENTICATED" in ask(client, WAY)
    with connected(endpoint(policies=decide)) as client:
        assert ask(client, b'{"query": "{ secret }"}') == b'{"data":{"secret":"task"}}'


def test_a_long_document_is_compiled_in_a_thread() -> None:
    body = b'{"query": "{ way %s }"}' % (b" " * 3_000)
    with connected(endpoint()) as client:
        assert ask(client, body) == TASK
        assert ask(client, body) == DIRECT


@pytest.mark.parametrize("protocol", [Protocol, HttpToolsProtocol])
def test_requests_with_the_same_head(protocol: Any) -> None:
    other = b'{"query": "{way  }"}'
    assert len(other) == len(WAY)
    with connected(endpoint(), http=protocol) as client:

        def ask_in(*pieces: bytes) -> list[bytes]:
            number = b"".join(pieces).count(b"POST")
            for piece in pieces:
                client.sendall(piece)
                select([], [], [], 0.01)
            return [_WAY.sub(b"way", body) for _, body in responses(client, number)]

        way = [b'{"data":{"way":"way"}}']
        head = post(WAY).removesuffix(WAY)
        assert ask_in(post(WAY)) == way
        assert ask_in(post(WAY)) == way
        assert ask_in(post(other)) == way
        assert ask_in(head, WAY) == way
        assert ask_in(head + WAY[:5], WAY[5:]) == way
        assert ask_in(head[:9], head[9:] + WAY) == way
        assert ask_in(post(WAY) + post(WAY)) == way * 2
        assert ask_in(post(WAY) + head, WAY) == way * 2
        assert ask_in(post(AWAITED)) == ask_in(post(AWAITED)) == [WAITED]
        assert ask_in(post(b'{"query": "{ way }"]')) != way
        assert ask_in(chunked(WAY, b"")) == ask_in(chunked(WAY, b"")) == way
        for number in range(9):
            assert ask_in(post(WAY, f"X-Number: {number}")) == way
        assert ask_in(b"\r\n" + post(WAY)) == ask_in(post(WAY)) == way


def test_a_token_is_checked_again_with_each_request() -> None:
    class Once(Assumed):
        def recall(self, _scope: Any, _headers: Any) -> Caller | None:
            self.calls = getattr(self, "calls", 0) + 1
            return Caller("shop") if self.calls < 3 else None

        async def authenticate(self, _scope: Any) -> Caller:
            raise AccessDeniedError(401, "No.", "invalid_token")

    with connected(endpoint(auth=Once(Caller("shop")))) as client:
        assert [ask(client, WAY) for _ in range(2)] == [DIRECT] * 2
        assert b"UNAUTHENTICATED" in ask(client, WAY)


@pytest.mark.parametrize("make", [alone, at("/graphql")], ids=["alone", "in a route"])
def test_the_scope_is_the_same(make: Any) -> None:
    seen: list[dict[str, Any]] = []
    for protocol, times in ((Protocol, 1), (Protocol, 2), (HttpToolsProtocol, 1)):
        app = make(endpoint(context=lambda scope: seen.append(dict(scope))))
        with connected(app, http=protocol, root_path="/shop") as client:
            for _ in range(times):
                ask(client, WAY, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https")
        if make is not alone:
            assert seen[-1].pop("app") is app
            assert seen[-1].pop("router") is app.router
            assert seen[-1].pop("route") is app.routes[0]
            assert seen[-1].pop("endpoint") is app.routes[0].endpoint
        del seen[-1]["server"]  # its port
        seen[-1].pop("starlette.exception_handlers", None)  # of a middleware of Starlette's
    assert seen[0] == seen[2] == seen[3]
    assert seen[0]["client"] == ("192.0.2.1", 0)


def test_a_request_knows_nothing_of_another() -> None:
    with connected(endpoint()) as client:
        for _ in range(2):
            found = ask(client, b'{"query": "{ remembered }"}')
            assert found == b'{"data":{"remembered":"nothing"}}'


@pytest.mark.parametrize("protocol", [Protocol, HttpToolsProtocol])
def test_an_exit_of_a_resolver_ends_its_request_only(
    protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(endpoint(), http=protocol) as client:
        assert ask(client, b'{"query": "{ exit }"}') == b"Internal Server Error"
    assert "Exception in ASGI application" in caplog.text


@pytest.mark.parametrize("protocol", [Protocol, HttpToolsProtocol])
def test_a_sink_that_exits_ends_the_connection(
    protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def sink(_event: Any) -> None:
        raise SystemExit(1)

    with connected(endpoint(sinks=[sink]), http=protocol) as client:
        assert b"data" in ask(client, WAY)
        assert client.recv(1) == b""
    assert "Exception in ASGI application" in caplog.text


def test_an_idle_connection_is_closed_and_a_busy_one_is_not() -> None:
    query = Query()
    with connected(endpoint(query), timeout_keep_alive=SOON) as client:
        assert ask(client, WAY) == DIRECT
        client.sendall(post(b'{"query": "{ pause }"}'))
        assert select([client], [], [], 3 * SOON)[0] == []
        query.release()
        assert [body for _, body in responses(client, 1)] == [b'{"data":{"pause":"over"}}']
        client.sendall(b"\r\n")  # is no request
        assert client.recv(1) == b""


def test_a_uvicorn_that_starts_tasks_elsewhere_is_refused() -> None:
    program = """
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
del HttpToolsProtocol._start_asgi_task
import trunkline.server.lean
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: trunkline.server.lean needs uvicorn"
    )


def test_requests_are_counted() -> None:
    with connected(endpoint(), limit_max_requests=2) as client:
        assert ask(client, WAY) == DIRECT
        assert ask(client, AWAITED) == WAITED
        assert client.recv(1) == b""  # the server ends
