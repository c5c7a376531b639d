"""Sockets of requests that keep to this thread's deadline, and are not used when long idle."""

from __future__ import annotations

import io
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import urllib3
from requests import ConnectTimeout, RequestException
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from trunkline.client.transports.clock import bounded
from trunkline.client.transports.pool import Pool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["TimedAdapter", "never_sent"]


class TimedAdapter(HTTPAdapter):
    """Makes the connections of a session ours."""

    def __init__(self, pool: Pool) -> None:
        self._idle_seconds = pool.idle_seconds
        super().__init__(pool_connections=10, pool_maxsize=pool.connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have the pools of each scheme make our connections (a hook of requests)."""
        super().init_poolmanager(*args, **kwargs)
        manager: urllib3.PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _pools(self._idle_seconds)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the library's own timeouts end at the deadline too."""
        connect, read = _pair(kwargs.get("timeout"))
        kwargs["timeout"] = (_positive(connect), _positive(read))
        return super().send(request, *args, **kwargs)


def _pair(timeout: Any) -> tuple[float | None, float | None]:
    return timeout if isinstance(timeout, tuple) else (timeout, timeout)


def _positive(timeout: float | None) -> float | None:
    left = bounded(timeout)
    return None if left is None else max(left, 0.001)  # urllib3 refuses 0


def _pools(idle_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    """Derive the library's pools, by the names of its schemes."""
    return {
        "http": _pool(HTTPConnectionPool, HTTPConnection, idle_seconds),
        "https": _pool(HTTPSConnectionPool, HTTPSConnection, idle_seconds),
    }


def _pool(pool: type[HTTPConnectionPool], connection: type[HTTPConnection], idle: float) -> Any:
    timed = type(connection.__name__, (_Timed, connection), {"idle": idle})
    return type(pool.__name__, (pool,), {"ConnectionCls": timed})


class _Timed(HTTPConnection):
    """A connection whose socket is timed, and which says itself dropped when it was long idle."""

    idle = 4.0
    _used = 0.0

    def connect(self) -> None:
        super().connect()
        self.sock = cast("socket.socket", _Socket(self.sock))
        self._used = monotonic()

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._used = monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        return super().is_connected and monotonic() - self._used < self.idle


class _Socket:
    """A socket whose every wait is bounded by the deadline of the thread that waits."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def sendall(self, data: bytes) -> None:
        _wait_within(self._inner)
        self._inner.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"  # noqa: S101  # all that http.client asks for
        return io.BufferedReader(_Reader(self._inner.makefile("rb", 0), self._inner))


class _Reader(io.RawIOBase):
    def __init__(self, inner: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._inner = inner
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        before = self._sock.gettimeout()
        _wait_within(self._sock)
        try:
            return self._inner.readinto(buffer)
        finally:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(before)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _wait_within(sock: socket.socket) -> None:
    left = bounded(sock.gettimeout())
    if left is not None and left <= 0:
        raise TimeoutError("timed out")
    sock.settimeout(left)


def never_sent(error: RequestException) -> bool:
    """Say whether it is certain that nothing of the request left: there was no connection."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError, SSLError))
