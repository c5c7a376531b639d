"""The names of a schema's elements in Python.

How a name is made from another is in `text/names.py`. Here the names that a program gives itself
are looked up, by the coordinate of the element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from graphql import GraphQLError, GraphQLSchema
from graphql.pyutils import did_you_mean, suggestion_list
from graphql.utilities import resolve_schema_coordinate

from trunkline.schema.directives import elements_of
from trunkline.text.names import escape_keyword, is_name, python_name, snake_case

__all__ = ["PythonNames", "names_of", "unknown_coordinates"]


class PythonNames:
    """The names of a schema's elements in Python: those ``given`` by coordinate, or the usual ones.

    Coordinates are those of the specification: a type (``Todo``), a field (``Todo.todoID``), an
    argument (``Query.todo(todoID:)``), an input field, an enum's value, a directive (``@auth``) or
    an argument of it (``@auth(requires:)``).
    """

    def __init__(self, definition: GraphQLSchema, given: Mapping[str, str]) -> None:
        self._definition = definition
        self._given = given

    def of(self, coordinate: str, name: str) -> str:
        """Return the name of an element that the schema calls ``name``."""
        return self._given.get(coordinate) or python_name(name)

    def any_of(self, coordinate: str, name: str) -> tuple[str, ...]:
        """Return the names that the element may have, the likeliest first."""
        given = self._given.get(coordinate)
        return names_of(name) if given is None else (given,)

    def member(self, coordinate: str, name: str) -> str:
        """Return the name of an enum's value among the members of Python's enum."""
        return self._given.get(coordinate) or ("mro_" if name == "mro" else escape_keyword(name))

    def mistakes(self) -> Iterator[str]:
        """Yield a message for each given name whose element is unknown or that Python lacks.

        Names with two leading underscores are reserved for the engine.
        """
        yield from unknown_coordinates("names", self._definition, self._given)
        for coordinate, name in self._given.items():
            if not _is_name(name):
                yield f"names: {coordinate!r} must stand for a Python name, not {name!r}."


def names_of(field: str) -> tuple[str, ...]:
    """Return the names that a field may have in Python: the schema's own, and the usual ones."""
    return tuple(dict.fromkeys((field, python_name(field), snake_case(field))))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and not name.startswith("__") and is_name(name)


def unknown_coordinates(
    what: str, definition: GraphQLSchema, coordinates: Collection[str]
) -> Iterator[str]:
    """Yield a message for each coordinate that stands for nothing in a schema."""
    for coordinate in coordinates:
        try:
            is_known = resolve_schema_coordinate(definition, coordinate) is not None
        except (GraphQLError, ValueError, TypeError):  # not a coordinate, or of an unknown parent
            is_known = False
        if not is_known:
            known = [each for each, _ in elements_of(definition)]
            for directive in definition.directives:
                known.append(f"@{directive.name}")
                known += (f"@{directive.name}({argument}:)" for argument in directive.args)
            hint = did_you_mean(suggestion_list(coordinate, known))
            yield f"{what}: the schema has no {coordinate!r}.{hint}"
