"""What every client stands on: calls of registered documents, bytes in and bytes out.

It knows neither schemas nor graphql-core. The dynamic client checks documents before it calls and
reads JSON; a generated client's operations were checked when they were generated, and it reads
structs.

A call goes through the observer and batching, and then through `Connection._attempts`, which asks
the ids of documents, the retries and the circuit breaker. Each HTTP request of the call goes
through hooks, credentials, and the cache. What the options do not want is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypedDict, TypeVar, Unpack, cast

from msgspec.structs import replace

from trunkline.client.batching import Batching, BatchingSender
from trunkline.client.cache import CachingSender, PrivateCache, SendHTTP
from trunkline.client.calls import (
    BatchedOperation,
    Call,
    CallOptions,
    batch_document,
    check_timeout,
    client_headers,
    http_request,
)
from trunkline.client.credentials import SeveralSchemes
from trunkline.client.events import Hooks, Observer, with_hooks
from trunkline.client.persisted import DEFAULT_PERSISTED, DocumentIDs, Persisted
from trunkline.client.resilience import (
    DEFAULT_BREAKER,
    DEFAULT_RETRY,
    Breaker,
    Circuit,
    Retries,
    Retry,
)
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.client.transports.rules import safe_url
from trunkline.errors import ConnectionFailedError, ProtocolError, ServerStatusError, TokenError
from trunkline.flow.calls import AuthScheme, Deadline, Flow, Pause, send_request, through
from trunkline.flow.drivers import run, run_async
from trunkline.observe.log import subject
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.request import FilePart

__all__ = ["Connection", "ConnectionOptions"]

DEFAULT_TIMEOUT = 30.0  # seconds that a call may take

T = TypeVar("T")


class ConnectionOptions(TypedDict, total=False):
    """The options of a client in addition to its transport.

    - ``auth``: gives each request its credentials; a list has several schemes, such as an API key
      and a token. Over plain http they go only to this machine, unless the credentials have a true
      ``allow_http``.
    - ``name`` and ``version``: of the calling program; the server's log shows them.
    - ``timeout``: the seconds that a call may take, its retries included (30); ``None`` leaves it
      to the transport.
    - ``retry`` and ``breaker``: what happens when the server fails; ``None`` turns them off.
    - ``persisted``: how ids are sent instead of texts; ``None`` sends texts only.
    - ``batching``: sends calls together that come within a moment. Off by default, as the next two.
    - ``cache``: keeps responses.
    - ``hooks``: functions that are called at each step.
    - ``media_types``: of responses that are read as JSON too, although GraphQL over HTTP has only
      two: ``text/plain``, for example; an empty text for responses that name none.
    """

    auth: AuthScheme | Sequence[AuthScheme] | None
    name: str | None
    version: str | None
    timeout: float | None
    retry: Retry | None
    breaker: Breaker | None
    persisted: Persisted | None
    batching: Batching | None
    cache: PrivateCache | None
    hooks: Hooks | None
    media_types: Collection[str]


class Connection:
    """Calls one server's API. Threads and tasks share one; nothing is opened before a call."""

    def __init__(
        self, transport: Transport | AsyncTransport | str, **options: Unpack[ConnectionOptions]
    ) -> None:
        for name in options:
            if name not in ConnectionOptions.__annotations__:
                known = ", ".join(ConnectionOptions.__annotations__)
                raise TypeError(f"A client has no option {name!r}; it has {known}.")
        self.transport = given = _transport(transport)
        self.url: str | None = getattr(given, "url", None)
        # Asked once: asking a protocol costs more than a call does.
        self._blocking = given if isinstance(given, Transport) else None
        self._asynchronous = given if isinstance(given, AsyncTransport) else None
        self._headers = client_headers(options.get("name"), options.get("version"))
        self._timeout = options.get("timeout", DEFAULT_TIMEOUT)
        check_timeout(self._timeout)
        self._observer = Observer(options.get("hooks"), safe_url(self.url or ""))
        self.auth = _scheme(options.get("auth"))
        _check_privacy(given, self.auth)
        self.send_http = _http_layers(options, self.auth, given)
        persisted = options.get("persisted", DEFAULT_PERSISTED)
        retry = options.get("retry", DEFAULT_RETRY)
        breaker = options.get("breaker", DEFAULT_BREAKER)
        batching = options.get("batching")
        self._ids = DocumentIDs(persisted) if persisted else None
        self._retries = Retries(retry) if retry else None
        self._circuit = Circuit(breaker) if breaker else None
        self._send = BatchingSender(batching, self._attempts).send if batching else self._attempts

    def __repr__(self) -> str:
        return f"Connection({self.transport!r})"

    def execute(
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        options: CallOptions | None = None,
        files: Sequence[FilePart] = (),
    ) -> T:
        """Call an operation and return what ``read`` makes of the response.

        ``variables`` is a JSON object, or empty. ``read`` gets the response whatever its status and
        raises errors for the caller, as ``read_valid_response`` does. Raises
        ``ConnectionFailedError`` if there is no complete response.
        """
        send, deadline = self.blocking().send, self._deadline(options)
        call = Call(document, variables, deadline, files)
        return run(self._call(call, read, options), send, deadline)

    async def execute_async(
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        options: CallOptions | None = None,
        files: Sequence[FilePart] = (),
    ) -> T:
        """Do what ``execute`` does, without blocking the event loop."""
        send, deadline = self.asynchronous().send_async, self._deadline(options)
        call = Call(document, variables, deadline, files)
        return await run_async(self._call(call, read, options), send, deadline)

    def run(self, flow: Callable[[Deadline | None], Flow[T]], options: CallOptions | None) -> T:
        """Run a flow, which gets its deadline. Raises ``TypeError`` if no transport blocks."""
        send, deadline = self.blocking().send, self._deadline(options)
        return run(flow(deadline), send, deadline)

    async def run_async(
        self, flow: Callable[[Deadline | None], Flow[T]], options: CallOptions | None
    ) -> T:
        """Do what ``run`` does, without blocking the event loop."""
        send, deadline = self.asynchronous().send_async, self._deadline(options)
        return await run_async(flow(deadline), send, deadline)

    def _deadline(self, options: CallOptions | None) -> Deadline | None:
        given = options.timeout if options else None
        seconds = self._timeout if given is None else given
        return None if seconds is None else Deadline(seconds)

    def flow(  # noqa: PLR0913, PLR0917  # the parts of a call
        self,
        document: RegisteredDocument,
        variables: bytes,
        read: Callable[[HTTPResponse], T],
        deadline: Deadline | None,
        options: CallOptions | None = None,
        files: Sequence[FilePart] = (),
    ) -> Flow[T]:
        """Return a call as a flow, for flows that do more under one deadline."""
        return self._call(Call(document, variables, deadline, files), read, options)

    def batch(
        self,
        batch: Sequence[BatchedOperation],
        read: Callable[[HTTPResponse], T],
        deadline: Deadline | None,
        options: CallOptions | None = None,
    ) -> Flow[T]:
        """Return one call of several operations as a flow. ``read`` gets their one response."""
        return self._call(Call(batch_document(batch), b"", deadline, (), batch), read, options)

    def _call(
        self, call: Call, read: Callable[[HTTPResponse], T], options: CallOptions | None
    ) -> Flow[T]:
        call.repeatable = call.document.kind == "query"
        if options is not None:
            call.headers, call.extensions = options.all_headers(), options.encoded_extensions()
            call.repeatable |= options.idempotency_key is not None
        about = subject.get()
        if about is not None and about.passed_on:
            call.headers = {**about.passed_on, **(call.headers or {})}
        try:
            if self._observer.is_wanted():
                return (yield from self._observer.follow(call, self._send, read))
            return read((yield from self._send(call)))
        except (ConnectionFailedError, ProtocolError, ServerStatusError) as error:
            name = f"{call.document.kind} {call.document.name or 'without a name'}"
            place = safe_url(self.url) if self.url else type(self.transport).__name__
            error.add_note(f"This was the {name} to {place}, attempts: {call.attempts}.")
            raise

    def _attempts(  # noqa: C901  # the order of the steps is what it says
        self, call: Call
    ) -> Flow[HTTPResponse]:
        """Send a call, again if it failed for a while, or if the server does not know its id."""
        ids, retries, circuit = self._ids, self._retries, self._circuit
        if ids:
            ids.name(call)
        while True:
            if circuit:
                circuit.check()
            call.attempts += 1
            try:
                response = yield from self.send_http(http_request(call, self._headers))
            except (ConnectionFailedError, TokenError) as error:
                if circuit and isinstance(error, ConnectionFailedError):
                    circuit.note_failure()
                pause = retries.pause_after_failure(call, error) if retries else None
                if pause is None:
                    raise
            else:
                if circuit:
                    circuit.note(response)
                pause = retries.pause_after(call, response) if retries else None
                if pause is None:
                    if ids and ids.wants_text(call, response):
                        continue
                    return response
            yield Pause(pause)

    def blocking(self) -> Transport:
        """Return the transport if it blocks, else raise ``TypeError``."""
        if self._blocking is not None:
            return self._blocking
        raise TypeError(
            f"{type(self.transport).__name__} is an asynchronous transport: use `await"
            " client.execute_async(…)` and `async with client:`, or the generated class whose"
            " methods are awaited. Or give the client a blocking transport."
        )

    def asynchronous(self) -> AsyncTransport:
        """Return the transport if it is for asyncio, else raise ``TypeError``."""
        if self._asynchronous is not None:
            return self._asynchronous
        raise TypeError(
            f"{type(self.transport).__name__} is a blocking transport: use `client.execute(…)` and"
            " `with client:`, or the generated class whose methods block. Or give the client an"
            " asynchronous transport."
        )

    def close(self) -> None:
        """Close the connections, each after the last call that uses it."""
        self.blocking().close()

    async def close_async(self) -> None:
        """Do what ``close`` does, for an asynchronous transport."""
        await self.asynchronous().close_async()


