"""Input coercion (GraphQL §3.9-3.12): a function for each input type of an operation, made once.

The functions only find out whether a value fits. If it does not, graphql-core says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import length_hint
from typing import Any, NamedTuple, TypeAlias

import graphql
from graphql import Undefined
from graphql.language.parser import MAX_NESTING_DEPTH

from trunkline.errors import VariablesError
from trunkline.runtime.literals import (
    Build,
    MisfitError,
    default_builder,
    finisher,
    size_of_default,
)
from trunkline.schema.refusals import InputRefusedError

__all__ = ["Allowance", "Coerce", "Coercions", "TooDeepError", "exact_type", "nests"]

_UNKNOWN_FIELDS = 50  # more of them are not listed, because listing them costs time


class TooDeepError(MisfitError):
    """A value has too many lists and objects within each other."""


class Allowance:
    """How many values the variables of one request may have: ``left`` of ``most``.

    Lists, input objects and the values of custom scalars are counted before anything is done with
    them, so a request that has too many is rejected before they cost time.
    """

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.left = self.most = most

    def spend(self, count: int) -> None:
        """Count some values."""
        self.left -= count
        if self.left < 0:
            self.fail()

    def fail(self) -> None:
        """Raise the ``VariablesError`` that says that there are more values than allowed."""
        raise VariablesError.because(
            f"The variables have more than {self.most} values, items of lists and fields of"
            " objects counted; this server allows no more in one request."
        )

    def spend_within(self, value: object) -> None:
        """Count the values in lists and objects of unknown type."""
        containers = [value]
        while containers:
            container: Any = containers.pop()
            self.spend(len(container))
            items = container.values() if isinstance(container, dict) else container
            containers += [item for item in items if isinstance(item, _CONTAINERS)]


_CONTAINERS = (list, dict, tuple)

Coerce: TypeAlias = Callable[[Any, int, Allowance], Any]
"""Coerces a value, given how deep it is nested; raises ``MisfitError`` if it does not fit."""

_EXACT = {"String": str, "ID": str, "Boolean": bool}
_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping)


def exact_type(type_: graphql.GraphQLInputType) -> type | None:
    """Return the Python type whose values need no coercion, if there is one."""
    return _EXACT.get(str(type_).removesuffix("!"))


def nests(type_: graphql.GraphQLInputType) -> bool:
    """Return whether values of a type may contain others."""
    return str(type_).removesuffix("!") not in graphql.specified_scalar_types


class _Row(NamedTuple):
    """A field of an input object, as coercion uses it."""

    name: str
    out_name: str
    exact: type | None
    coerce: Coerce
    is_nullable: bool
    is_required: bool
    default: Build | None
    size: int  # of the default


class Coercions:
    """The functions that coerce values, by type.

    Those of input objects are shared and read their fields when the first value comes. So input
    types may contain themselves, and types without values cost nothing.
    """

    def __init__(self) -> None:
        self._objects: dict[str, Coerce] = {}

    def of(self, type_: graphql.GraphQLInputType) -> Coerce:
        """Return the function for a type."""
        coerce = self._without_null(type_)
        return coerce if graphql.is_non_null_type(type_) else _nullable(coerce)

    def _without_null(self, type_: graphql.GraphQLInputType) -> Coerce:
        """Return the function for a type's values that are not null; null does not fit."""
        inner: Any = type_.of_type if graphql.is_non_null_type(type_) else type_
        if graphql.is_list_type(inner):
            return self._list(inner.of_type)
        if graphql.is_input_object_type(inner):
            if inner.name not in self._objects:
                self._objects[inner.name] = self._object(inner)
            return self._objects[inner.name]
        return _enum(inner) if graphql.is_enum_type(inner) else _scalar(inner)

    def _list(self, item_type: graphql.GraphQLInputType) -> Coerce:
        exact = exact_type(item_type)
        coerce_item = self.of(item_type)

        def coerce(value: Any, depth: int, allowance: Allowance) -> Any:
            if depth >= MAX_NESTING_DEPTH and value:
                raise TooDeepError
            below = depth + 1
            if type(value) is not list:
                if value is None or value is Undefined:
                    raise MisfitError
                if not isinstance(value, Iterable) or isinstance(value, _NO_LISTS):
                    allowance.spend(1)
                    return [coerce_item(value, below, allowance)]
                value = list(value)
            allowance.spend(len(value))
            items = iter(value)
            try:
                return [
                    item if type(item) is exact else coerce_item(item, below, allowance)
                    for item in items
                ]
            except InputRefusedError as refused:
                refused.within.insert(0, len(value) - length_hint(items) - 1)
                raise

        return coerce

    def _object(self, type_: graphql.GraphQLInputObjectType) -> Coerce:
        rows: list[_Row] | None = None
        finish = finisher(type_)

        def coerce(value: Any, depth: int, allowance: Allowance) -> Any:
            nonlocal rows
            if rows is None:
                rows = [
                    _Row(
                        name,
                        field.out_name or name,
                        exact_type(field.type),
                        self._without_null(field.type),
                        not graphql.is_non_null_type(field.type),
                        graphql.is_required_input_field(field),
                        default_builder(field),
                        size_of_default(field),
                    )
                    for name, field in type_.fields.items()
                ]
            if not isinstance(value, dict):
                raise MisfitError
            if depth >= MAX_NESTING_DEPTH and value:
                raise TooDeepError
            allowance.spend(len(value))
            if len(value) > len(rows) + _UNKNOWN_FIELDS:
                raise VariablesError.because(
                    f"A value of type '{type_}' in the variables has {len(value)} fields; the type"
                    f" has {len(rows)}."
                )
            coerced = _coerce_fields(rows, value, depth + 1, allowance)
            return finish(coerced) if finish else coerced

        return coerce


