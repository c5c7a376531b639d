"""What every client of ours stands on: calls of registered documents, bytes in and bytes out.

It knows neither schemas nor graphql-core. The dynamic client checks before it calls and reads JSON;
a generated client's operations were checked when they were generated, and it reads structs.

A call goes through few layers, from the outside in, each a module of its own and absent where it
is not wanted: what observes it, ids instead of texts, retries and the circuit breaker; and for
each request of it credentials and the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypedDict, TypeVar, Unpack

from trunkline.client.breaker import DEFAULT_BREAKER, Breaker, guarded
from trunkline.client.cache import PrivateCache, cached
from trunkline.client.calls import Batched, Call, CallOptions
from trunkline.client.encoding import http_request
from trunkline.client.events import Hooks
from trunkline.client.identity import request_headers
from trunkline.client.observed import Observer, hooked
from trunkline.client.persisted import Persisted, named_by_id
from trunkline.client.retries import DEFAULT_RETRY, Retry, retried
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.client.transports.rules import safe_url
from trunkline.flow.calls import AuthScheme, Deadline, Flow, send_request, through
from trunkline.flow.drivers import run, run_async
from trunkline.protocol.documents import OperationKind, RegisteredDocument
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.multipart import FilePart

__all__ = ["Connection", "ConnectionOptions"]

DEFAULT_TIMEOUT = 30.0  # seconds that a call may take

T = TypeVar("T")
Send: TypeAlias = Callable[[Call], Flow[HTTPResponse]]
SendHTTP: TypeAlias = Callable[[HTTPRequest], Flow[HTTPResponse]]


class ConnectionOptions(TypedDict, total=False):
    """What a client may be given beside its transport.

    ``auth`` gives each request its credentials. ``name`` and ``version`` are of the program that
    calls; the server's log shows them. ``timeout`` is how many seconds a call may take, its
    retries included (30; ``None`` leaves it to the transport). ``retry`` and ``breaker`` say what
    happens when the server fails; ``None`` turns them off. ``persisted`` sends ids instead of
    texts, ``cache`` keeps answers, ``hooks`` are told what happens: these are off if not given.
    """

    auth: AuthScheme | None
    name: str | None
    version: str | None
    timeout: float | None
    retry: Retry | None
    breaker: Breaker | None
    persisted: Persisted | None
    cache: PrivateCache | None
    hooks: Hooks | None


class Connection:
    """Calls one server's API. Threads and tasks share one; nothing is opened before a call."""

    def __init__(
        self, transport: Transport | AsyncTransport | str, **options: Unpack[ConnectionOptions]
    ) -> None:
        _refuse_unknown(options)
        self.transport = _transport(transport)
        self.url: str | None = getattr(self.transport, "url", None)
        given = self.transport  # asked once: asking a protocol costs more than a call does
        self._blocking = given if isinstance(given, Transport) else None
        self._asynchronous = given if isinstance(given, AsyncTransport) else None
        self._headers = request_headers(options.get("name"), options.get("version"))
        self._timeout = options.get("timeout", DEFAULT_TIMEOUT)
        self._observer = Observer(options.get("hooks"), safe_url(self.url or ""))
        self.send_http = _http_layers(options)
        self._send = _call_layers(options, self._attempt)

    def __repr__(self) -> str:
        return f"Connection({self.transport!r})"

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

    def batch(
        self,
        batch: Sequence[Batched],
        read: Callable[[HTTPResponse], T],
        deadline: Deadline | None,
        options: CallOptions | None = None,
    ) -> Flow[T]:
        """Return one call of several operations as a flow. ``read`` is given their one response."""
        kinds = {each.document.kind for each in batch}
        text = "\n".join(each.document.text for each in batch)
        kind: OperationKind = "query" if kinds == {"query"} else "mutation"
        document = RegisteredDocument(text, kind, f"batch of {len(batch)}")
        return self._called(Call(document, b"", deadline, options, (), batch), read)

    def _called(self, call: Call, read: Callable[[HTTPResponse], T]) -> Flow[T]:
        if self._observer.wanted():
            return (yield from self._observer.follow(call, self._send, read))
        return read((yield from self._send(call)))

    def _attempt(self, call: Call) -> Flow[HTTPResponse]:
        call.attempts += 1
        return self.send_http(http_request(call, self._headers))

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


def _http_layers(options: ConnectionOptions) -> SendHTTP:
    """Put together what each request goes through."""
    cache, auth, hooks = options.get("cache"), options.get("auth"), options.get("hooks")
    send: SendHTTP = cached(cache, send_request) if cache else send_request
    if auth:
        send = _authenticated(auth, send)
    return hooked(hooks, send) if hooks and (hooks.request or hooks.response) else send


def _authenticated(auth: AuthScheme, send: SendHTTP) -> SendHTTP:
    if send is send_request:
        return auth.auth_flow
    return lambda request: through(auth.auth_flow(request), send)


def _call_layers(options: ConnectionOptions, send: Send) -> Send:
    """Put together what each call goes through."""
    breaker = options.get("breaker", DEFAULT_BREAKER)
    retry = options.get("retry", DEFAULT_RETRY)
    persisted = options.get("persisted")
    send = guarded(breaker, send) if breaker else send
    send = retried(retry, send) if retry else send
    return named_by_id(persisted, send) if persisted else send


def _refuse_unknown(options: ConnectionOptions) -> None:
    """Raise ``TypeError`` at a misspelt option, as Python does for arguments that it knows."""
    for name in options:
        if name not in ConnectionOptions.__annotations__:
            known = ", ".join(ConnectionOptions.__annotations__)
            raise TypeError(f"A client has no option {name!r}; it has {known}.")


def _transport(transport: Transport | AsyncTransport | str) -> Transport | AsyncTransport:
    if isinstance(transport, str):
        from trunkline.client.transports.httpx2 import (  # noqa: PLC0415  # httpx2 may be missing
            DefaultTransport,
        )

        return DefaultTransport(transport)
    if not isinstance(transport, (Transport, AsyncTransport)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"A client needs a transport or a URL, not {type(transport).__name__}:"
            " RequestsHTTPTransport(url), say."
        )
    return transport
