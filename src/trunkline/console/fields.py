"""The schema as the console shows it: how much each part is used, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import graphql
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes
from msgspec import Struct
from msgspec.structs import replace

__all__ = ["Change", "Element", "UsedType", "schema_changes", "used_types"]


class Element(Struct):
    """A field, an argument, an input field or a value of an enum, and how much it is used.

    ``last`` is when, in seconds since 1970. ``is_argument`` says that it belongs to the field
    before it.
    """

    coordinate: str
    text: str
    deprecated: str | None
    count: int
    last: float
    is_argument: bool = False


class UsedType(Struct):
    """A type and its elements, in the order of the schema."""

    name: str
    kind: str
    elements: list[Element]

    @property
    def unused(self) -> int:
        """How many of the elements are not used."""
        return sum(not each.count for each in self.elements)

    def only(self, *, text: str, unused: bool) -> UsedType:
        """Return the type with what has a text in its coordinate, or with what is not used."""
        return replace(
            self,
            elements=[
                each
                for each in self.elements
                if text in each.coordinate.lower() and not (unused and each.count)
            ],
        )


class Change(Struct):
    """A change of a schema: ``breaking``, ``dangerous`` or ``safe``, and in words."""

    kind: str
    text: str


def used_types(
    schema: graphql.GraphQLSchema, used: Mapping[str, tuple[int, float]]
) -> list[UsedType]:
    """Return the types that have fields or values, those of operations first."""
    roots = [schema.query_type, schema.mutation_type, schema.subscription_type]
    others = sorted(
        (each for each in schema.type_map.values() if each not in roots), key=lambda each: each.name
    )
    found: list[UsedType] = []
    for each in (*filter(None, roots), *others):
        kind = _KINDS.get(type(each))
        if kind is not None and not graphql.is_introspection_type(each):
            found.append(UsedType(each.name, kind, list(_elements(each, used))))
    return found


_KINDS: dict[type, str] = {
    graphql.GraphQLObjectType: "type",
    graphql.GraphQLInterfaceType: "interface",
    graphql.GraphQLInputObjectType: "input",
    graphql.GraphQLEnumType: "enum",
}


def _elements(type_: Any, used: Mapping[str, tuple[int, float]]) -> Iterator[Element]:
    def element(coordinate: str, text: str, part: Any, *, is_argument: bool = False) -> Element:
        count, last = used.get(coordinate, (0, 0.0))
        return Element(coordinate, text, part.deprecation_reason, count, last, is_argument)

    if graphql.is_enum_type(type_):
        for name, value in type_.values.items():
            yield element(f"{type_.name}.{name}", name, value)
        return
    for name, field in type_.fields.items():
        yield element(f"{type_.name}.{name}", f"{name}: {field.type}", field)
        for key, argument in getattr(field, "args", {}).items():
            coordinate = f"{type_.name}.{name}({key}:)"
            yield element(coordinate, f"{key}: {argument.type}", argument, is_argument=True)


def schema_changes(before: str, after: str) -> list[Change]:
    """Return how one schema differs from another, what breaks clients first."""
    old, new = (graphql.build_schema(each, assume_valid=True) for each in (before, after))
    changes = [
        Change(
            "breaking"
            if isinstance(each, BreakingChange)
            else "dangerous"
            if isinstance(each, DangerousChange)
            else "safe",
            each.description,
        )
        for each in find_schema_changes(old, new)
    ]
    return sorted(changes, key=lambda each: (each.kind, each.text))
