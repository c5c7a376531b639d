"""Custom scalars (GraphQL §3.5), and those for the types of Python's standard library.

A schema that declares ``scalar DateTime`` gets the scalar here, unless the program gives its own.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any
from uuid import UUID

import msgspec
from graphql import (
    EnumValueNode,
    GraphQLError,
    GraphQLScalarType,
    ListValueNode,
    Node,
    ObjectValueNode,
    ValueNode,
    value_from_ast_untyped,
)
from graphql.language.printer import print_for_error
from graphql.pyutils import inspect

__all__ = [
    "AWARE_DATE_TIME",
    "BUILT_IN",
    "CLIENT_SCALARS",
    "CONVERSION_ERRORS",
    "KNOWN_SCALARS",
    "UNDESCRIBED",
    "KnownScalar",
    "Scalar",
    "UnreadableError",
    "bind_scalar",
    "client_type",
    "guard_scalar",
    "is_finite",
    "is_writable",
    "scalar_of",
    "unreadable",
]

_SCALAR = "__trunkline_scalar__"
_BITS = 14_000  # Python writes an integer of 4,300 digits and no more
_CONTAINERS = frozenset({dict, list})
_KEYS = (str, int, float, NoneType)  # of objects; `json` writes them as texts
_INT64 = 2**63  # `in range(…)` would be a slow search for an ``IntEnum``
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_EXPONENT = 6_144  # of IEEE 754's widest decimals; ``int`` of a larger one can take all memory


@dataclass(frozen=True, slots=True)
class Scalar:
    """How a custom scalar is written and read.

    ``serialize`` turns a resolved value into a JSON value; anything else, or NaN, is the field's
    error. ``parse`` turns a value of the request, from JSON or from the document, into the value
    that resolvers get. Both raise ``ValueError`` or ``TypeError`` for values that they cannot
    represent. A ``GraphQLError`` keeps its message.
    """

    serialize: Callable[[Any], Any]
    parse: Callable[[Any], Any]


UNDESCRIBED = Scalar(lambda value: value, lambda value: value)
"""That of a scalar of which a program says nothing: values of JSON, and what orjson writes."""

CONVERSION_ERRORS = (ValueError, TypeError, ArithmeticError, LookupError)
"""What a scalar's functions raise for a value that does not fit. All else is the program's fault:
its text may have secrets, and the next call may succeed."""


class UnreadableError(GraphQLError):
    """What reads a value raised an exception that is not about the value, ``original_error``."""

    def __init__(
        self, name: str, error: Exception, message: str = "", nodes: Sequence[Node] | None = None
    ) -> None:
        message = message or f"{name} could not be read because of an internal error."
        super().__init__(message, nodes, original_error=error, extensions={})


def unreadable(error: GraphQLError) -> UnreadableError | None:
    """Return graphql-core's error for a value as one that is not for callers, if it is not.

    Its message has the text of whatever a scalar's function raised.
    """
    cause: Exception | None = error
    while isinstance(cause, GraphQLError) and not isinstance(cause, UnreadableError):
        cause = cause.original_error
    if isinstance(cause, UnreadableError):
        cause = cause.original_error
    elif cause is None or isinstance(cause, CONVERSION_ERRORS):
        return None
    return UnreadableError("", cause, error.message, error.nodes) if cause else None


def bind_scalar(type_: GraphQLScalarType, scalar: Scalar) -> None:
    """Let a scalar type of a schema be written and read by ``scalar``."""
    parse = _masked(type_.name, scalar.parse)

    def read_literal(node: ValueNode) -> Any:
        """Read a literal. Errors have its location in the document."""
        try:
            if isinstance(node, EnumValueNode):  # JSON does not have it either
                raise TypeError(node)
            return parse(value_from_ast_untyped(node))
        except GraphQLError as error:
            if error.nodes:
                raise
            raise GraphQLError(error.message, _with_location(node), original_error=error) from error
        except CONVERSION_ERRORS as error:
            message = f"{type_.name} cannot represent value: {print_for_error(node)}"
            raise GraphQLError(message, _with_location(node)) from error

    def serialize(value: Any) -> Any:
        try:  # as in `_named_errors`, which would be one more call for each value
            result = scalar.serialize(value)
            return result if type(result) is str else _json(result)
        except CONVERSION_ERRORS as error:
            raise _no_representation(type_.name, value) from error

    # graphql-core's own hooks
    type_.coerce_output_value = serialize
    type_.coerce_input_value = _named_errors(type_.name, parse)
    type_.coerce_input_literal = read_literal
    setattr(serialize, _SCALAR, scalar)


def scalar_of(type_: GraphQLScalarType) -> Scalar | None:
    """Return the scalar that was bound to a type, if it still writes the type's values."""
    return getattr(type_.coerce_output_value, _SCALAR, None)


