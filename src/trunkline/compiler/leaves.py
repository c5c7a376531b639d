"""Plain leaves, which an object itself has: they stand in rows under one ``try``.

If one of a row fails, those behind it are read one by one (`reread`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any, TypeAlias

from trunkline.compiler.namespace import LOCAL, FunctionScope
from trunkline.compiler.plan import (
    BuiltArguments,
    FieldPlan,
    LeafShape,
    PlacedField,
    SelectionPlan,
)
from trunkline.runtime.values import PlainLeaf, lookup
from trunkline.schema.bindings import Attribute, Key, Lookup

__all__ = [
    "ANY_WIDTH",
    "ROW",
    "Row",
    "describe_leaf",
    "is_plain",
    "key_text",
    "rows",
]

_PLAIN_TYPES = {"String": str, "ID": str, "Boolean": bool}
"""The type of a scalar's value that needs no conversion, whatever the value."""

ROW = 54  # characters of the names of leaves that are read under one `try`: they stand in a line
ANY_WIDTH = float("inf")
_CAPITALS = 4  # underscores that snake case may add

Row: TypeAlias = list[PlacedField]
"""Fields that stand side by side: several plain leaves, or one field of any other kind."""


def rows(selection: SelectionPlan, limit: float) -> Iterator[Row]:
    """Divide the fields of an object; ``limit`` is the characters of the names in a row."""
    row: Row = []
    width = 0
    for placed in selection.fields:
        plain = is_plain(placed)
        # its variable may stand in a list, with a number behind it
        own = min(len(placed.field.name) + _CAPITALS, LOCAL) + len("_1234, ")
        width += own
        if row and not (plain and width <= limit):
            yield row
            row, width = [], own
        if plain:
            row.append(placed)
        else:
            yield [placed]
    if row:
        yield row


def is_plain(placed: PlacedField) -> bool:
    """Return whether a field is a leaf that the object itself has, always selected, and once."""
    field = placed.field
    is_leaf = isinstance(field.shape, LeafShape)
    is_read = isinstance(field.binding, (Attribute, Key, Lookup))
    return (
        is_leaf
        and is_read
        and not placed.condition
        and not placed.again
        and not isinstance(field.arguments, BuiltArguments)
    )


def describe_leaf(
    field: FieldPlan, complete: Callable[[Any], Any], variable: str = ""
) -> PlainLeaf:
    """Describe a leaf to the functions that read leaves one by one.

    ``variable`` holds its value in the text of a row.
    """
    shape = field.shape
    assert isinstance(shape, LeafShape)  # noqa: S101  # plain leaves only
    read: Callable[[Any], Any]
    match field.binding:
        case Attribute(name):
            read = attrgetter(name)
        case Key(name):
            read = methodcaller("get", name)
        case Lookup(coordinate, names):
            read = partial(lookup, names=names, coordinate=coordinate)
        case _:
            raise AssertionError(f"{field.coordinate}: {field.binding}")
    plain_type = _PLAIN_TYPES.get(shape.type.name)
    return PlainLeaf(field.key, read, plain_type, complete, shape.nullable, field.mark, variable)


def key_text(field: FieldPlan, scope: FunctionScope) -> str:
    """Write a response key: the schema's own names as text, a request's aliases bound."""
    if field.key != field.name:
        return scope.module.bind("ALIAS", field.key)
    return scope.module.text("KEY", field.key)