def _http_layers(
    options: ConnectionOptions, auth: AuthScheme | None, transport: object
) -> SendHTTP:
    """Return what sends an HTTP request, made of the layers that the options want."""
    cache, hooks = options.get("cache"), options.get("hooks")
    send: SendHTTP = send_request
    if cache:
        is_told = not getattr(transport, "hides_credentials", True)
        send = CachingSender(cache, send, is_told=is_told).send
    if auth is not None:
        send = partial(_send_with_auth, auth, send) if cache else auth.auth_flow
    accepted = frozenset(each.lower() for each in options.get("media_types", ()))
    send = partial(_send_accepting, accepted, send) if accepted else send
    return with_hooks(hooks, send) if hooks and (hooks.request or hooks.response) else send


def _scheme(auth: AuthScheme | Sequence[AuthScheme] | None) -> AuthScheme | None:
    """Return one scheme for all. Raises ``TypeError`` for what is none."""
    several = auth if isinstance(auth, (list, tuple)) else None
    for each in (auth,) if several is None else several:
        if each is not None and not callable(getattr(each, "auth_flow", None)):
            raise TypeError(
                "auth must have a method auth_flow, as BearerToken and ClientCredentials do, or be"
                f" a list of such schemes. It is of the type {type(each).__name__}."
            )
    return cast("AuthScheme | None", auth) if several is None else SeveralSchemes(several)


