"""The second pass, values: types and defaults of the schema (GraphQL §3.6.1, §3.10) in Python."""

from __future__ import annotations

from collections.abc import Mapping

import graphql

from trunkline.generate.server.plan import Expression
from trunkline.text.imports import Hint, Reference
from trunkline.text.literals import literal

__all__ = ["ANY", "LIST", "LIST_OF", "NONE", "Values"]

ANY = Hint.of("typing", "Any")
LIST = Reference("builtins", "list")
LIST_OF = Reference("trunkline.server", "ListOf")
NONE = Expression("None")
_ROOT = Reference("builtins", "object")  # resolvers of a root type take no parent: any will do


class Values:
    """Writes types and defaults in Python.

    ``classes`` and ``scalars`` are the types of named types, by name. ``names`` has the Python name
    of an input's field or an enum's value by coordinate.
    """

    def __init__(
        self,
        classes: Mapping[str, Reference],
        scalars: Mapping[str, Hint],
        names: Mapping[str, str],
    ) -> None:
        self._classes = classes
        self._scalars = scalars
        self._names = names

    def hint(self, type_: graphql.GraphQLType, list_: Reference = LIST) -> Hint:
        """Return the Python type of a position with that type; lists are ``list_``."""
        if not graphql.is_non_null_type(type_):
            return self._present(type_, list_).optional
        return self._present(type_.of_type, list_)

    def _present(self, type_: graphql.GraphQLType, list_: Reference) -> Hint:
        if graphql.is_list_type(type_):
            return self.hint(type_.of_type, list_).within(list_)
        return self.named(type_)  # type: ignore[arg-type]  # neither list nor non-null

    def named(self, type_: graphql.GraphQLNamedType) -> Hint:
        """Return the Python type of a value of a named type."""
        if graphql.is_scalar_type(type_):
            return self._scalars.get(type_.name, ANY)
        return Hint(self._classes.get(type_.name, _ROOT))

    def default(self, type_: graphql.GraphQLType, node: graphql.ValueNode) -> Expression | None:
        """Return a default as an expression; ``None`` if it cannot be written in Python."""
        if graphql.is_non_null_type(type_):
            type_ = type_.of_type
        if isinstance(node, graphql.NullValueNode):
            return NONE
        if graphql.is_list_type(type_):
            nodes = node.values if isinstance(node, graphql.ListValueNode) else (node,)
            return _joined("[", [self.default(type_.of_type, each) for each in nodes], "]")
        if graphql.is_enum_type(type_) and isinstance(node, graphql.EnumValueNode):
            member = self._names.get(f"{type_.name}.{node.value}", node.value)
            return Expression(f"{{}}.{member}", (self._classes[type_.name],))
        if graphql.is_input_object_type(type_) and isinstance(node, graphql.ObjectValueNode):
            parts: list[Expression | None] = []
            for each in node.fields:
                name = each.name.value
                value = self.default(type_.fields[name].type, each.value)
                python = self._names[f"{type_.name}.{name}"]
                parts.append(value and Expression(f"{python}={value.text}", value.references))
            return _joined("{}(", parts, ")", (self._classes[type_.name],))
        if graphql.is_scalar_type(type_) and graphql.is_specified_scalar_type(type_):
            return _scalar(type_.name, node)
        return None


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


def _scalar(name: str, node: graphql.ValueNode) -> Expression | None:
    match node:
        case graphql.IntValueNode() if name == "Float":
            text = repr(float(int(node.value)))
        case graphql.IntValueNode() if name == "Int":
            text = str(int(node.value))
        case graphql.FloatValueNode():
            text = repr(float(node.value))
        case graphql.BooleanValueNode():
            text = repr(node.value)
        case graphql.StringValueNode() | graphql.IntValueNode():
            text = literal(node.value)
        case _:
            return None
    return Expression(text.replace("{", "{{").replace("}", "}}"))
