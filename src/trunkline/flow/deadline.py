"""Until when a call may take."""

from __future__ import annotations

from time import monotonic

from trunkline.errors import DeadlineExceededError

__all__ = ["Deadline"]


class Deadline:
    """The moment at which a call that may take ``seconds`` must be over."""

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; negative where none are."""
        return self.at - monotonic()

    def exceeded(self, *, never_sent: bool = False) -> DeadlineExceededError:
        """Make the error of a call that took longer."""
        return DeadlineExceededError(
            f"No whole answer within {self.seconds:g} s, the time that the call was given.",
            never_sent=never_sent,
        )
