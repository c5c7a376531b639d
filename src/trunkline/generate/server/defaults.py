"""Defaults of the schema (GraphQL §3.6.1, §3.10) as expressions in Python."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLInputObjectType,
    GraphQLType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
    is_specified_scalar_type,
)

from trunkline.generate.server.plan import Expression
from trunkline.text.imports import Reference
from trunkline.text.literals import literal

__all__ = ["Defaults"]

NONE = Expression("None")


class Defaults:
    """Writes the defaults of a schema, by the classes and the Python names of its types.

    ``names`` has the Python name of an input's field or an enum's value by coordinate.
    """

    def __init__(self, classes: Mapping[str, Reference], names: Mapping[str, str]) -> None:
        self._classes = classes
        self._names = names

    def expression(self, type_: GraphQLType, node: ValueNode) -> Expression | None:
        """Return a default as an expression; ``None`` where Python has no way to write it."""
        if is_non_null_type(type_):
            type_ = type_.of_type
        if isinstance(node, NullValueNode):
            return NONE
        if is_list_type(type_):
            return self._list(type_.of_type, node)
        if is_enum_type(type_) and isinstance(node, EnumValueNode):
            member = self._names.get(f"{type_.name}.{node.value}", node.value)
            return Expression(f"{{}}.{member}", (self._classes[type_.name],))
        if is_input_object_type(type_) and isinstance(node, ObjectValueNode):
            return self._object(type_, node)
        if is_scalar_type(type_) and is_specified_scalar_type(type_):
            return _scalar(type_.name, node)
        return None

    def _list(self, item: GraphQLType, node: ValueNode) -> Expression | None:
        nodes = node.values if isinstance(node, ListValueNode) else (node,)
        parts = [self.expression(item, each) for each in nodes]
        return _joined("[", parts, "]")

    def _object(self, type_: GraphQLInputObjectType, node: ObjectValueNode) -> Expression | None:
        parts: list[Expression | None] = []
        for each in node.fields:
            field = type_.fields[each.name.value]
            value = self.expression(field.type, each.value)
            name = self._names[f"{type_.name}.{each.name.value}"]
            parts.append(value and Expression(f"{name}={value.text}", value.references))
        return _joined("{}(", parts, ")", (self._classes[type_.name],))


def _joined(
    head: str,
    parts: list[Expression | None],
    tail: str,
    references: tuple[Reference, ...] = (),
) -> Expression | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    inner = tuple(each for part in known for each in part.references)
    text = head + ", ".join(part.text for part in known) + tail
    return Expression(text, references + inner, mutable=True)


def _scalar(name: str, node: ValueNode) -> Expression | None:
    match node:
        case IntValueNode() if name == "Float":
            text = repr(float(int(node.value)))
        case IntValueNode() if name == "Int":
            text = str(int(node.value))
        case FloatValueNode():
            text = repr(float(node.value))
        case BooleanValueNode():
            text = repr(node.value)
        case StringValueNode() | IntValueNode():
            text = literal(node.value)
        case _:
            return None
    return Expression(text.replace("{", "{{").replace("}", "}}"))
