"""The endpoint behind granian, whose reading of bodies differs from uvicorn's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from benchmarks.load import free_port
from tests.server.test_sockets import QUERY, chunked, post, read_answers
from tests.waiting import PATIENCE, until

pytest.importorskip("granian")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--factory", "--interface", "asgi", "--no-log"]
    app = "tests.server.calling:Endpoint"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*command, "--port", str(port), app], env=env) as process:  # noqa: S603
        try:
            until(lambda: ask(port, post(QUERY)) == [200], "granian does not start")
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


def ask(port: int, request: bytes) -> list[int]:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(request)
        return read_answers(client, 1)


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nab\r\n",
        b"-5\r\nabcde\r\n",
        b"2\r\nabcd\r\n",
        b"\r\nab\r\n",
        b"0x2\r\nab\r\n",
        b"f" * 30,
    ],
)
def test_T_04_malformed_chunks(port: int, chunks: bytes) -> None:  # noqa: N802
    assert ask(port, chunked() + chunks + b"0\r\n\r\n") == [400]


def test_the_method_query(port: int) -> None:
    assert ask(port, post(QUERY).replace(b"POST", b"QUERY", 1)) == [200]


def test_T_04_a_malformed_chunk_after_a_good_one(port: int) -> None:  # noqa: N802
    assert ask(port, chunked(QUERY) + b"zz\r\n\r\n") == [400]
    assert ask(port, chunked(QUERY, b"")) == [200]
