"""What an object says of itself because the request has said so: arguments and inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from trunkline.text.names import snake_case

__all__ = ["Inputs", "echo", "flattened", "keys_of_others"]

Inputs: TypeAlias = Mapping[str, tuple[Any, Any]]
"""By name: the input type, and the value."""


class _Unfit(Exception):  # noqa: N818  # nobody sees it
    """A value that was given is none of a field's type."""


def flattened(field: GraphQLField, arguments: Mapping[str, Any], *, deep: bool) -> Inputs:
    """Put what a field was given into one table; ``deep`` opens the input objects among it."""
    table: dict[str, tuple[Any, Any]] = {}
    for name, value in arguments.items():
        if name not in field.args:
            continue
        type_ = field.args[name].type
        inner = type_.of_type if is_non_null_type(type_) else type_
        if deep and is_input_object_type(inner) and isinstance(value, Mapping):
            table.update(_inputs_of(inner, value))
        table[name] = (type_, value)
    return table


def echo(
    type_: GraphQLObjectType, inputs: Inputs, make: Callable[[GraphQLObjectType, Inputs], Any]
) -> dict[str, Any]:
    """Return the fields of an object type that inputs of the same name and type decide.

    ``make`` makes an object of an input object.
    """
    return dict(_matches(type_, inputs, make))


def keys_of_others(inputs: Inputs) -> dict[str, Any]:
    """Return what inputs say of objects beside: ``authorId``, though there be no such field."""
    return {
        name: value
        for name, (_, value) in inputs.items()
        if snake_case(name).endswith("_id") and isinstance(value, (str, int))
    }


def _matches(
    type_: GraphQLObjectType, inputs: Inputs, make: Callable[[GraphQLObjectType, Inputs], Any]
) -> Iterator[tuple[str, Any]]:
    for name, (input_type, value) in inputs.items():
        field = type_.fields.get(name)
        if field is not None:
            try:
                yield name, _taken(field.type, input_type, value, make)
            except _Unfit:
                continue


def _taken(output: Any, input_: Any, value: Any, make: Callable[..., Any]) -> Any:
    """Turn a value of an input type into one of an output type, if they are alike."""
    if is_non_null_type(input_):
        input_ = input_.of_type
    if is_non_null_type(output):
        output = output.of_type
        if value is None:
            raise _Unfit
    if is_list_type(output) != is_list_type(input_):
        raise _Unfit
    if value is None:
        return None
    if is_list_type(output):
        return [_taken(output.of_type, input_.of_type, each, make) for each in value]
    if is_object_type(output) and is_input_object_type(input_) and isinstance(value, Mapping):
        return make(output, _inputs_of(input_, value))
    if output is not input_:
        raise _Unfit
    return value


def _inputs_of(type_: GraphQLInputObjectType, value: Mapping[str, Any]) -> Inputs:
    return {name: (type_.fields[name].type, each) for name, each in value.items()}
