"""Custom scalars and enums as Python values, both ways, as the schema names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from trunkline.schema.scalars import KNOWN_SCALARS, Scalar

__all__ = ["KNOWN", "Conversions", "read_marked"]

Write: TypeAlias = Callable[[Any], Any]

KNOWN: Mapping[str, type] = {
    name: known.type
    for name, known in KNOWN_SCALARS.items()
    if known.type not in (str, int, float, bool, Any)
}
"""What ``parse_results=True`` makes of scalars of these names, in the forms of `schema.scalars`."""


class _Any(type):
    def __instancecheck__(cls, instance: object) -> bool:
        """Let msgspec take whatever a conversion returns."""
        return True


def _marked(name: str, read: Callable[[Any], Any]) -> type:
    """Make a type that msgspec gives to `read_marked`."""
    return _Any(name, (), {"read": staticmethod(read)})


def read_marked(marked: Any, value: Any) -> Any:
    """Convert what came as JSON: the hook of msgspec's decoders."""
    return marked.read(value)


class Conversions:
    """Which scalars and enums are converted, by their names in the schema.

    A scalar is a type that msgspec reads and writes (``datetime``, ``UUID``, a struct, …), or a
    ``Scalar`` with two functions. An enum's members are matched by name.
    """

    def __init__(
        self,
        scalars: Mapping[str, type | Scalar] | None,
        enums: Mapping[str, type[Enum]] | None,
        *,
        known: bool,
    ) -> None:
        given = {**(KNOWN if known else {}), **(scalars or {})}
        self._readers: dict[str, Any] = {
            name: _marked(name, one.parse) if isinstance(one, Scalar) else one
            for name, one in given.items()
        }
        self._writers: dict[str, Write] = {
            name: one.serialize for name, one in given.items() if isinstance(one, Scalar)
        }
        for name, enum in (enums or {}).items():
            self._readers[name] = _marked(name, _member_reader(enum))
            self._writers[name] = _name_of

    def __bool__(self) -> bool:
        return bool(self._readers)

    def reader(self, type_: GraphQLLeafType) -> Any:
        """Return the type that reads a leaf's values; ``None`` where they stay as they come."""
        return self._readers.get(type_.name)

    def writer(self, type_: GraphQLInputType) -> Write | None:
        """Make what writes values of an input type; ``None`` where they stay as they are."""
        return self._writer(type_, {})

    def _writer(self, type_: Any, seen: dict[str, Write | None]) -> Write | None:
        if isinstance(type_, GraphQLNonNull):
            return self._writer(type_.of_type, seen)
        if isinstance(type_, GraphQLList):
            item = self._writer(type_.of_type, seen)
            return _list_writer(item) if item else None
        if isinstance(type_, GraphQLInputObjectType):
            return self._object_writer(type_, seen)
        assert isinstance(type_, (GraphQLScalarType, GraphQLEnumType))  # noqa: S101  # the rest
        return self._writers.get(type_.name)

    def _object_writer(
        self, type_: GraphQLInputObjectType, seen: dict[str, Write | None]
    ) -> Write | None:
        if type_.name in seen:  # an input that contains itself
            return lambda value: write(value) if (write := seen[type_.name]) else value
        seen[type_.name] = None
        writers = {name: self._writer(field.type, seen) for name, field in type_.fields.items()}
        wanted = {name: write for name, write in writers.items() if write}
        seen[type_.name] = _mapping_writer(wanted) if wanted else None
        return seen[type_.name]


def _member_reader(enum: type[Enum]) -> Callable[[Any], Any]:
    """Read a member's name; one that the server has and this program has not stays text."""
    members = dict(enum.__members__)
    return lambda name: members.get(name, name)


def _name_of(value: Any) -> Any:
    return value.name if isinstance(value, Enum) else value


def _list_writer(item: Write) -> Write:
    def write(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [None if one is None else item(one) for one in value]
        return item(value)  # one value stands for a list of one (GraphQL §3.11)

    return write


def _mapping_writer(writers: Mapping[str, Write]) -> Write:
    def write(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {
            key: writers[key](one) if key in writers and one is not None else one
            for key, one in value.items()
        }

    return write
