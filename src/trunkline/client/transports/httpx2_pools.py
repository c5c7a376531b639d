"""The connection pools of httpcore2 that the transports over httpx2 send by.

httpx2 sends by httpcore2. What its client does in addition (cookies, hooks, redirects) is not
needed here and costs half as much as sending does. From httpx2 come TLS contexts, URLs, proxies and
the decoding of bodies.
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar

import httpcore2
import httpx2

from trunkline.bounded import BoundedMapping
from trunkline.client.transports import rules
from trunkline.client.transports.connections import connect_in_time, time_left
from trunkline.client.transports.interface import Pool, Timeout, waits_of

__all__ = [
    "AsyncPools",
    "BlockingPools",
    "core_waits",
    "decoded",
    "decoded_async",
]

CorePool = TypeVar("CorePool")

_DOCUMENTS = 500  # URLs of documents that are kept, because reading a URL costs 100 µs

Waits: TypeAlias = dict[str, float | None]
"""Seconds that each wait may take (httpcore2's extension ``timeout``)."""


def core_waits(timeout: Timeout, longest: float | None = None) -> Waits:
    """Return the waits of a timeout, none longer than ``longest``."""
    connect, read = waits_of(timeout, longest)
    return {"connect": connect, "read": read, "write": read, "pool": connect}


class Destination(Generic[CorePool]):
    """Where requests go: the URL, its pool, and the headers that follow from the URL."""

    def __init__(self, url: httpx2.URL, pool: CorePool) -> None:
        self.url = url
        self.pool = pool
        self._core_url = _core_url(url)
        self._headers = {
            "host": url.netloc.decode("ascii"),
            "accept-encoding": _accept_encoding(),
            "connection": "keep-alive",
        }
        if url.userinfo:
            credentials = b64encode(f"{url.username}:{url.password}".encode())
            self._headers["authorization"] = f"Basic {credentials.decode()}"

    def request(
        self, method: str, headers: Mapping[str, str], body: bytes, waits: Waits
    ) -> httpcore2.Request:
        """Make a request to this place. ``headers`` have names in lower case and win."""
        sent = {**self._headers, **headers}
        if body or method != "GET":
            sent["content-length"] = str(len(body))
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
        return httpcore2.Request(
            method, self._core_url, headers=raw, content=body, extensions={"timeout": waits}
        )


class _Pools(Generic[CorePool]):
    """The pools of one transport: one per scheme and host, by its proxy if there is one."""

    def __init__(
        self,
        url: str,
        limits: Pool,
        *,
        verify: ssl.SSLContext | bool,
        proxy: str | None,
        http2: bool,
    ) -> None:
        self._verify = verify
        self._proxy = proxy
        self._options: dict[str, Any] = {
            "max_connections": limits.connections,
            "max_keepalive_connections": limits.connections,
            "keepalive_expiry": limits.idle_seconds,
            "http2": http2,
        }
        self._pools: dict[tuple[str, bytes], CorePool] = {}
        self._documents = BoundedMapping[str, Destination[CorePool]](_DOCUMENTS)
        self.api = self.place(url)

    def place_of_document(self, url: str) -> Destination[CorePool]:
        """Return where requests to a URL go that is used again and again."""
        place = self._documents.get(url)
        if place is None:
            place = self.place(url)
            self._documents.put(url, place)
        return place

    def place(self, url: str | httpx2.URL) -> Destination[CorePool]:
        """Return where requests to a URL go."""
        parsed = httpx2.URL(url)
        key = parsed.scheme, parsed.netloc
        pool = self._pools.get(key)
        if pool is None:
            # Without TLS no authorities are loaded, which takes 20 ms.
            context = httpx2.create_ssl_context(self._verify) if key[0] == "https" else None
            proxy = _core_proxy(self._proxy or rules.environment_proxy(str(parsed)))
            made = self._make(ssl_context=context, proxy=proxy, **self._options)
            pool = self._pools.setdefault(key, made)  # another thread may be first
        return Destination(parsed, pool)

    def _make(self, **options: Any) -> CorePool:
        raise NotImplementedError


class BlockingPools(_Pools[httpcore2.ConnectionPool]):
    """Pools whose sockets keep the deadline of the thread that uses them."""

    def _make(self, **options: Any) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(network_backend=_TimedBackend(), **options)

    def close(self) -> None:
        """Close all connections."""
        for pool in list(self._pools.values()):
            pool.close()


class AsyncPools(_Pools[httpcore2.AsyncConnectionPool]):
    """Pools of one event loop."""

    def _make(self, **options: Any) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(**options)

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in list(self._pools.values()):
            await pool.aclose()


def decoded(response: httpcore2.Response, coding: str | None) -> Iterator[bytes]:
    """Read a body in pieces, each at most 1 MiB after decompression.

    Raises ``httpx2.DecodingError``.
    """
    pieces = response.iter_stream()
    if not coding:
        return pieces
    return httpx2.Response(200, headers=_coding(coding), content=pieces).iter_bytes()


def decoded_async(response: httpcore2.Response, coding: str | None) -> AsyncGenerator[bytes]:
    """Do what ``decoded`` does, without blocking the event loop."""
    pieces = response.aiter_stream()
    if not coding:
        return pieces
    return httpx2.Response(200, headers=_coding(coding), content=pieces).aiter_bytes()


def _coding(coding: str) -> list[tuple[bytes, bytes]]:
    return [(b"content-encoding", coding.encode("latin-1"))]  # as bytes: it may be anything


@cache
def _accept_encoding() -> str:
    """Return the encodings that this installation of httpx2 can decode."""
    return httpx2.Client(transport=httpx2.BaseTransport()).headers["accept-encoding"]


def _core_proxy(url: str | None) -> httpcore2.Proxy | None:
    if url is None:
        return None
    proxy = httpx2.Proxy(url)  # takes out credentials
    return httpcore2.Proxy(_core_url(proxy.url), proxy.raw_auth)


def _core_url(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _seconds(timeout: float | None, error: type[Exception]) -> float | None:
    left = time_left(timeout)
    if left is not None and left <= 0:
        raise error("timed out")
    return left


class _TimedBackend(httpcore2.SyncBackend):
    """Opens sockets that keep the deadline of the thread that uses them."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _seconds(timeout, httpcore2.ConnectTimeout)
        connect = super().connect_tcp
        try:
            stream = connect_in_time(
                lambda: connect(host, port, left, local_address, socket_options),
                left,
                httpcore2.NetworkStream.close,
            )
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("timed out") from error
        return _TimedStream(stream)


class _TimedStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _seconds(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _seconds(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _seconds(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
