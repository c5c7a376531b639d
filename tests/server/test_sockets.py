"""The endpoint behind uvicorn, spoken to byte by byte: what no well-bred client sends.

Whatever comes, the process lives, and the sender gets a fitting status or a closed connection
within the timeout; never a 5xx, never silence. Names with ``T_`` are the attacks.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select
from typing import Any, NamedTuple

import pytest
from tests.server.calling import Endpoint
from tests.serving import serving
from tests.waiting import PATIENCE, until

BODY_SECONDS = 0.3
QUERY = json.dumps({"query": '{ todo(id: "1") { title } }'}).encode()
MILK = b'{"data":{"todo":{"title":"Milk"}}}'


class Server(NamedTuple):
    port: int
    endpoint: Endpoint


SERVERS = {
    "httptools-uvloop": {"http": "httptools", "loop": "uvloop"},
    "h11-asyncio": {"http": "h11", "loop": "asyncio"},
    "lean-uvloop": {"http": "trunkline.server.lean:Protocol", "loop": "uvloop"},
    "lean-asyncio": {"http": "trunkline.server.lean:Protocol", "loop": "asyncio"},
}


@contextmanager
def serve(name: str) -> Iterator[Server]:
    endpoint = Endpoint(body_timeout=BODY_SECONDS, max_body_bytes=65_536)
    options: dict[str, Any] = {**SERVERS[name], "timeout_keep_alive": PATIENCE}
    with serving(endpoint, **options) as port:
        yield Server(port, endpoint)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param.endswith("uvloop"):
        pytest.importorskip("uvloop")  # there is none for Windows
    with serve(request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def unhurt(server: Server) -> Iterator[None]:
    """After each test the server answers the next client."""
    yield
    with connect(server) as client:
        client.sendall(post(QUERY))
        assert read_answers(client, 1) == [200]


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), PATIENCE)


def post(body: bytes, *headers: str, length: object = None) -> bytes:
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*chunks: bytes, headers: tuple[str, ...] = ()) -> bytes:
    head = post(b"", *headers, "Transfer-Encoding: chunked")
    return head.replace(b"Content-Length: 0\r\n", b"") + b"".join(
        b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks
    )


def send(client: socket.socket, data: bytes) -> None:
    """Send as much as the server takes; it may well hang up in between."""
    with suppress(BrokenPipeError, ConnectionResetError):
        client.sendall(data)


def receive(client: socket.socket) -> bytes:
    """Receive what comes, empty at the end; a reset is an end as well."""
    try:
        return client.recv(65_536)
    except ConnectionResetError:
        return b""


def read_answers(client: socket.socket, number: int) -> list[int]:
    """Read so many answers, or up to the end of the connection; return their statuses."""
    return [status for status, _ in read_whole_answers(client, number)]


def read_whole_answers(client: socket.socket, number: int) -> list[tuple[int, bytes]]:
    answers: list[tuple[int, bytes]] = []
    buffer = b""
    while len(answers) < number:
        received = b"" if is_whole(buffer) else receive(client)
        buffer += received
        if not received and not buffer:
            break
        if not received or is_whole(buffer):
            head, _, rest = buffer.partition(b"\r\n\r\n")
            length = length_of(head)
            answers.append((int(head.split(b" ")[1]), rest[:length]))
            buffer = b"" if length is None else rest[length:]
    return answers


def is_whole(buffer: bytes) -> bool:
    head, found, rest = buffer.partition(b"\r\n\r\n")
    length = length_of(head)
    return bool(found) and length is not None and len(rest) >= length


def length_of(head: bytes) -> int | None:
    """Read an answer's length; ``None``, as in uvicorn's own 400 on h11, lasts to the end."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None


def is_closed(client: socket.socket) -> bool:
    """Wait for the end of the connection; ``socket.timeout`` says that it does not come."""
    while receive(client):
        pass
    return True


def test_keep_alive(server: Server) -> None:
    with connect(server) as client:
        for _ in range(3):
            client.sendall(post(QUERY))
            assert read_whole_answers(client, 1) == [(200, MILK)]


