"""What every client of ours stands on: calls of registered documents, bytes in and bytes out.

It knows neither schemas nor graphql-core. The dynamic client checks before it calls and reads JSON;
a generated client's operations were checked when they were generated, and it reads structs.

A call goes through few layers, from the outside in, each a module of its own and absent where it
is not wanted: what observes it, ids instead of texts, retries and the circuit breaker; and for
each request of it credentials and the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypedDict, TypeVar

from trunkline.client.calls import Call, CallOptions
from trunkline.client.encoding import Form, post_request
from trunkline.client.identity import request_headers
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.protocol.deadline import Deadline
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.flow import AuthScheme, Flow, request_response, run, run_async
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.multipart import FilePart

__all__ = ["Connection", "ConnectionOptions"]

T = TypeVar("T")
Send: TypeAlias = Callable[[Call], Flow[HTTPResponse]]
SendHTTP: TypeAlias = Callable[[HTTPRequest], Flow[HTTPResponse]]


class ConnectionOptions(TypedDict, total=False):
    """What a client may be given beside its transport.

    ``auth`` gives each request its credentials. ``name`` and ``version`` are of the program that
    calls; the server's log shows them. ``timeout`` is how many seconds a call may take, its
    retries included (30; ``None`` leaves it to the transport).
    """

    auth: AuthScheme | None
    name: str | None
    version: str | None
    timeout: float | None


class Connection:
    """Calls one server's API. Threads and tasks share one; nothing is opened before a call."""

    def __init__(
        self,
        transport: Transport | AsyncTransport,
        *,
        auth: AuthScheme | None = None,
        name: str | None = None,
        version: str | None = None,
        timeout: float | None = 30.0,
    ) -> None:
        self.transport = _checked(transport)
        self._blocking = transport if isinstance(transport, Transport) else None
        self._asynchronous = transport if isinstance(transport, AsyncTransport) else None
        self._headers = request_headers(name, version)
        self._timeout = timeout
        self.send_http: SendHTTP = auth.auth_flow if auth else request_response
        self._send: Send = self._attempt

    def execute(
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        options: CallOptions | None = None,
    ) -> T:
        """Call an operation and return what ``read`` makes of the answer.

        ``variables`` is a JSON object, or empty where there are none. ``read`` is given the
        response whatever its status, and raises what its caller is to know: ``read_answer`` does.
        Raises ``ConnectionFailedError`` where there is no whole answer.
        """
        deadline = self.deadline(options)
        flow = self.flow(document, variables, read, deadline, options)
        return run(flow, self.blocking().send, deadline)

    async def execute_async(
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        options: CallOptions | None = None,
    ) -> T:
        """Do what ``execute`` does, without blocking the event loop."""
        deadline = self.deadline(options)
        flow = self.flow(document, variables, read, deadline, options)
        return await run_async(flow, self.asynchronous().send_async, deadline)

    def deadline(self, options: CallOptions | None) -> Deadline | None:
        """Say until when a call that begins now may take."""
        given = options.timeout if options else None
        seconds = self._timeout if given is None else given
        return None if seconds is None else Deadline(seconds)

    def flow(  # noqa: PLR0913, PLR0917  # a call's parts, which only the two faces pass
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        deadline: Deadline | None,
        options: CallOptions | None = None,
        files: Sequence[FilePart] = (),
    ) -> Flow[T]:
        """Return a call as a flow, for those who do more under one deadline."""
        return self._called(Call(document, variables, deadline, options, files), read)

    def _called(self, call: Call, read: Callable[[HTTPResponse], T]) -> Flow[T]:
        return read((yield from self._send(call)))

    def _attempt(self, call: Call) -> Flow[HTTPResponse]:
        return self.send_http(post_request(call, self._headers, Form.TEXT))

    def blocking(self) -> Transport:
        """Return the transport, if it blocks. Raises ``TypeError`` if not."""
        if self._blocking is not None:
            return self._blocking
        raise TypeError(
            f"{type(self.transport).__name__} is an asynchronous transport: use `await"
            " client.execute_async(…)` and `async with client:`, or give the client a blocking"
            " transport."
        )

    def asynchronous(self) -> AsyncTransport:
        """Return the transport, if it is for asyncio. Raises ``TypeError`` if not."""
        if self._asynchronous is not None:
            return self._asynchronous
        raise TypeError(
            f"{type(self.transport).__name__} is a blocking transport: use `client.execute(…)` and"
            " `with client:`, or give the client an asynchronous transport."
        )

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        self.blocking().close()

    async def close_async(self) -> None:
        """Do what ``close`` does, for an asynchronous transport."""
        await self.asynchronous().close_async()


def _checked(transport: Transport | AsyncTransport) -> Transport | AsyncTransport:
    if not isinstance(transport, (Transport, AsyncTransport)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"A client needs a transport, not {type(transport).__name__}:"
            " RequestsHTTPTransport(url), say."
        )
    return transport
