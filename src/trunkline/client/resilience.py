"""Retries, and the circuit breaker: what happens to a call when its server fails.

Both are our own, because calls are flows. The libraries (tenacity, stamina, pybreaker,
circuitbreaker) call functions again, and would need one text for threads and one for coroutines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from random import uniform
from threading import Lock
from time import monotonic

from trunkline.client.calls import Call
from trunkline.errors import (
    RETRYABLE_STATUSES,
    CircuitOpenError,
    ConnectionFailedError,
    DeadlineExceededError,
    TokenError,
)
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import has_error_code, retry_after

__all__ = ["DEFAULT_BREAKER", "DEFAULT_RETRY", "Breaker", "Circuit", "Retries", "Retry"]


@dataclass(frozen=True, slots=True)
class Retry:
    """How a call is repeated that failed for a temporary reason.

    A query is repeated. A mutation is repeated only if it was certainly never sent, as when there
    was no token, or has an idempotency key. No pause outlasts the call's deadline; then the failure
    is raised at once.

    - ``attempts``: the most attempts of one call.
    - ``first_pause``: before the second attempt the client waits at random up to so many seconds,
      before each later one up to twice as long as before (full jitter, so that clients do not come
      back together).
    - ``longest_pause``: the limit of these pauses, in seconds.
    - ``longest_wait``: the most seconds of ``Retry-After`` that the client waits; if the server
      names more, the call is not repeated.
    - ``budget``: limits the repetitions of all calls together. Each failure takes one from it, each
      success gives a tenth back, and below half of it nothing is repeated. So a server in trouble
      gets a tenth more requests, not three times as many.
    - ``statuses``: HTTP statuses that are repeated too, if the response has ``Retry-After``. GitHub
      sends 403 so.
    - ``codes``: values of ``extensions.code`` that are repeated too, whatever the status.
    - ``wait``: a function that gets each response. For one whose call is to be repeated it returns
      the seconds to wait, in place of ``Retry-After``; otherwise ``None``. ``GITHUB``, ``SHOPIFY``
      and ``LINEAR`` have one: ``replace(GITHUB, longest_wait=300)``, of ``dataclasses``.
    """

    attempts: int = 3
    first_pause: float = 0.1
    longest_pause: float = 5.0
    longest_wait: float = 30.0
    budget: float = 10.0
    statuses: Collection[int] = ()
    codes: Collection[str] = ()
    wait: Callable[[HTTPResponse], float | None] | None = None


DEFAULT_RETRY = Retry()
_EARNED = 0.1  # what a success gives back to the budget


class Retries:
    """Says which calls of one connection are repeated, as ``retry`` does, and when."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._statuses = RETRYABLE_STATUSES.union(retry.statuses)
        self._asks_all = retry.wait is not None or bool(retry.codes)
        self._budget = retry.budget

    def pause_after(self, call: Call, response: HTTPResponse) -> float | None:
        """Return the seconds before the next attempt; ``None`` if the call keeps its response."""
        retry = self._retry
        if self._asks_all or response.status in self._statuses:
            wait = retry.wait(response) if retry.wait else None
            if wait is not None or self._is_temporary(response):
                wait = retry_after(response.headers) if wait is None else wait
                return self._pause(call, wait, safe=call.repeatable)
        # Two threads may lose one of their tenths to each other, which does no harm.
        if self._budget < retry.budget:
            self._budget = min(retry.budget, self._budget + _EARNED)
        return None

    def pause_after_failure(
        self, call: Call, error: ConnectionFailedError | TokenError
    ) -> float | None:
        """Return the seconds before the next attempt; ``None`` if the failure stays."""
        if isinstance(error, TokenError):  # nothing was sent to the API
            return self._pause(call, error.retry_after, safe=True) if error.retryable else None
        if isinstance(error, DeadlineExceededError):
            return None
        return self._pause(call, None, safe=call.repeatable or error.never_sent)

    def _is_temporary(self, response: HTTPResponse) -> bool:
        """Say whether a response tells of a condition that passes."""
        retry = self._retry
        if response.status in RETRYABLE_STATUSES:
            return True
        if response.status in retry.statuses and "retry-after" in response.headers:
            return True
        return bool(retry.codes) and has_error_code(response, retry.codes)

    def _pause(self, call: Call, wanted: float | None, *, safe: bool) -> float | None:
        """Return the seconds before the next attempt; ``None`` if there must not be one."""
        retry = self._retry
        self._budget = max(0.0, self._budget - 1)
        if not safe or call.attempts >= retry.attempts or self._budget < retry.budget / 2:
            return None
        longest = min(retry.longest_pause, retry.first_pause * 2 ** (call.attempts - 1))
        pause = uniform(0, longest)  # noqa: S311  # not a secret
        if wanted is not None:
            if wanted > retry.longest_wait:
                return None
            pause += wanted
        return pause if call.deadline is None or pause < call.deadline.left() else None


@dataclass(frozen=True, slots=True)
class Breaker:
    """When the client stops calling a server that fails, and for how long.

    After ``failures`` in a row (no response, or 502, 503, 504) calls raise ``CircuitOpenError`` at
    once, for ``pause`` seconds. Then one call is sent; if it succeeds, all calls are sent again.
    """

    failures: int = 10
    pause: float = 5.0


DEFAULT_BREAKER = Breaker()
_FAILING = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


class Circuit:
    """The circuit of one connection, which ``breaker`` opens."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._failures = 0
        self._open_until = 0.0  # monotonic; counts only after enough failures
        self._lock = Lock()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Take a lock that no thread of the parent holds."""
        self._lock = Lock()

    def check(self) -> None:
        """Raise ``CircuitOpenError`` while it is open. After the pause, let one call try."""
        if self._failures < self._breaker.failures:
            return
        with self._lock:
            left = self._open_until - monotonic()
            if left <= 0:
                self._open_until = monotonic() + self._breaker.pause
                return
        raise CircuitOpenError(
            f"The server failed {self._failures} times in a row. The client does not call it for"
            f" another {left:.1f} s. Nothing was sent.",
            left,
        )

    def note(self, response: HTTPResponse) -> None:
        """Count a response, as a failure or as the end of failures."""
        if response.status in _FAILING:
            self.note_failure()
        elif self._failures:
            self._failures = 0

    def note_failure(self) -> None:
        """Count a call without a response."""
        with self._lock:
            self._failures += 1
            self._open_until = monotonic() + self._breaker.pause
