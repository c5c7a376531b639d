"""A schema whose fields all have plausible data, and the values that are given instead of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any, cast

import graphql
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.mocking.data import MockData
from trunkline.mocking.facts import Chance
from trunkline.mocking.objects import MockObject, key_field, new_key
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import adopt_schema
from trunkline.schema.scalars import BUILT_IN, bind_scalar

__all__ = ["mock_schema"]

_PAUSE = 1.0  # seconds between two events of a subscription


def mock_schema(
    definition: graphql.GraphQLSchema, seed: int = 0, values: Mapping[str, Any] | None = None
) -> Schema:
    """Make a schema executable whose fields all have plausible values.

    The values depend on ``seed``, on the object of a field and on its arguments, so the same
    request has the same response: see `MockData`. ``values`` has those to use instead, by
    coordinate: see `read_values`. The schema is changed: scalars of known names are bound.

    Raises ``SchemaError`` if one of the values does not fit.
    """
    for type_ in definition.type_map.values():
        if isinstance(type_, graphql.GraphQLScalarType) and type_.name in BUILT_IN:
            bind_scalar(type_, BUILT_IN[type_.name])
    data = MockData(definition, seed, read_values(definition, values or {}))

    def resolve(parent: MockObject | None, info: Any, /, **arguments: Any) -> Any:
        root = MockObject(info.parent_type.name, "")
        return data.value(parent or root, info.field_name, arguments)

    def type_name(value: MockObject, _info: Any, _type: object) -> str:
        return value.type_name

    async def events(_parent: None, info: Any, /, **_arguments: Any) -> AsyncIterator[MockObject]:
        for number in count():  # an event a second, the first at once
            yield MockObject(info.parent_type.name, str(number))
            await asyncio.sleep(_PAUSE)

    return adopt_schema(
        definition,
        field_resolver=resolve,
        type_resolver=type_name,
        subscribe_field_resolver=events,
    )


def read_values(
    schema: graphql.GraphQLSchema, values: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]]:
    """Return values for single fields, by coordinate, as their types make them of JSON.

    Each coordinate has one value or several to choose from: a list for a field that is not a list
    is such a choice. An object has fields by name; for an interface or a union it needs a
    ``__typename``. Raises ``SchemaError``, with all mistakes at once.
    """
    coordinates = {
        f"{type_.name}.{name}": field.type
        for type_ in schema.type_map.values()
        if graphql.is_object_type(type_) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
    }
    found: dict[str, tuple[Any, ...]] = {}
    mistakes: list[str] = []
    for coordinate, value in values.items():
        type_ = coordinates.get(coordinate)
        if type_ is None:
            hint = did_you_mean(suggestion_list(coordinate, list(coordinates)))
            mistakes.append(f"{coordinate}: is not a field of an object type.{hint}")
            continue
        inner = type_.of_type if isinstance(type_, graphql.GraphQLNonNull) else type_
        is_choice = isinstance(value, list) and value and not isinstance(inner, graphql.GraphQLList)
        try:
            options: list[Any] = value if is_choice else [value]
            found[coordinate] = tuple(_read_value(schema, type_, each) for each in options)
        except _Misfit as misfit:
            mistakes.append(f"{coordinate}: {misfit}")
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    return found


class _Misfit(Exception):  # noqa: N818  # becomes a message with its coordinate
    """A value is not of the type of its field."""


def _read_value(schema: graphql.GraphQLSchema, type_: Any, value: Any) -> Any:
    if isinstance(type_, graphql.GraphQLNonNull):
        if value is None:
            raise _Misfit(f"null is not a value of {type_}.")
        type_ = type_.of_type
    if value is None:
        return None
    if isinstance(type_, graphql.GraphQLList):
        if not isinstance(value, list):
            raise _Misfit(f"{value!r} is not a list.")
        return [_read_value(schema, type_.of_type, each) for each in value]
    if isinstance(type_, (graphql.GraphQLScalarType, graphql.GraphQLEnumType)):
        try:
            return type_.coerce_input_value(value)
        except Exception as error:  # a scalar may raise anything
            raise _Misfit(f"{error}") from error
    if not isinstance(value, dict):
        raise _Misfit(f"{value!r} is not an object of {type_}: give a table of its fields.")
    return _read_object(schema, type_, cast("dict[str, Any]", value))


def _read_object(schema: graphql.GraphQLSchema, type_: Any, value: dict[str, Any]) -> MockObject:
    name = value.get("__typename", type_.name)
    found = schema.type_map.get(str(name))
    if not isinstance(found, graphql.GraphQLObjectType) or not (
        type_ is found or (graphql.is_abstract_type(type_) and schema.is_sub_type(type_, found))
    ):
        raise _Misfit(f"'__typename' must be the name of an object type of {type_}.")
    known: dict[str, Any] = {}
    for field_name, each in value.items():
        field = found.fields.get(field_name)
        if field is not None:
            known[field_name] = _read_value(schema, field.type, each)
        elif field_name != "__typename":
            hint = did_you_mean(suggestion_list(field_name, list(found.fields)))
            raise _Misfit(f"{name} has no field {field_name!r}.{hint}")
    key = known.get(key_field(found) or "")
    number = Chance(name, repr(value)).between(1, 999)
    return MockObject(name, new_key(found, number) if key is None else str(key), known)
