"""The directives of a schema that want a function, and those that are for people and tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import GraphQLDirective, GraphQLSchema, is_non_null_type, is_specified_directive
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.generate.configuration import Directive, Project
from trunkline.generate.server.hints import ANY, TypeHints
from trunkline.generate.server.plan import DirectivePlan, ParameterPlan
from trunkline.schema.directives import (
    AROUND_FIELDS,
    AROUND_OPERATIONS,
    IN_DOCUMENTS,
    KNOWN_DIRECTIVES,
    ON_VALUES,
    runtime_places,
)
from trunkline.text.imports import Hint, Reference
from trunkline.text.names import python_names

__all__ = ["Directives"]

_PLAIN = Directive()
_RESERVED = {"self", "proceed", "value", "parent", "context", "selection", "operation"}
_CALL = Hint(Reference("collections.abc", "Callable"), ("[]", ANY))

_GQLGENS = frozenset({
    "goModel",
    "goField",
    "goTag",
    "goExtraField",
    "goEnum",
    "goEmbedInterface",
    "inlineArguments",
    "subscriptionContext",
})  # fmt: skip
"""What gqlgen's generator reads, which a schema has to define: nothing of it runs."""


class Directives:
    """Plans the functions of a schema's directives. ``names`` gets their Python names."""

    def __init__(self, schema: GraphQLSchema, project: Project, names: dict[str, str]) -> None:
        self._configured: Mapping[str, Directive] = project.configuration.directives
        self._project = project
        self._own = [
            each
            for each in schema.directives
            if not is_specified_directive(each) and each.name not in KNOWN_DIRECTIVES
        ]
        self._applied = (
            {node.name.value for *_, node in runtime_places(schema)} if self._own else {*()}
        )
        self._names = names
        snake_case = project.configuration.snake_case
        wished = {name: each.name for name, each in self._configured.items() if each.name}
        own = [each.name for each in self._own]
        for name, python in python_names(own, snake_case=snake_case, configured=wished).items():
            self._names[f"@{name}"] = python
        for each in self._own:
            self._name_arguments(each, snake_case=snake_case)

    def _name_arguments(self, directive: GraphQLDirective, *, snake_case: bool) -> None:
        coordinate = f"@{directive.name}"
        arguments = python_names(directive.args, snake_case=snake_case, reserved=_RESERVED)
        for argument, python in arguments.items():
            self._names[f"{coordinate}({argument}:)"] = python

    def metadata(self) -> Iterator[str]:
        """Yield the directives that do nothing when a request comes, as coordinates."""
        for each in self._own:
            if each.name in _GQLGENS or not self._configured.get(each.name, _PLAIN).runtime:
                yield f"@{each.name}"

    def notes(self) -> Iterator[str]:
        """Say which directives are another generator's."""
        for each in self._own:
            if each.name in _GQLGENS and each.name in self._applied:
                yield (
                    f"@{each.name} is gqlgen's, and says nothing here: write @model or @field"
                    " instead."
                )

    def mistakes(self) -> Iterator[str]:
        """Say which directives are configured that the schema has not."""
        known = [each.name for each in self._own]
        for name in self._configured:
            if name not in known:
                hint = did_you_mean(suggestion_list(name, known))
                place = self._project.place("directives", name)
                yield f"{place}: directives.{name}: the schema defines no @{name}.{hint}"

    def plans(self, hints: TypeHints, context: Hint | None) -> Iterator[DirectivePlan]:
        """Yield a plan for each directive that wants a function."""
        metadata = set(self.metadata())
        for each in self._own:
            locations = frozenset(each.locations)
            may_run = (AROUND_FIELDS | AROUND_OPERATIONS | ON_VALUES) & locations
            is_used = each.name in self._applied or IN_DOCUMENTS & locations
            if may_run and is_used and f"@{each.name}" not in metadata:
                yield self._plan(each, hints, context)

    def _plan(
        self, directive: GraphQLDirective, hints: TypeHints, context: Hint | None
    ) -> DirectivePlan:
        locations = frozenset(directive.locations)
        proceeds = bool((AROUND_FIELDS | AROUND_OPERATIONS) & locations)
        parameters = [self._parameter(directive, argument, hints) for argument in directive.args]
        if self._configured.get(directive.name, _PLAIN).parent and AROUND_FIELDS & locations:
            parameters.append(ParameterPlan("parent", ANY))
        if context and proceeds and not ON_VALUES & locations:
            parameters.append(ParameterPlan("context", context))
        return DirectivePlan(
            directive=directive.name,
            name=self._names[f"@{directive.name}"],
            description=directive.description or "",
            first=ParameterPlan("proceed", _CALL) if proceeds else ParameterPlan("value", ANY),
            parameters=tuple(sorted(parameters, key=lambda each: each.default is not None)),
        )

    def _parameter(
        self, directive: GraphQLDirective, argument: str, hints: TypeHints
    ) -> ParameterPlan:
        element = directive.args[argument]
        name = self._names[f"@{directive.name}({argument}:)"]
        is_given = is_non_null_type(element.type) or (
            element.ast_node is not None and element.ast_node.default_value is not None
        )
        return ParameterPlan(name, hints.of(element.type), None if is_given else "None")
