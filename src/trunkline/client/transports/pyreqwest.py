"""The fast transports, over pyreqwest: HTTP in Rust, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Generic, TypeVar

from msgspec.structs import replace

from trunkline.client.transports.addresses import (
    checked_url,
    followed,
    identity_of,
    shown_url,
    target,
)
from trunkline.client.transports.headers import checked_headers
from trunkline.client.transports.pool import DEFAULT_POOL, Pool
from trunkline.client.transports.timeouts import DEFAULT_TIMEOUT, Timeout
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
    from pyreqwest.exceptions import RequestError
    from pyreqwest.request import RequestBuilder, SyncRequestBuilder

    from trunkline.client.transports.pyreqwest_failures import failure
except ModuleNotFoundError as error:
    raise ImportError(
        "The pyreqwest transports need the library pyreqwest: pip install 'trunkline[fast]'"
    ) from error

__all__ = ["AsyncPyreqwestTransport", "PyreqwestTransport"]

_REDIRECT = 300  # the least status of one
_USUAL = 30.0  # seconds that a call may take if nothing else is said
_SOON = 0.001  # seconds by which a request may outlast its time
_FOR_EVER = timedelta(days=365)

Request = TypeVar("Request", SyncRequestBuilder, RequestBuilder)
Builder = TypeVar("Builder", SyncClientBuilder, ClientBuilder)


Library = TypeVar("Library", SyncClient, Client)


_parents: list[object] = []  # kept from being closed, which might tell the server something


class _PyreqwestTransport(Generic[Library]):
    """What the two transports have in common: their arguments, and how the library is told."""

    def __init__(  # noqa: PLR0913  # as the other transports'
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | bytes = True,
        pool: Pool = DEFAULT_POOL,
        http2: bool = True,
    ) -> None:
        self.url = checked_url(url)
        self._headers = checked_headers(headers)
        self._timeout = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        self._verify = verify
        self._pool = pool
        self._http2 = http2 and self.url.lower().startswith("https:")
        self._library: Library | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the parent's client, which would wait for ever; a new one says why it fails."""
        _parents.append(self._library)
        self._library = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self.url)!r})"

    @property
    def identity(self) -> str:
        """What tells this transport's server and credentials from others, as a hash."""
        return identity_of(self.url, self._headers)

    def _open(self) -> Library:
        raise NotImplementedError

    def _opened(self) -> Library:
        """Return the library's client, which a first call makes.

        Two threads may make two; then one is dropped when its call is over, and the library closes
        the connections of a client that nobody has any more. So closing needs no count of calls.
        """
        library = self._library
        if library is None:
            library = self._library = self._open()
        return library

    def _built(self, builder: Builder) -> Builder:
        connect, read = self._timeout
        builder = (
            builder.follow_redirects(enable=False)
            .http2(enable=self._http2)
            .max_connections(self._pool.connections)
            .pool_idle_timeout(timedelta(seconds=self._pool.idle_seconds))
            .timeout(timedelta(seconds=_USUAL))
        )
        if connect is not None:
            wait = timedelta(seconds=connect)
            builder = builder.connect_timeout(wait).pool_timeout(wait)
        if read is not None:
            builder = builder.read_timeout(timedelta(seconds=read))
        if isinstance(self._verify, bytes):
            return builder.add_root_certificate_pem(self._verify)
        return builder.danger_accept_invalid_certs(enable=not self._verify)

    def _filled(self, builder: Request, request: HTTPRequest) -> Request:
        own = {} if request.url else self._headers
        builder = builder.headers({**request.headers, **own} if own else request.headers)
        if request.body:
            builder = builder.body_bytes(request.body)
        return _timed(builder, request.timeout)


def _timed(builder: Request, timeout: float | None) -> Request:
    """Limit a request's time, where it is not the usual: to say so costs a tenth of the call."""
    if timeout is None:
        return builder.timeout(_FOR_EVER)
    if _USUAL - _SOON < timeout <= _USUAL:
        return builder
    return builder.timeout(timedelta(seconds=timeout))


def _moved(url: str, response: HTTPResponse, before: int) -> str | None:
    """Return where to send the request again, if the answer says so and it may be done."""
    if response.status < _REDIRECT:
        return None
    return followed(url, response.status, response.headers.get("location"), before)


def _later(request: HTTPRequest, seconds: float) -> HTTPRequest:
    """Return a request with so much less time, for the library counts it anew."""
    if request.timeout is None:
        return request
    return replace(request, timeout=max(request.timeout - seconds, 0.001))


class PyreqwestTransport(_PyreqwestTransport[SyncClient]):
    """Carries requests over HTTP with the library pyreqwest. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` to wait for ever. ``verify``
    is ``False`` to accept any certificate, or the PEM of an authority to trust beside the system's.
    ``pool`` has the limits of connections. ``http2`` offers HTTP/2 to ``https://`` servers.

    A process that has called by it must not fork and call in the child: the library's threads stay
    with the parent, and it raises ``RuntimeError``. Fork first, or start the child anew.
    """

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer, ``ProtocolError`` where
        its compression is broken, ``ServerStatusError`` at a redirect that must not be followed.
        """
        url, began, redirects = target(self.url, request), monotonic(), 0
        while True:
            response = self._exchange(url, request)
            place = _moved(url, response, redirects)
            if place is None:
                return response
            url, now, redirects = place, monotonic(), redirects + 1
            request, began = _later(request, now - began), now

    def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            builder = self._opened().request(request.method, url)
            response = self._filled(builder, request).build().send()
            return HTTPResponse(response.status, response.bytes().to_bytes(), response.headers)
        except RequestError as error:
            raise failure(url, error) from None

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        self._library = None

    def _open(self) -> SyncClient:
        return self._built(SyncClientBuilder()).build()


class AsyncPyreqwestTransport(_PyreqwestTransport[Client]):
    """Carries requests over HTTP with the library pyreqwest, for asyncio. Tasks share one.

    The arguments are those of ``PyreqwestTransport``. Event loops share the connections, which
    live outside of them.
    """

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises what ``PyreqwestTransport.send`` raises.
        """
        url, began, redirects = target(self.url, request), monotonic(), 0
        while True:
            response = await self._exchange(url, request)
            place = _moved(url, response, redirects)
            if place is None:
                return response
            url, now, redirects = place, monotonic(), redirects + 1
            request, began = _later(request, now - began), now

    async def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            builder = self._opened().request(request.method, url)
            response = await self._filled(builder, request).build().send()
            body = (await response.bytes()).to_bytes()
            return HTTPResponse(response.status, body, response.headers)
        except RequestError as error:
            raise failure(url, error) from None

    async def close_async(self) -> None:
        """Close the connections, each once no call uses it any more."""
        self._library = None

    def _open(self) -> Client:
        return self._built(ClientBuilder()).build()
