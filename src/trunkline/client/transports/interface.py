"""What a transport must be able to do, and the settings that transports share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = [
    "DEFAULT_MAX_RESPONSE_BYTES",
    "DEFAULT_POOL",
    "DEFAULT_TIMEOUT",
    "AsyncTransport",
    "Pool",
    "Timeout",
    "Transport",
    "waits_of",
]

Timeout: TypeAlias = float | tuple[float, float] | None
"""Seconds to wait: ``(to connect, for the next bytes)``, or one number for both. ``None`` is no
limit."""

DEFAULT_TIMEOUT: Timeout = (10.0, 30.0)


def waits_of(timeout: Timeout, longest: float | None = None) -> tuple[float | None, float | None]:
    """Return the seconds to connect and for the next bytes, neither more than ``longest``."""
    waits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if longest is None:
        return waits
    connect, read = (longest if each is None else min(each, longest) for each in waits)
    return connect, read


DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024
"""The size up to which a response is read, after decompression. The introspection of the largest
public schemas has a third of it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The limits of a transport's connections.

    ``connections`` is the most that are open at a time. A connection that was idle for
    ``idle_seconds`` is not used again: servers close idle connections after 5 seconds or later
    (uvicorn after 5), and a request that meets a closing connection is lost, so the client closes
    first.
    """

    connections: int = 100
    idle_seconds: float = 4.0


DEFAULT_POOL = Pool()


@runtime_checkable
class Transport(Protocol):
    """Sends requests and blocks meanwhile. Threads share one."""

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the complete response, whatever its status.

        Raises ``ConnectionFailedError`` if there is no complete response.
        """
        ...

    def close(self) -> None:
        """Close what was opened; a later ``send`` opens it again."""
        ...


@runtime_checkable
class AsyncTransport(Protocol):
    """Sends requests without blocking the event loop. Tasks share one."""

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the complete response, whatever its status.

        Raises ``ConnectionFailedError`` if there is no complete response.
        """
        ...

    async def close_async(self) -> None:
        """Close what was opened in this event loop; a later ``send_async`` opens it again."""
        ...
