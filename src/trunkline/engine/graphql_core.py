"""``execute``, ``execute_sync`` and ``subscribe`` as graphql-core has them, on our engine.

For servers that parse and validate by themselves and hand over a document. What a document was
compiled to is kept for the next time that it, or an equal one of the same text, comes.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    MiddlewareManager,
    OperationDefinitionNode,
    assert_schema,
    located_error,
    print_ast,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import is_async_iterable as default_is_async_iterable
from graphql.pyutils import is_awaitable as default_is_awaitable

from trunkline.bounded import BoundedMapping
from trunkline.compiler.cache import KeptOperations
from trunkline.compiler.document import ChosenOperation, find_operations
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_chosen
from trunkline.compiler.selections import fragments_of
from trunkline.engine.run import open_stream, respond, start
from trunkline.engine.schedule import Pending
from trunkline.errors import (
    LimitExceededError,
    OperationNotFoundError,
    RequestError,
    VariablesError,
)
from trunkline.runtime.execution import Result
from trunkline.runtime.positions import NullError
from trunkline.runtime.variables import MAX_ERRORS
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import CoreMiddleware, adopt_schema

__all__ = ["execute", "execute_sync", "forget", "subscribe"]

Resolver: TypeAlias = Callable[..., Any] | None
Predicate: TypeAlias = Callable[[Any], bool]

_ADOPTIONS = 100  # per schema, because a program may make new functions for each request

_LIMITS = Limits(fields=20_000, cost=None, response=sys.maxsize, errors=sys.maxsize)
"""Programs that validate by themselves set their own limits; these bound compiling."""


def execute(  # noqa: PLR0913, PLR0917  # graphql-core's signature
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Resolver = None,
    type_resolver: Resolver = None,
    subscribe_field_resolver: Resolver = None,
    *,
    max_coercion_errors: int = MAX_ERRORS,
    middleware: CoreMiddleware = None,
    is_awaitable: Predicate = default_is_awaitable,
    is_async_iterable: Predicate = default_is_async_iterable,
    hide_suggestions: bool = False,
    limits: Limits | None = None,
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Execute an operation of a validated document, as ``graphql.execute`` does (GraphQL §6).

    Returns the result if nothing had to be awaited, else an awaitable of it. Mistakes of the
    request are in its ``errors``. ``limits`` is not graphql-core's: its ``fields``, ``cost``,
    ``errors``, ``values`` and ``memory`` count. Raises ``TypeError`` if the schema is not valid,
    ``GraphQLError`` if it has `@defer` or `@stream`.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    result = call.start(
        _adopt(schema, functions, middleware, limits, is_awaitable, is_async_iterable),
        root_value,
        context_value,
    )
    return _await_result(result) if isinstance(result, Pending) else result


def execute_sync(  # noqa: PLR0913, PLR0917  # graphql-core's signature
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Resolver = None,
    type_resolver: Resolver = None,
    *,
    max_coercion_errors: int = MAX_ERRORS,
    middleware: CoreMiddleware = None,
    hide_suggestions: bool = False,
    check_sync: bool = False,
    limits: Limits | None = None,
) -> ExecutionResult:
    """Execute an operation of a validated document, as ``graphql.execute_sync`` does.

    With ``check_sync`` it raises ``RuntimeError`` if a resolver must be awaited. Without, an
    awaitable is a value like any other, and an error if it does not fit.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, None)
    if not check_sync:
        adopted = _adopt(schema, functions, middleware, limits, _never, _never)
    else:
        adopted = _adopt(schema, functions, middleware, limits)
    result = call.start(adopted, root_value, context_value)
    if not isinstance(result, Pending):
        return result
    result.drop()
    raise RuntimeError("GraphQL execution failed to complete synchronously.")


