"""Health, in process; and as a process that gets SIGTERM while an operation is in flight."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from benchmarks.load import free_port
from tests.server.calling import Reply, exchange
from tests.waiting import PATIENCE, until

from trunkline.server import Health, HealthCheck


async def ask(health: Any, path: str = "/readyz", method: str = "GET") -> Reply:
    reply = await exchange(health, method, {}, [], path=path)
    assert reply is not None
    return reply


def says(*said: str | Exception | None) -> HealthCheck:
    """Make a check that finds one thing after the other."""
    left = list(said)

    async def check() -> str | None:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return check


async def never() -> str | None:
    await asyncio.Event().wait()
    return None


async def timed_out() -> str | None:
    raise TimeoutError("db.internal:5432")


async def pong() -> Any:
    return True  # as `ping` of a client of Redis does


async def cancelled() -> None:
    raise asyncio.CancelledError


TABLE: list[tuple[dict[str, HealthCheck], int, Any]] = [
    ({}, 200, {"status": "ready"}),
    ({"a": says(None)}, 200, {"status": "ready", "checks": {"a": "ok"}}),
    (
        {"a": says(None), "b": says("The keys are not known.")},
        503,
        {"status": "not ready", "checks": {"a": "ok", "b": "The keys are not known."}},
    ),
    (
        {"a": says(ValueError("password=hunter2"))},
        503,
        {"status": "not ready", "checks": {"a": "It failed: ValueError."}},
    ),
    (
        {"a": pong, "b": cancelled},
        503,
        {
            "status": "not ready",
            "checks": {"a": "It failed: TypeError.", "b": "It failed: CancelledError."},
        },
    ),
    (
        {"a": never},
        503,
        {"status": "not ready", "checks": {"a": "There is no answer within 0.01 s."}},
    ),
    (
        {"a": timed_out},
        503,
        {"status": "not ready", "checks": {"a": "There is no answer within 0.01 s."}},
    ),
]


@pytest.mark.parametrize(("checks", "status", "content"), TABLE)
async def test_ready_is_who_lacks_nothing(
    checks: dict[str, HealthCheck], status: int, content: Any
) -> None:
    health = Health(checks, timeout=0.01)
    reply = await ask(health)
    assert (reply.status, reply.json) == (status, content)
    assert reply.headers["cache-control"] == "no-store"
    live = await ask(health, "/livez")
    assert (live.status, live.json) == (200, {"status": "alive"})


async def test_other_paths_and_methods() -> None:
    health = Health({})
    assert (await ask(health, "/health/readyz")).status == 200
    assert (await ask(health, method="HEAD")).status == 200
    assert (await ask(health, "/metrics")).status == 404
    assert (await ask(health, method="POST")).status == 405


async def test_those_who_ask_at_the_same_time_share_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trunkline.server.health._FRESH", PATIENCE)
    looks = 0

    async def check() -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)

    health = Health({"a": check})
    replies = await asyncio.gather(*(ask(health) for _ in range(20)))
    replies.append(await ask(health))
    assert {each.status for each in replies} == {200}
    assert looks == 1


async def test_who_goes_away_does_not_stop_the_look_for_others() -> None:
    go = asyncio.Event()

    async def check() -> None:
        await go.wait()

    health = Health({"a": check}, timeout=PATIENCE)
    gone, other = (asyncio.create_task(ask(health)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    go.set()
    assert (await other).status == 200


async def test_the_log_tells_changes_and_nothing_else(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.server.health._FRESH", 0.0)
    caplog.set_level(logging.INFO, "trunkline.health")
    fault = ConnectionRefusedError("no\nthing")
    health = Health({"a": says(None, fault, fault, None)})
    assert [(await ask(health)).status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert [record.getMessage() for record in caplog.records] == [
        "The health check 'a': It failed: ConnectionRefusedError.",
        "The health check 'a' finds nothing wrong any more.",
    ]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": -1}, {"drain": -1}])
def test_times_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Health needs"):
        Health({}, **wrong)


APP = """
import asyncio, os
from pathlib import Path
from types import SimpleNamespace
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from trunkline.server import GraphQL, Health, make_executable_schema, parse_schema

class Query:
    def quick(self) -> int:
        return os.getpid()

    async def slow(self) -> str:
        Path("begun").touch()
        while not Path("go").exists():
            await asyncio.sleep(0.02)
        return "done"

schema = parse_schema("type Query { quick: Int!  slow: String! }")
endpoint = GraphQL(make_executable_schema(schema, SimpleNamespace(query=Query())), auth=None)
health = Health({}, drain=3_600)
app = Starlette(routes=[
    Route("/graphql", endpoint), Route("/livez", health), Route("/readyz", health)
])
"""
# the command, with more time for what is in flight: a test's machine may be busy
SERVE = f"""
import trunkline.asgi.serving
trunkline.asgi.serving.GRACEFUL_SECONDS = {PATIENCE}
from trunkline.cli import main
main()
"""
SERVERS = {
    "uvicorn": ["-m", "uvicorn", "service:app", "--port", "{port}"],
    "trunkline serve": ["-c", SERVE, "serve", "service:app", "--port", "{port}"],
    "gunicorn": [
        *("-m", "gunicorn", "service:app", "--worker-class", "uvicorn_worker.UvicornWorker"),
        *("--graceful-timeout", f"{PATIENCE:g}", "--bind", "127.0.0.1:{port}"),
    ],
}


@contextmanager
def served(folder: Path, port: int, command: list[str]) -> Generator[subprocess.Popen[bytes]]:
    (folder / "service.py").write_text(APP, encoding="utf-8")
    filled = [each.format(port=port) for each in command]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, *filled],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("server", SERVERS)
def test_readiness_drops_first_and_what_is_in_flight_finishes(server: str, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def query(text: str) -> Any:
        reply = httpx2.post(f"{url}/graphql", json={"query": text}, timeout=PATIENCE)
        return reply.json()["data"]

    def is_ready(status: int, content: Any) -> Callable[[], bool]:
        def is_so() -> bool:
            reply = httpx2.get(f"{url}/readyz", timeout=PATIENCE)
            return reply.status_code == status and reply.json() == content

        return is_so

    with ThreadPoolExecutor() as threads, served(tmp_path, port, SERVERS[server]) as process:
        until(is_ready(200, {"status": "ready"}), f"{server} does not start")
        worker = query("{ quick }")["quick"]
        slow = threads.submit(query, "{ slow }")
        until((tmp_path / "begun").exists, "the slow operation does not begin")
        os.kill(worker, signal.SIGTERM)
        until(is_ready(503, {"status": "stopping"}), "readiness does not drop")
        assert query("{ quick }") == {"quick": worker}
        assert httpx2.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
        process.terminate()  # a second one: the time for draining is over

        def refuses() -> bool:
            try:
                httpx2.get(f"{url}/livez", timeout=PATIENCE)
            except httpx2.TransportError:
                return True
            return False

        until(refuses, "new requests are still taken")
        assert not slow.done()
        (tmp_path / "go").touch()
        assert slow.result(PATIENCE) == {"slow": "done"}
        process.wait(PATIENCE)
