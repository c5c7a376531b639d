"""The transports over httpx2: one that blocks, one for asyncio."""

from __future__ import annotations

import ssl
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Mapping
from contextlib import aclosing, closing
from functools import cache
from importlib.util import find_spec
from typing import Generic, TypeAlias, TypedDict, TypeVar

from trunkline.client.transports.addresses import checked_url, identity_of, shown_url, target
from trunkline.client.transports.clock import until
from trunkline.client.transports.failures import connection_failed, root_cause, undecodable
from trunkline.client.transports.headers import checked_headers
from trunkline.client.transports.leases import Lease, close, close_async, leased, leased_async
from trunkline.client.transports.pool import DEFAULT_POOL, Pool
from trunkline.client.transports.timeouts import DEFAULT_TIMEOUT, Timeout
from trunkline.errors import TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    import httpcore2
    import httpx2

    from trunkline.client.transports.httpx2_messages import (
        Place,
        Waits,
        asked,
        received,
        redirected,
        shown,
        told,
    )
    from trunkline.client.transports.httpx2_pools import AsyncPools, BlockingPools
except ModuleNotFoundError as error:
    raise ImportError(
        "The httpx2 transports need the library httpx2: pip install 'trunkline[client]'"
    ) from error

__all__ = ["AsyncHTTPX2Transport", "HTTPX2Transport"]

_NEVER_SENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout)
_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    httpx2.RequestError,
)

Auth: TypeAlias = tuple[str, str] | httpx2.Auth | Callable[[httpx2.Request], httpx2.Request]
Pools = TypeVar("Pools", BlockingPools, AsyncPools)


class _LibraryOptions(TypedDict):
    http2: bool
    limits: httpx2.Limits
    verify: ssl.SSLContext | bool


class _HTTPX2Transport(Generic[Pools]):
    """What the two transports have in common: their arguments, and how the library is asked."""

    def __init__(  # noqa: PLR0913  # as httpx2's own
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | ssl.SSLContext = True,
        auth: Auth | None = None,
        pool: Pool = DEFAULT_POOL,
        http2: bool | None = None,
    ) -> None:
        self.url: str = checked_url(url)
        self._pool: Pool = pool
        self._http2 = _can_http2() if http2 is None else http2
        self._headers = checked_headers(headers)
        self._waits = _waits(timeout)
        self._verify = verify
        self._auth = _scheme(auth)
        self._leases: dict[AbstractEventLoop | None, Lease[Pools]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self.url)!r})"

    @property
    def identity(self) -> str | None:
        """What tells this transport's server and credentials from others, as a hash.

        ``None`` where an ``auth`` may give any.
        """
        return None if self._auth else identity_of(self.url, self._headers)

    def _open(self) -> Pools:
        raise NotImplementedError

    def _lease(self, loop: AbstractEventLoop | None) -> Lease[Pools]:
        """Find the connections of an event loop, or those of all threads."""
        if loop not in self._leases:
            for other in tuple(self._leases):
                if other and other.is_closed():
                    self._leases.pop(other, None)  # its connections ended with it
            self._leases.setdefault(loop, Lease(self._open))
        return self._leases[loop]

    def _library_options(self) -> _LibraryOptions:
        return {
            "http2": self._http2,
            "limits": httpx2.Limits(
                max_connections=self._pool.connections,
                max_keepalive_connections=self._pool.connections,
                keepalive_expiry=self._pool.idle_seconds,
            ),
            "verify": self._verify if self.url.lower().startswith("https:") else _no_tls(),
        }

    def _request(self, pools: Pools, request: HTTPRequest) -> tuple[Place, httpcore2.Request]:
        own = request.url is None and not request.query
        place = pools.place if own else pools.elsewhere(target(self.url, request))
        headers = request.headers if request.url else {**request.headers, **self._headers}
        waits = self._within(request.timeout)
        return place, place.request(request.method, headers, request.body, waits)

    def _within(self, seconds: float | None) -> Waits:
        """Shorten the waits to what is left."""
        if seconds is None:
            return self._waits
        connect, read = self._waits["connect"], self._waits["read"]
        connect = seconds if connect is None else min(connect, seconds)
        read = seconds if read is None else min(read, seconds)
        return {"connect": connect, "read": read, "write": read, "pool": connect}

    def _failure(self, request: HTTPRequest, error: Exception) -> TransportError:
        url = request.url or self.url
        if isinstance(error, httpx2.DecodingError):
            return undecodable(url, error)
        return connection_failed(url, error, never_sent=isinstance(error, _NEVER_SENT))


