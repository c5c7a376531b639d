"""Resolvers that block: running them in threads, and finding them in development."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial, wraps
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

from trunkline.forks import renewed_in_children
from trunkline.schema.signatures import returns_awaitable

__all__ = ["DEVELOPMENT", "Threads", "is_development", "is_in_event_loop", "tell_if_blocking"]

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("trunkline.schema")

DEVELOPMENT = "TRUNKLINE_DEVELOPMENT"
"""The environment variable that `trunkline serve --reload` sets for the program that it runs."""

_LONG = 0.05  # seconds for which a resolver may block the event loop


class Threads:
    """Runs resolvers that block in threads, so that other requests go on meanwhile.

        threads = Threads()

        class Query:
            @threads.resolver
            def books(self) -> list[Book]: ...

    As a middleware it does so for all resolvers and methods of models that are a plain ``def``:
    ``make_executable_schema(…, middlewares=[threads])``.

    - ``make_async``: makes a function awaitable, for libraries that are particular about threads:
      ``Threads(sync_to_async)`` of asgiref calls Django's ORM as Django does. Without it, the
      functions run in threads of this object's own.
    - ``limit``: how many of its own threads there are; further calls wait for one.

    What a function returns is read in the thread too, if it is an iterator or a query set. A
    function runs with a copy of the context variables. If its request ends early, a call that
    waits for a thread does not begin. A call that runs cannot be stopped; its value is dropped.
    """

    def __init__(
        self,
        make_async: Callable[[Callable[..., Any]], Callable[..., Awaitable[Any]]] | None = None,
        *,
        limit: int = 40,
    ) -> None:
        self._make_async = make_async or self._in_own_thread
        self._limit = limit
        self.after_fork()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Forget the threads, which a child process does not have."""
        self._pool = ThreadPoolExecutor(self._limit, "trunkline-resolver")

    def resolver(self, function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """Make a resolver that runs in a thread: a decorator. It goes with ``@batch``."""

        @wraps(function)
        def read(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return _read_now(function(*args, **kwargs))
            except StopIteration as error:  # no future can have it; who awaits would wait for ever
                raise RuntimeError("A resolver raised StopIteration.") from error

        call = self._make_async(read)

        @wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            value: T = await call(*args, **kwargs)
            return value

        return run

    def __call__(self, coordinate: str, resolver: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ARG002  # a middleware's
        """Put a plain resolver into a thread; return any other as it is."""
        return self.resolver(resolver) if _is_plain(resolver) else resolver

    def _in_own_thread(self, function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        def run(*args: Any, **kwargs: Any) -> Awaitable[Any]:
            call = partial(copy_context().run, function, *args, **kwargs)
            return asyncio.get_running_loop().run_in_executor(self._pool, call)

        return run


def _read_now(value: Any) -> Any:
    """Read what reads a database when it is iterated, here and not in the event loop.

    Query sets of Django and others read all rows when they are asked for their length, and keep
    them.
    """
    if isinstance(value, Iterator):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, Sized):
        len(value)
    return value


def _is_plain(resolver: Callable[..., Any]) -> bool:
    return not (returns_awaitable(resolver) or inspect.isasyncgenfunction(inspect.unwrap(resolver)))


def is_in_event_loop() -> bool:
    """Tell whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def is_development() -> bool:
    """Tell whether the program runs by `trunkline serve --reload` or ``python -X dev``."""
    return DEVELOPMENT in os.environ or sys.flags.dev_mode


def tell_if_blocking(coordinate: str, resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Warn once if a plain resolver blocks the event loop for more than 50 ms: a middleware."""
    if not _is_plain(resolver):
        return resolver
    is_told = False

    @wraps(resolver)
    def run(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_told
        began = perf_counter()
        try:
            return resolver(*args, **kwargs)
        finally:
            took = perf_counter() - began
            if took > _LONG and not is_told and is_in_event_loop():
                is_told = True
                logger.warning(
                    "The resolver of %s blocked its thread for %.0f ms, and with it every other"
                    " request. Make it an `async def`, or run it in a thread: `Threads` of"
                    " trunkline.server.",
                    coordinate,
                    took * 1000,
                )

    return run
