"""Flows and those who drive them: the same outcome in a thread and in a coroutine."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from threading import Event, Timer
from typing import Any

import pytest
from tests.waiting import PATIENCE

from trunkline.errors import ConnectionFailedError, DeadlineExceededError
from trunkline.flow.calls import Background, Deadline, Flow, Pause, through
from trunkline.flow.drivers import run, run_async
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

REQUEST = HTTPRequest("POST", {"authorization": "hunter2"}, b"hunter2")
RESPONSE = HTTPResponse(200, b"hunter2", {"set-cookie": "hunter2"})


def drive(kind: str, flow: Flow[Any], send: Any = None, seconds: float | None = None) -> Any:
    deadline = None if seconds is None else Deadline(seconds)
    if kind == "thread":
        return run(flow, send, deadline)

    async def send_async(request: HTTPRequest) -> HTTPResponse:
        await asyncio.sleep(0)
        response: HTTPResponse = send(request)
        return response

    return asyncio.run(run_async(flow, send_async, deadline))


@pytest.fixture(params=["thread", "coroutine"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def waiting(step: Any) -> Flow[Any]:
    return (yield step)


def test_a_request_is_given_the_time_that_is_left(kind: str) -> None:
    seen: list[HTTPRequest] = []

    def send(request: HTTPRequest) -> HTTPResponse:
        seen.append(request)
        return RESPONSE

    request = HTTPRequest("GET", {}, b"", path="b", query="a=1")
    assert drive(kind, waiting(request), send, PATIENCE) is RESPONSE
    assert (seen[0].path, seen[0].query) == ("b", "a=1")
    assert seen[0].timeout is not None
    assert PATIENCE / 2 < seen[0].timeout <= PATIENCE
    short = HTTPRequest("GET", {}, b"", timeout=1.0)
    drive(kind, waiting(short), send, PATIENCE)
    assert seen[1].timeout == 1.0
    drive(kind, waiting(request), send)
    assert seen[2].timeout is None


@pytest.mark.parametrize("step", [Pause(PATIENCE), Future[None]()], ids=["pause", "future"])
def test_no_wait_outlasts_the_deadline(step: Any, kind: str) -> None:
    if isinstance(step, Future) and not step.running():
        step.set_running_or_notify_cancel()
    began = time.monotonic()
    with pytest.raises(DeadlineExceededError, match=r"within 0\.1 s"):
        drive(kind, waiting(step), seconds=0.1)
    assert time.monotonic() - began < 20  # a future is left after 30 s in any case


def test_a_pause_that_is_too_long_is_not_begun(kind: str) -> None:
    began = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        drive(kind, waiting(Pause(PATIENCE + 9)), seconds=PATIENCE)
    assert time.monotonic() - began < PATIENCE / 2


def test_a_failure_at_the_deadline_is_the_deadlines(kind: str) -> None:
    def late(_: HTTPRequest) -> HTTPResponse:
        time.sleep(0.1)
        raise ConnectionFailedError("timed out")

    with pytest.raises(DeadlineExceededError) as caught:
        drive(kind, waiting(REQUEST), late, 0.05)
    assert isinstance(caught.value.__cause__, (ConnectionFailedError, TimeoutError))


def test_what_another_did_is_waited_for(kind: str) -> None:
    done: Future[None] = Future()
    Timer(0.05, done.set_result, (None,)).start()
    drive(kind, waiting(done), seconds=PATIENCE)
    failed: Future[None] = Future()
    failed.set_exception(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"):
        drive(kind, waiting(failed), seconds=PATIENCE)


def test_the_background_goes_on_by_itself(kind: str) -> None:
    sent = Event()

    def send(_: HTTPRequest) -> HTTPResponse:
        sent.set()
        return RESPONSE

    def behind() -> Flow[None]:
        yield REQUEST

    def flow() -> Flow[str]:
        yield Background(behind())
        yield Pause(0.05)
        return "done"

    assert drive(kind, flow(), send) == "done"
    assert sent.wait(PATIENCE)


def test_what_goes_to_the_api_goes_through(kind: str) -> None:
    seen: list[str] = []

    def outer() -> Flow[int]:
        elsewhere = yield HTTPRequest("POST", {}, b"", url="http://issuer.example/")
        try:
            yield HTTPRequest("GET", {}, b"")
        except ConnectionFailedError:
            seen.append("told")
        assert elsewhere is RESPONSE
        return 7

    def inner(request: HTTPRequest) -> Flow[HTTPResponse]:
        seen.append(request.method)
        raise ConnectionFailedError("x")
        yield

    assert drive(kind, through(outer(), inner), lambda _: RESPONSE) == 7
    assert seen == ["GET", "told"]


def test_messages_show_no_secret() -> None:
    assert "hunter2" not in repr(REQUEST) + repr(RESPONSE)
