"""Lists that native code may write as JSON: what the extension `trunkline_native` is told of them.

A list is plain if all below it is: objects of known classes, members that no code of the program
computes, leaves whose types are known here. The compiled function of a plain list is wrapped in a
``Walk``. Where the execution takes JSON, the walk writes the list; if any value is not exactly what
is expected, the compiled function completes the list from its start. So the extension only reads,
and knows only the good case.

Without the extension no list is wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timezone
from decimal import Decimal
from functools import partial
from types import MemberDescriptorType
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import GraphQLEnumType, GraphQLLeafType

from trunkline.compiler.inline import InlineLeaf
from trunkline.compiler.plan import (
    AbstractShape,
    FieldPlan,
    LeafShape,
    ListShape,
    ObjectShape,
    PlacedField,
    Shape,
    TypeName,
    fields_of,
)
from trunkline.compiler.planner import PlannedOperation
from trunkline.runtime.positions import Mark
from trunkline.runtime.walked import with_batches
from trunkline.schema.bindings import Attribute, Key
from trunkline.schema.scalars import AWARE_DATE_TIME, KNOWN_SCALARS, scalar_of

__all__ = ["Walk", "reads_plainly", "walk_of"]

Walk: TypeAlias = Callable[[Mapping[str, Any], str], Callable[..., Any]]
"""Takes a module's functions, and the name of a list's; returns the one that is to stand in its
place, and gives JSON to executions that take it."""

_Description: TypeAlias = tuple[str, bool, object]
"""The kind of a shape, whether null is allowed, and what else there is to say of the kind."""

_DESCRIPTIONS = 3
"""The version of the descriptions, which the extension must know."""

_CLASSES: Mapping[str, object] = {
    "ID": UUID,
    "AwareDateTime": (timezone, ZoneInfo),
    "DateTime": (timezone, ZoneInfo),
    "Decimal": Decimal,
    "UUID": UUID,
}
"""What the extension knows by identity."""
_SPECIFIED = ("String", "ID", "Boolean", "Int", "Float")
_KNOWN = ("DateTime", "Date", "Time", "Decimal", "UUID", "Int64")
_SCALARS = {
    **{KNOWN_SCALARS[name].scalar: name for name in _KNOWN},
    AWARE_DATE_TIME: "AwareDateTime",
}
"""As `trunkline.schema.scalars` writes them; a program may bind others to the same names."""


class _Item(NamedTuple):
    item: object


_READERS = (MemberDescriptorType, type(vars(_Item)["item"]))
"""The descriptors of slots, and of the items of named tuples."""


class _NotPlainError(Exception):
    """Something below a list is not plain."""


def walk_of(
    planned: PlannedOperation,
    shape: ListShape,
    mark: Mark,
    name_batch: Callable[[FieldPlan], tuple[str, str]],
) -> Walk | None:
    """Return what wraps the compiled function of a list, if it is plain and the extension there.

    ``mark`` is the list's; ``name_batch`` names the functions that call a batch resolver and
    complete its values.
    """
    if _walk is None or planned.planner.dialect.values_may_wait:
        return None
    batches: list[FieldPlan] = []
    try:
        list_ = _shape(planned, shape, batches)
        values = [_value(planned, field.shape) for field in batches]
    except (_NotPlainError, RecursionError):
        return None
    if not batches:
        return partial(_wrap, partial(_walk, list_))
    if any(each.shared for field in batches for each in (mark, field, field.mark)):
        return None  # positions are relative there
    names = [(*name_batch(field), field.mark) for field in batches]
    return partial(_wrap_with_batches, partial(_walk, list_, values=values), mark, names)


def _wrap(walk: Callable[..., Any], functions: Mapping[str, Any], name: str) -> Callable[..., Any]:
    wrapped: Callable[..., Any] = walk(functions[name])
    return wrapped


def _wrap_with_batches(
    walk: Callable[..., Any],
    mark: Mark,
    names: list[tuple[str, str, Mark]],
    functions: Mapping[str, Any],
    name: str,
) -> Callable[..., Any]:
    function = functions[name]
    batches = [(functions[call], functions[complete], each) for call, complete, each in names]
    return with_batches(walk(function), function, mark, batches)


def reads_plainly(class_: type, names: tuple[str, ...]) -> bool:
    """Return whether reading these attributes of a class's objects runs no code of the program.

    The walk asks again when the class has changed.
    """
    bases = [vars(base) for base in class_.__mro__]
    reader = next(each["__getattribute__"] for each in bases if "__getattribute__" in each)
    if reader not in (object.__getattribute__, tuple.__getattribute__):
        return False
    found = (next((each[name] for each in bases if name in each), None) for name in names)
    return all(isinstance(each, _READERS) or not hasattr(type(each), "__get__") for each in found)


def _extension() -> Callable[..., Any] | None:
    try:
        import trunkline_native  # noqa: PLC0415  # pyright: ignore[reportMissingModuleSource]
        from orjson import Fragment  # noqa: PLC0415  # both may be missing
    except ImportError:
        return None
    if getattr(trunkline_native, "DESCRIPTIONS", 1) != _DESCRIPTIONS:
        raise ImportError(
            "The extension trunkline_native is not of the version that this Trunkline needs."
            " Build it anew: `pip install ./native`, or `make native`. Or uninstall it."
        )
    return partial(trunkline_native.Walk, Fragment, reads_plainly)


_walk = _extension()


def _shape(planned: PlannedOperation, shape: Shape, batches: list[FieldPlan]) -> _Description:
    """Describe a shape, and collect the fields below it that are batches."""
    nullable = shape.nullable
    match shape:
        case LeafShape(type=type_):
            kind, rest = _leaf(planned, type_)
            return kind, nullable, rest
        case ListShape(item=ObjectShape() as item):
            objects = [_object(planned, item, 0, batches)]  # the list counts them
            return "list", nullable, (fields_of(item), ("object", item.nullable, objects))
        case ListShape(item=item):
            return "list", nullable, (1, _shape(planned, item, batches))
        case ObjectShape():
            return "object", nullable, [_object(planned, shape, fields_of(shape), batches)]
        case AbstractShape():
            known = planned.planner.known_objects(shape).values()
            if not known:
                raise _NotPlainError
            objects = [_object(planned, each, fields_of(each), batches) for each in known]
            return "object", nullable, objects


def _value(planned: PlannedOperation, shape: Shape) -> _Description:
    """Describe what a batch gives for each object; an object of it is not counted."""
    batches: list[FieldPlan] = []
    if isinstance(shape, ObjectShape):
        value: _Description = "object", shape.nullable, [_object(planned, shape, 0, batches)]
    else:
        value = _shape(planned, shape, batches)
    if batches:
        raise _NotPlainError
    return value


def _object(
    planned: PlannedOperation, shape: ObjectShape, weight: int, batches: list[FieldPlan]
) -> tuple[object, ...]:
    model, selection = shape.model, shape.selection
    if model is None or selection.unsure or not selection.fields:
        raise _NotPlainError
    fields = [_field(planned, placed, model, batches) for placed in selection.fields]
    return model, weight, fields


def _field(
    planned: PlannedOperation, placed: PlacedField, model: type, batches: list[FieldPlan]
) -> tuple[str, str | int, _Description | None]:
    field = placed.field
    if field.is_batch and not placed.condition:
        batches.append(field)
        return field.key, len(batches) - 1, None
    if not placed.condition and not field.arguments:
        match field.binding:
            case TypeName(name):
                return field.key, name, None
            case Key(name) if model is dict:
                return field.key, name, _shape(planned, field.shape, batches)
            case Attribute(name) if reads_plainly(model, (name,)):
                return field.key, name, _shape(planned, field.shape, batches)
            case _:
                pass
    raise _NotPlainError


def _leaf(planned: PlannedOperation, type_: GraphQLLeafType) -> tuple[str, object]:
    if isinstance(type_, GraphQLEnumType):
        return _enum(planned.planner.dialect.inline_leaf(type_))
    kind = type_.name if type_.name in _SPECIFIED else _SCALARS.get(scalar_of(type_))
    if kind is None:
        raise _NotPlainError
    return kind, _CLASSES.get(kind)


def _enum(leaf: InlineLeaf | None) -> tuple[str, object]:
    """Describe an enum by what stands for each of its values: a string, or a member."""
    if leaf is None:
        raise _NotPlainError
    names: Any = leaf.uses  # in the response, where they are not the members' own
    if leaf.class_ is str:
        return "strings", list(names.items())
    members: Any = leaf.class_
    written = names or {member.name: member.name for member in members}
    return "enum", [(members[name], each) for name, each in written.items()]
