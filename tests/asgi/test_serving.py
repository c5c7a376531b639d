"""uvicorn within bounds: what a stranger sends before there is a request costs little.

Names with ``T_`` are attacks, as in `tests/server/test_sockets.py`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import repeat

import pytest
from tests.server.calling import Endpoint
from tests.server.test_sockets import QUERY, chunked, post, read_answers
from tests.serving import serving
from tests.waiting import PATIENCE

from trunkline.asgi.serving import BoundedProtocol
from trunkline.server.lean import Protocol

SOON = 0.2
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(params=[BoundedProtocol, Protocol])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with serving(Endpoint(), http=request.param) as port:
        yield port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def pour(client: socket.socket, data: bytes, most: int) -> int:
    """Send the same bytes until the server hangs up; return how many it took."""
    taken = 0
    try:
        for piece in repeat(data, most // len(data)):
            client.sendall(piece)
            taken += len(piece)
    except OSError:
        pass
    return taken


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        pytest.param(HEAD, b"X: " + b"a" * 1_000 + b"\r\n", id="many headers"),
        pytest.param(HEAD + b"X: ", b"a" * 1_000, id="one header"),
        pytest.param(b"GET /", b"a" * 1_000, id="a path"),
        pytest.param(b"", b"A" * 1_000, id="a method"),
        pytest.param(CHUNKED + b"1;", b"a" * 1_000, id="an extension of a chunk"),
        pytest.param(CHUNKED + b"0\r\nX: ", b"a" * 1_000, id="one trailer"),
    ],
)
def test_T_08_what_never_ends_is_not_collected(port: int, begin: bytes, more: bytes) -> None:  # noqa: N802
    with connect(port) as client:
        client.sendall(begin)
        assert pour(client, more, 50_000_000) < 25_000_000  # with what the sockets hold
    with connect(port) as client:
        client.sendall(post(QUERY))
        assert read_answers(client, 1) == [200]


@pytest.mark.parametrize("begin", [b"", b"POST /graphql HT", HEAD])
def test_T_06_slow_headers(monkeypatch: pytest.MonkeyPatch, port: int, begin: bytes) -> None:  # noqa: N802
    monkeypatch.setattr("trunkline.asgi.serving._HEAD_SECONDS", SOON)
    with connect(port) as client:
        client.sendall(begin)
        assert client.recv(1) == b""


def test_T_06_slow_headers_of_a_later_request(monkeypatch: pytest.MonkeyPatch, port: int) -> None:  # noqa: N802
    monkeypatch.setattr("trunkline.asgi.serving._HEAD_SECONDS", SOON)
    with connect(port) as client:
        client.sendall(post(QUERY))
        assert read_answers(client, 1) == [200]
        client.sendall(HEAD)
        assert client.recv(1) == b""


def test_large_bodies_and_many_chunks_pass(port: int) -> None:
    large = QUERY + b" " * 900_000
    with connect(port) as client:
        for request in (post(large), post(QUERY), chunked(*[b" "] * 20_000, QUERY, b"")):
            client.sendall(request)
            assert read_answers(client, 1) == [200]
