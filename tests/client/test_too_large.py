"""Responses that are larger than they look: a server cannot fill the memory of its client."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
import subprocess
import sys
import tracemalloc
import zlib
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from backports import zstd
from tests.auth.calling.test_adapters import WAYS, Way
from tests.client.calling import TRANSPORTS
from tests.client.faulty import DATA, HEAD, Behaviour, Faulty
from tests.client.serving import QUERY, TODOS
from tests.client.test_faults import call

from trunkline import (
    Client,
    ProtocolError,
    ResponseTooLargeError,
    SchemaError,
    TrunklineError,
)
from trunkline.auth import ClientCredentials
from trunkline.client.transports.asgi import ASGITransport
from trunkline.client.transports.rules import ReceivedBody
from trunkline.errors import TokenError
from trunkline.generate.client.schema import load_client_schema

LIMIT = 1_000_000
SIZE = 400_000_000  # bytes of a bomb
ZEROS = b"0" * 1_000_000


@pytest.fixture(params=TRANSPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def bomb(compressor: Any) -> bytes:
    pieces = [compressor.compress(ZEROS) for _ in range(SIZE // len(ZEROS))]
    return b"".join([*pieces, compressor.flush()])


BROTLI = b64decode(  # of 64 MiB: Python has no compressor
    "z///f/gnAOKxQCD3/p/////wTwDEYQGA7v0/////4Z8AiMMiAN37//z//8c/ARCHBQC69/8="
)
GZIPPED = bomb(zlib.compressobj(9, wbits=31))


def answer(body: bytes, coding: bytes = b"", line: bytes = HEAD) -> Behaviour:
    """Answer with a length and a coding."""
    head = line + (b"Content-Encoding: " + coding + b"\r\n" if coding else b"")
    return lambda connection: connection.sendall(
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    )


def without_end(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"%x\r\n" % len(ZEROS) + ZEROS + b"\r\n")


def until_it_closes(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Connection: close\r\n\r\n")
    while True:
        connection.sendall(ZEROS)


def long_length(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % 10**15)
    while True:
        connection.sendall(ZEROS)


def test_cl_08_small_pieces_take_no_more_memory_than_large_ones() -> None:
    body = ReceivedBody("http://api.example/", {}, LIMIT)
    tracemalloc.start()
    for _ in range(LIMIT // 2):
        body.add(bytes([65, 66]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * LIMIT
    assert len(body.whole()) == LIMIT


UNAVAILABLE = b"HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n"
LARGE: dict[str, Behaviour] = {
    "gzip": answer(GZIPPED, b"gzip"),
    "gzip of an error": answer(GZIPPED, b"gzip", UNAVAILABLE),
    "deflate": answer(bomb(zlib.compressobj(9)), b"deflate"),
    "zstd": answer(bomb(zstd.ZstdCompressor()), b"zstd"),
    "chunks without end": without_end,
    "until it closes": until_it_closes,
    "a long length": long_length,
}


@pytest.mark.parametrize("behaviour", LARGE.values(), ids=LARGE)
def test_cl_01_a_response_is_read_up_to_a_limit(behaviour: Behaviour, kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Faulty(behaviour) as server, pytest.raises(ResponseTooLargeError) as caught:
        call_with_limit(kind, server.url, LIMIT)
    told = str(caught.value)
    assert told.startswith(f"The response from {server.url} has more than 1,000,000 bytes after")
    assert "max_response_bytes" in told
    assert caught.value.limit == LIMIT
    assert not caught.value.retryable
    assert len(server.requests) == 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40_000  # KiB; the bombs have 400 MB


def call_with_limit(kind: str, url: str, limit: int) -> Any:
    transport, caller = TRANSPORTS[kind]
    made = caller(Client(transport(url, max_response_bytes=limit)))
    try:
        return made.execute(QUERY)
    finally:
        made.end()


def test_cl_01_a_brotli_bomb_is_refused_with_and_without_a_decoder(kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Faulty(answer(BROTLI, b"br")) as server, pytest.raises(TrunklineError):
        call_with_limit(kind, server.url, LIMIT)  # too large; or nothing decodes it
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB


def two_lengths(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"%x\r\n" % len(ZEROS) + ZEROS + b"\r\n")
    connection.sendall(b"0\r\n\r\n")


def test_cl_01_a_length_that_is_not_true_is_not_believed(kind: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Faulty(two_lengths) as server, pytest.raises(TrunklineError) as caught:
        call_with_limit(kind, server.url, LIMIT)
    assert isinstance(caught.value, ResponseTooLargeError) or "aiohttp" in kind
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB


def test_what_no_decoder_reads_is_not_requested_again(kind: str) -> None:
    with Faulty(answer(b"\x00", b"br")) as server, pytest.raises(ProtocolError):
        call(kind, server.url, QUERY)
    assert len(server.requests) == 1


def test_cl_02_there_is_a_limit_by_default(kind: str) -> None:
    with Faulty(LARGE["gzip"]) as server, pytest.raises(ResponseTooLargeError, match="33,554,432"):
        call(kind, server.url, QUERY)


@pytest.mark.parametrize("coding", [b"gzip, gzip", b"gzip,deflate", b"identity, gzip"])
def test_cl_03_a_coding_within_a_coding_is_refused(coding: bytes, kind: str) -> None:
    body = gzip.compress(gzip.compress(DATA))
    with Faulty(answer(body, coding)) as server, pytest.raises(ProtocolError) as caught:
        call(kind, server.url, QUERY)
    assert "compressed several times" in str(caught.value)


def test_cl_03_two_headers_are_two_codings(kind: str) -> None:
    body = gzip.compress(GZIPPED)
    head = HEAD + b"Content-Encoding: gzip\r\n"
    with (
        Faulty(answer(body, b"gzip", head)) as server,
        pytest.raises(ProtocolError) as caught,
    ):
        call(kind, server.url, QUERY)
    assert not isinstance(caught.value, ResponseTooLargeError)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(DATA)),
        (b"deflate", zlib.compress(DATA)),
        (b"zstd", zstd.compress(DATA)),
        (b"identity", DATA),
    ],
    ids=["gzip", "deflate", "zstd", "identity"],  # a gzip has the time in it
)
def test_one_coding_is_decoded_up_to_the_very_limit(coding: bytes, body: bytes, kind: str) -> None:
    with Faulty(answer(body, coding)) as server:
        assert call_with_limit(kind, server.url, len(DATA)) == TODOS
        with pytest.raises(ResponseTooLargeError):
            call_with_limit(kind, server.url, len(DATA) - 1)


def test_cl_04_a_deflate_bomb_does_not_end_the_process() -> None:
    program = """
