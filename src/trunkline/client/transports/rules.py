"""What all transports over HTTP share: checked settings, URLs, redirects, and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec.structs import replace

from trunkline.auth.urls import is_loopback
from trunkline.client.transports.interface import DEFAULT_MAX_RESPONSE_BYTES
from trunkline.errors import (
    ConnectionFailedError,
    ProtocolError,
    ResponseTooLargeError,
    ServerStatusError,
)
from trunkline.protocol.messages import HEADER_NAME, HTTPRequest, HTTPResponse

__all__ = [
    "AsyncHTTPTransport",
    "BlockingHTTPTransport",
    "HTTPTransport",
    "ReceivedBody",
    "check_headers",
    "check_proxy",
    "check_url",
    "check_verify",
    "connection_error",
    "decoding_error",
    "environment_proxy",
    "headers_of",
    "root_cause",
    "safe_url",
]

_LOWEST_REDIRECT = 300
_REDIRECTS = (301, 302, 303, 307, 308)
_KEEP_THE_METHOD = (307, 308)
_MOST_REDIRECTS = 20  # like httpx2 and browsers
_REDIRECT_URL = re.compile(r"[\x21-\x7e]{1,8000}")
_CREDENTIALS = {"authorization", "cookie", "proxy-authorization", "x-api-key"}
_SPACE = re.compile(r"[\x00-\x20\x7f]")
_MOST_SHOWN = 200  # characters of a redirect's place that a message shows
_PORTS = {"http": 80, "https": 443}
_HEADER_VALUE = re.compile(r"(?! )[\x20-\x7e\t]*(?<![ \t])")  # RFC 9110 §5.5, the safe part of it


class HTTPTransport:
    """A server's URL, and headers that go with every request to it and win over the client's own.

    ``max_response_bytes`` is the size up to which a response is read, after decompression. Raises
    ``ValueError`` if one of them cannot be used.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        self.url = check_url(url)
        self._headers = check_headers(headers)
        self._max_response_bytes = max_response_bytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({safe_url(self.url)!r})"

    @property
    def is_private(self) -> bool:
        """Whether only the server can read what is sent: over TLS, or within this machine."""
        scheme, host, _ = _origin(self.url)
        return scheme == "https" or is_loopback(host)

    @property
    def has_credentials(self) -> bool:
        """Whether the URL or the headers have credentials."""
        user, at, _ = urlsplit(self.url).netloc.rpartition("@")
        return bool(user + at) or not _CREDENTIALS.isdisjoint(self._headers)

    @property
    def hides_credentials(self) -> bool:
        """Whether the library may add credentials that are not known here, other ones each time."""
        return False

    @property
    def identity(self) -> str | None:
        """A hash of the server and the credentials; ``None`` if the credentials are not known."""
        if self.hides_credentials:
            return None
        lines = "\n".join(f"{name}: {value}" for name, value in sorted(self._headers.items()))
        return sha256(f"{self.url}\n{lines}".encode()).hexdigest()

    def request_url(self, request: HTTPRequest) -> str:
        """Return the URL of a request: its own, or the transport's with what the request adds."""
        if request.url is not None:
            return check_url(request.url)
        return request.url_at(self.url) if request.path or request.query else self.url

    def request_headers(self, request: HTTPRequest) -> Mapping[str, str]:
        """Return the headers of a request; those of the transport are only for its server."""
        if request.url or not self._headers:
            return request.headers
        return {**request.headers, **self._headers}


class ReceivedBody:
    """The body of one response while it is read, piece by piece, each decompressed.

    Raises ``ProtocolError`` for several content codings in one another, which only
    attackers send, and ``ResponseTooLargeError`` as soon as it is too large.
    """

    def __init__(self, url: object, headers: Mapping[str, str], limit: int) -> None:
        self._url = url
        self._limit = limit
        self._body = bytearray()  # not a list: a server chooses how small the pieces are
        if "," in headers.get("content-encoding", ""):
            raise ProtocolError(
                f"The response from {safe_url(str(url))} is compressed several times, one in"
                " another. Only one Content-Encoding is accepted."
            )

    def add(self, piece: bytes) -> None:
        """Add the next piece."""
        if len(self._body) + len(piece) > self._limit:
            self._body.clear()
            raise ResponseTooLargeError(
                f"The response from {safe_url(str(self._url))} has more than {self._limit:,} bytes"
                " after decompression. It was not read further. Ask for less at a time, or give"
                " the transport a larger max_response_bytes.",
                self._limit,
            )
        self._body += piece

    def whole(self) -> bytes:
        """Return all pieces as one."""
        return bytes(self._body)


