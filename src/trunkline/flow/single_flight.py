"""One piece of work that many callers want at the same time, done by one of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock

from trunkline.errors import DeadlineExceededError
from trunkline.flow.calls import Flow
from trunkline.forks import renewed_in_children

__all__ = ["SingleFlight"]


class SingleFlight:
    """Let the first caller do the work while the others wait, in threads and in coroutines alike.

    A failure is the failure of all who waited, so that a server that is down is not asked by each
    of them in turn; whoever comes later begins anew. If the caller at work is cancelled, or its own
    time is over, the others return without an outcome and should ask again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: Future[None] | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget a flight of the parent, which will not land here."""
        self._lock = Lock()
        self._under_way = None

    def run(self, work: Callable[[], Flow[None]]) -> Flow[None]:
        """Do the work, or wait for the caller who does it."""
        mine: Future[None] = Future()
        mine.set_running_or_notify_cancel()  # a waiter who is cancelled cannot cancel it now
        with self._lock:
            others, self._under_way = self._under_way, self._under_way or mine
        if others is None:
            yield from self._lead(mine, work)
        else:
            yield others

    def _lead(self, done: Future[None], work: Callable[[], Flow[None]]) -> Flow[None]:
        try:
            yield from work()
        except BaseException as error:
            self._under_way = None
            if isinstance(error, DeadlineExceededError) or not isinstance(error, Exception):
                done.set_result(None)
            else:
                done.set_exception(error)
            raise
        self._under_way = None
        done.set_result(None)
