"""What the elements of a schema are called in Python."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from graphql import (
    GraphQLError,
    GraphQLSchema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.utilities import resolve_schema_coordinate

from trunkline.schema.members import names_of
from trunkline.text.names import escape_keyword, is_name, python_name

__all__ = ["PythonNames", "member_name", "unknown_coordinates"]


class PythonNames:
    """The names of a schema's elements in Python: ``given`` by coordinate, else as people do it.

    Coordinates are those of the specification: a type (``Todo``), a field of it (``Todo.todoID``),
    an argument (``Query.todo(todoID:)``), an input field, an enum's value, a directive (``@auth``)
    or an argument of it (``@auth(requires:)``).
    """

    def __init__(self, definition: GraphQLSchema, given: Mapping[str, str]) -> None:
        self._definition = definition
        self._given = given

    def of(self, coordinate: str, name: str) -> str:
        """Return the one name of an element that the schema calls ``name``."""
        return self._given.get(coordinate) or python_name(name)

    def any_of(self, coordinate: str, name: str) -> tuple[str, ...]:
        """Return the names that the element may have, the likeliest first."""
        given = self._given.get(coordinate)
        return names_of(name) if given is None else (given,)

    def member(self, coordinate: str, name: str) -> str:
        """Return the name of an enum's value among the members of Python's enum."""
        return self._given.get(coordinate) or member_name(name)

    def mistakes(self) -> Iterator[str]:
        """Say which names stand for nothing, or are none that Python takes."""
        yield from unknown_coordinates("names", self._definition, self._given)
        for coordinate, name in self._given.items():
            if not _is_name(name):
                yield f"names: {coordinate!r} must stand for a name of Python's, not {name!r}."


def member_name(name: str) -> str:
    """Return what an enum's value is called in Python, where some names are taken."""
    return "mro_" if name == "mro" else escape_keyword(name)


def unknown_coordinates(
    what: str, definition: GraphQLSchema, coordinates: Collection[str]
) -> Iterator[str]:
    """Say which coordinates stand for nothing in a schema."""
    for coordinate in coordinates:
        if not _is_known(definition, coordinate):
            hint = did_you_mean(suggestion_list(coordinate, list(_coordinates(definition))))
            yield f"{what}: the schema has no {coordinate!r}.{hint}"


def _is_known(definition: GraphQLSchema, coordinate: str) -> bool:
    try:
        return resolve_schema_coordinate(definition, coordinate) is not None
    except (GraphQLError, ValueError, TypeError):  # no coordinate, or below nothing
        return False


def _is_name(name: object) -> bool:
    """Say whether a name can be one of ours; two underscores at the front are the engine's."""
    return isinstance(name, str) and not name.startswith("__") and is_name(name)


def _coordinates(definition: GraphQLSchema) -> Iterator[str]:
    """Yield every coordinate there is, for suggestions."""
    for type_ in definition.type_map.values():
        yield type_.name
        if is_enum_type(type_):
            yield from (f"{type_.name}.{name}" for name in type_.values)
        elif is_input_object_type(type_):
            yield from (f"{type_.name}.{name}" for name in type_.fields)
        elif is_object_type(type_) or is_interface_type(type_):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}"
                yield from (f"{type_.name}.{name}({argument}:)" for argument in field.args)
    for directive in definition.directives:
        yield f"@{directive.name}"
        yield from (f"@{directive.name}({argument}:)" for argument in directive.args)
