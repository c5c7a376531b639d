"""One piece of work that many callers want at the same time, done by one of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from time import monotonic
from typing import NamedTuple

from trunkline.errors import DeadlineExceededError
from trunkline.flow.calls import CUT_SHORT, Background, Flow
from trunkline.forks import renewed_in_children

__all__ = ["SingleFlight"]


class _Work(NamedTuple):
    """Work that is being done; after ``until`` callers no longer wait for it."""

    done: Future[None]
    until: float


class SingleFlight:
    """Lets the first caller do the work while the others wait, in threads and in coroutines.

    A failure is raised to all who waited, so a server that is down does not get a request from
    each of them in turn. Later callers start again. If the caller at work is cancelled, or exceeds
    its own deadline, the others return without an outcome and should try again. The same holds
    after `CUT_SHORT` seconds, because the thread or event loop at work may have ended.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[Hashable, _Work] = {}
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the parent's work, which does not end in this process."""
        self._lock = Lock()
        self._running = {}

    def is_running(self, key: Hashable = None) -> bool:
        """Say whether a caller is doing the work of a key."""
        return self._current(key) is not None

    def run(self, work: Callable[[], Flow[None]], key: Hashable = None) -> Flow[None]:
        """Do the work, or wait for the caller who does it.

        Calls with equal ``key`` share their work. Raises what the work raises.
        """
        done, is_ours = self._begin(key)
        if is_ours:
            yield from self._finish(done, work, key)
        else:
            yield done

    def start(self, work: Callable[[], Flow[None]], key: Hashable = None) -> Flow[None]:
        """Begin the work in the background, unless it is running: no caller can cancel it.

        The work must handle its own failures.
        """
        done, is_ours = self._begin(key)
        if is_ours:
            yield Background(self._finish(done, work, key))

    def wait(self, key: Hashable = None) -> Flow[None]:
        """Wait for the work if it is running; raises what it raises."""
        running = self._current(key)
        if running is not None:
            yield running.done

    def _begin(self, key: Hashable) -> tuple[Future[None], bool]:
        """Return what is completed with the work, and whether our caller must do the work."""
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # so that a waiter who is cancelled cannot cancel it
        with self._lock:
            running = self._current(key)
            if running is None:
                running = self._running[key] = _Work(done, monotonic() + CUT_SHORT)
        return running.done, running.done is done

    def _current(self, key: Hashable) -> _Work | None:
        running = self._running.get(key)
        return running if running and monotonic() < running.until else None

    def _finish(
        self, done: Future[None], work: Callable[[], Flow[None]], key: Hashable
    ) -> Flow[None]:
        failure: Exception | None = None
        try:
            yield from work()
        except DeadlineExceededError:
            raise
        except Exception as error:
            failure = error
            raise
        finally:
            with self._lock:
                if (running := self._running.get(key)) and running.done is done:
                    del self._running[key]
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
