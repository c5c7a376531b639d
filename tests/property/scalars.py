"""What the custom scalars of a random schema do.

plain      takes and shows everything as it is
printed    a literal arrives as its text
measured   what arrives is a number: how long the value's text is
picky      refuses some values, and shows others as nothing
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLScalarType, GraphQLSchema, Undefined, ValueNode, print_ast
from tests.property.literals import MARKER

__all__ = ["bind_scalars"]


def bind_scalars(definition: GraphQLSchema, kinds: Mapping[str, str]) -> None:
    """Give a schema's custom scalars what they do."""
    for name, kind in kinds.items():
        scalar = definition.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        _BIND[kind](scalar)


def _bind_nothing(scalar: GraphQLScalarType) -> None:
    del scalar


def _bind_printed(scalar: GraphQLScalarType) -> None:
    scalar.coerce_input_literal = print_ast


def _bind_measured(scalar: GraphQLScalarType) -> None:
    def coerce_literal(node: ValueNode) -> int:
        return len(print_ast(node))

    def coerce_value(value: Any) -> int:
        return len(str(value))

    scalar.coerce_input_literal = coerce_literal
    scalar.coerce_input_value = coerce_value
    scalar.coerce_output_value = coerce_value


def _bind_picky(scalar: GraphQLScalarType) -> None:
    def show(value: Any) -> Any:
        if isinstance(value, bool):
            raise LookupError("no booleans")  # noqa: TRY004
        return {"1": None, "2.5": Undefined}.get(str(value), value)

    def take(value: Any) -> Any:
        if isinstance(value, dict) and MARKER in value:
            raise LookupError("not this one")
        return value

    scalar.coerce_output_value = show
    scalar.coerce_input_value = take


_BIND: Mapping[str, Callable[[GraphQLScalarType], None]] = {
    "plain": _bind_nothing,
    "printed": _bind_printed,
    "measured": _bind_measured,
    "picky": _bind_picky,
}
