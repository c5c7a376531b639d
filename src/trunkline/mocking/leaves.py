"""Values of enums and scalars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLScalarType

from trunkline.mocking.chance import Chance
from trunkline.mocking.facts import Facts
from trunkline.mocking.makers import new_uuid
from trunkline.mocking.names import maker_of
from trunkline.text.names import snake_case

__all__ = ["KEYS", "enum_value", "key_value", "scalar_value"]

KEYS = 999_000
"""So many objects are there of a type, as far as their keys tell."""


def enum_value(type_: GraphQLEnumType, chance: Chance) -> Any:
    """Choose a value of an enum; one that is deprecated only where there is no other."""
    values = list(type_.values.values())
    current = [value for value in values if value.deprecation_reason is None]
    return chance.pick(current or values).value


def scalar_value(
    type_: GraphQLScalarType, name: str, field: GraphQLField, facts: Facts, chance: Chance
) -> Any:
    """Make a value that looks like what a field is called; ``facts`` are about its object."""
    if type_.name == "ID":
        return str(chance.between(1, KEYS))
    make = maker_of(type_.name, name, field.description, type_.specified_by_url)
    return type_.coerce_input_value(make(facts, chance, snake_case(name).strip("_")))


def key_value(type_: GraphQLScalarType, key: str) -> Any:
    """Write an object's key as its scalar has it; ``None`` where there is no way to."""
    for form in _forms(key):
        try:
            return type_.coerce_input_value(form)
        except Exception:  # noqa: BLE001, S112  # a scalar may raise what it likes
            continue
    return None


def _forms(key: str) -> Iterator[object]:
    """Yield a key as text, as a number, and what stands for it where neither will do."""
    yield key
    if key.isdecimal():
        yield int(key)
    yield Chance(key).between(1, KEYS)
    yield new_uuid(Chance(key))
