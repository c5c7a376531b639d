"""Leaving a server alone that fails every time.

Our own, since the libraries (pybreaker, circuitbreaker) wrap functions that return, not flows, and
what is left of one is the few lines below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from time import monotonic

from trunkline.client.calls import Call
from trunkline.errors import CircuitOpenError, ConnectionFailedError
from trunkline.flow.calls import Flow
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPResponse

__all__ = ["DEFAULT_BREAKER", "Breaker", "guarded"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a server is left alone, and for how long.

    After ``failures`` in a row (no answer, or 502, 503, 504) calls raise ``CircuitOpenError`` at
    once, for ``pause`` seconds. Then one call is let through; if it succeeds, all are.
    """

    failures: int = 10
    pause: float = 5.0


_BROKEN = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
DEFAULT_BREAKER = Breaker()

Send = Callable[[Call], Flow[HTTPResponse]]


def guarded(breaker: Breaker, send: Send) -> Send:
    """Send only while the server is not left alone."""
    return _Circuit(breaker, send).send


class _Circuit:
    def __init__(self, breaker: Breaker, send: Send) -> None:
        self._breaker = breaker
        self._send = send
        self._failures = 0
        self._closed_until = 0.0  # monotonic; only asked once there were enough failures
        self._lock = Lock()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Have a lock that no thread of the parent holds."""
        self._lock = Lock()

    def send(self, call: Call) -> Flow[HTTPResponse]:
        if self._failures >= self._breaker.failures:
            self._take_turn()
        try:
            response = yield from self._send(call)
        except ConnectionFailedError:
            self._failed()
            raise
        if response.status in _BROKEN:
            self._failed()
        elif self._failures:
            self._failures = 0
        return response

    def _take_turn(self) -> None:
        """Let this call be the one that tries, or raise ``CircuitOpenError``."""
        with self._lock:
            left = self._closed_until - monotonic()
            if left <= 0:
                self._closed_until = monotonic() + self._breaker.pause
                return
        raise CircuitOpenError(
            f"The server failed {self._failures} times in a row, and is left alone for another"
            f" {left:.1f} s. Nothing was sent.",
            left,
        )

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_until = monotonic() + self._breaker.pause
