"""A schema that answers everything, with plausible data: what a stub server serves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any

from graphql import GraphQLScalarType, GraphQLSchema

from trunkline.mocking.data import Data
from trunkline.mocking.given import read_given
from trunkline.mocking.things import Thing
from trunkline.schema.adopt import adopt_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.scalars import BUILT_IN, bind_scalar

__all__ = ["mock_schema"]

_PAUSE = 1.0  # seconds between two events of a subscription


def mock_schema(
    definition: GraphQLSchema, seed: int = 0, values: Mapping[str, Any] | None = None
) -> Schema:
    """Make a schema executable whose every field has a plausible value.

    Values follow from ``seed``, from the object that a field is of, and from its arguments, so the
    same request has the same answer: see `Data`. ``values`` has those that are wanted instead, by
    coordinate: see `read_given`. The schema is taken over: scalars of `scalars.py` are bound.
    Raises ``SchemaError`` where a value that is wanted does not fit.
    """
    for type_ in definition.type_map.values():
        if isinstance(type_, GraphQLScalarType) and type_.name in BUILT_IN:
            bind_scalar(type_, BUILT_IN[type_.name])
    data = Data(definition, seed, read_given(definition, values or {}))

    def resolve(parent: Thing | None, info: Any, /, **arguments: Any) -> Any:
        thing = parent or Thing(info.parent_type.name, "")
        return data.value(thing, info.field_name, arguments)

    return adopt_schema(
        definition,
        field_resolver=resolve,
        type_resolver=_type_name,
        subscribe_field_resolver=_events,
    )


def _type_name(value: Thing, _info: Any, _type: object) -> str:
    return value.type_name


async def _events(_parent: None, info: Any, /, **_arguments: Any) -> AsyncIterator[Thing]:
    """Give an event a second, the first at once; each is a root of its own."""
    for number in count():
        yield Thing(info.parent_type.name, str(number))
        await asyncio.sleep(_PAUSE)
