"""What a program may put around the execution of every operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from trunkline.asgi.requests import Scope
from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.operation import Operation
from trunkline.engine.run import run
from trunkline.runtime.execution import Result

__all__ = ["Call", "Middleware", "Proceed", "wrap"]

Context = TypeVar("Context")


@dataclass(slots=True)
class Call(Generic[Context]):
    """An operation that is about to be executed.

    ``operation`` is the compiled one; ``variables`` are as they came, not yet coerced;
    ``context`` is what resolvers get; ``client`` is what the caller calls itself, ``name/version``,
    and not proven; ``scope`` is ASGI's, with the request's headers; ``caller`` is who its token
    says it is, ``None`` where no tokens are asked for. What a middleware assigns to ``variables``
    or ``context`` is what is executed.
    """

    operation: Operation
    variables: dict[str, Any] | None
    context: Context
    client: str | None
    scope: Scope
    caller: Caller | None = None


Proceed: TypeAlias = Callable[[], Awaitable[Result]]
"""Executes the operation, by way of the middlewares further in."""

Middleware: TypeAlias = Callable[[Call[Any], Proceed], Awaitable[Result]]
"""Stands around the execution; may refuse it by raising ``GraphQLError`` or ``RequestError``."""

Run: TypeAlias = Callable[[Call[Any]], Awaitable[Result]]


async def _run(call: Call[Any]) -> Result:
    """Execute the operation of a call."""
    return await run(call.operation, call.variables, call.context, caller=call.caller)


def wrap(middlewares: Sequence[Middleware]) -> Run:
    """Put middlewares around the execution, the first one outermost."""
    wrapped: Run = _run
    for middleware in reversed(middlewares):
        wrapped = _around(middleware, wrapped)
    return wrapped


def _around(middleware: Middleware, inner: Run) -> Run:
    async def outer(call: Call[Any]) -> Result:
        result: Any = await middleware(call, lambda: inner(call))
        if isinstance(result, Result):
            return result
        raise TypeError(
            f"The middleware {middleware!r} returned {result!r}. It must return a Result: what"
            " `await proceed()` gave, or another."
        )

    return outer
