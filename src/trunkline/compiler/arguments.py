"""Planning the arguments of a field: as constants and variables, or built for each call."""

from __future__ import annotations

from enum import Enum
from typing import Any

import graphql
from graphql.utilities.coerce_input_value import coerce_input_literal

from trunkline.compiler.plan import (
    Arguments,
    BuiltArguments,
    CollectedField,
    Constant,
    Variable,
)
from trunkline.compiler.selections import without_selections
from trunkline.runtime.literals import Fixed, default_builder

__all__ = ["VariableNodes", "plan_arguments"]

VariableNodes = dict[str, tuple[int, graphql.VariableDefinitionNode]]
"""An operation's variables by name: their place among them, and their definition."""

_IMMUTABLE = (str, int, float, bool, type(None))
_ABSENT = Constant(graphql.Undefined)


def plan_arguments(
    definition: graphql.GraphQLField,
    fields: list[CollectedField],
    parameters: dict[str, str],
    variables: VariableNodes,
) -> Arguments:
    """Plan the arguments that a field of the document has (GraphQL §6.4.1).

    The ``fields`` that were merged have the same arguments, but errors point into one of them.
    ``parameters`` gives the name of the resolver's parameter for an argument of the schema. If one
    argument must be built for each call, all are.
    """
    given = {argument.name.value: argument.value for argument in fields[0].node.arguments or ()}
    arguments: dict[str, Constant | Variable] = {}
    for name, argument in definition.args.items():
        value = _plan_argument(argument, given.get(name), variables)
        if value is None:
            uses = [
                CollectedField(without_selections(each.node), each.condition) for each in fields
            ]
            return BuiltArguments(definition, uses)
        if value is not _ABSENT:
            arguments[parameters.get(name) or argument.out_name or name] = value
    return arguments


def _plan_argument(
    argument: graphql.GraphQLArgument, value: graphql.ValueNode | None, variables: VariableNodes
) -> Constant | Variable | None:
    """Plan an argument; ``None`` if it must be built for each call."""
    has_default = argument.default is not None or argument.default_value is not graphql.Undefined
    type_: Any = argument.type
    is_required = graphql.is_non_null_type(type_)
    leaf = type_.of_type if is_required else type_
    is_constant = graphql.is_enum_type(leaf) or str(leaf) in graphql.specified_scalar_types
    if value is None:
        if not has_default:  # a missing argument that is required is an error of the call
            return None if is_required else _ABSENT
        default = default_builder(argument)
        return _constant(default.value) if is_constant and isinstance(default, Fixed) else None
    if isinstance(value, graphql.VariableNode):
        index, variable = variables.get(value.name.value, (0, None))
        may_be_null = variable is None or variable.type.kind != "non_null_type"
        may_be_absent = may_be_null and (variable is None or variable.default_value is None)
        if variable is None or (may_be_absent and has_default) or (may_be_null and is_required):
            return None  # an error of the call, or the argument's default replaces it
        return Variable(index, may_be_absent)
    if isinstance(value, (graphql.ListValueNode, graphql.ObjectValueNode)) or not is_constant:
        # it may contain variables, a resolver may change it, or a custom scalar depends on time
        return None
    return _constant(coerce_input_literal(value, type_))


def _constant(value: Any) -> Constant | None:
    return Constant(value) if isinstance(value, Enum) or type(value) in _IMMUTABLE else None
