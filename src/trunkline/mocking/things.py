"""What stands for an object of the schema, and how it is told from others."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from graphql import (
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_leaf_type,
)

from trunkline.mocking.chance import Chance
from trunkline.mocking.echoes import Inputs
from trunkline.mocking.makers import new_uuid
from trunkline.text.names import snake_case

__all__ = [
    "Thing",
    "foreign_key",
    "given_key",
    "heirs_of",
    "identity_of",
    "keys_among",
    "new_key",
    "type_in_key",
]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: its type and its key say all, for everything else is derived from them.

    ``known`` has the fields whose values are decided already. ``inputs`` has, for fields of a
    mutation's payload, what the mutation was given.
    """

    type_name: str
    key: str
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, Inputs] = field(default_factory=dict[str, Inputs])


def identity_of(type_: GraphQLObjectType) -> str | None:
    """Name the field that tells one object of a type from another: ``id``, or the first ID."""
    if "id" in type_.fields and is_leaf_type(get_nullable_type(type_.fields["id"].type)):
        return "id"
    for name, each in type_.fields.items():
        if not each.args and str(each.type).rstrip("!") == "ID":
            return str(name)
    return None


def new_key(type_: GraphQLObjectType, number: int) -> str:
    """Give an object a key, in the form that its type asks for.

    Where an interface has the identity too, any type might be asked for by it, so it has the type
    in it, as Relay's servers do.
    """
    identity = identity_of(type_)
    if identity is None:
        return str(number)
    scalar = get_named_type(type_.fields[identity].type)
    if snake_case(scalar.name).strip("_") in {"uuid", "guid"}:
        return new_uuid(Chance(type_.name, number))
    if scalar.name == "ID" and any(identity in each.fields for each in type_.interfaces):
        return b64encode(f"{type_.name}:{number}".encode()).decode("ascii")
    return str(number)


def type_in_key(key: str) -> str | None:
    """Read the type out of a key, where there is one in it."""
    try:
        name, separator, _ = b64decode(key, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return name if separator else None


def given_key(
    field_name: str, identity: str | None, type_name: str, values: Mapping[str, Any]
) -> str | None:
    """Find the key of an object among the arguments of the field that it is in.

    It is called as the type's own identity, or ``id``, or ``userId`` for a type or a field
    ``user``.
    """
    owners = (snake_case(type_name), snake_case(field_name))
    wanted = {"id", snake_case(identity or "id"), *(f"{owner}_id" for owner in owners)}
    for name, value in values.items():
        if snake_case(name) in wanted and isinstance(value, (str, int, UUID)):
            return str(value)
    return None


def foreign_key(field_name: str, parent: Thing) -> str | None:
    """Find the key of an object in what is known of its parent: ``authorId`` for ``author``."""
    name = f"{snake_case(field_name)}_id"
    known = (value for each, value in parent.known.items() if snake_case(each) == name)
    return next((str(value) for value in known if value is not None), None)


def keys_among(arguments: Mapping[str, Any], type_name: str) -> list[object] | None:
    """Find the keys by which a list is asked for: ``nodes(ids:)``, ``users(userIds:)``."""
    wanted = {"ids", f"{snake_case(type_name)}_ids"}
    for name, value in arguments.items():
        if snake_case(name) in wanted and isinstance(value, list):
            return cast("list[object]", value)
    return None


def heirs_of(type_: GraphQLObjectType, mutation: str) -> list[str]:
    """Name the fields of a mutation's payload that its inputs are about.

    Those are what the mutation's name speaks of, ``todo`` of ``addTodo``; else all objects.
    """
    spoken = f"_{snake_case(mutation)}_"
    objects: dict[str, str] = {}
    for name, each in type_.fields.items():
        named = get_nullable_type(each.type)
        if is_composite_type(named):
            objects[name] = named.name
    about = [
        name
        for name, type_name in objects.items()
        if any(f"_{snake_case(each)}_" in spoken for each in (name, type_name))
    ]
    return about or list(objects)
