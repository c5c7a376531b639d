"""Plain leaves, which an object itself has: in rows under one ``try``, or in a comprehension.

If one of a row fails, those behind it are read one by one (`reread`). A list whose objects have
only plain leaves is tried as one comprehension first. It takes for granted that every object is of
the model's class and that no value is an error. If that is not so, the loop below the comprehension
starts again and finds out. So a correct list costs little more than one that is written by hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from operator import attrgetter, methodcaller
from typing import Any, NamedTuple, TypeAlias

from trunkline.compiler.namespace import LOCAL, FunctionScope
from trunkline.compiler.plan import (
    BuiltArguments,
    FieldPlan,
    LeafShape,
    ListShape,
    ObjectShape,
    PlacedField,
    SelectionPlan,
    TypeName,
)
from trunkline.compiler.reading import is_short
from trunkline.runtime.values import PlainLeaf, lookup
from trunkline.schema.bindings import Attribute, Key, Lookup
from trunkline.text.source import INDENT, WIDTH

__all__ = [
    "ANY_WIDTH",
    "PYTHON_TYPES",
    "RANGES",
    "ROW",
    "WIDE",
    "Row",
    "describe_leaf",
    "is_plain",
    "is_wide",
    "key_text",
    "plain_items",
    "rows",
]

PYTHON_TYPES = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": float}
"""The Python type of a scalar's value that needs no conversion."""

RANGES = {"Int": "{0}.bit_length() > 31", "Float": "{0} - {0} != 0.0"}
"""A test of the value itself: for more than 32 bits, or for infinity, which is not 0 less itself.
(The smallest Int has 32 bits; the function that is called then accepts it.)"""

ROW = 54  # characters of the names of leaves that are read under one `try`: they stand in a line
ANY_WIDTH = float("inf")
WIDE = 100  # fields that one function has at most: other threads wait while Python compiles it
_CAPITALS = 4  # underscores that snake case may add
_DEPTH = 6  # indentations of a line within a comprehension
_COMPUTED = (property, cached_property)
"""Attributes that run a program's code: the loop below the comprehension would run it again."""

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


def is_wide(selection: SelectionPlan) -> bool:
    """Return whether an object has more fields than one function is to have."""
    return len(selection.fields) > WIDE


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
    plain_type = None if shape.type.name in RANGES else PYTHON_TYPES.get(shape.type.name)
    return PlainLeaf(field.key, read, plain_type, complete, shape.nullable, field.mark, variable)


def key_text(field: FieldPlan, scope: FunctionScope) -> str:
    """Write a response key: the schema's own names as text, a request's aliases bound."""
    if field.key != field.name:
        return scope.module.bind("ALIAS", field.key)
    return scope.module.text("KEY", field.key)


class _Conditional(NamedTuple):
    """``good`` if all ``tests`` hold, ``otherwise`` if not."""

    good: str
    tests: list[str]
    otherwise: str


def plain_items(shape: ListShape, scope: FunctionScope) -> list[str] | None:
    """Write the keys and values of a list's objects, a line each.

    ``None`` if the list's objects have other than plain leaves, or many.
    """
    item = shape.item
    if not isinstance(item, ObjectShape) or item.model is None or item.selection.unsure:
        return None
    if is_wide(item.selection):
        return None
    lines: list[str] = []
    for placed in item.selection.fields:
        value = None if placed.condition else _value(placed.field, item.model, scope)
        if value is None:
            return None
        lines += _item(key_text(placed.field, scope), value)
    return lines if lines and all(map(_fits, lines)) else None


def _item(key: str, value: str | _Conditional) -> list[str]:
    """Write a key and its value: on one line if it fits, else broken where ruff would."""
    if isinstance(value, str):
        return [f"{key}: {value},"]
    flat = f"{key}: {value.good} if {' and '.join(value.tests)} else {value.otherwise},"
    if _fits(flat):
        return [flat]
    flat = "if " + " and ".join(value.tests)
    first, *others = value.tests
    broken = [flat] if _fits(flat) else [f"if {first}", *(f"and {other}" for other in others)]
    return [f"{key}: {value.good}", *broken, f"else {value.otherwise},"]


def _fits(line: str) -> bool:
    return len(INDENT) * _DEPTH + len(line) <= WIDTH


def _value(field: FieldPlan, model: type, scope: FunctionScope) -> str | _Conditional | None:
    """Write an expression of a field's value that fails, or completes it, if it is not plain."""
    module, shape = scope.module, field.shape
    if isinstance(field.binding, TypeName):
        return module.text("TYPE", field.binding.name)
    if (
        not isinstance(field.binding, Attribute)
        or not isinstance(shape, LeafShape)
        or field.arguments
        or not is_short(field.binding.name)
        or isinstance(inspect.getattr_static(model, field.binding.name, None), _COMPUTED)
    ):
        return None
    name, type_name = field.binding.name, shape.type.name
    read = f"value.{name}"
    complete = module.leaf(shape.type, nullable=shape.nullable)
    if type_name not in PYTHON_TYPES:
        return f"{complete}({read})"
    variable = scope.local(name)
    tests = [f"type({variable} := {read}) is {PYTHON_TYPES[type_name].__name__}"]
    if type_name == "Int":
        tests.append(f"{variable}.bit_length() < 32")
    elif type_name == "Float":
        tests.append(f"{variable} - {variable} == 0.0")
    elif type_name == "Boolean":  # faster than a look at the type
        tests = [f"({variable} := {read}) is True or {variable} is False"]
    if shape.nullable and len(tests) == 1:
        tests = [f"{tests[0]} or {variable} is None"]
    return _Conditional(variable, tests, f"{complete}({variable})")
