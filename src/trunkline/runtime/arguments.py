"""Arguments that are more than a constant or a variable (GraphQL §6.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLDirective,
    GraphQLField,
    Undefined,
    is_required_argument,
)
from graphql.execution.values import get_argument_values

from trunkline.runtime.literals import Build, Literals, MisfitError, default_builder
from trunkline.runtime.variables import Variables

__all__ = ["argument_builder"]


class _Argument(NamedTuple):
    """An argument as a call wants it; ``build`` is ``None`` where the field was not given it."""

    name: str
    build: Build | None
    default: Build | None
    is_required: bool


def argument_builder(
    definition: GraphQLField | GraphQLDirective,
    node: FieldNode | DirectiveNode,
    variables: Variables,
) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """Make the function that builds the arguments of a field, or a directive, for every call.

    Lists and input objects must be built anew, for a resolver may change what it is given; those
    of defaults too, of which graphql-core makes one for all. The function takes what
    `Variables.coerce` returned, and raises the ``GraphQLError`` of an argument that does not fit.
    """
    arguments = _arguments(definition, node, variables.literals)

    def build(values: Sequence[Any]) -> dict[str, Any]:
        try:
            return _build(arguments, values)
        except MisfitError:
            pass  # graphql-core says why
        return get_argument_values(definition, node, variables.sources(values))

    return build


def _arguments(
    definition: GraphQLField | GraphQLDirective,
    node: FieldNode | DirectiveNode,
    literals: Literals,
) -> list[_Argument]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    arguments: list[_Argument] = []
    for name, argument in definition.args.items():
        default = default_builder(argument)
        build = None
        if name in given:
            build = literals.build(given[name], argument.type, has_default=default is not None)
        required = is_required_argument(argument)
        arguments.append(_Argument(argument.out_name or name, build, default, required))
    return arguments


def _build(arguments: list[_Argument], values: Sequence[Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for name, build, default, is_required in arguments:
        value = build(values) if build else Undefined
        if value is Undefined and default:
            value = default(values)
        if value is not Undefined:
            built[name] = value
        elif is_required:
            raise MisfitError
    return built
