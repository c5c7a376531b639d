"""What the text itself does with the common value of a leaf, so that no function is called for it.

A value of exactly the class that a scalar or an enum expects is tested and written inline. A
function completes every other value.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from graphql import GraphQLEnumType, GraphQLLeafType, GraphQLScalarType, Undefined
from msgspec import to_builtins

from trunkline.schema.scalars import AWARE_DATE_TIME, KNOWN_SCALARS, UNDESCRIBED, Scalar, scalar_of

__all__ = ["IDS", "SPECIFIED", "InlineLeaf", "inline_leaf", "runs_code"]


class InlineLeaf(NamedTuple):
    """How values of one class are completed in the text.

    ``{0}`` is the variable that has the value, ``{1}`` the class, ``{2}`` the object ``uses``. If
    one of the tests ``other`` holds, the value is another, and a function completes it. ``written``
    is the expression of the response's value, if that is not the value itself. orjson writes the
    value itself so, unless one of the tests ``unlike`` holds; without these it does not. ``of_int``
    is the expression for an integer, where integers are common too.
    """

    class_: type
    other: tuple[str, ...]
    written: str = ""
    unlike: tuple[str, ...] | None = None
    of_int: str = ""
    uses: object = None


_OTHER = "type({0}) is not {1}"
_IS_NO_STRING = "{0}.__class__ is not {1}"
"""Costs less than the look at the type. An object that claims to be a string passes as one, as it
does in graphql-core."""

SPECIFIED: Mapping[str, InlineLeaf] = {
    "String": InlineLeaf(str, (_IS_NO_STRING,)),
    "ID": InlineLeaf(str, (_IS_NO_STRING,), of_int="str({0})"),
    "Boolean": InlineLeaf(bool, (_OTHER,)),
    # those of 31 and 32 bits count as others, which the function that is called accepts: Python
    # compares integers of up to 30 bits in no time
    "Int": InlineLeaf(int, (_OTHER, "not -0x3FFFFFFF <= {0} <= 0x3FFFFFFF")),
    # infinity less itself is not 0, nor is NaN
    "Float": InlineLeaf(float, (_OTHER, "{0} - {0} != 0.0")),
}
"""The scalars that GraphQL itself defines (§3.5), by name."""


def has_odd_offset(value: datetime) -> bool:
    """Return whether orjson would write a time with a zone otherwise.

    It leaves out an offset's seconds, which a zone's oldest times have.
    """
    if value.tzinfo is UTC:
        return False
    offset = value.utcoffset() if type(value.tzinfo) in _ZONES else None
    return offset is None or offset.seconds % 60 != 0 or offset.microseconds != 0


_ZONES = (timezone, ZoneInfo)
_ISO = "{0}.isoformat()"
_ODD = "{0}.tzinfo is not None and {2}({0})"
_KNOWN: Mapping[str, InlineLeaf] = {
    "DateTime": InlineLeaf(datetime, (_OTHER,), _ISO, (_ODD,), uses=has_odd_offset),
    "Date": InlineLeaf(date, (_OTHER,), _ISO, ()),
    # orjson writes 10000 microseconds as .10000
    "Time": InlineLeaf(time, (_OTHER,), _ISO, ("{0}.microsecond", "{0}.tzinfo is not None")),
    "Duration": InlineLeaf(timedelta, (_OTHER,), "{2}({0})", uses=to_builtins),
    "Decimal": InlineLeaf(Decimal, (_OTHER, "not {0}.is_finite()"), "str({0})"),
    "UUID": InlineLeaf(UUID, (_OTHER,), "str({0})", ()),
    "Bytes": InlineLeaf(bytes, (_OTHER,), '{2}({0}).decode("ascii")', uses=b64encode),
    "Int64": InlineLeaf(int, (_OTHER, "{0}.bit_length() > 63")),
}
_SCALARS: Mapping[Scalar | None, InlineLeaf] = {
    **{KNOWN_SCALARS[name].scalar: leaf for name, leaf in _KNOWN.items()},
    AWARE_DATE_TIME: InlineLeaf(
        datetime, (_OTHER, "{0}.utcoffset() is None"), _ISO, (_ODD,), uses=has_odd_offset
    ),
    UNDESCRIBED: InlineLeaf(str, (_OTHER,)),
}
"""As `trunkline.schema.scalars` writes them. A program may bind others to the same names."""
_JSON = (KNOWN_SCALARS["JSON"].scalar, UNDESCRIBED)

IDS: Mapping[type, InlineLeaf] = {
    int: InlineLeaf(int, (_OTHER,), "str({0})"),
    UUID: _KNOWN["UUID"],
}
"""What ids are that a model declares as of this class."""


def inline_leaf(type_: GraphQLLeafType) -> InlineLeaf | None:
    """Return how the values of a scalar or an enum are completed inline, if they can be."""
    if isinstance(type_, GraphQLEnumType):
        return _inline_enum(type_)
    assert isinstance(type_, GraphQLScalarType)  # noqa: S101  # the other kind of leaf
    return SPECIFIED.get(type_.name) or _SCALARS.get(scalar_of(type_))


def runs_code(type_: GraphQLLeafType) -> bool:
    """Return whether a function of the program writes the values of a scalar or an enum."""
    if isinstance(type_, GraphQLScalarType) and scalar_of(type_) in _JSON:
        return False
    return inline_leaf(type_) is None


def _inline_enum(type_: GraphQLEnumType) -> InlineLeaf | None:
    """Return how an enum's values are completed: strings, or the members of a class of Python."""
    coerce = type_.coerce_output_value
    if getattr(coerce, "__func__", None) is not GraphQLEnumType.coerce_output_value:
        return None
    values: list[Any] = [
        name if each.value is None or each.value is Undefined else each.value
        for name, each in type_.values.items()
    ]
    class_, *others = {type(value) for value in values}
    if others:
        return None
    if class_ is str:
        names = {value: coerce(value) for value in values}
        is_same = all(value == name for value, name in names.items())
        return InlineLeaf(
            str, (_OTHER, "{0} not in {2}"), "" if is_same else "{2}[{0}]", uses=names
        )
    if not issubclass(class_, Enum) or issubclass(class_, Flag):
        return None
    members = class_.__members__.items()
    names = {name: coerce(member) for name, member in members if member in values}
    if len(names) == len(members) and all(name == written for name, written in names.items()):
        return InlineLeaf(class_, (_OTHER,), "{0}._name_")  # `name` is a property, and slow
    return InlineLeaf(class_, (_OTHER, "{0}._name_ not in {2}"), "{2}[{0}._name_]", uses=names)
