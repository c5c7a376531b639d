"""The result of an introspection query (GraphQL §4), which is checked before anything uses it.

A server may send anything. What passes here has the right shape, and only names that GraphQL has,
so they can stand in code, in messages and on a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import graphql
import msgspec

from trunkline.errors import ProtocolError

__all__ = ["check_introspection"]

_DEEPEST = 20  # lists and non-nulls around a type; our query asks for 9

_Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[_A-Za-z][_0-9A-Za-z]*\Z")]
_Text: TypeAlias = str | None
_Kind: TypeAlias = Literal["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT"]


def _reference(depth: int) -> Any:
    """Make the class of a reference to a type, with so many lists and non-nulls around it."""
    inner = _reference(depth - 1) if depth else type(None)
    name: Any = _Name
    fields: Any = [("kind", str), ("name", name | None, None), ("ofType", inner | None, None)]
    return msgspec.defstruct("Reference", fields)


if TYPE_CHECKING:
    _Reference: TypeAlias = Any
else:
    _Reference = _reference(_DEEPEST)


class _Named(msgspec.Struct, rename="camel"):
    name: _Name


class _Described(_Named, rename="camel"):
    description: _Text = None
    deprecation_reason: _Text = None


class _Input(_Described, rename="camel", kw_only=True):
    type: _Reference
    default_value: _Text = None


class _Field(_Described, rename="camel", kw_only=True):
    type: _Reference
    args: list[_Input]


class _Type(_Described, rename="camel", kw_only=True):
    kind: _Kind
    fields: list[_Field] | None = None
    input_fields: list[_Input] | None = None
    interfaces: list[_Reference] | None = None
    enum_values: list[_Described] | None = None
    possible_types: list[_Reference] | None = None
    specified_by_url: _Text = msgspec.field(name="specifiedByURL", default=None)
    is_one_of: bool | None = None


class _Directive(_Described, rename="camel", kw_only=True):
    locations: list[_Name]
    args: list[_Input]
    is_repeatable: bool | None = None


class _Schema(msgspec.Struct, rename="camel"):
    types: list[_Type]
    query_type: _Named | None = None
    mutation_type: _Named | None = None
    subscription_type: _Named | None = None
    directives: list[_Directive] | None = None
    description: _Text = None


class _Introspection(msgspec.Struct):
    schema: _Schema = msgspec.field(name="__schema")


_decoder = msgspec.json.Decoder(_Introspection)

_INPUT = {"SCALAR", "ENUM", "INPUT_OBJECT"}
_OUTPUT = {"SCALAR", "ENUM", "OBJECT", "INTERFACE", "UNION"}
_SIMPLE = re.compile(r'-?[0-9]{1,18}|[_A-Za-z][_0-9A-Za-z]*|\[\]|"[^"\\]*"')
_OURS = {  # graphql-core's own, whatever the server says of them
    **dict.fromkeys(graphql.specified_scalar_types, "SCALAR"),
    **{
        name: "ENUM" if graphql.is_enum_type(type_) else "OBJECT"
        for name, type_ in graphql.introspection_types.items()
    },
}


def check_introspection(data: bytes) -> None:
    """Check the data of an introspection query, as JSON. Raises ``ProtocolError``.

    A schema that is built of it raises nothing, also where it is built when it is used. That it
    makes sense beyond that is not checked: published schemas are often not quite valid.
    """
    try:
        _Check(_decoder.decode(data).schema)
    except (ValueError, RecursionError, graphql.GraphQLError) as error:
        message = f"The server's introspection result is not a valid schema: {error}"
    else:
        return
    raise ProtocolError(message)


class _Check:
    def __init__(self, schema: _Schema) -> None:
        self._kinds = {**{each.name: each.kind for each in schema.types}, **_OURS}
        for type_ in schema.types:
            self._check_type(type_)
        for directive in schema.directives or ():
            self._check_inputs(f"@{directive.name}", directive.args)
        for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
            if root is not None and self._kinds.get(root.name) != "OBJECT":
                raise ValueError(f"{root.name} is not an object type.")

    def _check_type(self, type_: _Type) -> None:
        is_object = type_.kind == "OBJECT"
        if (is_object or type_.kind == "INTERFACE") and type_.fields is None:
            raise ValueError(f"{type_.name} has no fields.")
        if is_object and type_.interfaces is None:
            raise ValueError(f"{type_.name} has no list of interfaces.")
        for field in type_.fields or ():
            self._check_reference(type_.name, field.name, field.type, _OUTPUT)
            self._check_inputs(f"{type_.name}.{field.name}", field.args)
        self._check_inputs(type_.name, type_.input_fields or ())
        for interface in type_.interfaces or ():
            self._check_reference(type_.name, "interfaces", interface, {"INTERFACE"})
        if type_.kind == "UNION":
            for member in type_.possible_types or ():
                self._check_reference(type_.name, "possibleTypes", member, {"OBJECT"})

    def _check_inputs(self, where: str, inputs: Iterable[_Input]) -> None:
        for each in inputs:
            self._check_reference(where, each.name, each.type, _INPUT)
            default = each.default_value
            if default is not None and not _SIMPLE.fullmatch(default):
                graphql.parse_const_value(default)

    def _check_reference(self, where: str, name: str, type_: Any, allowed: set[str]) -> None:
        kind = type_.kind
        while kind in {"LIST", "NON_NULL"}:
            type_ = type_.ofType
            if type_ is None or kind == type_.kind == "NON_NULL":
                raise ValueError(f"{where}.{name} has a type that is nothing.")
            kind = type_.kind
        if self._kinds.get(type_.name) not in allowed:
            raise ValueError(f"{where}.{name} has the type {type_.name}, which cannot stand there.")
