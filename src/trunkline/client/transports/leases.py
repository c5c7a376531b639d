"""One connection pool for all calls, opened at the first and closed when nobody uses it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar

from trunkline.forks import renewed_in_children

__all__ = ["Lease", "close", "close_async", "leased", "leased_async"]


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesAsync(Protocol):
    async def aclose(self) -> None: ...


Pool = TypeVar("Pool")
Closing = TypeVar("Closing", bound=_Closes)
ClosingAsync = TypeVar("ClosingAsync", bound=_ClosesAsync)


@dataclass(slots=True)
class _Opened(Generic[Pool]):
    pool: Pool
    users: int = 0
    retired: bool = False


_parents: list[object] = []  # never closed here, which might tell the server something


class Lease(Generic[Pool]):
    """Lends one pool to all who ask, and counts them.

    A pool that was retired while calls were under way is closed by the last of them, so that no
    thread loses its connection because another left its ``with`` block. Who receives a pool from
    ``give_back`` or ``retire`` must close it; nothing is closed here, where a lock is held.
    """

    def __init__(self, open_pool: Callable[[], Pool]) -> None:
        self._open = open_pool
        self._lock = Lock()
        self._current: _Opened[Pool] | None = None
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Leave the parent's pool to the parent: the child opens one of its own."""
        _parents.append(self._current)
        self._lock = Lock()
        self._current = None

    def take(self) -> _Opened[Pool]:
        """Borrow the pool, opening it if there is none."""
        with self._lock:
            opened = self._current = self._current or _Opened(self._open())
            opened.users += 1
            return opened

    def give_back(self, opened: _Opened[Pool]) -> Pool | None:
        """Return a borrowed pool; answers it if it must be closed now."""
        with self._lock:
            opened.users -= 1
            return opened.pool if opened.retired and not opened.users else None

    def retire(self) -> Pool | None:
        """Lend this pool to nobody more; answers it if it must be closed now."""
        with self._lock:
            opened, self._current = self._current, None
            if opened is None:
                return None
            opened.retired = True
            return None if opened.users else opened.pool


@contextmanager
def leased(lease: Lease[Closing]) -> Generator[Closing, None, None]:
    """Borrow a pool for the length of a block."""
    opened = lease.take()
    try:
        yield opened.pool
    finally:
        close(lease.give_back(opened))


@asynccontextmanager
async def leased_async(lease: Lease[ClosingAsync]) -> AsyncGenerator[ClosingAsync, None]:
    """Borrow a pool for the length of an ``async with`` block."""
    opened = lease.take()
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
