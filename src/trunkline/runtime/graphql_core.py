"""The graphql-core dialect: what schemas expect that were written for graphql-core's executor.

Their resolvers get an ``info`` and may return an awaitable or not, their lists may be asynchronous,
their types are found by functions that take ``info`` too. Errors have graphql-core's sentences.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterable,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    default_type_resolver,
    is_object_type,
    is_scalar_type,
    is_specified_scalar_type,
)
from graphql.execution.executor import get_typename
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, gather_with_cancel, inspect, is_iterable
from graphql.type.definition import GraphQLResolveInfoHelpers
from msgspec import Struct

from trunkline.runtime.positions import Mark, NullError
from trunkline.runtime.variables import Variables
from trunkline.runtime.work import Later, close_rest

if TYPE_CHECKING:
    from trunkline.runtime.execution import Execution

__all__ = [
    "AwaitedType",
    "DocumentInfo",
    "FieldInfo",
    "ResolveInfo",
    "leaf_completer",
    "list_converter",
    "place_by_type",
    "type_finder",
]

IsAwaitable = Callable[[Any], bool]
FindType = Callable[[Any, Any], "str | Awaitable[str]"]


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """The part of ``info`` that is the same for all fields of an operation."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    operation: OperationDefinitionNode
    variables: Variables
    is_awaitable: IsAwaitable


class FieldInfo(Struct, frozen=True, eq=False):
    """The part of ``info`` that is known when a field is planned."""

    name: str
    parent_type: GraphQLObjectType
    return_type: GraphQLOutputType
    mark: Mark
    document: DocumentInfo


def _path(mark: Mark, indices: Iterator[Any]) -> Path | None:
    """Return a path in graphql-core's form, where each key knows its type."""
    if mark.above is None:  # the root, or that of a shared selection
        return _path(next(indices), indices) if mark.shared else None
    path = _path(mark.above, indices)
    key = mark.path[-1]
    if key is None:
        return Path(path, next(indices), None)
    return Path(path, key, mark.coordinate.partition(".")[0])


class ResolveInfo:
    """graphql-core's ``GraphQLResolveInfo``, with the same attributes, computed when they are read.

    A resolver that reads nothing of it costs one small object only.
    """

    __slots__ = ("_execution", "_field", "_indices")

    def __init__(self, field: FieldInfo, execution: Execution, *indices: int) -> None:
        self._field = field
        self._execution = execution
        self._indices = indices

    field_name = property(attrgetter("_field.name"))
    return_type = property(attrgetter("_field.return_type"))
    parent_type = property(attrgetter("_field.parent_type"))
    schema = property(attrgetter("_field.document.schema"))
    fragments = property(attrgetter("_field.document.fragments"))
    operation = property(attrgetter("_field.document.operation"))
    is_awaitable = property(attrgetter("_field.document.is_awaitable"))
    root_value = property(attrgetter("_execution.root_value"))
    context = property(attrgetter("_execution.context"))
    abort_signal = None  # cancel the task to stop an execution

    @property
    def path(self) -> Path | None:
        """The field's place in the response."""
        return _path(self._field.mark, iter(self._indices))

    @property
    def field_nodes(self) -> list[FieldNode]:
        """The fields of the document that were merged here."""
        return self._field.mark.placed(self._indices).nodes_of(self._execution.variables)

    @property
    def variable_values(self) -> VariableValues:
        """The request's variables, coerced."""
        return self._field.document.variables.sources(self._execution.variables)

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """Functions that await several things at once, or in the background."""
        return _HELPERS


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    return gather_with_cancel(*values)


_background: set[asyncio.Future[Any]] = set()  # asyncio itself could drop them before they end


def _track(values: Sequence[Any]) -> None:
    """Let awaitables run to their end, and retrieve their errors, although nothing awaits them."""
    awaitables = [value for value in values if hasattr(value, "__await__")]
    if awaitables:
        future = asyncio.gather(*awaitables, return_exceptions=True)
        _background.add(future)
        future.add_done_callback(_background.discard)


_HELPERS = GraphQLResolveInfoHelpers(_gather, _track)


