"""Random values of input types: as the document writes them, and as JSON for variables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from hypothesis import strategies as st

__all__ = ["MARKER", "Variables", "draw_json", "draw_literal"]

MARKER = "zqx"
"""Stands in all text that a request writes by itself: strings, aliases, names of its own."""

Variables: TypeAlias = Callable[[Any, bool], str | None]
"""Given a position's type, and whether it has a default: a variable to put there, or ``None``."""

_DEPTH = 3

_TEXTS = ("", "a", '"', "\\", "\n", "é", "\u2028", "\u202e", "😀", "{x}", "$a", '"""', "#", "\x00")
_INTEGERS = (0, 1, -1, 7, 2**31 - 1, -(2**31))
_FLOATS = (0.0, -0.0, 1.5, -2.25, 1e300, 1e-7, 3.0)


def draw_literal(
    draw: st.DrawFn,
    type_: Any,
    variables: Variables | None = None,
    *,
    has_default: bool = False,
    depth: int = 0,
) -> str:
    """Write a value of the type; with variables in it, where ``variables`` gives some."""
    if variables is not None and draw(st.integers(0, 3)) == 3:
        name = variables(type_, has_default)
        if name is not None:
            return f"${name}"
    if is_non_null_type(type_):
        type_ = type_.of_type
    elif draw(st.integers(0, 7)) == 7:
        return "null"
    if is_list_type(type_):
        return _list_literal(draw, type_.of_type, variables, depth)
    if is_input_object_type(type_):
        return _object_literal(draw, type_, variables, depth)
    if is_enum_type(type_):
        return _enum_name(draw, type_)
    return _scalar_literal(draw, type_.name, variables, depth)


def _list_literal(draw: st.DrawFn, item: Any, variables: Variables | None, depth: int) -> str:
    if _may_stand_alone(item, depth) and draw(st.integers(0, 4)) == 4:
        return draw_literal(draw, _required(item), None, depth=depth + 1)
    length = draw(st.integers(0, 2)) if depth < _DEPTH else 0
    items = [draw_literal(draw, item, variables, depth=depth + 1) for _ in range(length)]
    return "[" + ", ".join(items) + "]"


def _may_stand_alone(item: Any, depth: int) -> bool:
    """Say whether an item may be written in place of a list of it."""
    return depth < _DEPTH and "[" not in str(item)


def _object_literal(
    draw: st.DrawFn, type_: GraphQLInputObjectType, variables: Variables | None, depth: int
) -> str:
    if type_.is_one_of:
        name = draw(st.sampled_from(list(type_.fields)[: None if depth < _DEPTH else 1]))
        value = draw_literal(draw, _required(type_.fields[name].type), None, depth=depth + 1)
        return f"{{{name}: {value}}}"
    fields = [
        f"{name}: "
        + draw_literal(
            draw, field.type, variables, has_default=field.default is not None, depth=depth + 1
        )
        for name, field in type_.fields.items()
        if _takes(draw, field, depth)
    ]
    return "{" + ", ".join(fields) + "}"


def _takes(draw: st.DrawFn, field: GraphQLInputField, depth: int) -> bool:
    return is_required_input_field(field) or (depth < _DEPTH and draw(st.booleans()))


def _required(type_: Any) -> Any:
    """Keep null away from where it would mean something else."""
    return type_ if is_non_null_type(type_) else GraphQLNonNull(type_)


def _scalar_literal(draw: st.DrawFn, name: str, variables: Variables | None, depth: int) -> str:
    match name:
        case "Int":
            return str(draw(st.sampled_from(_INTEGERS)))
        case "Float":
            return repr(draw(st.sampled_from((*_FLOATS, *_INTEGERS))))
        case "Boolean":
            return draw(st.sampled_from(("true", "false")))
        case "ID":
            return draw(st.sampled_from((_string(draw), "12")))
        case "String":
            return _string(draw)
        case _:
            return _free_literal(draw, variables, depth)


def _string(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 4)) == 4:
        return f'"""\n  {MARKER} block\n    of "text"\n"""'
    return json.dumps(MARKER + draw(st.sampled_from(_TEXTS)))


def _free_literal(draw: st.DrawFn, variables: Variables | None, depth: int) -> str:
    """Write a literal of any form: what a custom scalar may take."""
    kind = draw(st.integers(0, 6 if depth < _DEPTH else 3))
    if kind <= 3:
        return (_string(draw), "5", "1.5", "true")[kind]
    nested = [
        _free_variable(draw, variables) or _free_literal(draw, variables, depth + 1)
        for _ in range(draw(st.integers(0, 2)))
    ]
    if kind == 4:
        return "[" + ", ".join(nested) + "]"
    return "{" + ", ".join(f"{MARKER}{i}: {value}" for i, value in enumerate(nested)) + "}"


def _free_variable(draw: st.DrawFn, variables: Variables | None) -> str | None:
    if variables is None or not draw(st.booleans()):
        return None
    name = variables(None, False)  # noqa: FBT003
    return name and f"${name}"


def draw_json(draw: st.DrawFn, type_: Any, depth: int = 0) -> Any:
    """Draw a variable's value as it comes over the wire."""
    if is_non_null_type(type_):
        type_ = type_.of_type
    elif draw(st.integers(0, 7)) == 7:
        return None
    if is_list_type(type_):
        if _may_stand_alone(type_.of_type, depth) and draw(st.integers(0, 4)) == 4:
            return draw_json(draw, _required(type_.of_type), depth + 1)
        length = draw(st.integers(0, 2)) if depth < _DEPTH else 0
        return [draw_json(draw, type_.of_type, depth + 1) for _ in range(length)]
    if is_input_object_type(type_):
        return _object_json(draw, type_, depth)
    if is_enum_type(type_):
        return _enum_name(draw, type_)
    return _scalar_json(draw, type_.name)


def _object_json(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
    if type_.is_one_of:
        name = draw(st.sampled_from(list(type_.fields)[: None if depth < _DEPTH else 1]))
        return {name: draw_json(draw, _required(type_.fields[name].type), depth + 1)}
    return {
        name: draw_json(draw, field.type, depth + 1)
        for name, field in type_.fields.items()
        if _takes(draw, field, depth)
    }


def _enum_name(draw: st.DrawFn, type_: GraphQLEnumType) -> str:
    names: list[str] = list(type_.values)
    return draw(st.sampled_from(names))


def _scalar_json(draw: st.DrawFn, name: str) -> Any:
    text = MARKER + draw(st.sampled_from(_TEXTS))
    match name:
        case "Int":
            return draw(st.sampled_from((*_INTEGERS, 3.0)))
        case "Float":
            return draw(st.sampled_from((*_FLOATS, *_INTEGERS)))
        case "Boolean":
            return draw(st.booleans())
        case "ID":
            return draw(st.sampled_from((text, 12)))
        case "String":
            return text
        case _:
            return draw(st.sampled_from((text, 5, 1.5, True, [text, [1]], {MARKER: {"a": [None]}})))
