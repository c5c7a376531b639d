"""Connections that calls share, and the deadline of the exchange that a thread is in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from threading import Lock, Thread, local
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from trunkline.forks import renewed_in_children

if TYPE_CHECKING:  # blocking programs do without asyncio
    from asyncio import AbstractEventLoop

__all__ = ["Lease", "connect_in_time", "lease_of", "time_left", "until"]

T = TypeVar("T")


@dataclass(slots=True)
class _Opened:
    pool: Any
    users: int = 0
    retired: bool = False


_parents: list[object] = []  # the parent process's pools: closing them here would reach the server


class Lease:
    """Lends one pool of connections to all calls, and counts the borrowers.

    The pool is opened by the first call. A pool that is retired while calls use it is closed by the
    last of them, so no thread loses its connection because another one left its ``with`` block. A
    pool has ``close``, or ``aclose`` for asyncio; neither is called under the lock.
    """

    def __init__(self, open_pool: Callable[[], Any]) -> None:
        self._open = open_pool
        self._lock = Lock()
        self._current: _Opened | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Leave the parent's pool to the parent: the child opens its own."""
        _parents.append(self._current)
        self._lock = Lock()
        self._current = None

    @contextmanager
    def lend(self) -> Generator[Any]:
        """Lend the pool for the length of a block."""
        opened = self._borrow()
        try:
            yield opened.pool
        finally:
            if self._give_back(opened):
                opened.pool.close()

    @asynccontextmanager
    async def lend_async(self) -> AsyncGenerator[Any]:
        """Lend the pool for the length of an ``async with`` block."""
        opened = self._borrow()
        try:
            yield opened.pool
        finally:
            if self._give_back(opened):
                await opened.pool.aclose()

    def close(self) -> None:
        """Lend this pool no more, and close it when the last borrower has given it back."""
        unused = self._retire()
        if unused:
            unused.pool.close()

    async def close_async(self) -> None:
        """Do what ``close`` does, for a pool for asyncio."""
        unused = self._retire()
        if unused:
            await unused.pool.aclose()

    def _borrow(self) -> _Opened:
        with self._lock:
            opened = self._current = self._current or _Opened(self._open())
            opened.users += 1
            return opened

    def _give_back(self, opened: _Opened) -> bool:
        """Give back a borrowed pool; say whether it must be closed now."""
        with self._lock:
            opened.users -= 1
            return opened.retired and not opened.users

    def _retire(self) -> _Opened | None:
        """Stop lending the pool; return it if it must be closed now."""
        with self._lock:
            opened, self._current = self._current, None
            if opened is None:
                return None
            opened.retired = True
            return None if opened.users else opened


def lease_of(
    loop: AbstractEventLoop | None,
    leases: dict[AbstractEventLoop | None, Lease],
    open_pool: Callable[[], Any],
) -> Lease:
    """Return the lease of an event loop, or without one that of all threads; make it if needed."""
    lease = leases.get(loop)
    if lease is None:
        for other in tuple(leases):
            if other and other.is_closed():
                leases.pop(other, None)  # its connections ended with it
        lease = leases.setdefault(loop, Lease(open_pool))
    return lease


# Blocking libraries start their timeouts again for each piece that they read, so a server that
# sends a byte now and then would hold a caller for ever. So each wait is limited to what is left.


class _CurrentExchange(local):
    ends: float | None = None


_current = _CurrentExchange()


@contextmanager
def until(seconds: float) -> Generator[None]:
    """End this thread's exchange in ``seconds``."""
    before, _current.ends = _current.ends, monotonic() + seconds
    try:
        yield
    finally:
        _current.ends = before


def time_left(timeout: float | None) -> float | None:
    """Return the seconds that a wait of ``timeout`` may take; 0 or less after the deadline."""
    if _current.ends is None:
        return timeout
    left = _current.ends - monotonic()
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
