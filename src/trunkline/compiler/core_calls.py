"""``execute``, ``execute_sync`` and ``subscribe`` as graphql-core has them, on our engine.

For servers that others wrote: they parse and validate on their own and hand over a document. What
it was compiled to is kept as long as the document is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    MiddlewareManager,
    OperationDefinitionNode,
    assert_schema,
    print_ast,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import is_async_iterable as default_is_async_iterable
from graphql.pyutils import is_awaitable as default_is_awaitable

from trunkline.compiler.document import CheckedOperation
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.errors import (
    LimitExceededError,
    OperationNotFoundError,
    RequestError,
    VariablesError,
)
from trunkline.runtime.execution import Result
from trunkline.runtime.schedule import Pending
from trunkline.runtime.variables import MAX_ERRORS
from trunkline.schema.adopt import Middleware, adopt_schema
from trunkline.schema.bindings import Schema

__all__ = ["execute", "execute_sync", "subscribe"]

Resolver: TypeAlias = Callable[..., Any] | None
Predicate: TypeAlias = Callable[[Any], bool]

_KEPT = 1_000  # operations of documents that each schema keeps

_KEPT_ADOPTIONS = 100  # who makes new functions for each request must not fill the memory

_LIMITS = Limits(fields=20_000, cost=None)
"""Whoever validates on their own sets their own limits; this one is for circles of fragments."""


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
    middleware: Middleware = None,
    is_awaitable: Predicate = default_is_awaitable,
    is_async_iterable: Predicate = default_is_async_iterable,
    hide_suggestions: bool = False,
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """Execute an operation of a validated document, as ``graphql.execute`` does (GraphQL §6).

    Returns the result where nothing had to be awaited, else what awaits it. Mistakes of the request
    are in its ``errors``. Raises ``TypeError`` where the schema is not valid, ``GraphQLError``
    where it has `@defer` or `@stream`.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    result = call.start(
        _adopt(schema, functions, middleware, is_awaitable, is_async_iterable),
        root_value,
        context_value,
    )
    return _await_answer(result) if isinstance(result, Pending) else result


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
    middleware: Middleware = None,
    hide_suggestions: bool = False,
    check_sync: bool = False,
) -> ExecutionResult:
    """Execute an operation of a validated document, as ``graphql.execute_sync`` does.

    With ``check_sync`` it raises ``RuntimeError`` where a resolver must be awaited; without, an
    awaitable is a value like any other, and an error where it does not fit.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, None)
    if not check_sync:
        adopted = _adopt(schema, functions, middleware, _never, _never)
    else:
        adopted = _adopt(schema, functions, middleware)
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
    middleware: Middleware = None,
    hide_suggestions: bool = False,
) -> Any:
    """Subscribe to a validated document's subscription, as ``graphql.subscribe`` does (§6.2.3).

    Returns the response stream, an ``ExecutionResult`` with errors alone, or what awaits either.
    """
    call = _Call(
        schema, document, operation_name, variable_values, max_coercion_errors, hide_suggestions
    )
    functions = (field_resolver, type_resolver, subscribe_field_resolver)
    return call.subscribe(_adopt(schema, functions, middleware), root_value, context_value)


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
            result = operation.start(self._coerce(operation), context, root_value)
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))
        return result if isinstance(result, Pending) else _answer(result)

    def subscribe(self, adopted: _Adopted, root_value: Any, context: Any) -> Any:
        try:
            operation = adopted.operation(self.document, self.operation_name)
            if operation.kind != "subscription":
                raise GraphQLError("Expected subscription operation.")
            values = self._coerce(operation)
            stream = operation.open_stream(values, context, root_value)
        except RequestError as error:
            return ExecutionResult(None, list(error.errors))
        if not hasattr(stream, "__await__"):
            return _answers(operation.respond(stream, values, context))

        async def await_stream() -> Any:
            try:
                return _answers(operation.respond(await stream, values, context))
            except RequestError as error:
                return ExecutionResult(None, list(error.errors))

        return await_stream()

    def _coerce(self, operation: Operation) -> list[Any]:
        try:
            return operation.coerce(self.variables)
        except VariablesError as error:
            errors = get_variable_values(
                self.schema,
                _choose(self.document, self.operation_name).variable_definitions or (),
                dict(self.variables or {}),
                max_errors=self.max_errors,
                hide_suggestions=self.hide_suggestions,
            )
            raise VariablesError(errors if isinstance(errors, list) else error.errors) from None


def _never(_value: object) -> bool:
    return False


def _answer(result: Result) -> ExecutionResult:
    return ExecutionResult(result.data, result.errors or None)


async def _await_answer(result: Pending) -> ExecutionResult:
    return _answer(await result)


async def _answers(
    results: AsyncGenerator[Result, None],
) -> AsyncGenerator[ExecutionResult, None]:
    async with aclosing(results):
        async for result in results:
            yield _answer(result)


class _Kept(NamedTuple):
    """The operations of a document, and the document, for others to be compared with it."""

    document: DocumentNode
    operations: dict[str | None, Operation]


class _Adopted:
    """A schema with its conventions, and the operations that were compiled for it.

    The middleware is kept, so that its id stays its own.
    """

    def __init__(self, schema: Schema, middleware: Middleware) -> None:
        self._schema = schema
        self._middleware = middleware
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def operation(self, document: DocumentNode, name: str | None) -> Operation:
        kept = self._find(document)
        operation = kept.operations.get(name)
        if operation is None:
            operation = kept.operations[name] = self._compile(document, name)
        return operation

    def _find(self, document: DocumentNode) -> _Kept:
        """Find what is kept of a document: of itself, or of one that was parsed from its text.

        The text alone does not tell, for people change documents that they have parsed.
        """
        text = _text(document)
        kept = self._kept.get(text)
        if kept is None or (kept.document is not document and kept.document != document):
            kept = self._kept[text] = _Kept(document, {})
        self._kept.move_to_end(text)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept

    def _compile(self, document: DocumentNode, name: str | None) -> Operation:
        text = _text(document)
        checked = CheckedOperation(_choose(document, name), _fragments(document))
        try:
            return Operation(self._schema, text, checked, _LIMITS)
        except RecursionError:
            message = "Selections are nested too deeply. Execution aborted."
            raise LimitExceededError([GraphQLError(message, checked.node)]) from None


def _text(document: DocumentNode) -> str:
    return document.loc.source.body if document.loc else print_ast(document)


class _Adoptions(dict[object, _Adopted]):
    """What a schema was adopted as, by the functions that it was executed with.

    The schema itself keeps it, so that both end together; a copy of the schema begins anew.
    """

    def __reduce__(self) -> tuple[type[_Adoptions], tuple[()]]:
        return _Adoptions, ()


_ATTRIBUTE = "_trunkline"  # not in the extensions: those of a schema that extends it are the same


def _adopt(
    schema: GraphQLSchema,
    functions: tuple[Resolver, Resolver, Resolver],
    middleware: Middleware,
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
    key = (functions, _identity(middleware), is_awaitable, is_async_iterable)
    adopted = known.get(key)
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
        adopted = known[key] = _Adopted(executable, middleware)
        while len(known) > _KEPT_ADOPTIONS:
            del known[next(iter(known))]
    return adopted


def _identity(middleware: Middleware) -> tuple[object, ...]:
    """Tell middleware apart by what it calls: servers make a manager for each request."""
    if isinstance(middleware, MiddlewareManager):
        return (type(middleware), *map(id, middleware.middlewares))
    several = middleware if isinstance(middleware, (list, tuple)) else (middleware,)
    return tuple(map(id, several))


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Choose the operation as graphql-core does, in its words (GraphQL §6.1)."""
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
        if not operations:
            raise OperationNotFoundError.because(f"Unknown operation named '{name}'.")
    elif len(operations) > 1:
        raise OperationNotFoundError.because(
            "Must provide operation name if query contains multiple operations."
        )
    if not operations:
        raise OperationNotFoundError.because("Must provide an operation.")
    return operations[-1]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