def subscribe(  # noqa: PLR0913, PLR0917  # graphql-core's signature
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    field_resolver: Resolver = None,
    type_resolver: Resolver = None,
    subscribe_field_resolver: Resolver = None,
    *,
    max_coercion_errors: int = MAX_ERRORS,
    middleware: CoreMiddleware = None,
    hide_suggestions: bool = False,
    limits: Limits | None = None,
) -> Any:
    """Subscribe to a validated document's subscription, as ``graphql.subscribe`` does (§6.2.3).

    Returns the response stream, an ``ExecutionResult`` with errors only, or an awaitable of either.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    adopted = _adopt(schema, functions, middleware, limits)
    return call.subscribe(adopted, root_value, context_value)


def forget(schema: GraphQLSchema) -> None:
    """Forget what was compiled for a schema, because its resolvers or types were replaced.

    The functions above look at a field's resolver once, when an operation with it first comes.
    """
    vars(schema).pop(_ATTRIBUTE, None)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of the functions above: which operation, and with which variables."""

    schema: GraphQLSchema
    document: DocumentNode
    operation_name: str | None
    variables: Mapping[str, Any] | None
    max_errors: int
    hide_suggestions: bool

    def start(self, adopted: _Adopted, root_value: Any, context: Any) -> ExecutionResult | Pending:
        try:
            operation = adopted.operation(self.document, self.operation_name)
            result = start(operation, self._coerce(operation), context, root_value)
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))
        return result if isinstance(result, Pending) else _core_result(result)

    def subscribe(self, adopted: _Adopted, root_value: Any, context: Any) -> Any:
        try:
            operation = adopted.operation(self.document, self.operation_name)
            if operation.kind != "subscription":
                raise GraphQLError("Expected subscription operation.")
            values = self._coerce(operation)
            source = open_stream(operation, values, context, root_value)
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))
        if not hasattr(source, "__await__"):
            return _core_results(respond(operation, source, values, context))

        async def await_source() -> Any:
            try:
                return _core_results(respond(operation, await source, values, context))
            except RequestError as error:
                return ExecutionResult(None, list(error.errors))

        return await_source()

    def _coerce(self, operation: Operation) -> list[Any]:
        try:
            return operation.coerce(self.variables)
        except VariablesError as error:
            errors = get_variable_values(
                self.schema,
                _choose_operation(self.document, self.operation_name).variable_definitions or (),
                dict(self.variables or {}),
                max_errors=self.max_errors,
                hide_suggestions=self.hide_suggestions,
            )
            raise VariablesError(errors if isinstance(errors, list) else error.errors) from None


def _never(_value: object) -> bool:
    return False


def _core_result(result: Result) -> ExecutionResult:
    return ExecutionResult(result.data, list(map(_core_error, result.errors)) or None)


def _core_error(error: GraphQLError) -> GraphQLError:
    """Give an error the ``message`` and ``extensions`` that its exception has, as graphql-core."""
    original = error.original_error
    if original is None or isinstance(original, (GraphQLError, NullError)):
        return error
    try:
        return located_error(original, error.nodes, error.path)
    except Exception:  # noqa: BLE001  # the exception's own code
        return error


async def _await_result(pending: Pending) -> ExecutionResult:
    return _core_result(await pending)


async def _core_results(
    results: AsyncGenerator[Result, None],
) -> AsyncGenerator[ExecutionResult, None]:
    async with aclosing(results):
        async for result in results:
            yield _core_result(result)


class _Compiled(NamedTuple):
    """A document, and its operations that were compiled, by name."""

    document: DocumentNode
    operations: dict[str | None, Operation]

    @property
    def weight(self) -> int:
        """The bytes that the operations take, each with the document."""
        return sum(each.weight for each in self.operations.values())


