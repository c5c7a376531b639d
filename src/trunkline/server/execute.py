"""Executing an operation that waits for something: as long as it may take and somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from inspect import isawaitable
from typing import Any, TypeAlias

from graphql import GraphQLError

from trunkline.asgi.requests import Receive, Scope
from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.operation import Operation
from trunkline.engine.run import run, run_sync
from trunkline.errors import RequestError
from trunkline.protocol.request import GraphQLRequest
from trunkline.runtime.execution import Result
from trunkline.runtime.resume import resume
from trunkline.server.disconnect import WhileConnected
from trunkline.server.middleware import Call, Middleware, wrap

__all__ = ["DeadlineExceeded", "Executor", "MakeContext"]

MakeContext: TypeAlias = Callable[[Scope], Any]
"""Makes the context of a request out of its ASGI scope; may be ``async``."""


class DeadlineExceeded(Exception):  # noqa: N818  # an answer on its way out
    """An execution took longer than ``seconds``, and was cancelled."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Executor:
    """Executes operations with what a program has put around them.

    ``make_context`` makes what resolvers get, ``middlewares`` stand around the execution, and the
    whole may take ``deadline`` seconds.
    """

    def __init__(
        self,
        make_context: MakeContext | None,
        middlewares: Sequence[Middleware],
        deadline: float | None,
    ) -> None:
        self._make_context = make_context
        self._run = wrap(middlewares) if middlewares else None
        self._deadline = deadline
        self._is_bare = make_context is None and not middlewares

    def is_direct(self, operation: Operation) -> bool:
        """Say whether nothing stands around an operation, and it never gives way."""
        return self._is_bare and not operation.is_async

    async def execute(  # noqa: PLR0913, PLR0917  # a request, and who sent it
        self,
        operation: Operation,
        request: GraphQLRequest,
        client: str | None,
        caller: Caller | None,
        scope: Scope,
        receive: Receive,
    ) -> Result:
        """Make the context and execute the operation.

        What is awaited is given up when the client goes away (``ClientGone``) or the deadline
        passes (``DeadlineExceeded``). A ``GraphQLError`` of the context or a middleware refuses
        the request, as a ``RequestError`` does.
        """
        try:
            context = self._make_context(scope) if self._make_context else None
            waits = context is not None and isawaitable(context)
            if not (waits or operation.is_async or self._run):
                return run_sync(operation, request.variables, context, caller=caller)
            call = Call(operation, request.variables, context, client, scope, caller)
            return await self._watch(self._finish(call, waits), receive)
        except GraphQLError as error:
            raise RequestError([error]) from error

    async def _finish(self, call: Call[Any], waits: bool) -> Result:  # noqa: FBT001
        if waits:
            call.context = await call.context
        if self._run is not None:
            return await self._run(call)
        return await run(call.operation, call.variables, call.context, caller=call.caller)

    async def _watch(self, execution: Coroutine[Any, Any, Result], receive: Receive) -> Result:
        """Look after an execution from where it first waits; many an ``async`` one never does."""
        steps: Any = execution.__await__()
        try:
            rest = resume(steps, next(steps))
        except StopIteration as done:
            result: Result = done.value
            return result
        async with WhileConnected(receive):
            return await (rest if self._deadline is None else _within(self._deadline, rest))


async def _within(deadline: float, execution: Awaitable[Result]) -> Result:
    timer = asyncio.timeout(deadline)
    try:
        async with timer:
            return await execution
    except TimeoutError:
        if timer.expired():
            raise DeadlineExceeded(deadline) from None
        raise  # a middleware's own
