"""Running a compiled operation: to its result (GraphQL §6.2), or as a stream of them (§6.2.3).

Compiled code never awaits. It is called once, and what must be awaited is then left on an agenda,
which `schedule.py` works through. ``Operation.is_async``, which planning decides, says whether that
can happen.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping
from contextlib import aclosing
from inspect import isawaitable
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution import map_async_iterable
from graphql.pyutils import inspect

from trunkline.compiler.operation import Operation
from trunkline.engine.schedule import Pending, settle_sync
from trunkline.errors import SubscriptionError
from trunkline.runtime.execution import Result
from trunkline.runtime.positions import FieldFailure
from trunkline.runtime.work import Agenda

__all__ = ["open_stream", "respond", "run", "run_sync", "start", "stream"]


def run_sync(  # noqa: PLR0913  # a request, who sent it, and who takes the data
    operation: Operation,
    variables: Mapping[str, Any] | None,
    context: Any = None,
    root_value: Any = None,
    caller: Any = None,
    *,
    takes_json: bool = False,
) -> Result:
    """Run an operation of which nothing is awaited.

    ``variables`` are the request's; ``context`` and ``caller`` are given to the resolvers that have
    a parameter for them; ``root_value`` is what the graphql-core dialect resolves root fields on.
    ``takes_json`` is for callers who only write the data with orjson. UUIDs, dates and times in it
    may be objects then, where orjson writes them as their scalar does. Lists may be JSON already,
    as ``orjson.Fragment``: the extension of ``trunkline[native]`` writes them.

    Raises ``VariablesError`` if a variable's value does not fit (GraphQL §6.1.2) or there are more
    values than the limits allow, and ``TypeError`` if something must be awaited after all, or if
    the operation is a subscription.
    """
    if operation.is_async:
        _check_kind(operation)
    values = operation.coerce(variables)
    if operation.is_async:
        if operation.around is None:
            result = start(operation, values, context, root_value, caller, takes_json=takes_json)
            if isinstance(result, Result):
                return result
            result.drop()
        raise TypeError(f"{operation.title} has resolvers or directives to await: use `run`.")
    agenda = Agenda(has_batches=True) if operation.has_batches else None
    takes_json = takes_json and operation.kind != "mutation"  # whose entities are looked for
    begin, resolve_root = operation.execution, operation.resolve_root  # as methods, they cost more
    execution = begin(values, context, agenda, root_value, caller, takes_json)
    try:
        execution.data = resolve_root(execution)
    except FieldFailure as failure:
        execution.abandon(failure)
        return execution.result()
    if agenda is not None:
        settle_sync(execution, agenda)
    return execution.result()


async def run(  # noqa: PLR0913  # as above
    operation: Operation,
    variables: Mapping[str, Any] | None,
    context: Any = None,
    root_value: Any = None,
    caller: Any = None,
    *,
    takes_json: bool = False,
) -> Result:
    """Run an operation, by way of the directives around it; cancelling this cancels its resolvers.

    Takes and raises what `run_sync` does; ``RequestError`` also if a directive of the operation
    raises a ``GraphQLError``.
    """
    if not operation.is_async:
        return run_sync(operation, variables, context, root_value, caller, takes_json=takes_json)
    _check_kind(operation)
    values = operation.coerce(variables)
    if operation.around is None:
        result = start(operation, values, context, root_value, caller, takes_json=takes_json)
        return result if isinstance(result, Result) else await result
    return await _run_around(operation, values, context, root_value, caller)


async def _run_around(
    operation: Operation, values: list[Any], context: Any, root_value: Any, caller: Any
) -> Result:
    """Run an operation by way of the directives around it.

    Apart from `run`, because a closure there would slow down every operation.
    """

    async def execute() -> Result:
        result = start(operation, values, context, root_value, caller)
        return result if isinstance(result, Result) else await result

    assert operation.around is not None  # noqa: S101  # `run` has looked
    given = {"context": context, "operation": operation, "caller": caller}
    result = await operation.around(execute, values, given)
    if not isinstance(result, Result):
        raise _wrong_return(operation, result, "Result")
    return result


async def stream(
    operation: Operation,
    variables: Mapping[str, Any] | None,
    context: Any = None,
    root_value: Any = None,
    caller: Any = None,
) -> AsyncGenerator[Result, None]:
    """Yield the response stream of a subscription (GraphQL §6.2.3).

    Takes what `run_sync` does. Events are executed one by one, as they are asked for; closing the
    generator (``aclose``) closes the source stream. Before the first event it raises
    ``SubscriptionError`` if there is no source stream, and what `run` raises.
    """
    values = operation.coerce(variables)

    async def execute() -> AsyncGenerator[Result, None]:
        source = open_stream(operation, values, context, root_value, caller)
        if isinstance(source, Awaitable):
            source = await source
        return respond(operation, source, values, context, caller)

    if operation.around is None:
        responses: Any = await execute()
    else:
        given = {"context": context, "operation": operation, "caller": caller}
        responses = await operation.around(execute, values, given)
        if not isinstance(responses, AsyncGenerator):
            raise _wrong_return(operation, responses, "AsyncGenerator")
    async with aclosing(responses) as results:
        async for result in results:
            yield result


def start(  # noqa: PLR0913  # as above
    operation: Operation,
    values: list[Any],
    context: Any,
    root_value: Any,
    caller: Any = None,
    *,
    takes_json: bool = False,
) -> Result | Pending:
    """Run as far as is possible without waiting; return the result, or what awaits it.

    ``values`` are the variables as `Operation.coerce` returned them. The operation's own directives
    are left out.
    """
    agenda = Agenda(has_batches=operation.has_batches)
    takes_json = takes_json and operation.kind != "mutation"  # whose entities are looked for
    execution = operation.execution(values, context, agenda, root_value, caller, takes_json)
    try:
        if operation.kind == "mutation" and operation.is_async:
            steps: Generator[None, None, None] = operation.resolve_root(execution)
            for _ in steps:  # the fields, one after the other, until one must be awaited
                if not agenda.is_empty:
                    return Pending(execution, agenda, steps)
        else:
            execution.data = operation.resolve_root(execution)
    except FieldFailure as failure:
        agenda.drop()
        execution.abandon(failure)
    return execution.result() if agenda.is_empty else Pending(execution, agenda)


def open_stream(
    operation: Operation, values: list[Any], context: Any, root_value: Any, caller: Any = None
) -> Any:
    """Create the source stream (GraphQL §6.2.3.1), or return what awaits it.

    Raises ``SubscriptionError``, at once or when it is awaited, if that fails.
    """
    if operation.resolve_stream is None:
        raise SubscriptionError.because("This operation is not a subscription.")
    execution = operation.execution(values, context, None, root_value, caller)
    try:
        source = operation.resolve_stream(execution)
    except FieldFailure as failure:
        error = failure.located(values, operation.title)
        raise SubscriptionError([error]) from failure.original

    async def await_source() -> Any:
        try:
            awaited = await source
        except Exception as error:
            raise _no_source(operation, error, values) from error
        return _check_source(operation, awaited, values)

    if isawaitable(source):
        return await_source()
    return _check_source(operation, source, values)


def respond(
    operation: Operation, source: Any, values: list[Any], context: Any, caller: Any = None
) -> AsyncGenerator[Result, None]:
    """Map a source stream to the response stream (GraphQL §6.2.3.2)."""

    async def execute_event(event: Any) -> Result:
        result = start(operation, values, context, event, caller)
        return result if isinstance(result, Result) else await result

    return map_async_iterable(source, execute_event)


def _check_source(operation: Operation, source: Any, values: list[Any]) -> Any:
    if isinstance(source, Exception):
        raise _no_source(operation, source, values) from source
    if not hasattr(source, "__aiter__"):
        message = "Subscription field must return AsyncIterable."
        error = GraphQLError(f"{message} Received: {inspect(source)}.")
        raise _no_source(operation, error, values)
    return source


def _no_source(operation: Operation, error: Exception, values: list[Any]) -> SubscriptionError:
    mark = operation.source_mark
    assert mark is not None  # noqa: S101  # subscriptions have one
    return SubscriptionError([located_error(error, mark.nodes_of(values), list(mark.fill(())))])


def _check_kind(operation: Operation) -> None:
    """Raise ``TypeError`` for a subscription, whose events are results of their own."""
    if operation.kind == "subscription":
        raise TypeError(f"{operation.title} has a stream of results: use `stream`.")


def _wrong_return(operation: Operation, value: object, expected: str) -> TypeError:
    return TypeError(
        f"A directive of {operation.title} returned {value!r}. It must return what"
        f" `await proceed()` gave, or another {expected}."
    )
