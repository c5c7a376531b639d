"""Faults on a real socket: no hang, no mutation sent twice, errors that name the cause."""

from __future__ import annotations

import re
import socket
import time
from threading import Event
from typing import Any

import pytest
from tests.client import faulty
from tests.client.calling import TRANSPORTS, Caller
from tests.client.faulty import Behaviour, Faulty
from tests.client.serving import QUERY, TODOS
from tests.waiting import PATIENCE

from trunkline import Client, ConnectionFailedError, DeadlineExceededError, TransportError
from trunkline.client.calls import CallOptions

MUTATION = "mutation { createTodo { title } }"
DEADLINE = 0.3
MARGIN = 60.0  # seconds, for a busy machine; what is waited for never comes


@pytest.fixture(params=TRANSPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def call(kind: str, url: str, text: str, options: CallOptions | None = None, **given: Any) -> Any:
    transport, caller = TRANSPORTS[kind]
    made: Caller = caller(Client(transport(url), **given))
    try:
        return made.execute(text, options=options)
    finally:
        made.end()


BROKEN: dict[str, Behaviour] = {
    "reset before the answer": faulty.reset,
    "hang-up before the answer": faulty.hang_up,
    "reset within the head": faulty.reset_within_the_head,
    "reset within the body": faulty.reset_within_the_body,
    "end within the body": faulty.end_within_the_body,
    "no HTTP": faulty.no_http,
    "broken chunks": faulty.broken_chunks,
}
WHOLE: dict[str, Behaviour] = {
    "reset after the answer": faulty.answer_and_reset,
    "half-closed after the answer": faulty.answer_and_close,
}
ENDLESS: dict[str, Behaviour] = {
    "silence": faulty.say_nothing,
    "a body that drips": faulty.drip_the_body,
    "a head that drips": faulty.drip_the_head,
}


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
def test_a_mutation_is_sent_once_whatever_breaks(behaviour: Behaviour, kind: str) -> None:
    with Faulty(behaviour) as server, pytest.raises(TransportError) as caught:
        call(kind, server.url, MUTATION)
    assert len(server.requests) == 1
    assert str(caught.value).startswith("No complete response from http://127.0.0.1:")
    assert isinstance(caught.value, ConnectionFailedError)
    assert not caught.value.never_sent
    assert caught.value.retryable


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
def test_a_query_is_sent_again(behaviour: Behaviour, kind: str) -> None:
    with Faulty(behaviour, faulty.answer) as server:
        assert call(kind, server.url, QUERY) == TODOS
    assert len(server.requests) == 2


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
def test_a_mutation_with_an_idempotency_key_is_too(behaviour: Behaviour, kind: str) -> None:
    with Faulty(behaviour, faulty.answer) as server:
        assert call(kind, server.url, MUTATION, CallOptions(idempotency_key="7")) == TODOS
    assert len(server.requests) == 2
    assert all(b"idempotency-key: 7" in request.lower() for request in server.requests)


@pytest.mark.parametrize("behaviour", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("text", [QUERY, MUTATION])
def test_a_connection_that_ends_between_calls(text: str, behaviour: Behaviour, kind: str) -> None:
    transport, caller = TRANSPORTS[kind]
    with Faulty(behaviour) as server:
        made: Caller = caller(Client(transport(server.url)))
        for _ in range(3):
            assert made.execute(text) == TODOS
            time.sleep(0.05)
        made.end()
    assert len(server.requests) == 3


@pytest.mark.parametrize("behaviour", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("text", [QUERY, MUTATION])
def test_nothing_outlasts_the_deadline(text: str, behaviour: Behaviour, kind: str) -> None:
    with Faulty(behaviour) as server:
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError, match=r"^No complete response within 0\.3 s, "):
            call(kind, server.url, text, timeout=DEADLINE)
        assert time.monotonic() - began < DEADLINE + MARGIN
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("proxied", ["requests", "httpx2", "httpx2-async"])
def test_nothing_outlasts_the_deadline_behind_a_proxy(
    proxied: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Faulty(behaviour) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        began = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            call(proxied, "http://api.example/graphql", QUERY, timeout=DEADLINE)
        assert time.monotonic() - began < DEADLINE + MARGIN
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("blocking", ["requests", "httpx2"])
def test_looking_up_a_host_does_not_outlast_the_deadline(
    blocking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_late, ended = Event(), Event()

    def look_up_late(*_: Any, **__: Any) -> Any:
        is_late.wait(PATIENCE)
        ended.set()
        raise OSError("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", look_up_late)
    began = time.monotonic()
    with pytest.raises(DeadlineExceededError) as caught:
        call(blocking, "http://api.example/graphql", MUTATION, timeout=DEADLINE)
    assert time.monotonic() - began < DEADLINE + MARGIN
    assert caught.value.never_sent
    is_late.set()
    assert ended.wait(PATIENCE)  # the thread that looks it up ends before the next test


@pytest.mark.parametrize(
    ("timeout", "answered"),
    [(None, True), (9.0, True), (0.3, False), (0.2995, False), (0.1, False)],
)
@pytest.mark.parametrize("transport", ["pyreqwest", "pyreqwest-async"])
def test_the_usual_time_is_for_those_alone_who_have_it(
    timeout: float | None, transport: str, monkeypatch: pytest.MonkeyPatch, *, answered: bool
) -> None:
    monkeypatch.setattr("trunkline.client.transports.pyreqwest._USUAL", 0.3)

    def answer_late(connection: socket.socket) -> None:
        time.sleep(0.6)
        faulty.answer(connection)

    with Faulty(answer_late if answered else faulty.say_nothing) as server:
        if answered:
            assert call(transport, server.url, QUERY, timeout=timeout) == TODOS
            return
        with pytest.raises(DeadlineExceededError):
            call(transport, server.url, QUERY, timeout=timeout)


def test_a_calls_own_time(kind: str) -> None:
    with Faulty(faulty.say_nothing) as server, pytest.raises(DeadlineExceededError):
        call(kind, server.url, QUERY, CallOptions(timeout=0.5))
    found = re.search(rb"x-request-timeout-ms: (\d+)", server.requests[0].lower())
    assert found
    assert 0 < int(found[1]) <= 500


def test_retries_end_with_the_deadline(kind: str) -> None:
    with Faulty(faulty.status(b"503 Busy", b"Retry-After: 9")) as server:
        began = time.monotonic()
        with pytest.raises(TransportError, match="The server responded with 503"):
            call(kind, server.url, QUERY, timeout=8.0)
    assert time.monotonic() - began < 8
    assert len(server.requests) == 1


def test_a_name_that_nobody_has(kind: str) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        call(kind, "http://nowhere.invalid/graphql", MUTATION, timeout=5.0)
    assert caught.value.never_sent
    assert "nowhere.invalid/graphql (Connect" in str(caught.value)
    assert "ame" in str(caught.value)  # "Name or service not known", as the system says it


def test_a_body_that_is_longer_than_it_says(kind: str) -> None:
    with (
        Faulty(faulty.length_too_short) as server,
        pytest.raises(TransportError, match=r"is not (a GraphQL response|HTTP)"),
    ):
        call(kind, server.url, MUTATION)
    assert len(server.requests) == 1


def test_a_length_that_is_none(kind: str) -> None:
    """requests reads to the end then, the others refuse such an answer."""
    with Faulty(faulty.length_that_is_none) as server:
        try:
            assert call(kind, server.url, MUTATION) == TODOS
        except ConnectionFailedError as error:
            assert not error.never_sent  # noqa: PT017  # either may be
    assert len(server.requests) == 1


STATUSES = [b"429 Slow Down", b"502 Bad Gateway", b"503 Busy", b"504 Gateway Timeout"]


@pytest.mark.parametrize("line", STATUSES)
def test_a_mutation_is_not_sent_again_after_a_status(line: bytes, kind: str) -> None:
    with Faulty(faulty.status(line)) as server, pytest.raises(TransportError) as caught:
        call(kind, server.url, MUTATION)
    assert len(server.requests) == 1
    assert caught.value.retryable


def test_a_mutation_that_was_never_sent_is_sent_again(kind: str) -> None:
    """The server is not there at the first attempt, and there at a later one."""
    with pytest.raises(ConnectionFailedError) as caught:
        call(kind, "http://127.0.0.1:1/graphql", MUTATION)
    assert caught.value.never_sent
    assert caught.value.__notes__ == [
        "This was the mutation without a name to http://127.0.0.1:1/graphql, attempts: 3."
    ]
