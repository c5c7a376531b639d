"""Completing values (GraphQL §6.4.3) where the compiled code's own short test does not suffice.

Compiled code tests the common case inline (``if type(title) is not str:``) and calls these for
the rest, so each of them may take its time.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from functools import partial
from inspect import isawaitable, iscoroutine
from typing import Any
from uuid import UUID

from graphql import GraphQLError, GraphQLLeafType, Undefined, VariableNode
from graphql.pyutils import inspect

from trunkline.runtime.failures import NullError
from trunkline.schema.models import lookup

__all__ = [
    "completed_later",
    "getter",
    "leaf_completer",
    "lookup",
    "object_checker",
    "present",
    "refuse",
    "refuse_null_condition",
    "to_list",
]


_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping)


def leaf_completer(type_: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
    """Make the function that turns a resolved value into what the response shows of it."""
    coerce = type_.coerce_output_value
    is_id = type_.name == "ID"

    def complete(value: Any) -> Any:
        if is_id and type(value) is UUID:  # the commonest id that is no string
            return str(value)
        if nullable and (value is None or value is Undefined):
            return None
        refuse(value)
        try:
            result = coerce(value)
        except GraphQLError as error:  # the resolver's fault, and not for the caller to read
            raise TypeError(error.message) from error
        if result is None or result is Undefined:
            raise TypeError(f"{type_} has no representation of the value {inspect(value)}.")
        return result

    return complete


def completed_later(complete: Callable[[Any], Any]) -> Callable[..., Any]:
    """Make a function that completes a leaf as an object is: told the execution and the indices."""

    def finish(_execution: object, value: Any, *_indices: int) -> Any:
        return complete(value)

    return finish


def object_checker(type_name: str, model: type | None) -> Callable[[Any], Any]:
    """Make the function that lets an object's value pass, or says why it cannot be one."""
    last: type | None = None  # the class that was let pass last, for lists are of one mostly

    def check(value: Any) -> Any:
        nonlocal last
        if type(value) is last:
            return value
        refuse(value)
        if model is not None and not isinstance(value, model):
            raise TypeError(
                f"Expected {model.__qualname__} for {type_name}, got {type(value).__qualname__}."
            )
        last = type(value)
        return value

    return check


def to_list(values: Any) -> Iterable[Any]:
    """Let everything pass that can be iterated, save strings and mappings."""
    refuse(values)
    if isinstance(values, Iterable) and not isinstance(values, _NO_LISTS):
        return values  # pyright: ignore[reportUnknownVariableType]
    if isinstance(values, AsyncIterable):
        raise TypeError("An asynchronous iterable is no list; gather it in the resolver.")
    raise TypeError(f"Expected a list, got {type(values).__qualname__}.")


def getter(parent: Any) -> Callable[[str, None], Any]:
    """Make the function that reads a parent whose class nobody told: by key, else by attribute."""
    return parent.get if isinstance(parent, Mapping) else partial(getattr, parent)


def present(**arguments: Any) -> dict[str, Any]:
    """Leave out the arguments that the request left out, so that a resolver's defaults hold."""
    return {name: value for name, value in arguments.items() if value is not Undefined}


def refuse_null_condition(value: Any, node: VariableNode) -> None:
    """Refuse a variable without a value where `@skip` or `@include` needs one (§3.13)."""
    if value is None:
        raise GraphQLError(
            f"Argument 'if' has invalid value: Expected variable '${node.name.value}' provided to"
            " non-null type 'Boolean!' not to be None.",
            node,
        )


def refuse(value: Any) -> None:
    """Raise errors that were returned instead of raised, and nulls where none may be."""
    if value is None or value is Undefined:
        raise NullError
    if isinstance(value, Exception):
        raise value
    if isawaitable(value):
        if iscoroutine(value):
            value.close()  # or Python would warn that nobody awaited it
        raise TypeError(
            "A resolver returned an awaitable and is not known to. Make it `async def`, or annotate"
            " that it returns an Awaitable."
        )