def test_T_06_a_slow_body(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(post(b"", length=1_000))
        while not select([client], [], [], BODY_SECONDS / 5)[0]:
            send(client, b" ")  # a trickle does not move the deadline: the body never gets whole
        assert read_answers(client, 1) == [408]
        assert is_closed(client)


def test_T_06_a_body_that_nobody_reads(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(post(b"x", length=10**9).replace(b"application/json", b"text/plain"))
        assert read_answers(client, 1) == [415]
        assert is_closed(client)


def test_a_client_that_goes_away_in_its_body(server: Server) -> None:
    server.endpoint.events.clear()
    with connect(server) as client:
        client.sendall(post(QUERY[:10], length=len(QUERY)))
    events = server.endpoint.events
    until(lambda: "disconnected" in [event.outcome for event in list(events)], "nobody noticed")


def test_a_half_closed_connection(server: Server) -> None:
    with connect(server) as client:
        client.sendall(post(QUERY[:10], length=len(QUERY)))
        client.shutdown(socket.SHUT_WR)
        assert read_answers(client, 1) in ([], [400], [408])
        assert is_closed(client)


@pytest.mark.parametrize("size", [70_000, 1_000_000])
def test_T_04_a_body_over_the_limit(server: Server, size: int) -> None:  # noqa: N802
    with connect(server) as client:
        send(client, post(b" " * size))
        assert read_answers(client, 1) in ([413], [])  # a reset may overtake the answer
        assert is_closed(client)


def test_T_04_a_body_that_only_says_so(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(post(b"", length=65_537))
        assert read_answers(client, 1) == [413]
        assert is_closed(client)


def test_T_04_no_100_continue_for_a_body_over_the_limit(  # noqa: N802
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.endpoint._bodies, "_seconds", PATIENCE)  # this body comes
    with connect(server) as client:
        client.sendall(post(b"", "Expect: 100-continue", length=65_537))
        assert read_answers(client, 1) == [413]
    with connect(server) as client:
        client.sendall(post(b"", "Expect: 100-continue", length=len(QUERY)))
        assert client.recv(65_536).startswith(b"HTTP/1.1 100 ")
        client.sendall(QUERY)
        assert read_answers(client, 1) == [200]


def test_T_04_chunks_over_the_limit(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        send(client, chunked(*[b" " * 10_000] * 7))
        assert read_answers(client, 1) == [413]
        assert is_closed(client)


def test_T_04_chunks_without_an_end(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(chunked(QUERY))
        assert read_answers(client, 1) == [408]
        assert is_closed(client)


def test_chunks(server: Server) -> None:
    with connect(server) as client:
        client.sendall(chunked(QUERY[:5], QUERY[5:]) + b"0\r\n\r\n")
        assert read_answers(client, 1) == [200]


@pytest.mark.parametrize("length", ["-1", "+5", "x", "1e3", "0x10", "5, 6", "9" * 30, "9" * 5_000])
def test_T_04_a_wrong_content_length(server: Server, length: str) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(post(QUERY, length=length))
        assert read_answers(client, 1) in ([400], [413])
        assert is_closed(client)


def test_T_04_a_content_length_that_is_too_small(server: Server) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(post(QUERY, length=5))
        assert read_answers(client, 1) == [400]  # the body
        client.shutdown(socket.SHUT_WR)
        assert set(read_answers(client, 2)) <= {400}  # what looks like a request
        assert is_closed(client)


SMUGGLED = b"0\r\n\r\nGET /graphql?query={__typename} HTTP/1.1\r\nHost: localhost\r\n\r\n"

SMUGGLING = {
    "CL and TE": post(SMUGGLED, "Transfer-Encoding: chunked"),
    "TE and CL": post(SMUGGLED, "Transfer-Encoding: chunked", length=3),
    "two lengths": post(QUERY, "Content-Length: 5"),
    "TE that is not chunked": post(QUERY, "Transfer-Encoding: gzip"),
    "TE twice": post(SMUGGLED, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "space before the colon": post(QUERY, "Content-Length : 5"),
    "a header without a colon": post(QUERY, "nonsense"),
    "a NUL in a header": post(QUERY, "X-A: \0"),
    "a chunk of a negative size": chunked() + b"-5\r\nabcde\r\n0\r\n\r\n",
    "a chunk of no size": chunked() + b"x\r\n",
    "a chunk longer than it says": chunked() + b"1\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_T_15_smuggling(server: Server, request_: bytes) -> None:  # noqa: N802
    with connect(server) as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        statuses = read_answers(client, 3)
        assert statuses in ([400], [408], [], [400, 400])
        assert is_closed(client)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /graphql HTTP/9.9\r\n\r\n",
        b"\0" * 1_000,
        b"GET\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: -\r\n\r\n",
    ],
)
def test_no_http(server: Server, request_: bytes) -> None:
    with connect(server) as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        assert read_answers(client, 1) in ([400], [405], [422], [])
        assert is_closed(client)


def test_pipelined_requests(server: Server) -> None:
    get = b"GET /graphql?query={ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(server) as client:
        client.sendall(post(QUERY) + post(b"{}") + get + post(QUERY))
        assert read_answers(client, 4) == [200, 422, 400, 200]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b"[]", b'{"query":"{"}', b"\xff" * 100])
def test_keep_alive_after_errors(server: Server, body: bytes) -> None:
    with connect(server) as client:
        client.sendall(post(body))
        (status,) = read_answers(client, 1)
        assert status in {400, 422}
        client.sendall(post(QUERY))
        assert read_answers(client, 1) == [200]


LARGE_HEADERS = {
    "1 MB of token": ["Authorization: Bearer " + "x" * 1_000_000],
    "10,000 headers": [f"X-{number}: y" for number in range(10_000)],
    "10,000 times one header": ["X-A: y"] * 10_000,
}


@pytest.mark.parametrize("headers", LARGE_HEADERS.values(), ids=LARGE_HEADERS.keys())
def test_T_08_large_headers(server: Server, headers: list[str]) -> None:  # noqa: N802
    with connect(server) as client:
        send(client, post(QUERY, *headers))
        statuses = read_answers(client, 1)
        assert statuses in ([431], [400], [])  # [] where a reset overtook the answer
        assert is_closed(client)


def test_a_long_url(server: Server) -> None:
    with connect(server) as client:
        send(client, b"GET /graphql?query=" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_answers(client, 1) in ([414], [400], [])


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods(server: Server, method: str) -> None:
    with connect(server) as client:
        headers = b"Host: a\r\nConnection: close\r\n\r\n"
        client.sendall(method.encode() + b" /graphql HTTP/1.1\r\n" + headers)
        head = client.recv(65_536)
        assert head.startswith(b"HTTP/1.1 405 ")
        assert b"\r\nallow: get, head, post, query\r\n" in head.lower()
        assert is_closed(client)


def test_head_is_get_without_the_body(server: Server) -> None:
    with connect(server) as client:
        heads = [head_of(client, method) for method in (b"HEAD", b"GET")]
        assert heads[0] == heads[1]
        client.sendall(post(QUERY))  # the next response follows the head at once
        assert read_answers(client, 1) == [200]


def head_of(client: socket.socket, method: bytes) -> list[bytes]:
    """Read a response to its end; return its head, without the time."""
    client.sendall(method + b" /graphql?query={__typename} HTTP/1.1\r\nHost: a\r\n\r\n")
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    while method == b"GET" and len(body) < (length_of(head) or 0):
        body += client.recv(65_536)
    return [each for each in head.lower().split(b"\r\n") if not each.startswith(b"date:")]


def test_the_method_query(server: Server) -> None:
    with connect(server) as client:
        client.sendall(post(QUERY).replace(b"POST", b"QUERY", 1))
        assert read_answers(client, 1) == [200]


def test_a_websocket_handshake(server: Server) -> None:
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    with connect(server) as client:
        lines = ["GET /graphql HTTP/1.1", "Host: a", *upgrade, "Sec-WebSocket-Key: eA==", "", ""]
        client.sendall("\r\n".join(lines).encode())
        (status,) = read_answers(client, 1)
        assert status // 100 == 4


def test_many_clients_that_say_nothing(server: Server) -> None:
    clients = [connect(server) for _ in range(100)]
    for client in clients:
        client.sendall(b"POST /graphql HTTP/1.1\r\nHost")
    with connect(server) as client:
        client.sendall(post(QUERY))
        assert read_answers(client, 1) == [200]
    for client in clients:
        client.close()
