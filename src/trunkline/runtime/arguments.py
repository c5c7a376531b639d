"""Arguments that are more than a constant or a variable (GraphQL §6.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import FieldNode, GraphQLField, Undefined
from graphql.execution.values import VariableValues, get_argument_values

__all__ = ["argument_builder"]


def argument_builder(
    field: GraphQLField, node: FieldNode, variable_names: Sequence[str]
) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Make the function that builds a field's arguments anew for every call.

    Lists and input objects must be built anew, for a resolver may change what it is given.
    """
    names = tuple(variable_names)

    def build(variables: Sequence[Any]) -> dict[str, Any]:
        coerced = {
            name: value
            for name, value in zip(names, variables, strict=True)
            if value is not Undefined
        }
        return get_argument_values(field, node, VariableValues({}, coerced))

    return build