class _Adopted:
    """A schema with its conventions, and the operations that were compiled for it.

    The middleware is kept, so that its id stays its own.
    """

    def __init__(self, schema: Schema, middleware: CoreMiddleware, limits: Limits) -> None:
        self._schema = schema
        self._middleware = middleware
        self._limits = limits
        self._compiled = KeptOperations[str, _Compiled](limits.memory)

    def operation(self, document: DocumentNode, name: str | None) -> Operation:
        """Return the compiled operation of this document, or of an equal one of the same text.

        The text alone does not tell, because programs change documents that they have parsed.
        """
        text = document.loc.source.body if document.loc else print_ast(document)
        compiled = self._compiled.get(text)
        if compiled is None or (
            compiled.document is not document and compiled.document != document
        ):
            compiled = _Compiled(document, {})
        operation = compiled.operations.get(name)
        if operation is None:
            node = _choose_operation(document, name)
            fragments = fragments_of(document)
            chosen = ChosenOperation(self._schema, text, self._limits, node, fragments)
            try:
                operation = compiled.operations[name] = compile_chosen(chosen)
            except RecursionError:
                message = "Selections are nested too deeply. Execution aborted."
                raise LimitExceededError([GraphQLError(message, node)]) from None
            operation.call_when_grown(partial(self._compiled.weigh_again, text))
            self._compiled.admit(text, compiled)
        return operation


class _Adoptions:
    """What a schema was adopted as, by the functions that it was executed with.

    The schema itself keeps it, so that both are freed together; a copy of the schema starts empty.
    """

    def __init__(self) -> None:
        self.adopted = BoundedMapping[object, _Adopted](_ADOPTIONS)

    def __reduce__(self) -> tuple[type[_Adoptions], tuple[()]]:
        return _Adoptions, ()


_ATTRIBUTE = "_trunkline"  # not in the extensions, which a schema shares with those that extend it


def _adopt(  # noqa: PLR0913, PLR0917  # what a call adopts a schema with
    schema: GraphQLSchema,
    functions: tuple[Resolver, Resolver, Resolver],
    middleware: CoreMiddleware,
    limits: Limits | None,
    is_awaitable: Predicate = default_is_awaitable,
    is_async_iterable: Predicate = default_is_async_iterable,
) -> _Adopted:
    """Adopt a schema once for each set of functions that it is executed with."""
    assert_schema(schema)
    if schema.get_directive("defer") or schema.get_directive("stream"):
        raise GraphQLError(
            "The provided schema unexpectedly contains experimental directives (@defer or @stream)."
            " These directives may only be utilized if experimental execution features are"
            " explicitly enabled."
        )
    known: _Adoptions = vars(schema).setdefault(_ATTRIBUTE, _Adoptions())
    # servers make a manager for each request, so middleware is compared by what it calls
    if isinstance(middleware, MiddlewareManager):
        called = (type(middleware), *map(id, middleware.middlewares))
    else:
        several = middleware if isinstance(middleware, (list, tuple)) else (middleware,)
        called = tuple(map(id, several))
    key = (functions, called, limits, is_awaitable, is_async_iterable)
    adopted = known.adopted.get(key)
    if adopted is None:
        field_resolver, type_resolver, subscribe_field_resolver = functions
        executable = adopt_schema(
            schema,
            field_resolver=field_resolver,
            type_resolver=type_resolver,
            subscribe_field_resolver=subscribe_field_resolver,
            middleware=middleware,
            is_awaitable=is_awaitable,
            is_async_iterable=is_async_iterable,
        )
        adopted = _Adopted(executable, middleware, limits or _LIMITS)
        known.adopted.put(key, adopted)
    return adopted


def _choose_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Choose the operation as graphql-core does, with its messages (GraphQL §6.1)."""
    found = find_operations(document, name) if name != "" else []
    if name is not None and not found:
        raise OperationNotFoundError.because(f"Unknown operation named '{name}'.")
    if name is None and len(found) > 1:
        raise OperationNotFoundError.because(
            "Must provide operation name if query contains multiple operations."
        )
    if not found:
        raise OperationNotFoundError.because("Must provide an operation.")
    return found[-1]
