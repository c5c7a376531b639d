"""When a client may ask its issuer again, and replace a token that an API rejected."""

from __future__ import annotations

from random import uniform
from threading import Lock

from trunkline.auth.calling.tokens import Token
from trunkline.errors import TokenError
from trunkline.flow.calls import CUT_SHORT

__all__ = ["Attempts"]

_FIRST, _LONGEST = 1.0, 30.0  # the most seconds between attempts, at first and at last
_LONGEST_BETWEEN_REPLACEMENTS = 60.0


class Attempts:
    """Counts failures of the issuer and rejections by APIs, and says when to try again.

    Full jitter: the next attempt is at a random time within a span that doubles, so that clients
    which failed together do not come back together.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._next = float("-inf")
        self._error: TokenError | None = None
        self._rejections = 0
        self._next_replacement = float("-inf")
        self._rejected: Token | None = None

    def may_begin(self, now: float) -> bool:
        """Say whether the caller should renew the token; only one of all callers gets True."""
        with self._lock:
            if now < self._next:
                return False
            self._next = now + CUT_SHORT  # a renewal without an outcome has failed then
            return True

    def check(self, now: float) -> None:
        """Raise the error of the last attempt if it is too early for another."""
        error, wait = self._error, self._next - now
        if error is not None and wait > 0:
            message = f"{error} The next attempt is in {wait:.1f} s."
            raise TokenError(
                message, error.error, error.status, wait, unreachable=error.unreachable
            ) from None

    def record_failure(self, error: TokenError, now: float) -> None:
        """Count a failure of the issuer."""
        with self._lock:
            span = min(_LONGEST, _FIRST * 2.0**self._failures)
            self._failures = min(self._failures + 1, 16)
            wait = max(uniform(0, span), error.retry_after)  # noqa: S311
            self._next = now + wait
            self._error = error.with_traceback(None)

    def record_success(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0
            self._next = float("-inf")
            self._error = None

    def may_replace(self, token: Token, now: float) -> bool:
        """Say whether a token that an API rejected may be replaced now.

        All callers who sent that token hear the same. The first time it may at once. An API that
        rejects the new one too does not need many.
        """
        with self._lock:
            if token is self._rejected:
                return now >= self._next
            if now < self._next_replacement:
                return False
            if self._rejections:
                span = min(_LONGEST_BETWEEN_REPLACEMENTS, 2.0**self._rejections)
                self._next_replacement = now + span
            self._rejections = min(self._rejections + 1, 16)
            self._rejected = token
            return True

    def record_acceptance(self) -> None:
        """Forget the rejections: an API accepted the token."""
        if self._rejections:
            with self._lock:
                self._rejections = 0
                self._next_replacement = float("-inf")
