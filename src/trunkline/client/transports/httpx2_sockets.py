"""Sockets of httpx2 that keep to this thread's deadline."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from trunkline.client.transports.clock import bounded

__all__ = ["keep_to_the_deadline"]


def keep_to_the_deadline(client: httpx2.Client) -> None:
    """Let all sockets that a client opens from now on keep to their thread's deadline.

    httpcore2 takes a network backend, but httpx2 does not pass one through: this is the only place
    that knows how the two are put together.
    """
    inner: Any = client
    for transport in (inner._transport, *inner._mounts.values()):  # noqa: SLF001  # see above
        pool: Any = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore2.ConnectionPool):
            private: Any = pool
            private._network_backend = _Backend(private._network_backend)  # noqa: SLF001  # see above


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    left = bounded(timeout)
    if left is not None and left <= 0:
        raise error("timed out")
    return left


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