class HTTPX2Transport(_HTTPX2Transport[BlockingPools]):
    """Carries requests over HTTP with the library httpx2. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` to wait for ever. ``verify``
    is ``False`` to accept any certificate, or a TLS context. ``auth`` is what httpx2 takes:
    ``(user, password)``, a function that changes the request, or an ``httpx2.Auth``. ``pool`` has
    the limits of connections. ``http2`` says whether HTTP/2 is offered to ``https://`` servers: if
    nothing is said, where the library h2 is installed (``trunkline[http2]``). Proxies from the
    environment are httpx2's affair.
    """

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer, ``ProtocolError`` where
        its compression is broken, ``ServerStatusError`` at a redirect that must not be followed.
        """
        try:
            with leased(self._lease(None)) as pools:
                if request.timeout is None:
                    return self._answer(pools, request)
                with until(request.timeout):
                    return self._answer(pools, request)
        except _FAILURES as error:
            raise self._failure(request, error) from root_cause(error)

    def _answer(self, pools: BlockingPools, request: HTTPRequest) -> HTTPResponse:
        place, sent = self._request(pools, request)
        if self._auth is None or request.url is not None:
            return received(_exchange(pools.to(place), sent))
        with closing(self._auth.sync_auth_flow(shown(place, sent, request.body))) as flow:
            asks = next(flow)
            while True:
                place, sent = asked(place, asks, sent)
                response = _exchange(pools.to(place), sent)
                try:
                    asks = flow.send(told(asks, response))
                except StopIteration:
                    return received(response)

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        close(self._lease(None).retire())

    def _open(self) -> BlockingPools:
        return BlockingPools(httpx2.Client(**self._library_options()), self.url)


class AsyncHTTPX2Transport(_HTTPX2Transport[AsyncPools]):
    """Carries requests over HTTP with the library httpx2, for asyncio. Tasks share one.

    The arguments are those of ``HTTPX2Transport``. Each event loop has connections of its own,
    since a connection cannot leave its loop: close them in the loop that used them.
    """

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises what ``HTTPX2Transport.send`` raises.
        """
        try:
            async with leased_async(self._lease(get_running_loop())) as pools:
                return await self._answer(pools, request)
        except _FAILURES as error:
            raise self._failure(request, error) from root_cause(error)

    async def _answer(self, pools: AsyncPools, request: HTTPRequest) -> HTTPResponse:
        place, sent = self._request(pools, request)
        if self._auth is None or request.url is not None:
            return received(await _exchange_async(pools.to(place), sent))
        async with aclosing(self._auth.async_auth_flow(shown(place, sent, request.body))) as flow:
            asks = await anext(flow)
            while True:
                place, sent = asked(place, asks, sent)
                response = await _exchange_async(pools.to(place), sent)
                try:
                    asks = await flow.asend(told(asks, response))
                except StopAsyncIteration:
                    return received(response)

    async def close_async(self) -> None:
        """Close this event loop's connections, each once no call uses it any more."""
        lease = self._leases.pop(get_running_loop(), None)
        await close_async(lease.retire() if lease else None)

    def _open(self) -> AsyncPools:
        return AsyncPools(httpx2.AsyncClient(**self._library_options()), self.url)


def _exchange(pool: httpcore2.ConnectionPool, request: httpcore2.Request) -> httpcore2.Response:
    """Send a request, to where it is redirected too, and read the whole answer."""
    redirects = 0
    while True:
        response = pool.handle_request(request)
        try:
            response.read()
        finally:
            response.close()
        if not redirected(request, response, redirects):
            return response
        redirects += 1


async def _exchange_async(
    pool: httpcore2.AsyncConnectionPool, request: httpcore2.Request
) -> httpcore2.Response:
    """Do what ``_exchange`` does, without blocking the event loop."""
    redirects = 0
    while True:
        response = await pool.handle_async_request(request)
        try:
            await response.aread()
        finally:
            await response.aclose()
        if not redirected(request, response, redirects):
            return response
        redirects += 1


def _waits(timeout: Timeout) -> Waits:
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return {"connect": connect, "read": read, "write": read, "pool": connect}


def _scheme(auth: Auth | None) -> httpx2.Auth | None:
    if isinstance(auth, tuple):
        return httpx2.BasicAuth(*auth)
    return auth if auth is None or isinstance(auth, httpx2.Auth) else httpx2.FunctionAuth(auth)


@cache
def _can_http2() -> bool:
    return find_spec("h2") is not None


def _no_tls() -> ssl.SSLContext:
    """Make a TLS context that trusts nobody, for a URL without TLS.

    httpx2 wants one in any case, and loading the authorities costs 20 ms of CPU time.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
