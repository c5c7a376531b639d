"""Executing an operation: its context, the middlewares around it, its deadline, its client.

An operation without a context and middlewares that awaits nothing is executed directly. All
others go through `Executor.execute`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeAlias, TypeVar

from graphql import GraphQLError

from trunkline.asgi.requests import ClientGone, Receive, Scope
from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.operation import Operation
from trunkline.engine.run import run, run_sync
from trunkline.errors import MutationFailedError, RequestError
from trunkline.runtime.execution import Result
from trunkline.runtime.resume import in_task, resume
from trunkline.runtime.waits import long_waits
from trunkline.server.arrivals import Exchange

__all__ = [
    "ExecutionTimeout",
    "Executor",
    "MakeContext",
    "OperationCall",
    "OperationMiddleware",
    "Proceed",
    "fault_of",
    "while_connected",
    "within",
]

_WATCH_DELAY = 0.05  # seconds of execution after which the client's connection is watched

Context = TypeVar("Context")
Value = TypeVar("Value")

MakeContext: TypeAlias = Callable[[Scope], Any]
"""Makes the context of a request from its ASGI scope.

The function may be ``async``. It may ``yield`` the context, once, or return a context manager, such
as a session: that is opened before the execution and closed after it.
"""

_OPENED: tuple[type, ...] = (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncGenerator,
    Generator,
    Awaitable,
)


@dataclass(slots=True)
class OperationCall(Generic[Context]):
    """An operation that is about to be executed, as middlewares see it.

    - ``operation``: the compiled operation.
    - ``variables``: the values as they were sent, not yet coerced.
    - ``context``: what resolvers get as their context.
    - ``client``: what the client calls itself, ``name/version``. It is not proven.
    - ``scope``: the request's ASGI scope, with its headers.
    - ``caller``: the caller that its token proves; ``None`` where no tokens are required.

    A middleware may assign to ``variables`` and ``context``; the execution uses the new values.
    """

    operation: Operation
    variables: dict[str, Any] | None
    context: Context
    client: str | None
    scope: Scope
    caller: Caller | None = None


Proceed: TypeAlias = Callable[[], Awaitable[Result]]
"""Executes the operation, by way of the middlewares further in."""

OperationMiddleware: TypeAlias = Callable[[OperationCall[Any], Proceed], Awaitable[Result]]
"""Stands around the execution; may reject it by raising ``GraphQLError`` or ``RequestError``."""


_Run: TypeAlias = Callable[[OperationCall[Any]], Awaitable[Result]]


class ExecutionTimeout(Exception):  # noqa: N818  # a response on its way out
    """There was no more time for an execution, and it was cancelled or not begun."""


class Executor:
    """Executes operations with what a program puts around them.

    ``make_context`` makes the context of resolvers, ``middlewares`` stand around the execution (the
    first one outermost), and the execution may take ``deadline`` seconds. With
    ``finish_mutations``, a mutation goes on if its client goes away. Raises ``TypeError`` if
    ``make_context`` is not a function of a scope.
    """

    def __init__(
        self,
        make_context: MakeContext | None,
        middlewares: Sequence[OperationMiddleware],
        deadline: float | None,
        *,
        finish_mutations: bool,
    ) -> None:
        if make_context is not None:
            _check_context_function(make_context)
        self._make_context = make_context
        takes_json = not middlewares  # which may look at the data
        self._run: _Run = partial(_execute, takes_json=takes_json)
        for middleware in reversed(middlewares):
            self._run = _around(middleware, self._run)
        self._has_middlewares = bool(middlewares)
        self._deadline = deadline
        self._finish_mutations = finish_mutations
        self._is_bare = make_context is None and not middlewares

    def is_direct(self, operation: Operation) -> bool:
        """Tell whether nothing stands around an operation, and it awaits nothing."""
        return self._is_bare and not operation.is_async

    async def execute(self, operation: Operation, exchange: Exchange) -> Result:
        """Make the context and execute the operation of a request, in the time that is left.

        Awaiting ends when the client goes away (``ClientGone``), unless it is a mutation that is to
        be finished, or when the deadline passes (``ExecutionTimeout``). A ``GraphQLError`` of the
        context or of a middleware rejects the request, as a ``RequestError`` does.
        """
        await in_task()
        came, variables, waits = exchange.came, exchange.variables, dict[str, float]()
        caller = came.caller
        token = long_waits.set(waits)
        try:
            context: Any = self._make_context(came.scope) if self._make_context else None
            is_opened = _is_opened(type(context))  # type: ignore[arg-type]  # classes are hashable
            if not (is_opened or operation.is_async or self._has_middlewares):
                return run_sync(operation, variables, context, caller=caller, takes_json=True)
            client = came.event.client
            call = OperationCall(operation, variables, context, client, came.scope, caller)
            execution = self._run_opened(call) if is_opened else self._run(call)
            steps: Any = execution.__await__()
            try:  # many an `async` operation never waits, and needs no deadline and no watching
                rest: Awaitable[Result] = resume(steps, next(steps))
            except StopIteration as done:
                result: Result = done.value
                return result
            deadlines = [each for each in (self._deadline, exchange.left) if each is not None]
            if deadlines:
                rest = _within(min(deadlines), rest)
            if self._finish_mutations and operation.kind == "mutation":
                return await rest
            return await while_connected(came.receive, rest)
        except GraphQLError as error:
            raise RequestError([error]) from error
        finally:
            long_waits.reset(token)
            if waits:
                came.event.has_waited(waits)

    async def _run_opened(self, call: OperationCall[Any]) -> Result:
        """Execute with a context that must be awaited, or opened before and closed after.

        Closing sees why an execution ended early, and that a mutation failed: then nothing that its
        response could say was done may still be there, so the response has no data.
        """
        manager = _as_manager(call.context)
        if manager is None:
            call.context = await call.context
            manager = _as_manager(call.context)
        if manager is None:
            return await self._run(call)
        result: Result | None = None
        try:
            async with manager as call.context:
                result = await self._run(call)
                if result.errors and call.operation.kind == "mutation":
                    raise MutationFailedError(call.operation.title, result.errors)  # noqa: TRY301
        except MutationFailedError:
            if result is None:  # not the one above
                raise
            result.data = None
        if result is None:  # pyright: ignore[reportUnnecessaryComparison]  # suppressed exceptions
            raise RuntimeError(
                f"The context of {call.operation.title} suppressed the exception that ended the"
                " execution, so there is no response. Let the exception go on."
            )
        return result


async def _execute(call: OperationCall[Any], *, takes_json: bool) -> Result:
    operation, variables, context = call.operation, call.variables, call.context
    return await run(operation, variables, context, caller=call.caller, takes_json=takes_json)


def _check_context_function(make_context: MakeContext) -> None:
    if not callable(make_context):  # pyright: ignore[reportUnnecessaryComparison]
        raise TypeError(
            "context= is a function of a request's scope, and this is an object of"
            f" {type(make_context).__name__}."
        )
    try:
        signature = inspect.signature(make_context)
    except ValueError:  # of a class or a function in C
        return
    try:
        signature.bind({})
    except TypeError as error:
        raise TypeError(
            f"The function context={make_context!r} is called with one argument, the request's ASGI"
            f" scope, but it takes {signature}: {error}."
        ) from None


@lru_cache(maxsize=256)  # asking the abstract classes takes 3 µs
def _is_opened(class_: type) -> bool:
    """Tell whether contexts of a class must be awaited or opened."""
    return issubclass(class_, _OPENED)


def _as_manager(context: Any) -> AbstractAsyncContextManager[Any] | None:
    """Return what opens and closes a context; ``None`` if it is the context itself."""
    if isinstance(context, AbstractAsyncContextManager):
        return context
    if isinstance(context, AsyncGenerator):
        return asynccontextmanager(lambda: context)()  # pyright: ignore[reportUnknownLambdaType]
    if isinstance(context, Generator):
        context = contextmanager(lambda: context)()  # pyright: ignore[reportUnknownLambdaType]
    return _opened(context) if isinstance(context, AbstractContextManager) else None


@asynccontextmanager
async def _opened(manager: AbstractContextManager[Any]) -> AsyncGenerator[Any]:
    with manager as context:
        yield context


def _around(middleware: OperationMiddleware, inner: _Run) -> _Run:
    async def outer(call: OperationCall[Any]) -> Result:
        result: Any = await middleware(call, lambda: inner(call))
        if isinstance(result, Result):
            return result
        raise TypeError(
            f"The middleware {middleware!r} returned {result!r}. It must return a Result: what"
            " `await proceed()` returned, or another."
        )

    return outer


def fault_of(error: Exception | asyncio.CancelledError) -> Exception:
    """Return what went wrong; raise the error again if nothing is to be answered.

    That is so if the client is gone, or if the request was cancelled. A plain resolver can raise
    ``CancelledError`` although it was not.
    """
    if isinstance(error, ClientGone):
        raise error
    if isinstance(error, Exception):
        return error
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise error
    fault = RuntimeError("A resolver raised CancelledError, but the request was not cancelled.")
    fault.__cause__ = error
    return fault


async def within(seconds: float, coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Await a coroutine; raise ``ExecutionTimeout`` if that takes longer.

    One that never waits needs no timer.
    """
    try:
        rest: Awaitable[Value] = resume(coroutine, coroutine.send(None))
    except StopIteration as done:
        value: Value = done.value
        return value
    await in_task()
    return await _within(seconds, rest)


