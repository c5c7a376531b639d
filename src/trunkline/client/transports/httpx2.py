"""The transports over httpx2: blocking, for asyncio, and the default, which does both."""

from __future__ import annotations

import ssl
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, closing, nullcontext
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeAlias

from trunkline.client.transports import rules
from trunkline.client.transports.connections import Lease, lease_of, time_left, until
from trunkline.client.transports.interface import (
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_POOL,
    DEFAULT_TIMEOUT,
    Pool,
    Timeout,
)
from trunkline.errors import TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    import httpcore2
    import httpx2

    from trunkline.client.transports.httpx2_pools import (
        AsyncPools,
        BlockingPools,
        core_waits,
        decoded,
        decoded_async,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        "The httpx2 transports need the library httpx2: pip install 'trunkline[client]'"
    ) from error

__all__ = ["AsyncHTTPX2Transport", "HTTPX2Transport"]

_NEVER_SENT = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
)
_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    httpx2.RequestError,
    ssl.SSLError,  # an alert after the handshake, which the asynchronous backend lets through
)

Pools: TypeAlias = BlockingPools | AsyncPools
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Auth: TypeAlias = tuple[str, str] | httpx2.Auth | Callable[[httpx2.Request], httpx2.Request]


class _HTTPX2Transport(rules.HTTPTransport):
    """What both transports share: their arguments, and the requests that they make of them."""

    def __init__(  # noqa: PLR0913  # as httpx2's own
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | ssl.SSLContext = True,
        auth: Auth | None = None,
        proxy: str | None = None,
        pool: Pool = DEFAULT_POOL,
        http2: bool | None = None,
        client: httpx2.Client | httpx2.AsyncClient | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        super().__init__(url, headers, max_response_bytes)
        self._timeout = timeout
        self._waits = core_waits(timeout)
        rules.check_verify(verify, ssl.SSLContext, "an ssl.SSLContext")
        self._verify = verify
        self._proxy = rules.check_proxy(proxy)
        self._pool = pool
        self._http2 = find_spec("h2") is not None if http2 is None else http2
        self._client: Any = client
        self._leases: dict[AbstractEventLoop | None, Lease] = {}
        if isinstance(auth, tuple):
            self._auth: httpx2.Auth | None = httpx2.BasicAuth(*auth)
        elif auth is None or isinstance(auth, httpx2.Auth):
            self._auth = auth
        else:
            self._auth = httpx2.FunctionAuth(auth)

    @property
    def hides_credentials(self) -> bool:
        """``auth`` and a client may add any."""
        return bool(self._auth or self._client)

    def _lease(self, loop: AbstractEventLoop | None) -> Lease:
        """Return the connections of an event loop, or without one those of all threads."""
        kind = AsyncPools if loop else BlockingPools
        return lease_of(loop, self._leases, partial(self._open, kind))

    def _open(self, kind: type[Pools]) -> Pools:
        verify, proxy, http2 = self._verify, self._proxy, self._http2
        return kind(self.url, self._pool, verify=verify, proxy=proxy, http2=http2)

    def _request(
        self, pools: Pools, url: str, request: HTTPRequest
    ) -> tuple[Any, httpcore2.Request]:
        """Return the place that a request goes to, and the request as httpcore2 has it."""
        place: Any = pools.api
        if url != self.url:
            is_document = request.path and not request.query
            place = pools.place_of_document(url) if is_document else pools.place(url)
        seconds = request.timeout
        waits = self._waits if seconds is None else core_waits(self._timeout, seconds)
        headers = self.request_headers(request)
        return place, place.request(request.method, headers, request.body, waits)

    def _auth_request(
        self, pools: Pools, request: httpx2.Request, before: httpcore2.Request
    ) -> tuple[Any, httpcore2.Request]:
        """Do what ``_request`` does, for a request of ``auth``, which may have another URL."""
        place: Any = pools.api if request.url == pools.api.url else pools.place(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        waits = before.extensions["timeout"]
        return place, place.request(request.method, headers, request.content, waits)

    def _client_request(self, url: str, request: HTTPRequest) -> dict[str, Any]:
        """Return the arguments of a request that the program's own client sends."""
        arguments: dict[str, Any] = {
            "method": request.method,
            "url": url,
            "content": request.body or None,
            "headers": self.request_headers(request),
            "timeout": httpx2.Timeout(**core_waits(self._timeout, request.timeout)),
            "follow_redirects": False,
        }
        if request.url or self._auth:  # else the client's own
            arguments["auth"] = None if request.url else self._auth
        return arguments

    def _body(self, place: Any, headers: Mapping[str, str]) -> rules.ReceivedBody:
        return rules.ReceivedBody(place.url, headers, self._max_response_bytes)

    def _failure(self, url: str, error: Exception) -> TransportError:
        if isinstance(error, httpx2.DecodingError):
            return rules.decoding_error(url, rules.root_cause(error))
        return rules.connection_error(url, error, never_sent=isinstance(error, _NEVER_SENT))


class HTTPX2Transport(_HTTPX2Transport, rules.BlockingHTTPTransport):
    """Sends requests with the library httpx2. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` for no limit. ``verify`` is
    ``False`` to accept any certificate, or a TLS context. ``auth`` is what httpx2 takes:
    ``(user, password)``, a function that changes the request, or an ``httpx2.Auth``. ``pool`` has
    the limits of connections. ``http2`` offers HTTP/2 to ``https://`` servers; the default is to do
    so if the library h2 is installed (``trunkline[http2]``). ``max_response_bytes`` is the size up
    to which a response is read, after decompression. ``proxy`` is the URL of a proxy; by default
    it is read from the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY.

    ``client`` is an ``httpx2.Client`` of the program's own, or an ``AsyncClient`` for
    ``AsyncHTTPX2Transport``. It has its own settings for all of this, and is not closed here. While
    it blocks, it ends with the call's deadline only between the pieces that it reads.
    """

    def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            return self._call(url, request)
        except _FAILURES as error:
            failure = self._failure(url, error)
        raise failure  # without the library's frames, whose locals have the credentials

    def _call(self, url: str, request: HTTPRequest) -> HTTPResponse:
        if self._client:
            return self._call_by_client(url, request)
        with (
            self._lease(None).lend() as pools,
            nullcontext() if request.timeout is None else until(request.timeout),
        ):
            place, sent = self._request(pools, url, request)
            if self._auth is None or request.url is not None:
                return self._send(place, sent)[0]
            shown = _auth_view(place.url, sent, request.body)
            with closing(self._auth.sync_auth_flow(shown)) as flow:
                wanted = next(flow)
                while True:
                    place, sent = self._auth_request(pools, wanted, sent)
                    response, headers = self._send(place, sent)
                    try:
                        wanted = flow.send(_auth_response(wanted, response, headers))
                    except StopIteration:
                        return response

    def _call_by_client(self, url: str, request: HTTPRequest) -> HTTPResponse:
        with (
            nullcontext() if request.timeout is None else until(request.timeout),
            self._client.stream(**self._client_request(url, request)) as response,
        ):
            body = rules.ReceivedBody(url, response.headers, self._max_response_bytes)
            for piece in response.iter_bytes():
                body.add(piece)
                left = time_left(None)
                if left is not None and left <= 0:
                    raise httpx2.ReadTimeout("timed out")
            return HTTPResponse(response.status_code, body.whole(), response.headers)

    def _send(self, place: Any, request: httpcore2.Request) -> tuple[HTTPResponse, Headers]:
        """Send a request and read the complete response; return its headers as they came, too."""
        response: httpcore2.Response = place.pool.handle_request(request)
        try:
            headers = rules.headers_of(response.headers)
            body = self._body(place, headers)
            for piece in decoded(response, headers.get("content-encoding")):
                body.add(piece)
        finally:
            response.close()
        return HTTPResponse(response.status, body.whole(), headers), response.headers

    def close(self) -> None:
        """Close the connections, each after the last call that uses it."""
        self._lease(None).close()


class AsyncHTTPX2Transport(_HTTPX2Transport, rules.AsyncHTTPTransport):
    """Sends requests with the library httpx2, for asyncio. Tasks share one.

    The arguments are those of ``HTTPX2Transport``. Each event loop has its own connections, because
    a connection cannot leave its loop: close them in the loop that used them.
    """

    async def _exchange_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            return await self._call_async(url, request)
        except _FAILURES as error:
            failure = self._failure(url, error)
        raise failure  # without the library's frames, whose locals have the credentials

    async def _call_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        if self._client:
            return await self._call_by_client_async(url, request)
        async with self._lease(get_running_loop()).lend_async() as pools:
            place, sent = self._request(pools, url, request)
            if self._auth is None or request.url is not None:
                return (await self._send_async(place, sent))[0]
            shown = _auth_view(place.url, sent, request.body)
            async with aclosing(self._auth.async_auth_flow(shown)) as flow:
                wanted = await anext(flow)
                while True:
                    place, sent = self._auth_request(pools, wanted, sent)
                    response, headers = await self._send_async(place, sent)
                    try:
                        wanted = await flow.asend(_auth_response(wanted, response, headers))
                    except StopAsyncIteration:
                        return response

    async def _call_by_client_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        async with self._client.stream(**self._client_request(url, request)) as response:
            body = rules.ReceivedBody(url, response.headers, self._max_response_bytes)
            async for piece in response.aiter_bytes():
                body.add(piece)
            return HTTPResponse(response.status_code, body.whole(), response.headers)

    async def _send_async(
        self, place: Any, request: httpcore2.Request
    ) -> tuple[HTTPResponse, Headers]:
        """Do what ``_send`` does, without blocking the event loop."""
        response: httpcore2.Response = await place.pool.handle_async_request(request)
        try:
            headers = rules.headers_of(response.headers)
            body = self._body(place, headers)
            async with aclosing(decoded_async(response, headers.get("content-encoding"))) as pieces:
                async for piece in pieces:
                    body.add(piece)
        finally:
            await response.aclose()
        return HTTPResponse(response.status, body.whole(), headers), response.headers

    async def close_async(self) -> None:
        """Close this event loop's connections, each after the last call that uses it."""
        lease = self._leases.pop(get_running_loop(), None)
        if lease:
            await lease.close_async()


class DefaultTransport(HTTPX2Transport, AsyncHTTPX2Transport):
    """The transport of a client that was given only a URL: blocking, and for asyncio."""


def _auth_view(url: httpx2.URL, request: httpcore2.Request, body: bytes) -> httpx2.Request:
    """Return a request as an auth scheme of httpx2 sees it."""
    method = request.method.decode("ascii")
    return httpx2.Request(method, url, headers=request.headers, content=body)


def _auth_response(
    request: httpx2.Request, response: HTTPResponse, headers: Headers
) -> httpx2.Response:
    """Return a complete response, which is decoded, as an auth scheme of httpx2 sees it."""
    kept = [(name, value) for name, value in headers if name.lower() != b"content-encoding"]
    return httpx2.Response(response.status, headers=kept, content=response.body, request=request)