def _check_privacy(transport: object, auth: AuthScheme | None) -> None:
    """Raise ``ValueError`` if credentials would cross a network that everyone can read."""
    if getattr(auth, "allow_http", False) or getattr(transport, "is_private", True):
        return
    if auth is None and not getattr(transport, "has_credentials", False):
        return
    remedy = "give the credentials allow_http=True."
    if auth is None:
        remedy = "give them to the client: auth=BearerToken(…, allow_http=True), or APIKey."
    raise ValueError(
        f"{transport!r}: use https, because credentials are sent there; http is for localhost only."
        f" If the network protects them, as a service mesh does, {remedy}"
    )


def _send_with_auth(auth: AuthScheme, send: SendHTTP, request: HTTPRequest) -> Flow[HTTPResponse]:
    return through(auth.auth_flow(request), send)


def _send_accepting(
    media_types: Collection[str], send: SendHTTP, request: HTTPRequest
) -> Flow[HTTPResponse]:
    response = yield from send(request)
    if response.media_type in media_types:
        return replace(response, is_taken_for_json=True)
    return response


def _transport(transport: Transport | AsyncTransport | str) -> Transport | AsyncTransport:
    if isinstance(transport, str):
        from trunkline.client.transports.httpx2 import (  # noqa: PLC0415  # httpx2 may be missing
            DefaultTransport,
        )

        return DefaultTransport(transport)
    if not isinstance(transport, (Transport, AsyncTransport)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"A client needs a transport or a URL, not {type(transport).__name__}:"
            " RequestsHTTPTransport(url), for example."
        )
    return transport
