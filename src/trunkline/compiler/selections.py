"""What a resolver is told of the fields below its own, taken from the plan."""

from __future__ import annotations

from collections.abc import Iterator

from trunkline.compiler.plan import AbstractOf, ListOf, ObjectOf, Refused, Shape, TypeName
from trunkline.runtime.selection import Selection, Wanted, WantedByType

__all__ = ["selection_below"]


def selection_below(shape: Shape) -> Selection:
    """Return what is selected of a field's value, for any variables."""
    return Selection({each.type_name: list(_wanted(each)) for each in _objects(shape)})


def _objects(shape: Shape) -> Iterator[ObjectOf]:
    match shape:
        case ListOf():
            yield from _objects(shape.item)
        case AbstractOf():
            yield from map(shape.plan_object, shape.names)
        case ObjectOf():
            yield shape
        case _:
            pass


def _wanted(shape: ObjectOf) -> Iterator[Wanted]:
    for selected in shape.selection.fields:
        field = selected.field
        if not isinstance(field.binding, (TypeName, Refused)):
            yield Wanted(field.name, selected.condition, _below(field.selection, field.shape))


def _below(known: Selection | None, shape: Shape) -> WantedByType:
    """Return what is below a field, once for all resolvers that stand above each other."""
    return (selection_below(shape) if known is None else known).types
