"""Health: whether the process lives, and whether requests should come to it."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from types import FrameType
from typing import Any, TypeAlias

import msgspec

from trunkline.asgi.requests import HTTPProblem, Receive, Scope, check_method
from trunkline.asgi.responses import HTTPApplication, Response
from trunkline.observe.log import safe_logger

__all__ = ["Health", "HealthCheck"]

logger = safe_logger("trunkline.health")

HealthCheck: TypeAlias = Callable[[], Awaitable[str | None]]
"""Looks at something that requests need: returns what is wrong, or ``None``.

What it returns is told to everybody who asks. Of an exception only the class is told.
"""

_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_FRESH = 1.0  # seconds for which what was found is told again


class Health(HTTPApplication):
    """An ASGI application that says whether the process lives, and whether it is ready.

        health = Health({"database": check_database(engine), "issuer": verifier.check_keys})
        Starlette(routes=[Route("/livez", health), Route("/readyz", health), …])

    ``/livez`` is 200 as long as the event loop runs. ``/readyz`` is 200 if all checks find nothing
    wrong, else 503; the body says what is wrong. The checks run at most once per second, however
    many ask.

    - ``checks``: what requests need, by its name: `Verifier.check_keys`,
      `DocumentRegistry.check_documents`, ``check_database`` of trunkline.contrib.sqlalchemy, or
      functions of your own.
    - ``timeout``: seconds that a check may take.
    - ``drain``: seconds between SIGTERM and the moment when the server learns of it. For so long
      ``/readyz`` is 503 and all requests are still served, so that the load balancer sends no
      more of them. A second SIGTERM ends it.

    The first request for ``/readyz`` puts a handler for SIGTERM before the server's: a process that
    is never asked stops at once. It needs a server that handles signals by Python's ``signal`` in
    the main thread, as uvicorn and gunicorn do.

    Raises ``ValueError`` for a time that is negative.
    """

    def __init__(
        self, checks: Mapping[str, HealthCheck], *, timeout: float = 2.0, drain: float = 5.0
    ) -> None:
        if timeout <= 0 or drain < 0:
            raise ValueError("Health needs a timeout of more than 0 s, and a drain of 0 s or more.")
        self._checks = dict(checks)
        self._timeout = timeout
        self._drain = drain
        self._looking: asyncio.Task[dict[str, str | None]] | None = None
        self._fresh_until = 0.0
        self._known: dict[str, str | None] = {}
        self._is_first_to_know = False
        self._is_stopping = False

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return what is known of the process."""
        check_method(scope, "GET", "HEAD")
        if scope["path"].endswith("/livez"):
            return _response(200, "alive")
        if not scope["path"].endswith("/readyz"):
            raise HTTPProblem(404, "Health has two paths: /livez and /readyz.")
        self._hear_of_stop_first()
        if self._is_stopping:
            return _response(503, "stopping")
        problems = await self._problems()
        checks = {name: problem or "ok" for name, problem in problems.items()}
        is_ready = not any(problems.values())
        return _response(200 if is_ready else 503, "ready" if is_ready else "not ready", checks)

    async def _problems(self) -> dict[str, str | None]:
        """Return the problem of each check; those who ask at the same time share a look."""
        if self._looking is None or (self._looking.done() and monotonic() >= self._fresh_until):
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> dict[str, str | None]:
        found = await asyncio.gather(*map(self._run, self._checks))
        self._known = dict(zip(self._checks, found, strict=True))
        self._fresh_until = monotonic() + _FRESH
        return self._known

    async def _run(self, name: str) -> str | None:
        """Return the problem of a check. The log tells each change."""
        fault: BaseException | None = None
        try:
            async with asyncio.timeout(self._timeout):
                problem = await self._checks[name]()
            if not isinstance(problem, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(  # noqa: TRY301  # the log says it
                    f"A health check returns what is wrong, or None, but not {problem!r}."
                )
        except TimeoutError:
            problem = f"There is no answer within {self._timeout:g} s."
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # by the end of the loop, not by the check
                raise
            fault, problem = error, f"It failed: {type(error).__name__}."
        if problem != self._known.get(name):
            if problem is None:
                logger.info("The health check %r finds nothing wrong any more.", name)
            else:
                logger.warning("The health check %r: %s", name, problem, exc_info=fault)
        return problem

    def _hear_of_stop_first(self) -> None:
        """Put a handler of SIGTERM before that of the server, which stops accepting at once."""
        if self._is_first_to_know or threading.current_thread() is not threading.main_thread():
            return
        self._is_first_to_know = True
        loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
        if not callable(stop):
            return

        def on_signal(number: int, frame: FrameType | None) -> Any:
            if self._is_stopping or loop.is_closed():
                return stop(number, frame)
            self._is_stopping = True
            loop.call_soon_threadsafe(drain, number)  # nothing else is safe in a signal's handler
            return None

        def drain(number: int) -> None:
            logger.info("SIGTERM: not ready any more; the server stops in %g s.", self._drain)
            loop.call_later(self._drain, stop, number, None)

        signal.signal(signal.SIGTERM, on_signal)


def _response(status: int, state: str, checks: Mapping[str, str] | None = None) -> Response:
    content: dict[str, object] = {"status": state}
    if checks:
        content["checks"] = checks
    return Response(status, msgspec.json.encode(content), _HEADERS)