def _masked(name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let the text of exceptions that are not about the value stay out of the errors."""

    def parse_value(value: Any) -> Any:
        try:
            return parse(value)
        except (GraphQLError, RecursionError, *CONVERSION_ERRORS):
            raise
        except Exception as error:
            raise UnreadableError(name, error) from error

    return parse_value


def guard_scalar(type_: GraphQLScalarType) -> None:
    """Let an undescribed scalar raise an error for what a response cannot have."""
    if type_.coerce_output_value is GraphQLScalarType.serialize:
        type_.coerce_output_value = write = _named_errors(type_.name, _check_writable)
        setattr(write, _SCALAR, UNDESCRIBED)


def _check_writable(value: Any) -> Any:
    if not is_writable(value):
        raise ValueError(value)
    return value


def is_writable(value: Any) -> bool:
    """Return whether a value can be written as JSON as it is, at any depth.

    Servers also write what orjson knows: dates and times, UUIDs, enums, dataclasses.
    """
    within: Iterable[Any]
    match value:
        case str():
            return True
        case float():
            return value - value == 0.0
        case int():
            return value.bit_length() <= _BITS
        case time():
            # orjson writes 10000 microseconds as .10000
            return value.tzinfo is None and not 10_000 <= value.microsecond < 100_000
        case Enum():
            within = [value.value]
        case list() | tuple():
            within = value  # pyright: ignore[reportUnknownVariableType]
        case dict() if all(isinstance(key, _KEYS) for key in value):  # pyright: ignore[reportUnknownVariableType]
            within = [*value, *value.values()]  # pyright: ignore[reportUnknownVariableType]
        case _ if is_dataclass(value) and not isinstance(value, type):
            within = [getattr(value, each.name) for each in fields(value)]
        case _:
            return value is None or isinstance(value, (date, UUID))
    return all(map(is_writable, within))


def is_finite(value: Any) -> bool:
    """Return whether a value has neither NaN nor infinity, which JSON lacks, at any depth."""
    if isinstance(value, float):
        return value - value == 0.0
    if isinstance(value, (list, tuple, dict)):
        return all(map(is_finite, value.values() if isinstance(value, dict) else value))  # pyright: ignore[reportUnknownArgumentType]
    return True


def _with_location(node: ValueNode) -> ValueNode:
    """Return a node with a location: graphql-core makes some lists and objects without one."""
    while node.loc is None and isinstance(node, (ListValueNode, ObjectValueNode)):
        if isinstance(node, ListValueNode):
            within = node.values
        else:
            within = tuple(field.value for field in node.fields)
        if not within:
            break
        node = within[0]
    return node


def _named_errors(name: str, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let the errors of a conversion name the scalar."""

    def convert_value(value: Any) -> Any:
        try:
            return convert(value)
        except CONVERSION_ERRORS as error:
            raise _no_representation(name, value) from error

    return convert_value


def _no_representation(name: str, value: Any) -> GraphQLError:
    return GraphQLError(f"{name} cannot represent value: {inspect(value)}")


def _date(value: date) -> str:
    if isinstance(value, datetime):
        raise TypeError(value)
    return value.isoformat()


def _date_time(text: str) -> datetime:
    """Read a date with a time. Python would read a date without one as midnight."""
    if text[10:11] not in {"T", "t", " "}:
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _uuid(text: str) -> UUID:
    """Read the two common forms. Python ignores braces, and hyphens anywhere."""
    value = UUID(text)
    if text.lower() not in {str(value), value.hex}:
        raise ValueError(text)
    return value


def _decimal(value: Any) -> Decimal:
    """Read a decimal from a string or an integer. A float may have lost digits already."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise TypeError(value)
    decimal = Decimal(value)
    if abs(decimal.adjusted()) > _EXPONENT:
        raise ValueError(value)
    return decimal


def _finite(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(value)


def _int64(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64:
        return value
    raise TypeError(value)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def _json(value: Any) -> Any:
    """Return a value that JSON can hold, at any depth.

    What is the same when it was written and read has nothing that JSON lacks. To find that out
    takes a third of the time that looking at each part of it takes.
    """
    if type(value) in _CONTAINERS:
        try:
            copy = _decode(_encode(value))
            if copy == value:
                return copy
        except Exception:  # noqa: BLE001, S110  # `suppress` would cost more than all this
            pass
    return _json_of_parts(value)


def _json_of_parts(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if value.bit_length() > _BITS:
            raise ValueError(hex(value))
        return value
    if isinstance(value, float):
        if value - value != 0.0:  # not finite
            raise ValueError(value)
        return value
    if isinstance(value, (list, tuple)):
        return [_json_of_parts(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (dict, Mapping)):  # the former is found faster
        result: dict[str, Any] = {}
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(key, str):
                raise TypeError(value)
            result[key] = item if type(item) is str else _json_of_parts(item)  # pyright: ignore[reportUnknownArgumentType]
        return result
    raise TypeError(value)


_duration = msgspec.json.Decoder(timedelta)


@dataclass(frozen=True, slots=True)
class KnownScalar:
    """A scalar that is known by its name.

    ``type`` is the class of its values in Python. Without ``scalar``, they are values of JSON.
    """

    type: Any
    scalar: Scalar | None = None


def _as_text(type_: type, write: Callable[[Any], str], read: Callable[[str], Any]) -> KnownScalar:
    """Describe a scalar that is a string in JSON. Values of other types are errors."""
    return KnownScalar(type_, _text(type_, write, read))


def _text(type_: type, write: Callable[[Any], str], read: Callable[[str], Any]) -> Scalar:
    def serialize(value: Any) -> str:
        if not isinstance(value, type_):
            raise TypeError(value)
        return write(value)

    def parse(value: Any) -> Any:
        if not isinstance(value, str):
            raise TypeError(value)
        return read(value)

    return Scalar(serialize, parse)


def _write_aware(value: datetime) -> str:
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone.")
    return value.isoformat()


def _read_aware(text: str) -> datetime:
    value = _date_time(text)
    if value.utcoffset() is None:
        raise GraphQLError(
            f"DateTime cannot represent value: {inspect(text)}. It has no time zone; add Z, or an"
            " offset such as +01:00."
        )
    return value


AWARE_DATE_TIME = _text(datetime, _write_aware, _read_aware)
"""``DateTime`` with a time zone, as RFC 3339 has it: a value without one is an error, in requests
and in responses. ``make_executable_schema(…, scalars={"DateTime": AWARE_DATE_TIME})``."""


KNOWN_SCALARS: Mapping[str, KnownScalar] = {
    "String": KnownScalar(str),
    "ID": KnownScalar(str),
    "Int": KnownScalar(int),
    "Float": KnownScalar(float),
    "Boolean": KnownScalar(bool),
    "DateTime": _as_text(datetime, datetime.isoformat, _date_time),
    "Date": _as_text(date, _date, date.fromisoformat),
    "Time": _as_text(time, time.isoformat, time.fromisoformat),
    "Duration": _as_text(
        timedelta, msgspec.to_builtins, lambda text: _duration.decode(msgspec.json.encode(text))
    ),
    "Decimal": KnownScalar(Decimal, Scalar(_finite, _decimal)),
    "UUID": _as_text(UUID, str, _uuid),
    "Bytes": _as_text(
        bytes,
        lambda value: b64encode(value).decode("ascii"),
        lambda text: b64decode(text, validate=True),
    ),
    "Int64": KnownScalar(int, Scalar(_int64, _int64)),
    "JSON": KnownScalar(Any, Scalar(lambda value: value, _json)),
}
"""The one table of scalars by name: servers, and their generator, read it.

Dates, times and durations (``PT1H``) are ISO 8601. Decimals are strings, so that no digit is lost.
Bytes are Base64. Integers of 64 bits are numbers. JSON is any JSON value."""

CLIENT_SCALARS: Mapping[str, KnownScalar] = {
    name: known
    for name, known in KNOWN_SCALARS.items()
    if name not in {"Time", "Duration", "Bytes", "Int64"}
}
"""The table without the names that servers use for different things: ``Time`` is often a date with
a time, ``Duration`` a number, ``Bytes`` hexadecimal, ``Int64`` text. A client does not guess."""

_OF_STANDARDS: Mapping[str, Mapping[str, Any]] = {
    # By name, where a standard has several formats; the empty name is for all others.
    "rfc3339": {"Date": date, "LocalDate": date, "": datetime},
    "rfc4122": {"": UUID},
    "rfc9562": {"": UUID},
    "iso_8601": {"DateTime": datetime, "Date": date, "Duration": timedelta},
    "iso_8601#durations": {"": timedelta},
    "ecma-404": {"": Any},
}
_OF_PAGES: Mapping[str, Any] = {
    "accurate-duration": timedelta,
    "any": Any,
    "base64-string": bytes,
    "date": date,
    "date-time": datetime,
    "duration": timedelta,
    "instant": datetime,
    "json": Any,
    "local-date": date,
    "local-date-time": datetime,
    "local-time": time,
    "localdate": date,
    "localdatetime": datetime,
    "localtime": time,
    "time": time,
    "time-span": timedelta,
    "uuid": UUID,
    "chillicream/long": int,
    "jakobmerrild/long": str,
}
_STANDARD = re.compile(r"\b(rfc ?\d+|iso_8601(?:#durations)?$|ecma-404)\b")
_PAGE = re.compile(
    r"(?:scalars\.graphql\.org/(?P<author>[\w-]+)"
    r"|(?:www\.)?graphql-scalars\.(?:com|dev/docs/scalars)"
    r"|(?:www\.)?the-guild\.dev/graphql/scalars/docs/scalars"
    r"|ibm\.github\.io/graphql-specs/custom-scalars)"
    r"/(?P<page>[a-z0-9-]+?)(?:-v[\d.]+?)?(?:\.html)?/?"
)


def client_type(name: str, url: str | None) -> Any:
    """Return the type of a scalar in Python, as a client reads it; ``None`` if it is not known.

    ``url`` is that of ``@specifiedBy``. A name counts only without one, because servers use names
    for different things. Known are RFC 3339, 4122 and 9562, ISO 8601, ECMA-404, and the pages of
    scalars.graphql.org, graphql-scalars and IBM.
    """
    if url is None:
        known = CLIENT_SCALARS.get(name)
        return known.type if known else None
    place = url.lower().partition("://")[2]
    page = _PAGE.fullmatch(place)
    if page:
        own = _OF_PAGES.get(f"{page['author']}/{page['page']}")
        return own or _OF_PAGES.get(page["page"])
    standard = _STANDARD.search(place)
    types = _OF_STANDARDS.get(standard[1].replace(" ", ""), {}) if standard else {}
    return types.get(name, types.get(""))


BUILT_IN: Mapping[str, Scalar] = {
    name: known.scalar for name, known in KNOWN_SCALARS.items() if known.scalar
}
"""The scalars of the table that GraphQL does not define."""
