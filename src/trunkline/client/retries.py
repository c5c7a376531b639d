"""Asking again, where that is safe, worth while, and no burden to a server in trouble.

Our own loop, since it must run in flows: the libraries for retries (tenacity, stamina) call a
function again, and would need one text for threads and another for coroutines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import uniform

from trunkline.client.calls import Call
from trunkline.errors import (
    RETRYABLE_STATUSES,
    CircuitOpenError,
    ConnectionFailedError,
    DeadlineExceededError,
)
from trunkline.flow.calls import Flow, Pause
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import retry_after

__all__ = ["DEFAULT_RETRY", "Retry", "retried"]


@dataclass(frozen=True, slots=True)
class Retry:
    """How a call is repeated that failed for a reason that passes.

    A query is, and a mutation only where it was certainly never sent, or has an idempotency key.
    There are at most ``attempts`` in all. Before the second the client waits at random up to
    ``first_pause`` seconds, before each later one up to twice as long as before, but never longer
    than ``longest_pause``: full jitter, so that clients do not come back together. ``Retry-After``
    is honoured where the server names no more than ``longest_wait`` seconds. No pause outlasts the
    call's deadline; then the failure is raised at once.

    ``budget`` limits repetitions of all calls together: each failure takes one from it, each
    success gives a tenth back, and below half of it nothing is repeated. A server in trouble gets
    a tenth more requests, not three times as many.
    """

    attempts: int = 3
    first_pause: float = 0.1
    longest_pause: float = 5.0
    longest_wait: float = 30.0
    budget: float = 10.0


_EARNED = 0.1
DEFAULT_RETRY = Retry()

Send = Callable[[Call], Flow[HTTPResponse]]


def retried(retry: Retry, send: Send) -> Send:
    """Repeat a call as ``retry`` says."""
    return _Retries(retry, send).send


class _Retries:
    def __init__(self, retry: Retry, send: Send) -> None:
        self._retry = retry
        self._send = send
        self._tokens = retry.budget

    def send(self, call: Call) -> Flow[HTTPResponse]:
        while True:
            try:
                response = yield from self._send(call)
            except ConnectionFailedError as error:
                pause = self._pause_after_error(call, error)
                if pause is None:
                    _tell(error, call)
                    raise
            else:
                if response.status not in RETRYABLE_STATUSES:
                    self._succeeded()
                    return response
                pause = self._pause_after_status(call, response)
                if pause is None:
                    return response
            yield Pause(pause)

    def _succeeded(self) -> None:
        # Two threads may lose one of their tenths to each other, which harms nobody.
        if self._tokens < self._retry.budget:
            self._tokens = min(self._retry.budget, self._tokens + _EARNED)

    def _pause_after_error(self, call: Call, error: ConnectionFailedError) -> float | None:
        if isinstance(error, (CircuitOpenError, DeadlineExceededError)):
            return None
        return self._pause(call, None, safe=call.repeatable or error.never_sent)

    def _pause_after_status(self, call: Call, response: HTTPResponse) -> float | None:
        return self._pause(call, retry_after(response.headers), safe=call.repeatable)

    def _pause(self, call: Call, wanted: float | None, *, safe: bool) -> float | None:
        """Say how long to wait before the next attempt; ``None`` where there is to be none."""
        self._tokens = max(0.0, self._tokens - 1)
        if not safe or call.attempts >= self._retry.attempts:
            return None
        if self._tokens < self._retry.budget / 2:
            return None
        ceiling = min(self._retry.longest_pause, self._retry.first_pause * 2 ** (call.attempts - 1))
        pause = uniform(0, ceiling)  # noqa: S311  # nothing secret about it
        if wanted is not None:
            if wanted > self._retry.longest_wait:
                return None
            pause += wanted
        return pause if call.deadline is None or pause < call.deadline.left() else None


def _tell(error: ConnectionFailedError, call: Call) -> None:
    if call.attempts > 1:
        error.add_note(f"This was attempt {call.attempts} of the call.")
