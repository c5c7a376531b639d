"""The fast transports, over pyreqwest: HTTP in Rust, for threads and for asyncio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

from trunkline.client.transports import rules
from trunkline.client.transports.interface import (
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_POOL,
    DEFAULT_TIMEOUT,
    Pool,
    Timeout,
    waits_of,
)
from trunkline.errors import ConnectionFailedError, TransportError
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from pyreqwest.client import Client, ClientBuilder, SyncClient, SyncClientBuilder
    from pyreqwest.exceptions import PoolTimeoutError, RequestError, RequestTimeoutError
    from pyreqwest.http import HeaderMap, Url
    from pyreqwest.proxy import ProxyBuilder
    from pyreqwest.request import RequestBuilder, SyncRequestBuilder
except ModuleNotFoundError as error:
    raise ImportError(
        "The pyreqwest transports need the library pyreqwest: pip install 'trunkline[fast]'"
    ) from error

__all__ = ["AsyncPyreqwestTransport", "PyreqwestTransport"]

_PIECE = 65_536  # bytes that are read at a time
_USUAL = 30.0  # seconds that a call may take by default
_ROUNDING = 0.001  # seconds by which a request may outlast its timeout
_DIGITS = 15  # of a Content-Length that may be within a limit
_NO_LIMIT = timedelta(days=365)

Request = TypeVar("Request", SyncRequestBuilder, RequestBuilder)
Builder = TypeVar("Builder", SyncClientBuilder, ClientBuilder)
Library = TypeVar("Library", SyncClient, Client)

_parsed = lru_cache(maxsize=256)(Url)
"""Of URLs without a query: the API's, and those of its documents. The library parses others for
each call, and a query may have secrets."""

# The parent process's clients: closing them here would reach the server.
_parents: list[object] = []


class _PyreqwestTransport(rules.HTTPTransport, Generic[Library]):
    """What both transports share: their arguments, and how the library gets them."""

    def __init__(  # noqa: PLR0913  # as the other transports'
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | bytes = True,
        cert: bytes | None = None,
        proxy: str | None = None,
        pool: Pool = DEFAULT_POOL,
        http2: bool = True,
        client: Library | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        super().__init__(url, headers, max_response_bytes)
        self._timeout = waits_of(timeout)
        rules.check_verify(verify, bytes, "the PEM of an authority as bytes")
        self._verify = verify
        self._cert = cert
        self._proxy = rules.check_proxy(proxy)
        self._pool = pool
        self._http2 = http2 and self.url.lower().startswith("https:")
        self._own: Library | None = client
        self._library: Library | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the parent's client, which would wait for ever; a new one says why it fails."""
        _parents.append(self._library)
        self._library = None

    @property
    def hides_credentials(self) -> bool:
        """A client may add any."""
        return self._own is not None

    def _open(self) -> Library:
        raise NotImplementedError

    def _library_client(self) -> Library:
        """Return the library's client, which the first call makes.

        Two threads may make two. Then one is dropped after its call, and the library closes the
        connections of a client without references. So closing needs no count of calls.
        """
        library = self._own or self._library
        if library is None:
            library = self._library = self._open()
        return library

    def _configure(self, builder: Builder) -> Builder:
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
        if self._cert is not None:
            try:
                builder = builder.identity_pem(self._cert)
            except ValueError:
                raise ValueError("cert is not the PEM of a certificate and its key.") from None
        if self._proxy is not None:
            builder = builder.proxy(ProxyBuilder.all(self._proxy))
        if isinstance(self._verify, bytes):
            return builder.add_root_certificate_pem(self._verify)
        return builder.danger_accept_invalid_certs(enable=not self._verify)

    def _is_bounded(self, headers: HeaderMap) -> bool:
        """Say whether no more than the limit can come, as the response itself says.

        The library then reads it at once. It reads no more than Content-Length says, unless
        something else says how long the body is.
        """
        length = headers.get("content-length") or ""
        return (
            length.isdecimal()
            and len(length) <= _DIGITS
            and int(length) <= self._max_response_bytes
            and "transfer-encoding" not in headers
            and "content-encoding" not in headers
        )

    def _body(self, url: str, headers: Mapping[str, str]) -> rules.ReceivedBody:
        return rules.ReceivedBody(url, headers, self._max_response_bytes)

    def _fill(self, builder: Request, request: HTTPRequest) -> Request:
        builder = builder.headers(self.request_headers(request))
        if request.body:
            builder = builder.body_bytes(request.body)
        timeout = request.timeout
        if timeout is None:
            return builder.timeout(_NO_LIMIT)
        if _USUAL - _ROUNDING < timeout <= _USUAL and self._own is None:
            return builder  # setting what the client has already costs a tenth of a call
        return builder.timeout(timedelta(seconds=timeout))


