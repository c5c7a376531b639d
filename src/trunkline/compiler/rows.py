"""Plain leaves, which an object itself has, and the rows that they are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias

from trunkline.compiler.plan import Built, FieldPlan, Leaf, Selected, SelectionPlan
from trunkline.compiler.scope import LOCAL
from trunkline.runtime.leaves import PlainLeaf
from trunkline.runtime.values import lookup
from trunkline.schema.bindings import Attribute, Key, Lookup

__all__ = ["ANY_WIDTH", "PYTHON_TYPES", "RANGES", "ROW", "Row", "describe_leaf", "is_plain", "rows"]

PYTHON_TYPES = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": float}
"""The Python type of a scalar's value that needs no conversion."""

RANGES = {"Int": "{0}.bit_length() > 31", "Float": "{0} - {0} != 0.0"}
"""Where the value counts too: more than 32 bits; infinite, for infinity less infinity is no number
(the smallest Int, which has 32 bits, is let pass by the function that is called then)."""

ROW = 54  # characters of the names of leaves that are read under one `try`: they stand in a line
ANY_WIDTH = float("inf")
_CAPITALS = 4  # underscores that snake case may add

Row: TypeAlias = list[Selected]
"""Fields that stand side by side: several plain leaves, or one of any other kind."""


def rows(selection: SelectionPlan, limit: float) -> Iterator[Row]:
    """Divide the fields of an object; the names in a row may have so many characters."""
    row: Row = []
    width = 0
    for selected in selection.fields:
        plain = is_plain(selected)
        width += _width(selected)
        if row and not (plain and width <= limit):
            yield row
            row, width = [], _width(selected)
        if plain:
            row.append(selected)
        else:
            yield [selected]
    if row:
        yield row


def _width(selected: Selected) -> int:
    """Say how many characters the variable of a field takes in a list, with a number behind it."""
    return min(len(selected.field.name) + _CAPITALS, LOCAL) + len("_1234, ")


def is_plain(selected: Selected) -> bool:
    """Say whether a field is a leaf that the object itself has, always asked for."""
    field = selected.field
    is_leaf = isinstance(field.shape, Leaf) and isinstance(field.binding, (Attribute, Key, Lookup))
    return is_leaf and not selected.condition and not isinstance(field.arguments, Built)


def describe_leaf(field: FieldPlan, complete: Callable[[Any], Any]) -> PlainLeaf:
    """Describe a leaf to what reads leaves one by one."""
    shape = field.shape
    assert isinstance(shape, Leaf)  # noqa: S101  # that is what makes it one
    read: Callable[[Any], Any]
    match field.binding:
        case Attribute(name):
            read = attrgetter(name)
        case Key(name):
            read = partial(_get, name)
        case Lookup(names):
            read = partial(_look_up, names)
        case _:
            raise AssertionError(f"{field.coordinate}: {field.binding}")
    plain_type = None if shape.type.name in RANGES else PYTHON_TYPES.get(shape.type.name)
    return PlainLeaf(field.key, read, plain_type, complete, shape.nullable, field.mark)


def _get(name: str, parent: Any) -> Any:
    return parent.get(name)


def _look_up(names: tuple[str, ...], parent: Any) -> Any:
    return lookup(parent, names)
