"""One session for resolvers that run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

__all__ = ["SharedSession"]


class SharedSession:
    """Lets the resolvers of an operation use one session, one after the other.

        async def context(scope):
            async with sessions.begin() as session:
                yield Context(session=SharedSession(session))

    A session is for one task at a time, but resolvers run side by side. ``async with
    context.session() as session`` waits until the session is free. The task that has it may ask
    again.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._turn = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[AsyncSession]:
        """Wait for the session, and have it alone."""
        task = asyncio.current_task()
        if self._owner is task:
            yield self._session
            return
        async with self._turn:
            self._owner = task
            try:
                yield self._session
            finally:
                self._owner = None
