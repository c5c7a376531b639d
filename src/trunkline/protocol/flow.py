"""A flow: what a caller does, as a generator without I/O, and the two who drive it.

A flow yields what it wants from outside and is sent the outcome: for an ``HTTPRequest`` the
``HTTPResponse``, for a ``Future`` nothing, once it is done, for a ``Background`` nothing, at once.
What goes wrong outside is thrown into the flow at the place where it waits. The whole logic is
written once and serves threads and coroutines alike, as httpx's authentication flows do.
"""

from __future__ import annotations

from asyncio import Task, create_task, wrap_future
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Protocol, TypeAlias, TypeVar, cast

from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["AuthScheme", "Background", "Flow", "Step", "request_response", "run", "run_async"]


@dataclass(frozen=True, slots=True)
class Background:
    """A flow that goes on by itself, while nobody waits for it; it deals with its failures.

    It may be cut short at any step, where the program or its event loop ends.
    """

    flow: Generator[HTTPRequest | Future[None] | Background, HTTPResponse | None, None]


T = TypeVar("T")
Step: TypeAlias = HTTPRequest | Future[None] | Background
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


def run(flow: Flow[T], send: Callable[[HTTPRequest], HTTPResponse]) -> T:
    """Drive a flow in this thread, which waits wherever the flow does."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = _await(step, send)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)


async def run_async(flow: Flow[T], send: Callable[[HTTPRequest], Awaitable[HTTPResponse]]) -> T:
    """Drive a flow in this task; a cancelled task's flow is told so and cleans up."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = await _await_async(step, send)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)


def _await(step: Step, send: Callable[[HTTPRequest], HTTPResponse]) -> Outcome:
    if isinstance(step, Background):
        Thread(target=run, args=(step.flow, send), daemon=True).start()
        return None
    return send(step) if isinstance(step, HTTPRequest) else step.result()


async def _await_async(
    step: Step, send: Callable[[HTTPRequest], Awaitable[HTTPResponse]]
) -> Outcome:
    if isinstance(step, Background):
        task = create_task(run_async(step.flow, send))
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        return None
    if isinstance(step, HTTPRequest):
        return await send(step)
    await wrap_future(step)
    return None


_under_way: set[Task[None]] = set()  # an event loop itself keeps only weak references
