"""Connections that calls share, and the deadline of the exchange that a thread is in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from threading import Lock, Thread, local
from time import monotonic
from typing import Generic, Protocol, TypeVar

from trunkline.forks import renewed_in_children

__all__ = [
    "Lease",
    "close",
    "close_async",
    "connect_in_time",
    "leased",
    "leased_async",
    "time_left",
    "until",
]


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesAsync(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T")
Closing = TypeVar("Closing", bound=_Closes)
ClosingAsync = TypeVar("ClosingAsync", bound=_ClosesAsync)


@dataclass(slots=True)
class _Opened(Generic[T]):
    pool: T
    users: int = 0
    retired: bool = False


_parents: list[object] = []  # the parent process's pools: closing them here would reach the server


class Lease(Generic[T]):
    """Lends one pool of connections to all calls, and counts the borrowers.

    The pool is opened by the first call. A pool that is retired while calls use it is closed by the
    last of them, so no thread loses its connection because another one left its ``with`` block.
    Nothing is closed here, under the lock: ``give_back`` and ``retire`` return the pool if their
    caller must close it.
    """

    def __init__(self, open_pool: Callable[[], T]) -> None:
        self._open = open_pool
        self._lock = Lock()
        self._current: _Opened[T] | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Leave the parent's pool to the parent: the child opens its own."""
        _parents.append(self._current)
        self._lock = Lock()
        self._current = None

    def borrow(self) -> _Opened[T]:
        """Borrow the pool, which is opened if necessary."""
        with self._lock:
            opened = self._current = self._current or _Opened(self._open())
            opened.users += 1
            return opened

    def give_back(self, opened: _Opened[T]) -> T | None:
        """Give back a borrowed pool. Returns the pool if the caller must close it, else None."""
        with self._lock:
            opened.users -= 1
            return opened.pool if opened.retired and not opened.users else None

    def retire(self) -> T | None:
        """Stop lending this pool. Returns the pool if the caller must close it, else None."""
        with self._lock:
            opened, self._current = self._current, None
            if opened is None:
                return None
            opened.retired = True
            return None if opened.users else opened.pool


@contextmanager
def leased(lease: Lease[Closing]) -> Generator[Closing, None, None]:
    """Borrow a pool for the length of a block."""
    opened = lease.borrow()
    try:
        yield opened.pool
    finally:
        close(lease.give_back(opened))


@asynccontextmanager
async def leased_async(lease: Lease[ClosingAsync]) -> AsyncGenerator[ClosingAsync, None]:
    """Borrow a pool for the length of an ``async with`` block."""
    opened = lease.borrow()
    try:
        yield opened.pool
    finally:
        await close_async(lease.give_back(opened))


def close(pool: _Closes | None) -> None:
    """Close a pool, if there is one to close."""
    if pool is not None:
        pool.close()


async def close_async(pool: _ClosesAsync | None) -> None:
    """Close an asynchronous pool, if there is one to close."""
    if pool is not None:
        await pool.aclose()


# Blocking libraries start their timeouts again for each piece that they read, so a server that
# sends a byte now and then would hold a caller for ever. So each wait is limited to what is left.


class _Exchange(local):
    ends: float | None = None


_exchange = _Exchange()


@contextmanager
def until(seconds: float) -> Generator[None]:
    """End this thread's exchange in ``seconds``."""
    before, _exchange.ends = _exchange.ends, monotonic() + seconds
    try:
        yield
    finally:
        _exchange.ends = before


def time_left(timeout: float | None) -> float | None:
    """Return the seconds that a wait of ``timeout`` may take; 0 or less after the deadline."""
    if _exchange.ends is None:
        return timeout
    left = _exchange.ends - monotonic()
    return left if timeout is None else min(timeout, left)


def connect_in_time(
    connect: Callable[[], T], seconds: float | None, discard: Callable[[T], object]
) -> T:
    """Connect within ``seconds``, or raise ``TimeoutError``.

    Looking up a host name has no timeout. So a thread of its own connects; if it takes too long, it
    is left alone, and ``discard`` closes what it returns later.
    """
    if seconds is None:
        return connect()
    done: Future[T] = Future()
    context = copy_context()

    def work() -> None:
        try:
            done.set_result(context.run(connect))
        except BaseException as error:  # noqa: BLE001  # raised to the caller below
            done.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return done.result(max(seconds, 0))
    except TimeoutError:
        if not done.done():
            done.add_done_callback(lambda late: late.exception() or discard(late.result()))
            raise TimeoutError("timed out") from None
        raise