def leaf_completer(
    type_: GraphQLLeafType, is_leaf: Callable[[Any], bool], *, nullable: bool
) -> Callable[[Any], Any]:
    """Make the function that turns a resolved value into the response's.

    ``is_leaf`` tells what a custom scalar may give.
    """
    coerce = type_.coerce_output_value
    is_custom = is_scalar_type(type_) and not is_specified_scalar_type(type_)

    def complete(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        if value is None or value is Undefined:
            if nullable:
                return None
            raise NullError
        result = coerce(value)
        if result is None or result is Undefined:
            raise TypeError(
                f"Expected `{inspect(type_)}.coerce_output_value({inspect(value)})`"
                f" to return non-nullable value, returned: {inspect(result)}"
            )
        if is_custom and not is_leaf(result):
            raise GraphQLError(f"{type_} cannot represent value: {inspect(value)}")
        return result

    return complete


def list_converter(
    coordinate: str, is_awaitable: IsAwaitable, is_async_iterable: Callable[[Any], bool]
) -> Callable[[Any], Iterable[Any] | Later]:
    """Make the function that takes a field's value as a list; asynchronous ones are read later.

    So are coroutines of ``types.coroutine``, which look like generators.
    """

    async def read(values: AsyncIterable[Any]) -> list[Any]:
        items: list[Any] = []
        try:
            async for value in values:
                items.append(value)  # noqa: PERF401  # what there is must be closed
        except BaseException:
            close_rest(items)
            raise
        return items

    def to_list(values: Any) -> Iterable[Any] | Later:
        if isinstance(values, Exception):
            raise values
        if values is None or values is Undefined:
            raise NullError
        if is_async_iterable(values):
            return Later(read(values))
        if is_awaitable(values):
            return Later(values)
        if not is_iterable(values):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{coordinate}'.")
        return values

    return to_list


def type_finder(
    schema: GraphQLSchema,
    type_: GraphQLAbstractType | GraphQLObjectType,
    default: Callable[[Any, Any, Any], Any],
    is_awaitable: IsAwaitable,
    coordinate: str,
) -> FindType:
    """Make the function that names the object type of a value, or gives an awaitable of it.

    ``default`` finds the type if the schema has no function for that. If ``type_`` is an object
    type already, only its ``is_type_of`` is called.
    """

    def find(value: Any, info: Any) -> str | Awaitable[str]:
        if value is None or value is Undefined:
            raise NullError
        if isinstance(value, Exception):
            raise value
        if isinstance(type_, GraphQLObjectType):
            return _confirm(type_, value, info, is_awaitable)
        resolve_type = type_.resolve_type or default
        if resolve_type is default_type_resolver:
            resolve_type = _resolve_type
        name: Any = resolve_type(value, info, type_)

        def check(name: Any) -> str | Awaitable[str]:
            found = _check_type(schema, type_, name, value, coordinate)
            return _confirm(found, value, info, is_awaitable)

        return AwaitedType(name, check) if is_awaitable(name) else check(name)

    return find


def _resolve_type(
    value: Any, info: Any, abstract: GraphQLAbstractType
) -> str | Awaitable[str | None] | None:
    """Name the type by ``__typename``, else ask every ``is_type_of``, as graphql-core's default.

    That one keeps to itself the coroutines that it has not awaited when the field is given up.
    """
    name = get_typename(value)
    if isinstance(name, str):
        return name
    types: Sequence[GraphQLObjectType] = info.schema.get_possible_types(abstract)
    asked: dict[str, Awaitable[bool]] = {}
    try:
        for type_ in types:
            is_of_type: Any = type_.is_type_of(value, info) if type_.is_type_of else False
            if info.is_awaitable(is_of_type):
                asked[type_.name] = is_of_type
            elif is_of_type:
                close_rest([*asked.values()])
                return type_.name
    except Exception:
        close_rest([*asked.values()])
        raise
    return _AskedTypes(asked) if asked else None


class _AskedTypes:
    """Awaits what ``is_type_of`` of several types says. To close it is to close all of them."""

    __slots__ = ("_asked",)

    def __init__(self, asked: dict[str, Awaitable[bool]]) -> None:
        self._asked = asked

    def __await__(self) -> Generator[Any, Any, str | None]:
        return self._find().__await__()

    async def _find(self) -> str | None:
        said = await gather_with_cancel(*self._asked.values())
        return next((name for name, is_it in zip(self._asked, said, strict=True) if is_it), None)

    def close(self) -> None:
        close_rest([*self._asked.values()])


class AwaitedType:
    """Awaits what ``then`` makes a type's name of. To close it is to close what it awaits."""

    __slots__ = ("_awaitable", "_then")

    def __init__(self, awaitable: Any, then: Callable[[Any], str | Awaitable[str]]) -> None:
        self._awaitable = awaitable
        self._then = then

    def __await__(self) -> Generator[Any, Any, str]:
        return self._find().__await__()

    async def _find(self) -> str:
        name = self._then(await self._awaitable)
        return name if isinstance(name, str) else await name

    def close(self) -> None:
        """Give it up before it is awaited: a coroutine that is never awaited warns."""
        close = getattr(self._awaitable, "close", None)
        if close is not None:
            close()


def _confirm(
    type_: GraphQLObjectType, value: Any, info: Any, is_awaitable: IsAwaitable
) -> str | Awaitable[str]:
    """Let an object type's ``is_type_of`` confirm that the value is of it."""

    def confirmed(is_of_type: object) -> str:
        if not is_of_type:
            raise GraphQLError(f"Expected value of type '{type_}' but got: {inspect(value)}.")
        return type_.name

    if type_.is_type_of is None:
        return type_.name
    is_of_type = type_.is_type_of(value, info)
    return AwaitedType(is_of_type, confirmed) if is_awaitable(is_of_type) else confirmed(is_of_type)


def _check_type(
    schema: GraphQLSchema, abstract: GraphQLNamedType, name: Any, value: Any, coordinate: str
) -> GraphQLObjectType:
    """Return the object type that a resolved name stands for."""
    if isinstance(name, str):
        found = schema.get_type(name)
        if found is None:
            problem = (
                f"Abstract type '{abstract}' was resolved to a type '{name}'"
                " that does not exist inside the schema."
            )
        elif not is_object_type(found):
            problem = f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
        elif schema.is_sub_type(abstract, found):  # type: ignore[arg-type]
            return found
        else:
            problem = f"Runtime Object type '{found}' is not a possible type for '{abstract}'."
        raise GraphQLError(problem)
    place = (
        f"Abstract type '{abstract}' must resolve to an Object type at runtime"
        f" for field '{coordinate}'"
    )
    if name is None:
        raise GraphQLError(
            f"{place}. Either the '{abstract}' type should provide a 'resolve_type' function or"
            " each possible type should provide an 'is_type_of' function."
        )
    raise GraphQLError(
        f"{place} with value {inspect(value)}, received '{inspect(name)}',"
        " which is not a valid Object type name."
    )


def place_by_type(
    name: Awaitable[str], value: Any, functions: dict[str, Callable[..., Any]]
) -> Later:
    """Leave a value for later whose type is awaited; ``functions`` complete it by type."""

    def complete(execution: Any, found: str, *indices: int) -> Any:
        return functions[found](execution, value, *indices)

    return Later(name, complete)
