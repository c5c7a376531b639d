"""The server that a test calls, and what calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.client.calling import TRANSPORTS, Caller, CallWith
from tests.client.serving import Todos

from trunkline import Client


@pytest.fixture(autouse=True)
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which this test's clients keep schemas."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "trunkline" / "schemas"


@pytest.fixture
def server() -> Iterator[Todos]:
    with Todos() as todos:
        thread = Thread(target=todos.serve_forever, args=(0.005,))
        thread.start()
        yield todos
        todos.shutdown()
        thread.join()


@pytest.fixture(params=TRANSPORTS)
def call_with(request: pytest.FixtureRequest, server: Todos) -> Iterator[CallWith]:
    """Make callers over one kind of transport: ``call_with(url, {transport…}, client=…)``.

    It asks for the server so that the connections are closed before the server waits for them.
    """
    assert server
    transport, caller = TRANSPORTS[request.param]
    made: list[Caller] = []

    def make(url: str, options: dict[str, Any] | None = None, **client: Any) -> Caller:
        made.append(caller(Client(transport(url, **options or {}), **client)))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def fetching(call_with: CallWith, server: Todos) -> Caller:
    return call_with(server.url, fetch_schema_from_transport=True)
