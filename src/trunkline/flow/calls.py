"""The steps of a flow, and the deadline that a driver runs it under.

A flow is a generator without I/O. It yields what it needs from outside and is sent the outcome: the
``HTTPResponse`` for an ``HTTPRequest``; nothing for a ``Future`` or a ``Pause``, once it is done (a
``Future`` is left after `CUT_SHORT` seconds); nothing for a ``Background``, at once. A failure
outside is raised in the flow, where it waits. So the logic is written once and serves threads and
coroutines, like the authentication flows of httpx.

A flow does not know its deadline: the drivers keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeAlias, TypeVar

from trunkline.errors import DeadlineExceededError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = [
    "CUT_SHORT",
    "AuthScheme",
    "Background",
    "Deadline",
    "Flow",
    "Outcome",
    "Pause",
    "Step",
    "send_request",
    "through",
]

CUT_SHORT = 30.0
"""Seconds that a caller waits for others' work, whose thread or event loop may have ended."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait some seconds. If the deadline is earlier, the flow gets its error at once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Background:
    """Run a flow while this one goes on. It must handle its own failures.

    It may be cut short at any step when the program or its event loop ends.
    """

    flow: Generator[HTTPRequest | Future[None] | Pause | Background, HTTPResponse | None, None]


T = TypeVar("T")
Step: TypeAlias = HTTPRequest | Future[None] | Pause | Background
Outcome: TypeAlias = HTTPResponse | None
Flow: TypeAlias = Generator[Step, Any, T]  # is sent the `Outcome` that belongs to its step


class AuthScheme(Protocol):
    """Adds the caller's credentials to a request, and handles their rejection."""

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send the request with credentials and return its response.

        The flow may send other requests first (for a token). It may send the request again if the
        response says that the credentials are no longer valid.
        """
        ...


class Deadline:
    """The moment at which a call of ``seconds`` must be over."""

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; negative after the deadline."""
        return self.at - monotonic()

    def error(self, *, never_sent: bool = False) -> DeadlineExceededError:
        """Make the error of a call that took too long."""
        return DeadlineExceededError(
            f"No complete response within {self.seconds:g} s, the timeout of the call.",
            never_sent=never_sent,
        )


def send_request(request: HTTPRequest) -> Flow[HTTPResponse]:
    """Send a request through the driver and return its response."""
    response: HTTPResponse = yield request
    return response


def through(
    flow: Flow[T], inner: Callable[[HTTPRequest], Flow[HTTPResponse]], url: str | None = None
) -> Flow[T]:
    """Run a flow whose requests to the API, at ``url``, are sent by another flow."""
    try:
        step = next(flow)
        while True:
            try:
                if isinstance(step, HTTPRequest) and step.url == url:
                    outcome: Outcome = yield from inner(step)
                else:
                    outcome = yield step
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                failure = error
            else:
                step = flow.send(outcome)
                continue
            step = flow.throw(failure)
    except StopIteration as end:
        result: T = end.value
        return result
