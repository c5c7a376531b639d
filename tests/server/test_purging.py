"""Purging a cache that is elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from benchmarks.load import free_port
from tests.waiting import PATIENCE, until

from trunkline.server import CachePurge, purging


class Cache(ThreadingHTTPServer):
    """Takes every request, with the statuses of a list."""

    def __init__(self, port: int, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.statuses = statuses
        self.received: list[tuple[str, str, dict[str, str]]] = []
        self.gate = Event()
        self.gate.set()


class Handler(BaseHTTPRequestHandler):
    server: Cache

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            return
        self.server.gate.wait(PATIENCE)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.command, self.path, headers))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@contextmanager
def serving(port: int = 0, *statuses: int) -> Generator[Cache]:
    with Cache(port, list(statuses)) as cache:
        thread = Thread(target=cache.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield cache
        finally:
            cache.shutdown()
            thread.join(PATIENCE)


def url(cache: Cache) -> str:
    return f"http://127.0.0.1:{cache.server_port}"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "_FIRST_PAUSE", 0.01)


def sent(cache: Cache) -> list[str]:
    return [headers["xkey-purge"] for _, _, headers in cache.received]


def test_groups_are_sent_once_and_together() -> None:
    with serving() as cache:
        cache.gate.clear()
        purge = CachePurge(url(cache))
        for groups in (["Book", "*"], ["Book:7", "*"], ["Book:8", "Book:7"]):
            purge(groups)  # which returns although the cache does not respond
        assert not purge.wait(0.01)
        cache.gate.set()
        assert purge.wait(PATIENCE)
    assert {(method, path) for method, path, _ in cache.received} == {("PURGE", "/")}
    assert set(" ".join(sent(cache)).split()) == {"*", "Book", "Book:7", "Book:8"}
    assert len(cache.received) <= 2


def test_what_is_invalidated_again_while_it_is_sent_is_sent_again() -> None:
    with serving() as cache:
        cache.gate.clear()
        purge = CachePurge(url(cache))
        purge(["Book"])
        until(lambda: purge._is_sending, "nothing is sent")
        purge(["Book"])
        cache.gate.set()
        assert purge.wait(PATIENCE)
    assert sent(cache) == ["Book", "Book"]


def test_another_cache_wants_other_headers() -> None:
    with serving() as cache:
        purge = CachePurge(
            url(cache) + "/purge?all=1",
            method="BAN",
            header="Cache-Tag",
            separator=",",
            headers={"Fastly-Key": "a secret"},
        )
        purge(["Book", "Book:7"])
        assert purge.wait(PATIENCE)
    ((method, path, headers),) = cache.received
    assert (method, path, headers["cache-tag"]) == ("BAN", "/purge?all=1", "Book,Book:7")
    assert headers["fastly-key"] == "a secret"
    assert "secret" not in repr(purge)


def test_a_cache_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with serving(0, 503, 500) as cache:
        purge = CachePurge(url(cache))
        purge(["Book"])
        assert purge.wait(PATIENCE)
    assert sent(cache) == ["Book"] * 3
    assert "responded with 503. It is tried again in" in caplog.text


def test_a_cache_that_is_down_gets_everything_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    purge = CachePurge(f"http://127.0.0.1:{port}")
    purge(["Book"])
    until(lambda: "cannot be reached (ConnectionRefusedError)" in caplog.text, "nothing is sent")
    purge(["Film"])
    with serving(port) as cache:
        assert purge.wait(PATIENCE)
    assert " ".join(sent(cache)).split() == ["Book", "Film"]


def test_a_refusal_is_logged_and_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    with serving(0, 403) as cache:
        purge = CachePurge(url(cache))
        purge(["Book"])
        assert purge.wait(PATIENCE)
        purge(["Film"])
        assert purge.wait(PATIENCE)
    assert sent(cache) == ["Book", "Film"]
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert errors == [f"{purge!r}: the cache refused to purge (403): ['Book']"]


def test_no_more_groups_wait_than_fit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(purging, "_MOST", 2)
    with serving() as cache:
        purge = CachePurge(url(cache))
        purge(["a", "b", "c"])
        assert "too many groups wait; these are lost: ['a', 'b', 'c']" in caplog.text
    assert cache.received == []


@pytest.mark.parametrize("wrong", ["", "localhost:80", "ftp://x", "http://"])
def test_what_is_no_url_does_not_start(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be http"):
        CachePurge(wrong)
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        CachePurge("http://x", header="a b")
