"""What schemas that were written for graphql-core's executor expect of ours.

Their resolvers may return an awaitable or not, their lists may be asynchronous, their types are
told apart by functions that take ``info``. The sentences of errors are graphql-core's.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    is_object_type,
)
from graphql.pyutils import inspect, is_iterable

from trunkline.runtime.failures import NullError
from trunkline.runtime.work import Later

__all__ = ["core_leaf_completer", "core_list", "core_type_finder", "place_by_type"]

IsAwaitable = Callable[[Any], bool]
FindType = Callable[[Any, Any], "str | Awaitable[str]"]


def core_leaf_completer(type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
    """Make the function that turns a resolved value into what the response shows of it."""
    coerce = type_.coerce_output_value

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
        return result

    return complete


def core_list(
    coordinate: str, is_async_iterable: Callable[[Any], bool]
) -> Callable[[Any], Iterable[Any] | Later]:
    """Make the function that takes a field's value as a list.

    An asynchronous iterable is gathered later.
    """

    def to_list(values: Any) -> Iterable[Any] | Later:
        if isinstance(values, Exception):
            raise values
        if values is None or values is Undefined:
            raise NullError
        if is_async_iterable(values):
            return Later(_gathered(values))
        if not is_iterable(values):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{coordinate}'.")
        return values

    return to_list


async def _gathered(values: AsyncIterable[Any]) -> list[Any]:
    return [value async for value in values]


def core_type_finder(
    schema: GraphQLSchema,
    type_: GraphQLAbstractType | GraphQLObjectType,
    default: Callable[[Any, Any, Any], Any],
    is_awaitable: IsAwaitable,
    coordinate: str,
) -> FindType:
    """Make the function that names the object type of a value, or gives an awaitable of it.

    ``default`` finds the type where the schema has no function that does. Where ``type_`` is an
    object type already, the function only asks its ``is_type_of``.
    """

    async def await_and_check(awaitable: Awaitable[Any], value: Any, info: Any) -> str:
        found = _checked(schema, type_, await awaitable, value, coordinate)
        name = _confirmed(found, value, info, is_awaitable)
        return name if isinstance(name, str) else await name

    def find(value: Any, info: Any) -> str | Awaitable[str]:
        if value is None or value is Undefined:
            raise NullError
        if isinstance(value, Exception):
            raise value
        if isinstance(type_, GraphQLObjectType):
            return _confirmed(type_, value, info, is_awaitable)
        name: Any = (type_.resolve_type or default)(value, info, type_)
        if is_awaitable(name):
            return await_and_check(name, value, info)
        found = _checked(schema, type_, name, value, coordinate)
        return _confirmed(found, value, info, is_awaitable)

    return find


def _confirmed(
    type_: GraphQLObjectType, value: Any, info: Any, is_awaitable: IsAwaitable
) -> str | Awaitable[str]:
    """Ask an object type itself whether the value is of it."""
    if type_.is_type_of is None:
        return type_.name
    answer = type_.is_type_of(value, info)
    if is_awaitable(answer):
        return _awaited_confirmation(answer, type_, value)  # type: ignore[arg-type]
    return _confirm(type_, value, answer)


async def _awaited_confirmation(
    answer: Awaitable[bool], type_: GraphQLObjectType, value: Any
) -> str:
    return _confirm(type_, value, await answer)


def _confirm(type_: GraphQLObjectType, value: Any, answer: object) -> str:
    if not answer:
        raise GraphQLError(f"Expected value of type '{type_}' but got: {inspect(value)}.")
    return type_.name


def _checked(
    schema: GraphQLSchema, abstract: GraphQLNamedType, name: Any, value: Any, coordinate: str
) -> GraphQLObjectType:
    """Return the object type that a resolved name stands for."""
    if isinstance(name, str):
        found = schema.get_type(name)
        if is_object_type(found) and schema.is_sub_type(abstract, found):  # type: ignore[arg-type]
            return found
        raise GraphQLError(_explain_type(abstract, name, found))
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


def _explain_type(abstract: GraphQLNamedType, name: str, found: object) -> str:
    if found is None:
        return (
            f"Abstract type '{abstract}' was resolved to a type '{name}'"
            " that does not exist inside the schema."
        )
    if not is_object_type(found):
        return f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
    return f"Runtime Object type '{found}' is not a possible type for '{abstract}'."


def place_by_type(
    name: Awaitable[str], value: Any, functions: dict[str, Callable[..., Any]]
) -> Later:
    """Leave a value for later whose type is awaited; ``functions`` complete it by type."""

    def complete(execution: Any, found: str, *indices: int) -> Any:
        return functions[found](execution, value, *indices)

    return Later(name, complete)