class BlockingHTTPTransport(HTTPTransport):
    """Sends requests, and follows their redirects; a subclass sends one to one URL."""

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the complete response, whatever its status.

        Raises ``ConnectionFailedError`` if there is no complete response, ``ProtocolError`` if it
        is too large or its compression is broken, ``ServerStatusError`` at a redirect that must
        not be followed.
        """
        url, began = self.request_url(request), monotonic()
        response = self._exchange(url, request)
        if response.status >= _LOWEST_REDIRECT:
            redirects = _Redirects(url, request, began)
            while redirects.follow(response):
                response = self._exchange(redirects.url, redirects.request)
        return response

    def _exchange(self, url: str, request: HTTPRequest) -> HTTPResponse:
        raise NotImplementedError


class AsyncHTTPTransport(HTTPTransport):
    """Does what ``BlockingHTTPTransport`` does, without blocking the event loop."""

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the complete response, whatever its status.

        Raises ``ConnectionFailedError`` if there is no complete response, ``ProtocolError`` if it
        is too large or its compression is broken, ``ServerStatusError`` at a redirect that must
        not be followed.
        """
        url, began = self.request_url(request), monotonic()
        response = await self._exchange_async(url, request)
        if response.status >= _LOWEST_REDIRECT:
            redirects = _Redirects(url, request, began)
            while redirects.follow(response):
                response = await self._exchange_async(redirects.url, redirects.request)
        return response

    async def _exchange_async(self, url: str, request: HTTPRequest) -> HTTPResponse:
        raise NotImplementedError


class _Redirects:
    """The redirects of one request, which all happen within its timeout."""

    def __init__(self, url: str, request: HTTPRequest, began: float) -> None:
        self.url = url
        self.request = request
        self._followed = 0
        self._began = began

    def follow(self, response: HTTPResponse) -> bool:
        """Go where the response redirects the request; say whether it does."""
        location = response.headers.get("location")
        place = redirect_url(self.url, response.status, location, self._followed)
        if place is None:
            return False
        self.url, self._followed = place, self._followed + 1
        if self.request.timeout is not None:
            now = monotonic()
            left = max(self.request.timeout - (now - self._began), 0.001)
            self.request, self._began = replace(self.request, timeout=left), now
        return True


def check_url(url: str) -> str:
    """Return the URL if its scheme is HTTP and it has a host; else raise ``ValueError``."""
    scheme, host, _ = _origin(url)
    if scheme not in _PORTS or not host:
        raise ValueError(
            "A transport's URL begins with http:// or https:// and names a host, and its port, if"
            " it has one, is at most 65535: such as 'http://localhost:8080/graphql'."
        )
    if _SPACE.search(url):
        raise ValueError("A transport's URL has neither spaces nor line breaks.")
    _check_password(url)
    return url


def check_proxy(url: str | None) -> str | None:
    """Return the URL of a proxy if it has a scheme and a host; else raise ``ValueError``."""
    if url is not None and not all(_origin(url)[:2]):
        raise ValueError(
            "A proxy is a URL with a scheme and a host, such as 'http://proxy.internal:3128'."
        )
    _check_password(url or "")
    return url


def _check_password(url: str) -> None:
    """Raise ``ValueError`` where a user or a password goes on behind what is read as the host.

    ``https://user:12/ab@host`` is a request to the host ``user`` at port 12.
    """
    if _has_at_behind_host(urlsplit(url)):
        raise ValueError(
            "The URL has '@' behind the host. If the password before it has '/', '?' or '#', write"
            " these as %2F, %3F or %23. If '@' is part of the path or the query, write %40."
        )


def _has_at_behind_host(parts: SplitResult) -> bool:
    return "@" in parts.path + parts.query + parts.fragment


