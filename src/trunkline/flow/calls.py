"""A flow: what a caller does, as a generator without I/O, and the two who drive it.

A flow yields what it wants from outside and is sent the outcome: for an ``HTTPRequest`` the
``HTTPResponse``, for a ``Future`` or a ``Pause`` nothing, once it is done or over, for a
``Background`` nothing, at once. What goes wrong outside is thrown into the flow at the place where
it waits. The whole logic is written once and serves threads and coroutines alike, as httpx's
authentication flows do.

Time is the driver's affair: no flow needs to know of the deadline that it runs under.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast

from trunkline.errors import ConnectionFailedError
from trunkline.flow.deadline import Deadline
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

if TYPE_CHECKING:  # who blocks does without asyncio, whose import costs more than all of this
    import asyncio

__all__ = [
    "AuthScheme",
    "Background",
    "Flow",
    "Pause",
    "Step",
    "request_response",
    "run",
    "run_async",
    "through",
]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait some seconds. Where the deadline comes first, the flow is told so at once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Background:
    """A flow that goes on by itself, while nobody waits for it; it deals with its failures.

    It may be cut short at any step, where the program or its event loop ends.
    """

    flow: Generator[HTTPRequest | Future[None] | Pause | Background, HTTPResponse | None, None]


_SOON = 0.001  # seconds that it takes from making a request to sending it, more or less

T = TypeVar("T")
Step: TypeAlias = HTTPRequest | Future[None] | Pause | Background
Outcome: TypeAlias = HTTPResponse | None
Flow: TypeAlias = Generator[Step, Outcome, T]


class AuthScheme(Protocol):
    """How a request is given the caller's credentials, and what happens when they are refused."""

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send the request with credentials and return the response to it.

        The flow may send others before (for a token), and the request itself again where its
        response says that the credentials are no longer good.
        """
        ...


def request_response(request: HTTPRequest) -> Flow[HTTPResponse]:
    """Have a request sent, and return its response."""
    return cast("HTTPResponse", (yield request))


def through(flow: Flow[T], inner: Callable[[HTTPRequest], Flow[HTTPResponse]]) -> Flow[T]:
    """Let the requests of a flow that go to the API be sent by another flow."""
    try:
        step = next(flow)
        while True:
            try:
                mine = isinstance(step, HTTPRequest) and step.url is None
                outcome = (yield from inner(cast("HTTPRequest", step))) if mine else (yield step)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)


def run(
    flow: Flow[T],
    send: Callable[[HTTPRequest], HTTPResponse],
    deadline: Deadline | None = None,
) -> T:
    """Drive a flow in this thread, which waits wherever the flow does."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = _await(step, send, deadline)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)


def _await(
    step: Step, send: Callable[[HTTPRequest], HTTPResponse], deadline: Deadline | None
) -> Outcome:
    if isinstance(step, HTTPRequest):
        return send(step) if deadline is None else _send_within(step, send, deadline)
    if isinstance(step, Pause):
        time.sleep(_pause(step, deadline))
        return None
    if isinstance(step, Background):
        Thread(target=run, args=(step.flow, send), daemon=True).start()
        return None
    try:
        return step.result(deadline.left() if deadline else None)
    except TimeoutError:
        if deadline is None or not step.done():
            raise cast("Deadline", deadline).exceeded(never_sent=True) from None
        raise  # it is the other's failure


def _send_within(
    request: HTTPRequest, send: Callable[[HTTPRequest], HTTPResponse], deadline: Deadline
) -> HTTPResponse:
    try:
        return send(_within(request, deadline))
    except ConnectionFailedError as error:
        if deadline.left() > 0:
            raise
        raise deadline.exceeded(never_sent=error.never_sent) from error


def _within(request: HTTPRequest, deadline: Deadline) -> HTTPRequest:
    """Return the request with the time that is left for it."""
    left = deadline.left()
    if left <= 0:
        raise deadline.exceeded(never_sent=True)
    if request.timeout is not None and request.timeout < left + _SOON:
        return request
    timeout = left if request.timeout is None else min(left, request.timeout)
    return HTTPRequest(
        request.method, request.headers, request.body, request.url, request.query, timeout
    )


def _pause(pause: Pause, deadline: Deadline | None) -> float:
    if deadline is not None and pause.seconds >= deadline.left():
        raise deadline.exceeded(never_sent=True)
    return pause.seconds


_under_way: set[asyncio.Task[None]] = set()  # an event loop itself keeps only weak references


async def run_async(
    flow: Flow[T],
    send: Callable[[HTTPRequest], Awaitable[HTTPResponse]],
    deadline: Deadline | None = None,
) -> T:
    """Drive a flow in this task; a cancelled task's flow is told so and cleans up."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = await _await_async(step, send, deadline)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)


async def _await_async(
    step: Step, send: Callable[[HTTPRequest], Awaitable[HTTPResponse]], deadline: Deadline | None
) -> Outcome:
    import asyncio  # noqa: PLC0415  # see the head of the module

    if isinstance(step, Pause):
        await asyncio.sleep(_pause(step, deadline))
        return None
    if isinstance(step, Background):
        task = asyncio.create_task(run_async(step.flow, send))
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        return None
    if deadline is None:
        return await _begun(step, send)
    if isinstance(step, HTTPRequest):
        step = _within(step, deadline)
    timer = asyncio.timeout(deadline.left())
    try:
        async with timer:
            return await _begun(step, send)
    except ConnectionFailedError as error:
        if deadline.left() > 0:
            raise
        raise deadline.exceeded(never_sent=error.never_sent) from error
    except TimeoutError as error:
        if not timer.expired():
            raise
        raise deadline.exceeded() from error


def _begun(
    step: HTTPRequest | Future[None], send: Callable[[HTTPRequest], Awaitable[HTTPResponse]]
) -> Awaitable[Outcome]:
    if isinstance(step, HTTPRequest):
        return send(step)
    from asyncio import wrap_future  # noqa: PLC0415  # see the head of the module

    return wrap_future(cast("Future[Outcome]", step))
