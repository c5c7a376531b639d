"""Credentials for libraries that send the API's requests themselves, and have hooks for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping

from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.flow.calls import Flow, Step
from trunkline.flow.drivers import run, run_async
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["Conversation", "drive", "drive_async"]

_OURS = ("authorization", "dpop")


class Conversation:
    """The flow of one call to an API, of which the library sends the API's part."""

    def __init__(self, credentials: ClientCredentials, method: str, url: str) -> None:
        self._url = url
        self._flow = credentials.auth_flow(HTTPRequest(method, {}, b"", url))
        self._response: HTTPResponse | None = None

    def answered(self, response: HTTPResponse) -> None:
        """Tell the flow, at the next turn, how the API answered."""
        self._response = response

    def turn(self) -> Flow[Mapping[str, str] | None]:
        """Go on to the API's next request and return its headers; ``None`` at the end."""
        flow = self._flow
        try:
            step = next(flow) if self._response is None else flow.send(self._response)
            while not (isinstance(step, HTTPRequest) and step.url == self._url):
                step = yield from _one(flow, step)
        except StopIteration:
            return None
        return {name: value for name, value in step.headers.items() if name in _OURS}


def _one(flow: Flow[HTTPResponse], step: Step) -> Generator[Step, HTTPResponse | None, Step]:
    """Have one step done outside, and return the flow's next one."""
    try:
        outcome = yield step
    except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
        return flow.throw(error)
    return flow.send(outcome)


def drive(
    talk: Conversation, send: Callable[[HTTPRequest], HTTPResponse]
) -> Mapping[str, str] | None:
    """Take a turn in this thread; ``send`` is for what goes to the issuer."""
    return run(talk.turn(), send)


async def drive_async(
    talk: Conversation, send: Callable[[HTTPRequest], Awaitable[HTTPResponse]]
) -> Mapping[str, str] | None:
    """Take a turn in this task."""
    return await run_async(talk.turn(), send)