async def _within(deadline: float, execution: Awaitable[Value]) -> Value:
    timer = asyncio.timeout(deadline)
    try:
        async with timer:
            return await execution
    except (TimeoutError, asyncio.CancelledError):  # as it is if a middleware was asked to end, too
        if timer.expired():
            raise ExecutionTimeout(
                f"The operation took longer than {round(deadline, 3):g} s and was cancelled."
            ) from None
        raise


async def while_connected(receive: Receive, execution: Awaitable[Value]) -> Value:
    """Await an execution; cancel it and raise ``ClientGone`` if the client goes away first.

    ASGI servers do not cancel an application. They tell it, if it asks: ``receive`` returns
    ``http.disconnect``. Asking takes a task, which costs more than most operations do, so it
    starts only when the execution has lasted a little.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    watchers: list[asyncio.Task[None]] = []
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        while (await receive())["type"] != "http.disconnect":
            pass  # the rest of a body, which the operation does not need
        is_gone = True
        if task is not None:
            task.cancel()

    timer = loop.call_later(_WATCH_DELAY, lambda: watchers.append(loop.create_task(watch())))
    try:
        return await execution
    except asyncio.CancelledError:
        if not is_gone or task is None:
            raise
        task.uncancel()
        raise ClientGone from None
    finally:
        timer.cancel()
        for watcher in watchers:
            watcher.cancel()
