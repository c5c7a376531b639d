"""What a transport must be able to do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["AsyncTransport", "Transport"]


@runtime_checkable
class Transport(Protocol):
    """Carries bytes and blocks meanwhile. Threads share one."""

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer.
        """
        ...

    def close(self) -> None:
        """Close what was opened; a later ``send`` opens anew."""
        ...


@runtime_checkable
class AsyncTransport(Protocol):
    """Carries bytes without blocking the event loop. Tasks share one."""

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer.
        """
        ...

    async def close_async(self) -> None:
        """Close what was opened in this event loop; a later ``send_async`` opens anew."""
        ...
