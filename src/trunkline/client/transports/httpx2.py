"""The transports over httpx2: one that blocks, one for asyncio."""

from __future__ import annotations

import ssl
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Mapping
from typing import Generic, TypeAlias, TypedDict, TypeVar

from trunkline.client.transports.addresses import checked_url, refuse_redirect, shown_url
from trunkline.client.transports.failures import connection_failed, root_cause, undecodable
from trunkline.client.transports.headers import checked_headers, merged_headers
from trunkline.client.transports.leases import Lease, close, close_async, leased, leased_async
from trunkline.client.transports.timeouts import DEFAULT_TIMEOUT, Timeout
from trunkline.errors import TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    import httpx2
except ModuleNotFoundError as error:
    raise ImportError(
        "The httpx2 transports need the library httpx2: pip install 'trunkline[client]'"
    ) from error

__all__ = ["AsyncHTTPX2Transport", "HTTPX2Transport"]

_CONNECTIONS = 100  # at most, all of them kept open for a while

Auth: TypeAlias = tuple[str, str] | httpx2.Auth | Callable[[httpx2.Request], httpx2.Request]
Library = TypeVar("Library", httpx2.Client, httpx2.AsyncClient)


class _LibraryOptions(TypedDict):
    auth: Auth | None
    follow_redirects: bool
    limits: httpx2.Limits
    timeout: httpx2.Timeout
    verify: ssl.SSLContext | bool


class _HTTPX2Transport(Generic[Library]):
    """What the two transports have in common: their arguments, and how the library is asked."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | ssl.SSLContext = True,
        auth: Auth | None = None,
    ) -> None:
        self._url = checked_url(url)
        self._headers = checked_headers(headers)
        self._timeout = timeout
        self._verify = verify
        self._auth = auth
        self._leases: dict[AbstractEventLoop | None, Lease[Library]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self._url)!r})"

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
            "auth": self._auth,
            "follow_redirects": True,  # as far as the hook allows
            "limits": httpx2.Limits(
                max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
            ),
            "timeout": _library_timeout(self._timeout),
            "verify": self._verify if self._url.lower().startswith("https:") else _no_tls(),
        }

    def _library_request(self, library: Library, request: HTTPRequest) -> httpx2.Request:
        headers = merged_headers(request.headers, self._headers)
        return library.build_request(
            request.method, self._url, content=request.body, headers=headers
        )

    def _failure(self, error: httpx2.RequestError) -> TransportError:
        told = undecodable if isinstance(error, httpx2.DecodingError) else connection_failed
        return told(self._url, error)


class HTTPX2Transport(_HTTPX2Transport[httpx2.Client]):
    """Carries requests over HTTP with the library httpx2. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` to wait for ever. ``verify``
    is ``False`` to accept any certificate, or a TLS context. ``auth`` is what httpx2 takes:
    ``(user, password)``, a function that changes the request, or an ``httpx2.Auth``. Proxies from
    the environment are httpx2's affair.
    """

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer, ``ProtocolError`` where
        its compression is broken, ``ServerStatusError`` at a redirect that must not be followed.
        """
        try:
            with leased(self._lease(None)) as library:
                return _received(library.send(self._library_request(library, request)))
        except httpx2.RequestError as error:
            raise self._failure(error) from root_cause(error)

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        close(self._lease(None).retire())

    def _open(self) -> httpx2.Client:
        hooks = {"response": [_refuse_redirect]}
        return httpx2.Client(**self._library_options(), event_hooks=hooks)


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
                return _received(await library.send(self._library_request(library, request)))
        except httpx2.RequestError as error:
            raise self._failure(error) from root_cause(error)

    async def close_async(self) -> None:
        """Close this event loop's connections, each once no call uses it any more."""
        lease = self._leases.pop(get_running_loop(), None)
        await close_async(lease.retire() if lease else None)

    def _open(self) -> httpx2.AsyncClient:
        hooks = {"response": [_refuse_redirect_async]}
        return httpx2.AsyncClient(**self._library_options(), event_hooks=hooks)


def _library_timeout(timeout: Timeout) -> httpx2.Timeout:
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return httpx2.Timeout(connect=connect, read=read, write=read, pool=connect)


def _no_tls() -> ssl.SSLContext:
    """Make a TLS context that trusts nobody, for a URL without TLS.

    httpx2 wants one in any case, and loading the authorities costs 20 ms of CPU time.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _refuse_redirect(response: httpx2.Response) -> None:
    refuse_redirect(str(response.url), response.status_code, response.headers.get("location"))


async def _refuse_redirect_async(response: httpx2.Response) -> None:
    _refuse_redirect(response)


def _received(response: httpx2.Response) -> HTTPResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, response.content, headers)
