"""Which parts of a schema a value uses: fields of input types, and values of enums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import graphql

__all__ = ["VariableUsage", "used_in"]


def used_in(value: Any, type_: Any) -> Iterator[str]:
    """Yield the coordinates that a value uses: ``BookInput.title``, ``Genre.NOVEL``.

    The value is as in JSON; it may be wrong for its type.
    """
    open_: list[tuple[Any, Any]] = [(value, graphql.get_named_type(type_))]
    while open_:
        each, named = open_.pop()
        if isinstance(each, (list, tuple)):
            open_ += ((item, named) for item in each)
        elif graphql.is_enum_type(named):
            if isinstance(each, str) and each in named.values:
                yield f"{named.name}.{each}"
        elif isinstance(each, Mapping) and graphql.is_input_object_type(named):
            for name, inner in each.items():
                if name in named.fields:
                    yield f"{named.name}.{name}"
                    open_.append((inner, graphql.get_named_type(named.fields[name].type)))


class VariableUsage:
    """Which coordinates the variables of a request use."""

    def __init__(
        self,
        definition: graphql.GraphQLSchema,
        nodes: Sequence[graphql.VariableDefinitionNode],
    ) -> None:
        self._variables: list[tuple[str, Any, Any]] = []  # names, types and defaults
        for node in nodes:
            type_: Any = graphql.type_from_ast(definition, node.type)
            named = graphql.get_named_type(type_)
            if graphql.is_enum_type(named) or graphql.is_input_object_type(named):
                default = node.default_value and graphql.value_from_ast_untyped(node.default_value)
                self._variables.append((node.variable.name.value, named, default))

    def added_to(
        self, coordinates: frozenset[str], provided: Mapping[str, Any] | None
    ) -> frozenset[str]:
        """Add what the values of variables use, which are as the request gives them."""
        if not self._variables:
            return coordinates
        values = provided or {}
        return coordinates.union(
            *(used_in(values.get(name, default), type_) for name, type_, default in self._variables)
        )
