"""What an operation needs of its callers, found once, and what is refused to those who lack some.

An operation whose caller may have all of it is executed as it was compiled. For the others it is
compiled again, once for each set of demands that is not met, with functions that refuse in the
places of what is refused: so a decision costs one look-up, whatever the operation's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

from graphql import FieldNode, GraphQLError, GraphQLField, VariableDefinitionNode

from trunkline.compiler.demands import Taints, VariableDemands, demands_of_field
from trunkline.schema.bindings import Schema
from trunkline.schema.requirements import (
    NOTHING,
    Requirement,
    RequirementSet,
    describe_requirements,
)
from trunkline.schema.visibility import VisibleSchema

__all__ = ["UNAUTHORIZED", "Needs", "Refusals", "lacking", "refuser", "unauthorized"]

UNAUTHORIZED = "UNAUTHORIZED_FIELD_OR_TYPE"
"""The code of an error that says what a caller lacks; Apollo's routers use it too."""

_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True)
class Refusals:
    """What is refused: whatever makes one of the demands ``unmet``.

    ``taints`` are the variables whose values have input fields in them that make demands. ``noted``
    are the coordinates that the operation uses and that are refused, with what they lack.
    """

    schema: Schema
    unmet: RequirementSet
    taints: Taints
    noted: dict[str, RequirementSet] = field(default_factory=dict[str, RequirementSet])

    @cached_property
    def visible(self) -> VisibleSchema:
        """What introspection tells of."""
        return VisibleSchema(self.schema.definition, self.schema.requirements, self.unmet)

    def of(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> RequirementSet:
        """Return the demands of a field, as the document asks for it, that are not met."""
        requirements = self.schema.requirements
        found = demands_of_field(requirements, coordinate, definition, node, self.taints)
        return self.unmet.intersection(found)

    def note(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> None:
        """Note a field that the operation uses, if it is refused."""
        demands = self.of(coordinate, definition, node)
        if demands:
            self.noted[coordinate] = self.noted.get(coordinate, NOTHING) | demands


class Needs:
    """What one operation needs.

    ``fields`` has the demands of each coordinate that it uses, its arguments' and inputs' included;
    ``all`` joins them. ``possible`` are those that its variables' values may make besides, and
    ``hiding`` those that decide what introspection shows.
    """

    def __init__(self, schema: Schema, variables: tuple[VariableDefinitionNode, ...]) -> None:
        self._requirements = schema.requirements
        self._variables = VariableDemands(schema, variables)
        self.fields: dict[str, RequirementSet] = {}
        self.hiding = NOTHING
        self.possible = self._variables.possible

    def note(self, coordinate: str, definition: GraphQLField, node: FieldNode) -> None:
        """Note what a field needs that the operation uses."""
        taints = self._variables.of_defaults
        found = demands_of_field(self._requirements, coordinate, definition, node, taints)
        demands = frozenset(found)
        if demands:
            self.fields[coordinate] = self.fields.get(coordinate, NOTHING) | demands
        if node.name.value in _INTROSPECTION:
            self.hiding = self._requirements.all

    @property
    def exist(self) -> bool:
        """Say whether anything is needed at all."""
        return bool(self.fields or self.possible or self.hiding)

    @property
    def all(self) -> RequirementSet:
        """What it needs whatever its variables are."""
        return NOTHING.union(*self.fields.values())

    @cached_property
    def policies(self) -> frozenset[str]:
        """The policies that somebody must decide on."""
        demands = self.all | self.possible | self.hiding
        ways = (way for each in demands if each.kind == "policies" for way in each.any_of)
        return frozenset[str]().union(*ways)

    def taints(
        self, unmet: RequirementSet, values: Mapping[str, Any] | None
    ) -> dict[str, RequirementSet]:
        """Say which variables' values make demands that are not met."""
        return self._variables.taints(unmet, values or {})


def unauthorized(coordinate: str, demands: RequirementSet) -> GraphQLError:
    """Make the error that says what a caller lacks for a field."""
    extensions = {"code": UNAUTHORIZED, "scopes": sorted(lacking(demands))}
    return GraphQLError(
        f"{coordinate} needs {describe_requirements(demands)}.", extensions=extensions
    )


def refuser(coordinate: str, demands: RequirementSet) -> Callable[[], NoReturn]:
    """Make the function that refuses a field."""

    def refuse() -> NoReturn:
        raise unauthorized(coordinate, demands)

    return refuse


def lacking(demands: Iterable[Requirement], scopes: frozenset[str] | None = None) -> frozenset[str]:
    """Return the fewest scopes that a caller with these would have to have besides."""
    wanted: frozenset[str] = frozenset()
    for demand in sorted(demands, key=lambda demand: len(demand.any_of)):
        if demand.kind == "scopes":
            had = wanted | (scopes or frozenset())
            missing = (way - had for way in demand.any_of)
            wanted |= min(missing, key=lambda way: (len(way), sorted(way)))
    return wanted
