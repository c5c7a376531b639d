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
from inspect import isawaitable
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
from trunkline.engine.compiling import Compilations, takes_long
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
from trunkline.schema.scalars import is_finite
from trunkline.schema.threads import is_in_event_loop

__all__ = ["execute", "execute_sync", "forget", "subscribe"]

Resolver: TypeAlias = Callable[..., Any] | None
Predicate: TypeAlias = Callable[[Any], bool]

_compilations = Compilations()

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

    Returns the result if nothing had to be awaited, else an awaitable of it. If an event loop runs,
    a long document that is new is awaited, too, because it is compiled in a thread. Mistakes of the
    request are in the result's ``errors``. ``limits`` is not graphql-core's: its ``fields``,
    ``cost``, ``errors``, ``values`` and ``memory`` count. Raises ``TypeError`` if the schema is not
    valid, ``GraphQLError`` if it has `@defer` or `@stream`.
    """
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    adopted = _adopt(schema, functions, middleware, limits, is_awaitable, is_async_iterable)
    call = _Call(
        adopted, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )

    def begin(operation: Operation) -> ExecutionResult | Awaitable[ExecutionResult]:
        result = call.start(operation, root_value, context_value)
        return _await_result(result) if isinstance(result, Pending) else result

    result: ExecutionResult | Awaitable[ExecutionResult] = call.run(begin)
    return result


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
    functions = (field_resolver, type_resolver, None)
    if not check_sync:
        adopted = _adopt(schema, functions, middleware, limits, _never, _never)
    else:
        adopted = _adopt(schema, functions, middleware, limits)
    call = _Call(
        adopted, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    result: ExecutionResult | Pending = call.run(
        lambda operation: call.start(operation, root_value, context_value), may_wait=False
    )
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
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    adopted = _adopt(schema, functions, middleware, limits)
    call = _Call(
        adopted, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    return call.run(lambda operation: call.subscribe(operation, root_value, context_value))


def forget(schema: GraphQLSchema) -> None:
    """Forget what was compiled for a schema, because its resolvers or types were replaced.

    The functions above look at a field's resolver once, when an operation with it first comes.
    """
    vars(schema).pop(_ATTRIBUTE, None)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of the functions above: which operation, and with which variables."""

    adopted: _Adopted
    document: DocumentNode
    operation_name: str | None
    variables: Mapping[str, Any] | None
    max_errors: int
    hide_suggestions: bool

    def run(self, begin: Callable[[Operation], Any], *, may_wait: bool = True) -> Any:
        """Begin the operation, or return what awaits that.

        A long document that is new is compiled beside the event loop, if one runs.
        """
        adopted, document, name = self.adopted, self.document, self.operation_name
        text = document.loc.source.body if document.loc else print_ast(document)
        try:
            operation = adopted.recall(text, document, name)
            if operation is None:
                if may_wait and takes_long(text) and is_in_event_loop():
                    return self._run_beside(begin, text)
                operation = adopted.compile(text, document, name)
            return begin(operation)
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))

    async def _run_beside(self, begin: Callable[[Operation], Any], text: str) -> Any:
        adopted, document, name = self.adopted, self.document, self.operation_name

        def compile_() -> Operation:  # if it was not, while this waited for its turn
            return adopted.recall(text, document, name) or adopted.compile(text, document, name)

        try:
            operation = await _compilations.operation(text, compile_, (adopted, id(document), name))
            begun = begin(operation)
            return await begun if isawaitable(begun) else begun
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))

    def start(
        self, operation: Operation, root_value: Any, context: Any
    ) -> ExecutionResult | Pending:
        result = start(operation, self._coerce(operation), context, root_value)
        return result if isinstance(result, Pending) else _core_result(result)

    def subscribe(self, operation: Operation, root_value: Any, context: Any) -> Any:
        if operation.kind != "subscription":
            raise GraphQLError("Expected subscription operation.")
        values = self._coerce(operation)
        source = open_stream(operation, values, context, root_value)
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
                self.adopted.schema.definition,
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
        self.schema = schema
        self._middleware = middleware
        self._limits = limits
        self._compiled = KeptOperations[str, _Compiled](limits.memory)

    def recall(self, text: str, document: DocumentNode, name: str | None) -> Operation | None:
        """Return the operation of this document, or of an equal one, if it is compiled.

        The text alone does not tell, because programs change documents that they have parsed.
        """
        return self._compiled_of(text, document).operations.get(name)

    def compile(self, text: str, document: DocumentNode, name: str | None) -> Operation:
        """Compile an operation of a document, and keep it."""
        node = _choose_operation(document, name)
        chosen = ChosenOperation(self.schema, text, self._limits, node, fragments_of(document))
        try:
            operation = compile_chosen(chosen)
        except RecursionError:
            message = "Selections are nested too deeply. Execution aborted."
            raise LimitExceededError([GraphQLError(message, node)]) from None
        compiled = self._compiled_of(text, document)
        compiled.operations[name] = operation
        operation.call_when_grown(partial(self._compiled.weigh_again, text))
        self._compiled.admit(text, compiled)
        return operation

    def _compiled_of(self, text: str, document: DocumentNode) -> _Compiled:
        compiled = self._compiled.get(text)
        if compiled is not None and (
            compiled.document is document or compiled.document == document
        ):
            return compiled
        return _Compiled(document, {})


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
            is_leaf=is_finite,  # the program may write what JSON lacks in its own way
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
