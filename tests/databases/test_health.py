"""A database that stops, and comes back, as `Health` tells it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests import postgresql
from tests.server.calling import exchange
from tests.waiting import PATIENCE

from trunkline.contrib.sqlalchemy import check_database
from trunkline.server import Health


class Server:
    """A PostgreSQL that a test starts and stops."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._folder = postgresql.find_programs(), folder
        self._as_user = postgresql.own(folder)
        postgresql.run(
            self._programs / "initdb",
            *("-D", folder / "data", "-A", "trust", "-U", postgresql.USER, "-N"),
            **self._as_user,
        )

    @contextmanager
    def running(self) -> Generator[int]:
        """Give the id of its process."""
        with postgresql.server(self._programs / "postgres", self._folder, self._as_user):
            file = self._folder / "data" / "postmaster.pid"
            pid = int(file.read_text(encoding="utf-8").splitlines()[0])
            try:
                yield pid
            finally:
                os.kill(pid, signal.SIGINT)  # a "fast" stop, which waits for no client


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="trunkline-health-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(folder: Path) -> Server:
    return Server(folder)


def engine(driver: str, folder: Path) -> Engine | AsyncEngine:
    url = f"postgresql+{driver}://{postgresql.USER}@/postgres?host={folder}"
    return create_async_engine(url) if driver == "asyncpg" else create_engine(url)


async def state(health: Health) -> tuple[int, str]:
    reply = await exchange(health, "GET", {}, [], path="/readyz")
    assert reply is not None
    return reply.status, reply.json["checks"]["database"]


async def becomes_ready(health: Health) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await state(health))[0] != 200:  # noqa: ASYNC110  # the pool's are broken
            await asyncio.sleep(0.02)


async def dispose(used: Engine | AsyncEngine) -> None:
    used.dispose() if isinstance(used, Engine) else await used.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_database_that_stops_or_hangs(
    driver: str, server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.server.health._FRESH", 0.0)
    used = engine(driver, folder)
    checks = {"database": check_database(used)}
    health = Health(checks, timeout=PATIENCE)
    try:
        with server.running():
            await becomes_ready(health)
        status, reason = await state(health)
        assert status == 503
        assert reason.startswith("It failed: ")
        with server.running() as process:
            await becomes_ready(health)
            await dispose(used)
            os.kill(process, signal.SIGSTOP)  # it accepts connections, and does nothing with them
            try:
                hanging = await state(Health(checks, timeout=0.1))
            finally:
                os.kill(process, signal.SIGCONT)
            assert hanging == (503, "There is no answer within 0.1 s.")
            await becomes_ready(health)
    finally:
        await dispose(used)