def _coerce_fields(
    rows: list[_Row], provided: dict[str, Any], depth: int, allowance: Allowance
) -> dict[str, Any]:
    """Coerce the fields of an input object, in the order of its type."""
    coerced: dict[str, Any] = {}
    absent = 0
    get = provided.get
    name = ""
    try:
        for name, out_name, exact, coerce, is_nullable, is_required, default, size in rows:
            value = get(name, Undefined)
            if type(value) is exact or (value is None and is_nullable):
                coerced[out_name] = value
            elif value is not Undefined:
                coerced[out_name] = coerce(value, depth, allowance)
            elif is_required:
                raise MisfitError
            else:
                absent += 1
                if default is not None:
                    allowance.spend(size)
                    coerced[out_name] = default(())
    except InputRefusedError as refused:
        refused.within.insert(0, name)
        raise
    known = len(rows) - absent
    if known != len(provided) and known != sum(
        value is not Undefined for value in provided.values()
    ):
        raise MisfitError  # there are fields that the type lacks
    return coerced


def _nullable(coerce: Coerce) -> Coerce:
    def coerce_nullable(value: Any, depth: int, allowance: Allowance) -> Any:
        if value is None or value is Undefined:
            return None
        return coerce(value, depth, allowance)

    return coerce_nullable


def _enum(type_: graphql.GraphQLEnumType) -> Coerce:
    members = {name: type_.coerce_input_value(name) for name in type_.values}

    def coerce(value: Any, _depth: int, _allowance: Allowance) -> Any:
        try:
            return members[value]
        except (KeyError, TypeError):  # TypeError: the value is not hashable
            raise MisfitError from None

    return coerce


def _scalar(type_: graphql.GraphQLScalarType) -> Coerce:
    parse = type_.coerce_input_value
    containers = () if graphql.is_specified_scalar_type(type_) else _CONTAINERS

    def coerce(value: Any, _depth: int, allowance: Allowance) -> Any:
        if value is None or value is Undefined:
            raise MisfitError
        if isinstance(value, containers):
            allowance.spend_within(value)
        try:
            coerced = parse(value)
        except Exception:  # noqa: BLE001  # graphql-core calls it again and reports the error
            raise MisfitError from None
        if coerced is Undefined:
            raise MisfitError
        return coerced

    def coerce_int(value: Any, depth: int, allowance: Allowance) -> Any:
        if type(value) is int and -0x80000000 <= value <= 0x7FFFFFFF:
            return value
        return coerce(value, depth, allowance)

    def coerce_float(value: Any, depth: int, allowance: Allowance) -> Any:
        if type(value) is float and value - value == 0.0:  # infinity minus itself is not a number
            return value
        return coerce(value, depth, allowance)

    return {"Int": coerce_int, "Float": coerce_float}.get(type_.name, coerce)
