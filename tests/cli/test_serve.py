"""`trunkline serve` as a process: it stops and starts again, whatever is in flight."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError

from benchmarks.load import free_port
from tests.cli.test_init import ask, eventually, eventually_served
from tests.waiting import PATIENCE

APP = """
import asyncio
from types import SimpleNamespace
from trunkline.server import GraphQL, make_executable_schema, parse_schema

class Query:
    def version(self) -> int:
        return 1

    async def slow(self) -> str:
        print("it runs", flush=True)
        await asyncio.sleep(3_600)
        return ""

schema = parse_schema("type Query { version: Int!  slow: String! }")
app = GraphQL(make_executable_schema(schema, SimpleNamespace(query=Query())), auth=None)
"""
SLOW = b'{"query": "{ slow }"}'
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(SLOW), SLOW)
)
# the command, with a second instead of ten, and ten connections instead of a thousand
PROGRAM = """
import trunkline.asgi.serving
trunkline.asgi.serving.GRACEFUL_SECONDS = 1
trunkline.asgi.serving.MOST_CONNECTIONS = 10
from trunkline.cli import main
main()
"""


@contextmanager
def running(folder: Path, *options: str) -> Generator[subprocess.Popen[str]]:
    (folder / "service.py").write_text(APP, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, "serve", "service:app", *options]
    with subprocess.Popen(  # noqa: S603
        command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def in_flight(process: subprocess.Popen[str], port: int) -> Generator[socket.socket]:
    """Send the slow query, and wait until its resolver runs."""
    eventually({"version": 1}, ask, port, "{ version }")
    assert process.stdout is not None
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(REQUEST)
        assert process.stdout.readline() == "it runs\n"
        yield client


def test_T_06_a_query_in_flight_does_not_hold_the_signal(tmp_path: Path) -> None:  # noqa: N802
    port = free_port()
    with running(tmp_path, "--port", str(port)) as process, in_flight(process, port):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM  # by `sys.exit`, so logs are written


def test_T_08_connections_beyond_the_bound_get_503(tmp_path: Path) -> None:  # noqa: N802
    port = free_port()
    with running(tmp_path, "--port", str(port)) as process, in_flight(process, port):
        with ExitStack() as idle:
            for _ in range(10):
                idle.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            eventually(503, status, port)
        eventually({"version": 1}, ask, port, "{ version }")


def status(port: int) -> int:
    try:
        ask(port, "{ version }")
    except HTTPError as error:
        return error.code
    return 200


def test_a_query_in_flight_does_not_hold_the_reload(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, "--reload", "--port", str(port)) as process, in_flight(process, port):
        changed, service = APP.replace("return 1", "return 12"), tmp_path / "service.py"
        eventually_served(changed, service, {"version": 12}, port, "{ version }")
