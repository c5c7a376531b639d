"""The transport for programs that have requests already."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from trunkline.client.transports import rules
from trunkline.client.transports.connections import Lease, connect_in_time, time_left, until
from trunkline.client.transports.interface import (
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_POOL,
    DEFAULT_TIMEOUT,
    Pool,
    Timeout,
    waits_of,
)
from trunkline.errors import TransportError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from requests import ConnectTimeout, PreparedRequest, RequestException, Response, Session
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from requests.exceptions import ContentDecodingError
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import (
        ConnectTimeoutError,
        MaxRetryError,
        NewConnectionError,
        ProxyError,
        SSLError,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        "RequestsHTTPTransport needs the library requests: pip install 'trunkline[requests]'"
    ) from error

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["RequestsHTTPTransport"]

_PIECE = 65_536  # bytes that are read, and decompressed, at a time

Auth: TypeAlias = tuple[str, str] | AuthBase | Callable[[PreparedRequest], PreparedRequest]


class RequestsHTTPTransport(rules.BlockingHTTPTransport):
    """Sends requests with the library requests. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` for no limit. ``verify`` is
    ``False`` to accept any certificate, or the path of the authorities to trust. ``cert`` is the
    client's own certificate: the path of a file with its key, or the paths of both. ``auth`` is
    what requests takes: ``(user, password)``, or an object or function that changes the request.
    ``proxy`` is the URL of a proxy. ``pool`` has the limits of connections; threads beyond them
    open one for the call. ``max_response_bytes`` is the size up to which a response is read, after
    decompression. Other proxies and authorities are read from the environment by requests.

    ``session`` is a session of the program's own, which has its own adapters, certificates and
    proxies, and is not closed here. It is not made to end with the call's deadline: a server that
    sends a byte now and then can hold it longer.

    The body of a request is always JSON: ``use_json`` is here for programs that come from gql.
    """

    def __init__(  # noqa: PLR0913  # as gql's, so that a program changes only its imports
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
        auth: Auth | None = None,
        proxy: str | None = None,
        pool: Pool = DEFAULT_POOL,
        session: Session | None = None,
        use_json: bool = True,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        if not use_json:
            raise ValueError("GraphQL over HTTP has no form encoding: leave use_json=True.")
        super().__init__(url, headers, max_response_bytes)
        rules.check_verify(verify, str, "the path of a file with authorities")
        self._timeout = timeout
        # The session's own `verify` would yield to the environment's.
        self._options: dict[str, Any] = {} if session else {"verify": verify, "cert": cert}
        if rules.check_proxy(proxy):
            self._options["proxies"] = {"http": proxy, "https": proxy}
        self._auth = auth
        self._session = session
        self._sessions = Lease(partial(_open, pool))

    @property
    def has_credentials(self) -> bool:
        """Whether the URL, the headers or ``auth`` have credentials."""
        return bool(self._auth) or super().has_credentials

    @property
    def hides_credentials(self) -> bool:
        """``auth`` and a session may add any."""
        return bool(self._auth or self._session)

    def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        try:
            return self._call(url, request)
        except RequestException as error:
            failure = _failure(url, error)
        raise failure  # without the library's frames, whose locals have the credentials

    def _call(self, url: str, request: HTTPRequest) -> HTTPResponse:
        with (
            nullcontext(self._session) if self._session else self._sessions.lend() as session,
            nullcontext() if request.timeout is None else until(request.timeout),
            self._send(session, url, request) as response,
        ):
            body = rules.ReceivedBody(url, response.headers, self._max_response_bytes)
            for piece in response.iter_content(_PIECE):
                body.add(piece)
            return HTTPResponse(response.status_code, body.whole(), response.headers)

    def _send(self, session: Session, url: str, request: HTTPRequest) -> Response:
        """Send a request, and return its response before the body is read."""
        headers = self.request_headers(request)
        auth = None if request.url else self._auth
        # Sessions of ours keep the deadline by themselves.
        timeout = waits_of(self._timeout, request.timeout if self._session else None)
        return session.request(
            request.method,
            url,
            data=request.body,
            headers=headers,
            timeout=timeout,
            auth=auth or (_without_netrc if "authorization" in headers else None),
            allow_redirects=False,
            stream=True,
            **self._options,
        )

    def close(self) -> None:
        """Close the connections, each after the last call that uses it."""
        self._sessions.close()


class _Session(Session):
    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002
        """Leave redirects to us: requests would turn a POST into a GET."""
        return None


def _open(pool: Pool) -> Session:
    session = _Session()
    adapter = _TimedAdapter(pool)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _without_netrc(request: PreparedRequest) -> PreparedRequest:
    """Keep requests from replacing a given Authorization header by that of ``.netrc``."""
    return request


def _failure(url: str, error: RequestException) -> TransportError:
    if isinstance(error, ContentDecodingError):
        return rules.decoding_error(url, rules.root_cause(error))
    return rules.connection_error(url, error, never_sent=_is_never_sent(error))


def _is_never_sent(error: RequestException) -> bool:
    """Say whether certainly nothing of the request was sent, because there was no connection."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError, ProxyError, SSLError))


class _TimedAdapter(HTTPAdapter):
    """Opens connections that keep the deadline of their thread, and closes those long idle."""

    def __init__(self, pool: Pool) -> None:
        self._pool_classes = _pool_classes(pool.idle_seconds)
        super().__init__(pool_connections=10, pool_maxsize=pool.connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Let the pool manager make our connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: Any = self.poolmanager
        manager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Let the pool manager of an HTTP proxy make our connections too."""
        manager: Any = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pool_classes
        return manager

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Shorten the library's own timeouts to what is left."""
        left = [time_left(seconds) for seconds in waits_of(kwargs.get("timeout"))]
        kwargs["timeout"] = tuple(one and max(one, 0.001) for one in left)  # urllib3 forbids 0
        return super().send(request, *args, **kwargs)


def _pool_classes(idle_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class TimedHTTP(_TimedConnection, HTTPConnection):
        idle = idle_seconds

    class TimedHTTPS(_TimedConnection, HTTPSConnection):
        idle = idle_seconds

    class HTTPPool(HTTPConnectionPool):
        ConnectionCls: Any = TimedHTTP

    class HTTPSPool(HTTPSConnectionPool):
        ConnectionCls: Any = TimedHTTPS

    return {"http": HTTPPool, "https": HTTPSPool}


class _TimedResponse(http.client.HTTPResponse):
    """A response whose head and body are read within the deadline of the thread."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _TimedReader(io.RawIOBase):
    def __init__(self, raw: Any, sock: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        before = self._sock.gettimeout()
        _shorten_timeout(self._sock)
        try:
            read: int | None = self._raw.readinto(buffer)
            return read
        finally:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(before)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse
    idle = 4.0
    _used = 0.0

    def connect(self) -> None:
        timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
        try:
            connect_in_time(super().connect, time_left(timeout), lambda _: self.close())
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "timed out") from error
        self._used = monotonic()

    def send(self, data: Any) -> None:
        if self.sock is not None:
            _shorten_timeout(self.sock)
        super().send(data)

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._used = monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        """Say whether the connection can be used: it is not if it was idle for too long."""
        return super().is_connected and monotonic() - self._used < self.idle


def _shorten_timeout(sock: socket.socket) -> None:
    left = time_left(sock.gettimeout())
    if left is not None and left <= 0:
        raise TimeoutError("timed out")
    sock.settimeout(left)
