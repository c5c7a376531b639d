"""Lists that native code may write as JSON: what the extension `trunkline_native` is told of them.

A list is plain if all below it is: objects that are read in known ways, leaves that are written in
known ways, no resolvers but batches and those that take the parent alone. The compiled function of
a plain list is wrapped in a ``Walk``. Where the execution takes JSON, the walk writes the list; if
any value is not exactly what is expected, the compiled function completes the list from its start.
The extension knows only the good case. What it had from code of the program before its doubt, the
compiled function takes (`Execution.ask`).

Without the extension no list is wrapped.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta, timezone
from decimal import Decimal
from functools import cache, partial
from types import GeneratorType
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import GraphQLScalarType, Undefined
from msgspec import to_builtins

from trunkline.compiler.inline import InlineLeaf, runs_code
from trunkline.compiler.plan import (
    AbstractShape,
    BuiltArguments,
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
from trunkline.compiler.reading import program_code
from trunkline.runtime.positions import Condition, Mark
from trunkline.runtime.walked import with_batches
from trunkline.schema.attributes import access_to, is_row_of_sqlalchemy
from trunkline.schema.bindings import Attribute, Key, Lookup, Resolver
from trunkline.schema.models import is_row
from trunkline.schema.scalars import AWARE_DATE_TIME, KNOWN_SCALARS, UNDESCRIBED, scalar_of

__all__ = ["Walk", "extension", "readers", "walk_of"]

_log = logging.getLogger(__name__)

Walk: TypeAlias = Callable[[Mapping[str, Any], str], Callable[..., Any]]
"""Takes a module's functions, and the name of a list's; returns the one that is to stand in its
place, and gives JSON to executions that take it."""

_Description: TypeAlias = tuple[str, bool, object]
"""The kind of a shape, whether null is allowed, and what else there is to say of the kind."""

_Member: TypeAlias = Attribute | Key | Lookup
_Reader: TypeAlias = tuple[str, tuple[str, ...]]
"""How a member is read, as ``attribute``, ``stored``, by ``code``, by ``key``, or in a ``row``; and
its names."""

_DESCRIPTIONS = 6
"""The version of the descriptions and of the functions that the extension must have."""

_CLASSES: Mapping[str, object] = {
    "ID": UUID,
    "AwareDateTime": (timezone, ZoneInfo),
    "DateTime": (timezone, ZoneInfo),
    "Decimal": Decimal,
    "UUID": UUID,
}
"""What the extension knows by identity."""


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


_SPECIFIED = ("String", "ID", "Boolean", "Int", "Float")
_KNOWN = ("DateTime", "Date", "Time", "Decimal", "UUID", "Int64", "JSON")
_SCALARS: Mapping[Any, tuple[str, object]] = {
    **{KNOWN_SCALARS[name].scalar: (name, _CLASSES.get(name)) for name in _KNOWN},
    KNOWN_SCALARS["Duration"].scalar: ("call", ("Duration", timedelta, to_builtins)),
    KNOWN_SCALARS["Bytes"].scalar: ("call", ("Bytes", bytes, _base64)),
    AWARE_DATE_TIME: ("AwareDateTime", _CLASSES["AwareDateTime"]),
    UNDESCRIBED: ("JSON", None),
}
"""As `trunkline.schema.scalars` writes them; a program may bind others to the same names."""


_NO_OBJECTS = (Exception, Awaitable, GeneratorType, type(Undefined))
"""Classes of which some values are errors, null, or not awaited."""


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
    make = extension()
    if make is None or planned.planner.dialect.values_may_wait:
        return None
    describer = _Describer(planned)
    try:
        list_ = describer.shape(shape)
        batches = [*describer.batches]
        describer.is_in_batch = True
        values = [describer.value(field.shape) for field in batches]
    except (_NotPlainError, RecursionError):
        return None
    walk = partial(
        make,
        list_,
        values=values,
        conditions=[*map(sorted, describer.conditions)],
        required=sorted(describer.required),
    )
    if not batches:
        return partial(_wrap, walk)
    if any(each.shared for field in batches for each in (mark, field, field.mark)):
        return None  # positions are relative there
    names = [(*name_batch(field), field.mark) for field in batches]
    return partial(_wrap_with_batches, walk, mark, names)


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


def readers(model: type | None, class_: type, members: tuple[_Member, ...]) -> list[_Reader] | None:
    """Return how these members are read in objects of a class, ``None`` if the text reads them.

    ``model`` is the class that stands for the object type. The walk asks for each class that it
    meets, and again when a class has changed.
    """
    if class_ is not model and not _is_accepted(class_, model):
        return None
    found = [_reader(class_, member) for member in members]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def _is_accepted(class_: type, model: type | None) -> bool:
    """Return whether the text accepts all objects of another class than the model."""
    if issubclass(class_, _NO_OBJECTS):
        return False
    if any("__class__" in vars(base) for base in class_.__mro__ if base is not object):
        return False
    return model is None or model in class_.__mro__


def _reader(class_: type, member: _Member) -> _Reader | None:
    match member:
        case Key(name):
            return ("key", (name,)) if class_ is dict else None
        case Lookup(_, names):
            return _lookup_reader(class_, names)
        case Attribute(name):
            access = access_to(class_, name)
            if access == "code" and not member.is_code:
                return None  # the text does not ask for what it has given
            return access, (name,)


def _lookup_reader(class_: type, names: tuple[str, ...]) -> _Reader | None:
    if class_ is dict:
        return "key", names
    if is_row_of_sqlalchemy(class_):  # a missing column may be an attribute that all rows have
        return None if any(hasattr(class_, name) for name in names[:-1]) else ("row", names)
    if issubclass(class_, Mapping) or is_row(class_) or hasattr(class_, "__getattr__"):  # type: ignore[arg-type]  # mypy thinks that no class has a hash
        return None
    if any(access_to(class_, name) != "attribute" for name in names):
        return None
    is_stored = len(names) > 1 and not any(hasattr(class_, name) for name in names)
    return "stored" if is_stored else "attribute", names


@cache
def extension() -> Callable[..., Any] | None:
    """Return the extension's ``Walk``, if it is there and of the right version."""
    try:
        import trunkline_native  # noqa: PLC0415  # pyright: ignore[reportMissingModuleSource]
        from orjson import Fragment  # noqa: PLC0415  # both may be missing
    except ImportError:
        return None
    if getattr(trunkline_native, "DESCRIPTIONS", 1) != _DESCRIPTIONS:
        _log.warning(
            "The extension trunkline_native is not of the version that this Trunkline needs, and is"
            " not used. Build it anew: `pip install ./native`, or `make native`."
        )
        return None
    return partial(trunkline_native.Walk, Fragment, readers)


