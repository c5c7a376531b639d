"""Arguments that are more than a constant or a variable (GraphQL §6.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphql import FieldNode, GraphQLField
from graphql.execution.values import get_argument_values

from trunkline.runtime.variables import Variables, new_default

__all__ = ["argument_builder"]


def argument_builder(
    field: GraphQLField, node: FieldNode, variables: Variables
) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Make the function that builds a field's arguments anew for every call.

    Lists and input objects must be built anew, for a resolver may change what it is given; those
    of defaults too, of which graphql-core makes one for all.
    """
    given = {argument.name.value for argument in node.arguments or ()}
    defaults = {
        argument.out_name or name: argument
        for name, argument in field.args.items()
        if name not in given and argument.default is not None
    }

    def build(values: Sequence[Any]) -> dict[str, Any]:
        arguments = get_argument_values(field, node, variables.sources(values))
        for name, argument in defaults.items():
            arguments[name] = new_default(argument)
        return arguments

    return build
