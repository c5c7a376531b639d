"""The second pass, directives: those that get a function, and those for people and tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLDirective, is_non_null_type

from trunkline.generate.elements import documentation
from trunkline.generate.server.plan import DirectivePlan, ParameterPlan
from trunkline.generate.server.settings import ServerSettings
from trunkline.generate.server.values import ANY, NONE, Values
from trunkline.schema.directives import (
    AROUND_FIELDS,
    AROUND_OPERATIONS,
    IN_DOCUMENTS,
    ON_VALUES,
    runtime_places,
)
from trunkline.text.imports import Hint, Reference

__all__ = ["PlannedDirectives", "plan_directives"]

_CALL = Hint(Reference("collections.abc", "Callable"), ("[]", ANY))

_OF_GQLGEN = frozenset({
    "goModel",
    "goField",
    "goTag",
    "goExtraField",
    "goEnum",
    "goEmbedInterface",
    "inlineArguments",
    "subscriptionContext",
})  # fmt: skip
"""What gqlgen's generator reads. A schema for it has to define them; they have no functions."""


@dataclass(slots=True)
class PlannedDirectives:
    """The plans of directives that have a function; ``metadata`` are coordinates of the others."""

    plans: list[DirectivePlan] = field(default_factory=list[DirectivePlan])
    metadata: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def plan_directives(
    settings: ServerSettings, names: Mapping[str, str], values: Values
) -> PlannedDirectives:
    """Plan a function for each directive that is used and does something in a request."""
    planned = PlannedDirectives()
    applied: set[str] = set()
    if settings.directives:
        applied = {node.name.value for *_, node in runtime_places(settings.schema)}
    for each in settings.directives:
        locations = frozenset(each.locations)
        if each.name in _OF_GQLGEN or not settings.directive(each.name).runtime:
            planned.metadata.append(f"@{each.name}")
            if each.name in _OF_GQLGEN and each.name in applied:
                planned.notes.append(
                    f"@{each.name} is read by gqlgen only. Write @model or @field instead."
                )
        elif (AROUND_FIELDS | AROUND_OPERATIONS | ON_VALUES) & locations and (
            each.name in applied or IN_DOCUMENTS & locations
        ):
            planned.plans.append(_plan(each, settings, names, values))
    return planned


def _plan(
    directive: GraphQLDirective,
    settings: ServerSettings,
    names: Mapping[str, str],
    values: Values,
) -> DirectivePlan:
    locations = frozenset(directive.locations)
    proceeds = bool((AROUND_FIELDS | AROUND_OPERATIONS) & locations)
    parameters: list[ParameterPlan] = []
    for argument, element in directive.args.items():
        has_default = element.ast_node is not None and element.ast_node.default_value is not None
        is_given = has_default or is_non_null_type(element.type)
        name = names[f"@{directive.name}({argument}:)"]
        hint = values.hint(element.type)
        parameters.append(ParameterPlan(name, hint, None if is_given else NONE))
    if settings.directive(directive.name).parent and AROUND_FIELDS & locations:
        parameters.append(ParameterPlan("parent", ANY))
    if settings.context and proceeds and not ON_VALUES & locations:
        parameters.append(ParameterPlan("context", settings.context))
    return DirectivePlan(
        directive=directive.name,
        name=names[f"@{directive.name}"],
        description=documentation(directive),
        first=ParameterPlan("proceed", _CALL) if proceeds else ParameterPlan("value", ANY),
        parameters=tuple(sorted(parameters, key=lambda each: each.default is not None)),
    )