class _Describer:
    """Describes a list, and collects what there is to know of all below it."""

    def __init__(self, planned: PlannedOperation) -> None:
        self._planned = planned
        self.batches: list[FieldPlan] = []
        self.conditions: dict[Condition, int] = {}  # with their numbers
        self.required: set[int] = set()  # variables that must not be null
        self.is_in_batch = False  # where no code of the program may run

    def shape(self, shape: Shape) -> _Description:
        """Describe a shape."""
        nullable = shape.nullable
        match shape:
            case LeafShape():
                kind, rest = self._leaf(shape)
                return kind, nullable, rest
            case ListShape(item=ObjectShape() as item):
                object_ = self._object(item, 0)  # the list counts them
                return "list", nullable, (fields_of(item), ("object", item.nullable, object_))
            case ListShape(item=item):
                return "list", nullable, (1, self.shape(item))
            case ObjectShape():
                return "object", nullable, self._object(shape, fields_of(shape))
            case AbstractShape():
                return "abstract", nullable, self._objects(shape)

    def value(self, shape: Shape) -> _Description:
        """Describe what a batch gives for each object; an object of it is not counted."""
        if isinstance(shape, ObjectShape):
            return "object", shape.nullable, self._object(shape, 0)
        return self.shape(shape)

    def _objects(self, shape: AbstractShape) -> tuple[bool, list[tuple[object, ...]]]:
        """Describe the objects of an abstract type; say whether some are dicts with its name."""
        planner = self._planned.planner
        known, named = planner.known_objects(shape).values(), planner.named_objects(shape)
        if not known and not named:
            raise _NotPlainError
        return bool(named), [self._object(each, fields_of(each)) for each in (*known, *named)]

    def _object(self, shape: ObjectShape, weight: int) -> tuple[object, ...]:
        selection = shape.selection
        for variable, *_ in selection.unsure:
            self.required.add(variable)
        fields: list[tuple[object, ...]] = []
        members: list[_Member] = []
        for placed in selection.fields:
            condition = None
            if placed.condition:
                number = len(self.conditions)
                condition = self.conditions.setdefault(placed.condition, number)
            fields.append((placed.field.key, condition, *self._source(placed, members)))
        return shape.type_name, shape.model, weight, fields, tuple(members)

    def _source(
        self, placed: PlacedField, members: list[_Member]
    ) -> tuple[object, _Description | None]:
        """Describe where a field's value comes from, and what it becomes."""
        field = placed.field
        code = program_code(field)
        match field.binding:
            case _ if placed.again:  # its place depends on variables
                pass
            case TypeName(name):
                return name, None
            case _ if code is not None and self.is_in_batch:
                pass
            case Resolver() if code is not None:
                return code, self.shape(field.shape)
            case Attribute() | Key() | Lookup() if not isinstance(field.arguments, BuiltArguments):
                members.append(field.binding)
                return None, self.shape(field.shape)
            case _ if field.is_batch and not placed.condition and not self.is_in_batch:
                self.batches.append(field)
                return len(self.batches) - 1, None
            case _:
                pass
        raise _NotPlainError

    def _leaf(self, shape: LeafShape) -> tuple[str, object]:
        type_, dialect = shape.type, self._planned.planner.dialect
        if runs_code(type_):
            if self.is_in_batch:
                raise _NotPlainError
            complete = dialect.leaf_completer(type_, nullable=shape.nullable)
            return "call", (type_.name, None, complete)
        if isinstance(type_, GraphQLScalarType):
            specified = type_.name, _CLASSES.get(type_.name)
            return specified if type_.name in _SPECIFIED else _SCALARS[scalar_of(type_)]
        return _enum(dialect.inline_leaf(type_))


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