class _Headers(Mapping[str, str]):
    """A response's headers. Values that are not ASCII, which the library cannot read, are empty."""

    __slots__ = ("_found",)

    def __init__(self, found: HeaderMap) -> None:
        self._found = found

    def __getitem__(self, name: str) -> str:
        try:
            return self._found[name]
        except ValueError:
            return ""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header; `Mapping` would raise and catch an exception for one that is absent."""
        try:
            return self._found.get(name, default)
        except ValueError:
            return ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _failure(url: str, error: RequestError) -> TransportError:
    """Make our error from the library's, without what may be secret.

    The library's classes are not reliable: a server that hangs up after it read the request is a
    ``ConnectError``, a body that ends early and a head that is not HTTP are a ``DecodeError``. The
    causes tell what happened.
    """
    causes = [cause["message"] for cause in error.details["causes"] or ()] or [error.message]
    why = causes[-1]
    in_body = "error decoding response body" in causes
    cut_off = "error reading a body from connection" in causes
    if in_body and not cut_off and not isinstance(error, RequestTimeoutError):
        return rules.decoding_error(url, why)
    never_sent = "client error (Connect)" in causes or isinstance(error, PoolTimeoutError)
    kind = ("Connect" if never_sent else "Read") + ("Timeout" if "timed out" in why else "Error")
    return ConnectionFailedError(
        f"No complete response from {rules.safe_url(url)} ({kind}): {why}", never_sent=never_sent
    )


class PyreqwestTransport(_PyreqwestTransport[SyncClient], rules.BlockingHTTPTransport):
    """Sends requests with the library pyreqwest. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` for no limit. ``verify`` is
    ``False`` to accept any certificate, or the PEM of an authority to trust beside the system's.
    ``cert`` is the PEM of the client's own certificate and its key. ``proxy`` is the URL of a
    proxy; by default it is read from the environment. ``pool`` has the limits of connections.
    ``http2`` offers HTTP/2 to ``https://`` servers. ``max_response_bytes`` is the size up to which
    a response is read, after decompression.

    ``client`` is a client of the program's own, which has its own settings for all of this, and is
    not closed here. Build it with ``follow_redirects(False)``: else the library itself follows
    redirects, to any host, and takes variables, proofs, and keys in headers of other names than
    ``Authorization`` there.

    After a call, a process must not fork and call in the child: the library's threads stay with the
    parent, and it raises ``RuntimeError``. Fork first, or spawn the child.
    """

    def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            place = url if "?" in url else _parsed(url)
            builder = self._library_client().request(request.method, place)
            with self._fill(builder, request).build_streamed() as response:
                found = response.headers
                headers = _Headers(found)
                if self._is_bounded(found):
                    return HTTPResponse(response.status, response.bytes().to_bytes(), headers)
                body, reader = self._body(url, headers), response.body_reader
                while (piece := reader.read(_PIECE)) is not None:
                    body.add(piece.to_bytes())
                return HTTPResponse(response.status, body.whole(), headers)
        except RequestError as error:
            failure = _failure(url, error)
        raise failure

    def close(self) -> None:
        """Close the connections, each after the last call that uses it."""
        self._library = None

    def _open(self) -> SyncClient:
        return self._configure(SyncClientBuilder()).build()


class AsyncPyreqwestTransport(_PyreqwestTransport[Client], rules.AsyncHTTPTransport):
    """Sends requests with the library pyreqwest, for asyncio. Tasks share one.

    The arguments are those of ``PyreqwestTransport``. Event loops share the connections, which
    are not bound to a loop.
    """

    async def _exchange_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            place = url if "?" in url else _parsed(url)
            builder = self._library_client().request(request.method, place)
            async with self._fill(builder, request).build_streamed() as response:
                found = response.headers
                headers = _Headers(found)
                if self._is_bounded(found):
                    content = (await response.bytes()).to_bytes()
                    return HTTPResponse(response.status, content, headers)
                body, reader = self._body(url, headers), response.body_reader
                while (piece := await reader.read(_PIECE)) is not None:
                    body.add(piece.to_bytes())
                return HTTPResponse(response.status, body.whole(), headers)
        except RequestError as error:
            failure = _failure(url, error)
        raise failure

    async def close_async(self) -> None:
        """Close the connections, each after the last call that uses it."""
        self._library = None

    def _open(self) -> Client:
        return self._configure(ClientBuilder()).build()