def check_verify(verify: object, kind: type, what: str) -> None:
    """Raise ``TypeError`` unless ``verify`` is true, false, or of the type ``kind`` and not empty.

    Libraries take what else is false for ``False``, such as ``None`` of a variable that is not set.
    Then they accept any certificate.
    """
    if not isinstance(verify, bool) and not (isinstance(verify, kind) and verify):
        given = f"an empty {kind.__name__}" if isinstance(verify, kind) else type(verify).__name__
        raise TypeError(f"verify is True, False, or {what}; not {given}.")


def environment_proxy(url: str) -> str | None:
    """Return the proxy for a URL from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  # 20 ms of a start

    proxies = getproxies()
    scheme, host, port = _origin(url)
    named = proxies.get(scheme) or proxies.get("all")
    if not named or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    return named if "://" in named else f"http://{named}"


def safe_url(url: str) -> str:
    """Return the URL without user, password and query, for messages and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a URL that cannot be read)"
    if _has_at_behind_host(parts):  # all before it may be a user and a password
        return "(a URL with '@' behind the host)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def redirect_url(url: str, status: int, location: str | None, followed: int) -> str | None:
    """Return where a redirect leads, or ``None`` if the response is not a redirect.

    Only 307 and 308 within the same origin are followed. The others would turn the POST into a GET
    (RFC 9110 §15.4.2 to 4), or send the request's headers and variables to another server. For
    them, and after 20 redirects (``followed``), it raises ``ServerStatusError``.
    """
    if status not in _REDIRECTS or not location:
        return None
    try:
        place = urljoin(url, location)
    except ValueError:
        place = ""
    if not _REDIRECT_URL.fullmatch(place):
        raise ServerStatusError(
            f"The server at {safe_url(url)} responded with {status}: it redirects to a URL that"
            " cannot be read. The request was not sent there. If you know the right place, give the"
            " transport its URL.",
            status,
        )
    if status not in _KEEP_THE_METHOD or _origin(place) != _origin(url):
        raise ServerStatusError(
            f"The server at {safe_url(url)} responded with {status}: it redirects to"
            f" {safe_url(place)[:_MOST_SHOWN]}. The request was not sent there, because it would"
            " lose its body or leave its origin."
            " If that is the right place, give the transport that URL.",
            status,
        )
    if followed < _MOST_REDIRECTS:
        return place
    raise ServerStatusError(
        f"The server at {safe_url(url)} responded with {status}: it redirects for the"
        f" {followed + 1}th time. The request was not sent on. Give the transport the final URL.",
        status,
    )


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers with names in lower case.

    Raises ``ValueError`` for a header that cannot be sent, such as a token that was read from a
    file with its line break. The message does not contain the value, which may be secret.
    """
    for name, value in (headers or {}).items():
        if not HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid name of a header.")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):  # pyright: ignore[reportUnnecessaryIsInstance]  # not all callers are typed
            raise ValueError(
                f"The value of the header {name!r} cannot be sent: it must be a string of printable"
                " ASCII, without a line break, and without a space at either end."
            )
    return {name.lower(): value for name, value in (headers or {}).items()}


def headers_of(received: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by names in lower case; repeated ones are joined (RFC 9110 §5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in received:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def connection_error(
    url: str, error: Exception, *, never_sent: bool = False
) -> ConnectionFailedError:
    """Make the error of a request without a complete response, from a library's exception.

    The library's own message is left out, because it quotes the query of the URL.
    """
    root = root_cause(error)
    why = (root.strerror if isinstance(root, OSError) else None) or str(root)
    kind = type(error).__name__  # such as ConnectTimeout, ReadTimeout, ConnectError
    return ConnectionFailedError(
        f"No complete response from {safe_url(url)} ({kind}): {why}", never_sent=never_sent
    )


def decoding_error(url: str, why: object) -> ProtocolError:
    """Make the error of a body that is not in the encoding that its headers name."""
    return ProtocolError(
        f"The response from {safe_url(url)} is not in the Content-Encoding that it names: {why}"
    )


def root_cause(error: BaseException) -> BaseException:
    """Find the exception that a library's exception wraps, in whichever way it does."""
    candidates = [error.__cause__, getattr(error, "reason", None), *error.args]
    inner = next((one for one in candidates if isinstance(one, BaseException)), None)
    return error if inner is None else root_cause(inner)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; empty if the URL cannot be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # its message would quote the URL, which may contain a password
        return "", "", None
