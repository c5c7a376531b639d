"""When the issuer may be asked again: less and less often while it fails."""

from __future__ import annotations

from random import uniform
from threading import Lock

from trunkline.errors import TokenError

__all__ = ["Attempts"]

_FIRST, _LONGEST = 1.0, 30.0  # seconds between attempts, at most
_CUT_SHORT = 30.0  # seconds after which a renewal that nobody heard of counts as failed
_LONGEST_BETWEEN_REFUSALS = 60.0


class Attempts:
    """Counts failures and refusals, and says when to try again.

    Full jitter: the next attempt is at a random time within a span that doubles, so that clients
    which failed together do not come back together.
    """

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._failures = 0
        self._next = float("-inf")
        self._error: TokenError | None = None
        self._refusals = 0
        self._next_replacement = float("-inf")

    def may_begin(self, now: float) -> bool:
        """Say to one of all who ask that it shall renew the token."""
        with self._lock:
            if now < self._next:
                return False
            self._next = now + _CUT_SHORT
            return True

    def check(self, now: float) -> None:
        """Raise what the last attempt failed with, where it is too early for another."""
        error, wait = self._error, self._next - now
        if error is not None and wait > 0:
            message = f"{error} The next attempt is in {wait:.1f} s."
            raise TokenError(message, error.error, error.status, wait) from None

    def failed(self, error: TokenError, now: float) -> None:
        """Remember a failure."""
        with self._lock:
            span = min(_LONGEST, _FIRST * 2.0**self._failures)
            self._failures = min(self._failures + 1, 16)
            wait = max(uniform(0, span), error.retry_after)  # noqa: S311
            self._next = now + wait
            self._error = error.with_traceback(None)

    def succeeded(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0
            self._next = float("-inf")
            self._error = None

    def may_replace(self, now: float) -> bool:
        """Say whether a token that an API refused may be replaced, which it may at once, once.

        An API that refuses the new one too is not helped by many.
        """
        with self._lock:
            if now < self._next_replacement:
                return False
            if self._refusals:
                span = min(_LONGEST_BETWEEN_REFUSALS, 2.0**self._refusals)
                self._next_replacement = now + span
            self._refusals = min(self._refusals + 1, 16)
            return True

    def accepted(self) -> None:
        """Forget the refusals: an API took the token."""
        if self._refusals:
            with self._lock:
                self._refusals = 0
                self._next_replacement = float("-inf")
