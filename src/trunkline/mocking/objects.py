"""What stands for an object of the schema: its key, and what a request has said of it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast
from uuid import UUID

from graphql import (
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from trunkline.mocking.facts import Chance
from trunkline.mocking.scalars import new_uuid
from trunkline.text.names import snake_case

__all__ = [
    "Inputs",
    "MockObject",
    "fields_from_inputs",
    "foreign_key",
    "foreign_keys",
    "key_field",
    "key_in_arguments",
    "keys_in_arguments",
    "new_key",
    "payload_fields",
    "read_inputs",
    "type_in_key",
]

Inputs: TypeAlias = Mapping[str, tuple[Any, Any]]
"""Arguments and fields of input objects by name: the input type, and the value."""


@dataclass(frozen=True, slots=True)
class MockObject:
    """An object: everything of it is derived from its type and its key.

    ``known`` has the fields whose values are decided already. ``inputs`` has, for fields of a
    mutation's payload, what the mutation was given.
    """

    type_name: str
    key: str
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, Inputs] = field(default_factory=dict[str, Inputs])


# Keys


def key_field(type_: GraphQLObjectType) -> str | None:
    """Return the field that tells the objects of a type apart: ``id``, or the first ID."""
    if "id" in type_.fields and is_leaf_type(get_nullable_type(type_.fields["id"].type)):
        return "id"
    for name, each in type_.fields.items():
        if not each.args and str(each.type).rstrip("!") == "ID":
            return str(name)
    return None


def new_key(type_: GraphQLObjectType, number: int) -> str:
    """Return the key of the object with a number, in the form that its type asks for.

    If an interface has the key too, an object of any type may be asked for by it. Then the key
    contains the type, as those of Relay's servers do.
    """
    name = key_field(type_)
    if name is None:
        return str(number)
    scalar = get_named_type(type_.fields[name].type)
    if snake_case(scalar.name).strip("_") in {"uuid", "guid"}:
        return new_uuid(Chance(type_.name, number))
    if scalar.name == "ID" and any(name in each.fields for each in type_.interfaces):
        return b64encode(f"{type_.name}:{number}".encode()).decode("ascii")
    return str(number)


def type_in_key(key: str) -> str | None:
    """Return the type that a key contains, if it contains one."""
    try:
        name, separator, _ = b64decode(key, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return name if separator else None


def key_in_arguments(
    field_name: str, key_name: str | None, type_name: str, values: Mapping[str, Any]
) -> str | None:
    """Find the key of an object among the arguments of its field.

    It has the name of the type's own key, or ``id``, or ``userId`` for a type or a field ``user``.
    """
    owners = (snake_case(type_name), snake_case(field_name))
    names = {"id", snake_case(key_name or "id"), *(f"{owner}_id" for owner in owners)}
    for name, value in values.items():
        if snake_case(name) in names and isinstance(value, (str, int, UUID)):
            return str(value)
    return None


def keys_in_arguments(arguments: Mapping[str, Any], type_name: str) -> list[object] | None:
    """Find the keys that a list is asked for by: ``nodes(ids:)``, ``users(userIds:)``."""
    names = {"ids", f"{snake_case(type_name)}_ids"}
    for name, value in arguments.items():
        if snake_case(name) in names and isinstance(value, list):
            return cast("list[object]", value)
    return None


def foreign_key(field_name: str, parent: MockObject) -> str | None:
    """Find the key of an object in what is known of its parent: ``authorId`` for ``author``."""
    name = f"{snake_case(field_name)}_id"
    known = (value for each, value in parent.known.items() if snake_case(each) == name)
    return next((str(value) for value in known if value is not None), None)


# Inputs


def read_inputs(fields: Mapping[str, Any], values: Mapping[str, Any], *, deep: bool) -> Inputs:
    """Return values with their input types; ``deep`` adds the fields of input objects."""
    inputs: dict[str, tuple[Any, Any]] = {}
    for name, value in values.items():
        if name in fields:
            type_ = get_nullable_type(fields[name].type)
            if deep and is_input_object_type(type_) and isinstance(value, Mapping):
                inputs.update(read_inputs(type_.fields, value, deep=False))
            inputs[name] = (fields[name].type, value)
    return inputs


def foreign_keys(inputs: Inputs) -> dict[str, Any]:
    """Return the keys of other objects: ``authorId``, even if the type has no such field."""
    return {
        name: value
        for name, (_, value) in inputs.items()
        if snake_case(name).endswith("_id") and isinstance(value, (str, int))
    }


class _Unfit(Exception):  # noqa: N818  # caught below
    """An input's value is not of a field's type."""


def fields_from_inputs(
    type_: GraphQLObjectType, inputs: Inputs, make: Callable[[GraphQLObjectType, Inputs], Any]
) -> dict[str, Any]:
    """Return the fields of an object type that inputs of the same name and type decide.

    ``make`` makes an object of an input object.
    """
    found: dict[str, Any] = {}
    for name, (input_type, value) in inputs.items():
        if name in type_.fields:
            with suppress(_Unfit):
                found[name] = _convert(type_.fields[name].type, input_type, value, make)
    return found


def _convert(
    output: Any, input_: Any, value: Any, make: Callable[[GraphQLObjectType, Inputs], Any]
) -> Any:
    """Turn a value of an input type into one of an output type, if the types are alike."""
    if is_non_null_type(output):
        output = output.of_type
        if value is None:
            raise _Unfit
    input_ = get_nullable_type(input_)
    if is_list_type(output) != is_list_type(input_):
        raise _Unfit
    if value is None:
        return None
    if is_list_type(output):
        return [_convert(output.of_type, input_.of_type, each, make) for each in value]
    if is_object_type(output) and is_input_object_type(input_) and isinstance(value, Mapping):
        return make(output, read_inputs(input_.fields, value, deep=False))
    if output is not input_:
        raise _Unfit
    return value


def payload_fields(type_: GraphQLObjectType, mutation: str) -> list[str]:
    """Return the fields of a mutation's payload that its inputs are about.

    Those are the ones that the mutation's name contains, ``todo`` of ``addTodo``; else all objects.
    """
    words = f"_{snake_case(mutation)}_"
    objects: dict[str, str] = {}
    for name, each in type_.fields.items():
        named = get_nullable_type(each.type)
        if is_composite_type(named):
            objects[name] = named.name
    about = [
        name
        for name, type_name in objects.items()
        if any(f"_{snake_case(each)}_" in words for each in (name, type_name))
    ]
    return about or list(objects)
