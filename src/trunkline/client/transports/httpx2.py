"""The transports over httpx2: one that blocks, one for asyncio."""

from __future__ import annotations

import ssl
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Generic, TypeAlias, TypedDict, TypeVar

from trunkline.client.transports.addresses import (
    checked_url,
    identity_of,
    refuse_redirect,
    shown_url,
    target,
)
from trunkline.client.transports.clock import until
from trunkline.client.transports.failures import connection_failed, root_cause, undecodable
from trunkline.client.transports.headers import checked_headers
from trunkline.client.transports.leases import Lease, close, close_async, leased, leased_async
from trunkline.client.transports.pool import DEFAULT_POOL, Pool
from trunkline.client.transports.timeouts import DEFAULT_TIMEOUT, Timeout
from trunkline.errors import TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    import httpx2

    from trunkline.client.transports.httpx2_sockets import keep_to_the_deadline
except ModuleNotFoundError as error:
    raise ImportError(
        "The httpx2 transports need the library httpx2: pip install 'trunkline[client]'"
    ) from error

__all__ = ["AsyncHTTPX2Transport", "HTTPX2Transport"]

_REDIRECT = 300  # the least status of one
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

Auth: TypeAlias = tuple[str, str] | httpx2.Auth | Callable[[httpx2.Request], httpx2.Request]
Library = TypeVar("Library", httpx2.Client, httpx2.AsyncClient)


class _LibraryOptions(TypedDict):
    follow_redirects: bool
    http2: bool
    limits: httpx2.Limits
    timeout: httpx2.Timeout
    verify: ssl.SSLContext | bool


class _HTTPX2Transport(Generic[Library]):
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
        self._parsed: httpx2.URL = httpx2.URL(self.url)  # once: it is a tenth of what a call costs
        self._pool: Pool = pool
        self._http2 = _can_http2() if http2 is None else http2
        self._headers = checked_headers(headers)
        self._timeout = timeout
        self._verify = verify
        self._auth = auth
        self._leases: dict[AbstractEventLoop | None, Lease[Library]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self.url)!r})"

    @property
    def identity(self) -> str | None:
        """What tells this transport's server and credentials from others, as a hash.

        ``None`` where an ``auth`` may give any.
        """
        return None if self._auth else identity_of(self.url, self._headers)

    def _open(self) -> Library:
        raise NotImplementedError

    def _lease(self, loop: AbstractEventLoop | None) -> Lease[Library]:
        """Find the connections of an event loop, or those of all threads."""
        if loop not in self._leases:
            for other in tuple(self._leases):
                if other and other.is_closed():
                    self._leases.pop(other, None)  # its connections ended with it
            self._leases.setdefault(loop, Lease(self._open))
        return self._leases[loop]

    def _library_options(self) -> _LibraryOptions:
        return {
            "follow_redirects": True,  # as far as the hook allows
            "http2": self._http2,
            "limits": httpx2.Limits(
                max_connections=self._pool.connections,
                max_keepalive_connections=self._pool.connections,
                keepalive_expiry=self._pool.idle_seconds,
            ),
            "timeout": _library_timeout(self._timeout),
            "verify": self._verify if self.url.lower().startswith("https:") else _no_tls(),
        }

    def _library_request(self, library: Library, request: HTTPRequest) -> httpx2.Request:
        timeout = None if request.timeout is None else self._within(request.timeout)
        elsewhere = request.url is not None or request.query
        return library.build_request(
            request.method,
            target(self.url, request) if elsewhere else self._parsed,
            content=request.body or None,
            headers=request.headers if request.url else {**request.headers, **self._headers},
            timeout=httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout,
        )

    def _within(self, seconds: float) -> httpx2.Timeout:
        """Shorten the waits to what is left."""
        connect, read = _pair(self._timeout)
        connect = seconds if connect is None else min(connect, seconds)
        read = seconds if read is None else min(read, seconds)
        return httpx2.Timeout(connect=connect, read=read, write=read, pool=connect)

    def _auth_of(self, request: HTTPRequest) -> Auth | None:
        return None if request.url else self._auth

    def _failure(self, request: HTTPRequest, error: httpx2.RequestError) -> TransportError:
        url = request.url or self.url
        if isinstance(error, httpx2.DecodingError):
            return undecodable(url, error)
        return connection_failed(url, error, never_sent=isinstance(error, _NEVER_SENT))


class HTTPX2Transport(_HTTPX2Transport[httpx2.Client]):
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
            with leased(self._lease(None)) as library:
                if request.timeout is None:
                    return self._exchange(library, request)
                with until(request.timeout):
                    return self._exchange(library, request)
        except httpx2.RequestError as error:
            raise self._failure(request, error) from root_cause(error)

    def _exchange(self, library: httpx2.Client, request: HTTPRequest) -> HTTPResponse:
        sent = self._library_request(library, request)
        return _received(library.send(sent, auth=self._auth_of(request)))

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        close(self._lease(None).retire())

    def _open(self) -> httpx2.Client:
        hooks = {"response": [_refuse_redirect]}
        client = httpx2.Client(**self._library_options(), event_hooks=hooks)
        keep_to_the_deadline(client)
        return client


class AsyncHTTPX2Transport(_HTTPX2Transport[httpx2.AsyncClient]):
    """Carries requests over HTTP with the library httpx2, for asyncio. Tasks share one.

    The arguments are those of ``HTTPX2Transport``. Each event loop has connections of its own,
    since a connection cannot leave its loop: close them in the loop that used them.
    """

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises what ``HTTPX2Transport.send`` raises.
        """
        try:
            async with leased_async(self._lease(get_running_loop())) as library:
                sent = self._library_request(library, request)
                return _received(await library.send(sent, auth=self._auth_of(request)))
        except httpx2.RequestError as error:
            raise self._failure(request, error) from root_cause(error)

    async def close_async(self) -> None:
        """Close this event loop's connections, each once no call uses it any more."""
        lease = self._leases.pop(get_running_loop(), None)
        await close_async(lease.retire() if lease else None)

    def _open(self) -> httpx2.AsyncClient:
        hooks = {"response": [_refuse_redirect_async]}
        return httpx2.AsyncClient(**self._library_options(), event_hooks=hooks)


def _library_timeout(timeout: Timeout) -> httpx2.Timeout:
    connect, read = _pair(timeout)
    return httpx2.Timeout(connect=connect, read=read, write=read, pool=connect)


def _pair(timeout: Timeout) -> tuple[float | None, float | None]:
    return timeout if isinstance(timeout, tuple) else (timeout, timeout)


@cache
def _can_http2() -> bool:
    return find_spec("h2") is not None


def _no_tls() -> ssl.SSLContext:
    """Make a TLS context that trusts nobody, for a URL without TLS.

    httpx2 wants one in any case, and loading the authorities costs 20 ms of CPU time.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _refuse_redirect(response: httpx2.Response) -> None:
    if response.status_code >= _REDIRECT:
        refuse_redirect(str(response.url), response.status_code, response.headers.get("location"))


async def _refuse_redirect_async(response: httpx2.Response) -> None:
    _refuse_redirect(response)


def _received(response: httpx2.Response) -> HTTPResponse:
    return HTTPResponse(response.status_code, response.content, response.headers)
