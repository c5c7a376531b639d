"""Collecting fields (GraphQL §6.3.2), once for every value that the variables can have.

What `@skip` and `@include` decide is carried along as a condition, not decided: one plan serves
all of an operation's requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    is_abstract_type,
)
from msgspec import Struct

from trunkline.runtime.marks import ALWAYS, Condition

__all__ = ["Collected", "Collector", "Occurrence"]


class Occurrence(Struct, frozen=True, eq=False):
    """A field of the document, and when it takes part."""

    node: FieldNode
    condition: Condition


@dataclass(slots=True)
class Collected:
    """The fields of a selection set by response key.

    ``order`` is the order of the answer: a key stands in it again where, by its condition, a later
    occurrence can be the first. ``unsure`` are the variables that decide here although null may be
    their value, by number, each with its node and the condition under which it is asked for.
    """

    occurrences: dict[str, list[Occurrence]]
    order: list[tuple[str, Condition]]
    unsure: list[tuple[int, VariableNode, Condition]]

    def add(self, node: FieldNode, condition: Condition) -> None:
        """Add a field, merging it with those of its response key."""
        key = node.alias.value if node.alias else node.name.value
        before = self.occurrences.setdefault(key, [])
        if not any(earlier.condition <= condition for earlier in before):
            self.order.append((key, condition))
        before.append(Occurrence(node, condition))


class Collector:
    """Collects the fields of one operation's selection sets."""

    def __init__(
        self,
        definition: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Iterable[VariableDefinitionNode],
    ) -> None:
        self._definition = definition
        self._fragments = fragments
        self._variables = {
            node.variable.name.value: (index, node.type.kind != "non_null_type")
            for index, node in enumerate(variables)
        }

    def collect(
        self,
        type_: GraphQLObjectType,
        selection_sets: Iterable[tuple[SelectionSetNode, Condition]],
        known: Condition,
    ) -> Collected:
        """Collect what the selection sets select of an object type.

        ``known`` is what must hold already where this is executed; it is left out of the
        conditions, and what contradicts it is left out altogether.
        """
        walk = _Walk(self, type_, known)
        for selection_set, condition in selection_sets:
            walk.selections(selection_set.selections, condition)
        return walk.collected

    def applies(self, condition: NamedTypeNode | None, type_: GraphQLObjectType) -> bool:
        """Say whether a fragment on the named type takes part in an object type (§6.3.2)."""
        if condition is None or condition.name.value == type_.name:
            return True
        named = self._definition.get_type(condition.name.value)
        return is_abstract_type(named) and self._definition.is_sub_type(named, type_)

    def fragment(self, name: str) -> FragmentDefinitionNode | None:
        """Return the fragment of that name; validation knows that there is one."""
        return self._fragments.get(name)

    def condition(self, node: SelectionNode) -> Condition | None:
        """Read `@skip` and `@include` (§3.13.1, §3.13.2); ``None`` means never."""
        wanted: set[tuple[int, bool]] = set()
        never = False
        for directive in node.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                continue
            includes = name == "include"
            for argument in directive.arguments or ():  # validation knows: there is just `if`
                if isinstance(argument.value, VariableNode):
                    wanted.add((self._variables[argument.value.name.value][0], includes))
                elif isinstance(argument.value, BooleanValueNode):
                    never = never or argument.value.value is not includes
        return None if never else frozenset(wanted)

    def unsure(self, node: SelectionNode) -> Iterator[tuple[int, VariableNode]]:
        """Yield the variables of `@skip` and `@include` that can be null, which is an error."""
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    index, nullable = self._variables[argument.value.name.value]
                    if nullable and directive.name.value in {"skip", "include"}:
                        yield index, argument.value


class _Walk:
    """One walk over the selection sets of an object."""

    def __init__(self, collector: Collector, type_: GraphQLObjectType, known: Condition) -> None:
        self._collector = collector
        self._type = type_
        self._known = known
        self._spread: dict[str, list[Condition]] = {}
        self.collected = Collected({}, [], [])

    def selections(self, nodes: Iterable[SelectionNode], condition: Condition) -> None:
        for node in nodes:
            for index, variable in self._collector.unsure(node):
                self.collected.unsure.append((index, variable, condition))
            own = self._collector.condition(node)
            met = None if own is None else self._combine(condition, own)
            if met is None:
                continue
            if isinstance(node, FieldNode):
                self.collected.add(node, met)
            elif isinstance(node, InlineFragmentNode):
                self._fragment(node, met)
            elif isinstance(node, FragmentSpreadNode) and not self._seen(node.name.value, met):
                self._fragment(self._collector.fragment(node.name.value), met)

    def _fragment(
        self, node: InlineFragmentNode | FragmentDefinitionNode | None, condition: Condition
    ) -> None:
        if node and self._collector.applies(node.type_condition, self._type):
            self.selections(node.selection_set.selections, condition)

    def _combine(self, outer: Condition, own: Condition) -> Condition | None:
        """Return both conditions together without what is known; ``None`` if they cannot hold."""
        both = outer | own
        everything = both | self._known
        if any((index, not wanted) in everything for index, wanted in both):
            return None
        return both - self._known or ALWAYS

    def _seen(self, name: str, condition: Condition) -> bool:
        """Say whether the fragment is here already whenever this spread of it would be."""
        conditions = self._spread.setdefault(name, [])
        if any(earlier <= condition for earlier in conditions):
            return True
        conditions.append(condition)
        return False
