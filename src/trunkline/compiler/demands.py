"""What a field of a document demands of callers, with its arguments and the inputs in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_input_object_type,
    type_from_ast,
)

from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import NOTHING, Requirement, Requirements, RequirementSet

__all__ = ["Taints", "VariableDemands", "demands_of_field"]

Taints: TypeAlias = Mapping[str, RequirementSet]
"""What the values of variables demand, by the variable's name."""


def demands_of_field(
    requirements: Requirements,
    coordinate: str,
    field: GraphQLField,
    node: FieldNode,
    taints: Taints,
) -> Iterator[Requirement]:
    """Yield what a field demands, and what its arguments do as far as the document gives them."""
    yield from requirements.fields.get(coordinate, NOTHING)
    for argument in node.arguments or ():
        name = argument.name.value
        yield from requirements.arguments.get(f"{coordinate}({name}:)", NOTHING)
        if name in field.args:  # not so in documents that nobody validated
            type_ = field.args[name].type
            yield from _demands_of_literal(requirements, argument.value, type_, taints)


class VariableDemands:
    """What the values of an operation's variables may demand: the fields of inputs in them.

    ``possible`` is all of it; ``of_defaults`` is what stands in the document.
    """

    def __init__(self, schema: Schema, nodes: tuple[VariableDefinitionNode, ...]) -> None:
        self._requirements = requirements = schema.requirements
        self._types: dict[str, Any] = {}
        self.of_defaults: dict[str, RequirementSet] = {}
        self.possible = NOTHING
        for node in nodes if requirements.inputs else ():
            name = node.variable.name.value
            type_: Any = get_named_type(type_from_ast(schema.definition, node.type))
            demands = frozenset(_possible(requirements, type_))
            if demands:
                self._types[name] = type_
                self.possible |= demands
                if node.default_value is not None:
                    default = _demands_of_literal(requirements, node.default_value, type_, {})
                    self.of_defaults[name] = frozenset(default)

    def taints(self, unmet: RequirementSet, values: Mapping[str, Any]) -> dict[str, RequirementSet]:
        """Say which variables' values make demands that are not met."""
        taints: dict[str, RequirementSet] = {}
        for name, type_ in self._types.items():
            demands = self.of_defaults.get(name, NOTHING)
            if name in values:
                demands |= frozenset(_demands_of_value(self._requirements, values[name], type_))
            if demands & unmet:
                taints[name] = demands & unmet
        return taints


def _demands_of_literal(
    requirements: Requirements, value: ValueNode, type_: GraphQLInputType, taints: Taints
) -> Iterator[Requirement]:
    named: Any = get_named_type(type_)
    if isinstance(value, VariableNode):
        yield from taints.get(value.name.value, NOTHING)
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from _demands_of_literal(requirements, item, named, taints)
    elif isinstance(value, ObjectValueNode) and is_input_object_type(named):
        for each in value.fields:
            name = each.name.value
            yield from requirements.inputs.get(f"{named.name}.{name}", NOTHING)
            if name in named.fields:
                inner = named.fields[name].type
                yield from _demands_of_literal(requirements, each.value, inner, taints)


def _possible(requirements: Requirements, type_: Any) -> Iterator[Requirement]:
    """Yield what a value of a type can demand, however deep it goes."""
    seen: set[str] = set()
    open_: list[Any] = [type_]
    while open_:
        each = open_.pop()
        if is_input_object_type(each) and each.name not in seen:
            seen.add(each.name)
            for name, field in each.fields.items():
                yield from requirements.inputs.get(f"{each.name}.{name}", NOTHING)
                open_.append(get_named_type(field.type))


def _demands_of_value(requirements: Requirements, value: Any, type_: Any) -> Iterator[Requirement]:
    """Yield what a variable's value demands, as it came in JSON."""
    open_: list[tuple[Any, Any]] = [(value, type_)]
    while open_:
        each, named = open_.pop()
        if isinstance(each, Mapping) and is_input_object_type(named):
            for name, inner in each.items():
                yield from requirements.inputs.get(f"{named.name}.{name}", NOTHING)
                if name in named.fields:
                    open_.append((inner, get_named_type(named.fields[name].type)))
        elif isinstance(each, (list, tuple)):
            open_ += [(item, named) for item in each]
