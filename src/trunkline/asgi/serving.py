"""Serving an application with uvicorn, within bounds that uvicorn does not have by itself."""

from __future__ import annotations

import asyncio
import signal
import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["GRACEFUL_SECONDS", "MOST_CONNECTIONS", "BoundedProtocol", "exit_on_sigterm"]

GRACEFUL_SECONDS = 10  # after a signal, until what is in flight is cancelled
MOST_CONNECTIONS = 1_000  # systems allow a process 1,024 open files by default

_HEAD_BYTES = 65_536
_HEAD_SECONDS = 20.0


def exit_on_sigterm() -> None:
    """Let SIGTERM end the process as ``sys.exit`` does, with 143.

    Uvicorn stops, and then ends by the signal that it got: nothing of `atexit` would be called, and
    lines of logs that wait would be lost.
    """
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with bounds for what it collects before the application sees a request.

    The headers of a request, and each part between pieces of its body, have at most 64 KiB. The
    headers must be complete in 20 seconds; a new connection must have sent its first ones by then.
    """

    _unread = 0  # bytes that were given to the parser since it gave something back
    _is_in_head = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(_HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self._stop_waiting()

    def data_received(self, data: bytes) -> None:
        """Give bytes to the parser; refuse the request if it only collects them."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The headers are too large.")
        if self._is_in_head and self._timer is None:
            self._timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        """Wait for the headers of a request."""
        super().on_message_begin()
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """Start the application."""
        self._end_headers()
        super().on_headers_complete()

    def _end_headers(self) -> None:
        self._unread = 0
        self._is_in_head = False
        self._stop_waiting()

    def on_body(self, body: bytes) -> None:
        """Give a piece of the body to the application."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        self._unread = 0
        super().on_message_complete()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
