"""Values that people give for single fields, by coordinate, in the form in which JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    is_abstract_type,
    is_object_type,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.mocking.chance import Chance
from trunkline.mocking.things import Thing, identity_of, new_key

__all__ = ["read_given"]


class _Misfit(Exception):  # noqa: N818  # becomes a sentence with its coordinate
    """A value is none of the type that it stands for."""


def read_given(schema: GraphQLSchema, values: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Make of each value what the field's type makes of it; several are there to choose from.

    A list for a field that is none is such a choice. An object has fields by name; where the field
    is an interface or a union, it needs a ``__typename``. Raises ``SchemaError``, with all mistakes
    at once.
    """
    given: dict[str, tuple[Any, ...]] = {}
    mistakes: list[str] = []
    coordinates = _coordinates(schema)
    for coordinate, value in values.items():
        type_ = coordinates.get(coordinate)
        if type_ is None:
            hint = did_you_mean(suggestion_list(coordinate, list(coordinates)))
            mistakes.append(f"{coordinate}: the schema has no such field of an object type.{hint}")
            continue
        try:
            given[coordinate] = _options(schema, type_, value)
        except _Misfit as misfit:
            mistakes.append(f"{coordinate}: {misfit}")
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    return given


def _coordinates(schema: GraphQLSchema) -> dict[str, Any]:
    return {
        f"{type_.name}.{name}": field.type
        for type_ in schema.type_map.values()
        if is_object_type(type_) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
    }


def _options(schema: GraphQLSchema, type_: Any, value: Any) -> tuple[Any, ...]:
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(value, list) and value and not isinstance(inner, GraphQLList):
        return tuple(_made(schema, type_, each) for each in value)
    return (_made(schema, type_, value),)


def _made(schema: GraphQLSchema, type_: Any, value: Any) -> Any:
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            raise _Misfit(f"null is no {type_}.")
        type_ = type_.of_type
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            raise _Misfit(f"{value!r} is no list.")
        return [_made(schema, type_.of_type, each) for each in value]
    if isinstance(type_, (GraphQLScalarType, GraphQLEnumType)):
        return _leaf(type_, value)
    return _object(schema, type_, value)


def _leaf(type_: GraphQLScalarType | GraphQLEnumType, value: Any) -> Any:
    try:
        return type_.coerce_input_value(value)
    except Exception as error:  # a scalar may raise what it likes
        raise _Misfit(f"{error}") from error


def _is_possible(schema: GraphQLSchema, type_: Any, object_type: GraphQLObjectType) -> bool:
    return type_ is object_type or (
        is_abstract_type(type_) and schema.is_sub_type(type_, object_type)
    )


def _object(schema: GraphQLSchema, type_: Any, value: Any) -> Thing:
    if not isinstance(value, dict):
        raise _Misfit(f"{value!r} is no {type_}: give a table of its fields.")
    fields = cast("dict[str, Any]", value)
    name = fields.get("__typename", type_.name)
    object_type = schema.type_map.get(str(name))
    if not (
        isinstance(object_type, GraphQLObjectType) and _is_possible(schema, type_, object_type)
    ):
        raise _Misfit(f"say by '__typename' which type of {type_} it is.")
    known: dict[str, Any] = {}
    for field_name, each in fields.items():
        field = object_type.fields.get(field_name)
        if field is not None:
            known[field_name] = _made(schema, field.type, each)
        elif field_name != "__typename":
            hint = did_you_mean(suggestion_list(field_name, list(object_type.fields)))
            raise _Misfit(f"{name} has no field {field_name!r}.{hint}")
    key = known.get(identity_of(object_type) or "")
    number = Chance(name, repr(value)).between(1, 999)
    return Thing(name, new_key(object_type, number) if key is None else str(key), known)