import re, sys
from pathlib import Path
from trunkline import Client, ResponseTooLargeError
from trunkline.client.transports.pyreqwest import PyreqwestTransport
client = Client(PyreqwestTransport(sys.argv[1]))
try:
    client.execute("{ todos { title } }")
except ResponseTooLargeError:
    print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""
    with Faulty(LARGE["deflate"]) as server:
        told = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-c", program, server.url], capture_output=True, check=True
        )
    assert int(told.stdout) < 200_000  # KiB, of which the limit's bytes are twice there


async def endless(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": ZEROS, "more_body": True})


async def swallowing(scope: Any, receive: Any, send: Any) -> None:
    try:
        await endless(scope, receive, send)
    except ResponseTooLargeError:
        return


@pytest.mark.parametrize("application", [endless, swallowing])
def test_cl_05_an_application_in_this_process_has_the_limit_too(application: Any) -> None:
    client = Client(ASGITransport(application, max_response_bytes=LIMIT))
    with pytest.raises(ResponseTooLargeError):
        asyncio.run(client.execute_async(QUERY))


def test_cl_06_the_schema_of_a_generator_has_the_limit() -> None:
    with Faulty(LARGE["gzip"]) as server, pytest.raises(SchemaError, match="more than 33,554,432"):
        load_client_schema([server.url], {})


@pytest.fixture
def bombs() -> Iterator[Faulty]:
    with Faulty(LARGE["gzip"]) as server:
        yield server


def test_cl_07_a_token_endpoint_has_the_limit(bombs: Faulty, kind: str) -> None:
    auth = ClientCredentials(token_url=bombs.url, client_id="web", secret="s")
    with pytest.raises(TokenError, match="more than"):
        call(kind, "http://127.0.0.1:1/graphql", QUERY, auth=auth)


def ask(way: Way, issuer: str) -> None:
    auth = ClientCredentials(token_url=issuer, client_id="web", secret="s")
    way(auth, "http://127.0.0.1:1/api", b"")


@pytest.mark.parametrize("way", WAYS)
def test_cl_07_and_for_other_libraries(way: Way) -> None:
    with Faulty(without_end) as server, pytest.raises(TokenError, match="more than 1048576 bytes"):
        ask(way, server.url)


@pytest.mark.parametrize("way", WAYS)
def test_cl_07_and_nothing_is_decompressed_there(way: Way) -> None:
    with Faulty(LARGE["gzip"]) as server, pytest.raises(TokenError, match="is not JSON"):
        ask(way, server.url)
    assert b"accept-encoding: identity" in server.requests[0].lower()
