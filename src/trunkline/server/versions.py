"""304 without executing: the version of what a query would return tells if it has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from inspect import isawaitable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from graphql import FieldNode, GraphQLArgument, Undefined
from msgspec import Struct

from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.caching import directives_in
from trunkline.compiler.operation import Operation
from trunkline.errors import SchemaError
from trunkline.observe.log import safe_logger
from trunkline.schema.bindings import Attribute, Key, Lookup, Schema
from trunkline.schema.entities import given_argument
from trunkline.schema.names import unknown_coordinates

__all__ = ["Version", "VersionFunction", "Versions"]

logger = safe_logger("trunkline.errors")

_PLAIN = (int, str, float, datetime)  # to ask for an awaitable takes longer

VersionFunction: TypeAlias = Callable[[Mapping[str, Any], Caller | None], Any | Awaitable[Any]]
"""Returns the version of what a field returns now: a number, a time, a text; may be ``async``.

Takes the field's arguments by their names in the schema, as in JSON and with the schema's defaults,
and the caller. ``None`` means that it is not known, and the operation is executed.
"""


class Version(Struct, frozen=True):
    """How the version of a query's field is found, and what it is the version of.

    ``covers`` are the types whose values change the version when they change; of these, fields that
    have a resolver must be named too (``Book.sales``). An operation that uses more is executed.
    """

    function: VersionFunction
    covers: Collection[str]


class _Versioned(Struct, frozen=True):
    """An operation that reads nothing but what its only root field has the version of."""

    coordinate: str
    function: VersionFunction
    node: FieldNode
    known: Mapping[str, GraphQLArgument]
    values: Callable[[Mapping[str, Any] | None], dict[str, Any]]

    def arguments(self, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the arguments as in JSON, with the schema's defaults."""
        if not self.known:
            return {}
        values = self.values(variables)
        given = {
            name: given_argument(name, argument, self.node, values)
            for name, argument in self.known.items()
        }
        return {name: value for name, value in given.items() if value is not Undefined}


class Versions:
    """The versions of a schema's query fields, by coordinate (``Query.book``).

    Raises ``SchemaError`` for a coordinate or a type that the schema lacks.
    """

    def __init__(self, schema: Schema, versions: Mapping[str, Version]) -> None:
        definition = schema.definition
        named = [*versions, *(each for version in versions.values() for each in version.covers)]
        mistakes = list(unknown_coordinates("versions", definition, named))
        query = definition.query_type.name if definition.query_type else ""
        mistakes += (
            f"versions: {each} is not a field of {query}."
            for each in versions
            if not each.startswith(f"{query}.")
        )
        if mistakes:
            raise SchemaError("\n".join(mistakes))
        self._definition = definition
        self._query = query
        self._versions = versions
        self._versioned: WeakKeyDictionary[Operation, _Versioned | None] = WeakKeyDictionary()

    async def current(
        self, operation: Operation, variables: Mapping[str, Any] | None, caller: Caller | None
    ) -> str | None:
        """Return the version of what an operation would return; ``None`` if it is not known.

        Raises what `Operation.coerce` raises.
        """
        try:
            versioned = self._versioned[operation]
        except KeyError:
            versioned = self._versioned[operation] = self._find(operation)
        if versioned is None:
            return None
        if operation.variables.names:
            operation.coerce(variables)  # so that the function gets what fits the schema
        try:
            found = versioned.function(versioned.arguments(variables), caller)
            if not isinstance(found, _PLAIN) and isawaitable(found):
                found = await found
        except Exception:
            logger.exception(
                "The version of %s is not known; it is executed.", versioned.coordinate
            )
            return None
        return None if found is None else str(found)

    def _find(self, operation: Operation) -> _Versioned | None:
        """Find the version of what an operation reads, if there is one for all of it."""
        groups = operation.caching and operation.caching.groups
        if not groups or len(groups.fields) != 1:
            return None
        (node,) = groups.fields
        coordinate = f"{self._query}.{node.name.value}"
        version = self._versions.get(coordinate)
        if version is None or not _covers(version, operation, coordinate):
            return None
        root: Any = self._definition.query_type
        known = root.fields[node.name.value].args
        return _Versioned(coordinate, version.function, node, known, groups.values)


def _covers(version: Version, operation: Operation, root: str) -> bool:
    """Say whether everything that an operation reads changes its version.

    The functions of its directives may read anything.
    """
    directives = operation.schema.directives
    if directives and directives.keys() & directives_in(operation.read()):
        return False
    bindings = operation.schema.bindings
    for coordinate in operation.coordinates:
        parent, _, field = coordinate.partition(".")
        if coordinate == root or not field or field.endswith(")") or coordinate in version.covers:
            continue
        type_: Any = operation.schema.definition.type_map[parent]
        if field not in getattr(type_, "fields", {}) or hasattr(type_, "out_type"):
            continue  # a value, or an input field
        is_plain = isinstance(bindings.get(coordinate), (Attribute, Key, Lookup))
        if parent not in version.covers or not is_plain:
            return False
    return True
