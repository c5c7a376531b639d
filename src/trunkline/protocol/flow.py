"""A flow: what a caller does, as a generator without I/O, and the two who drive it.

A flow yields what it wants from outside and is sent the outcome: for an ``HTTPRequest`` the
``HTTPResponse``, for a ``Future`` nothing, once it is done. What goes wrong outside is thrown into
the flow at the place where it waits. The whole logic is written once and serves threads and
coroutines alike, as httpx's authentication flows do.
"""

from __future__ import annotations

from asyncio import wrap_future
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from typing import Protocol, TypeAlias, TypeVar, cast

from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["AuthScheme", "Flow", "request_response", "run", "run_async"]

T = TypeVar("T")
Step: TypeAlias = HTTPRequest | Future[None]
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
                outcome = send(step) if isinstance(step, HTTPRequest) else step.result()
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
                waiting = send(step) if isinstance(step, HTTPRequest) else wrap_future(step)
                outcome = await waiting
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as end:
        return cast("T", end.value)
