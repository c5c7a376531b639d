"""The transport for programs that have aiohttp already."""

from __future__ import annotations

import ssl
from asyncio import AbstractEventLoop, get_running_loop
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from trunkline.client.transports import rules
from trunkline.client.transports.connections import Lease, lease_of
from trunkline.client.transports.interface import (
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_POOL,
    DEFAULT_TIMEOUT,
    Pool,
    Timeout,
    waits_of,
)
from trunkline.errors import ConnectionFailedError, TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from aiohttp import (
        ClientError,
        ClientSession,
        ClientTimeout,
        ConnectionTimeoutError,
        DummyCookieJar,
        TCPConnector,
    )
    from aiohttp.client_exceptions import (
        ClientConnectionResetError,
        ClientConnectorError,
        ClientResponseError,
    )
    from aiohttp.http_exceptions import ContentEncodingError
    from yarl import URL
except ModuleNotFoundError as error:
    raise ImportError(
        "AIOHTTPTransport needs the library aiohttp: pip install 'trunkline[aiohttp]'"
    ) from error

__all__ = ["AIOHTTPTransport"]


class AIOHTTPTransport(rules.AsyncHTTPTransport):
    """Sends requests with the library aiohttp, for asyncio. Tasks share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` for no limit. ``verify`` is
    ``False`` to accept any certificate, or a TLS context, which may have a client certificate.
    ``proxy`` is the URL of a proxy; by default it is read from the environment: HTTP_PROXY,
    HTTPS_PROXY, ALL_PROXY, NO_PROXY. ``pool`` has the limits of connections.
    ``max_response_bytes`` is the size up to which a response is read, after decompression.

    Each event loop has its own connections: close them in the loop that used them. ``session`` is a
    session of the program's own, which has its own settings for connections, cookies and proxies,
    and is not closed here.
    """

    def __init__(  # noqa: PLR0913  # as the other transports'
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | ssl.SSLContext = True,
        proxy: str | None = None,
        pool: Pool = DEFAULT_POOL,
        session: ClientSession | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        super().__init__(url, headers, max_response_bytes)
        connect, read = waits_of(timeout)
        self._timeout = ClientTimeout(None, connect, read, connect)
        rules.check_verify(verify, ssl.SSLContext, "an ssl.SSLContext")
        self._verify = verify
        self._proxy = rules.check_proxy(proxy)
        self._pool = pool
        self._session = session
        self._leases: dict[AbstractEventLoop | None, Lease] = {}

    @property
    def hides_credentials(self) -> bool:
        """A session may add any."""
        return self._session is not None

    async def _exchange_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            return await self._call(url, request)
        except (ClientError, TimeoutError, OSError) as error:
            failure = _failure(url, error)
        raise failure  # without the library's frames, whose locals have the credentials

    async def _call(self, url: str, request: HTTPRequest) -> HTTPResponse:
        async with (
            self._lend() as session,
            session.request(**self._arguments(url, request)) as response,
        ):
            received = rules.headers_of(response.raw_headers)
            body = rules.ReceivedBody(url, received, self._max_response_bytes)
            async for piece in response.content.iter_any():
                body.add(piece)
            return HTTPResponse(response.status, body.whole(), received)

    def _arguments(self, url: str, request: HTTPRequest) -> dict[str, Any]:
        # A function of its own, because the frames of `_call` are in tracebacks.
        place, headers = _without_user(URL(url, encoded=True), self.request_headers(request))
        proxy = self._proxy
        if proxy is None and self._session is None:
            proxy = rules.environment_proxy(url)
        return {
            "method": request.method,
            "url": place,
            "data": request.body or None,
            "headers": headers,
            "skip_auto_headers": ("Content-Type",),
            "allow_redirects": False,
            "proxy": proxy,
            "timeout": self._timeout,
            "auto_decompress": True,
            "raise_for_status": False,
        }

    @asynccontextmanager
    async def _lend(self) -> AsyncGenerator[ClientSession]:
        """Lend the session of this event loop for the length of a block."""
        if self._session is not None:
            yield self._session
            return
        lease = lease_of(get_running_loop(), self._leases, self._open)
        async with lease.lend_async() as opened:
            yield opened.session

    def _open(self) -> _Opened:
        connector = TCPConnector(
            limit=self._pool.connections,
            keepalive_timeout=self._pool.idle_seconds,
            ssl=self._verify,
        )
        return _Opened(ClientSession(connector=connector, cookie_jar=DummyCookieJar()))

    async def close_async(self) -> None:
        """Close this event loop's connections, each after the last call that uses it."""
        lease = self._leases.pop(get_running_loop(), None)
        if lease:
            await lease.close_async()


class _Opened:
    """A session as a `Lease` closes it."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session

    async def aclose(self) -> None:
        await self.session.close()


def _without_user(url: URL, headers: Mapping[str, str]) -> tuple[URL, Mapping[str, str]]:
    """Return a URL without its user, and the header for it; a given header wins."""
    if url.raw_user is None and url.raw_password is None:
        return url, headers
    pair = f"{url.user or ''}:{url.password or ''}"
    basic = f"Basic {b64encode(pair.encode()).decode()}"
    return url.with_user(None), {"authorization": basic, **headers}


def _failure(url: str, error: Exception) -> TransportError:
    root = rules.root_cause(error)
    if isinstance(root, ContentEncodingError):
        return rules.decoding_error(url, root.message)
    never_sent = isinstance(error, (ClientConnectorError, ConnectionTimeoutError)) or (
        # Head and body are written at once, so nothing was.
        isinstance(root, ClientConnectionResetError) and "closing transport" in str(root)
    )
    kind = "Connect" if never_sent else "Read"
    why = (root.strerror if isinstance(root, OSError) else None) or str(root)
    if isinstance(error, TimeoutError):  # some of their messages have the URL
        kind, why = f"{kind}Timeout", "timed out"
    else:
        kind = f"{kind}Error"
        why = "it is not HTTP" if isinstance(error, ClientResponseError) else why
    return ConnectionFailedError(
        f"No complete response from {rules.safe_url(url)} ({kind}): {why}", never_sent=never_sent
    )
