"""Collecting fields (GraphQL §6.3.2) for all types that an object may be of, known or not.

What `@skip` and `@include` decide is carried along as a condition: a field that may be left out
may be absent from the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
)

__all__ = [
    "ALWAYS",
    "Condition",
    "Group",
    "Occurrence",
    "Part",
    "Selections",
    "condition_of",
    "is_always",
]

Condition: TypeAlias = frozenset[tuple[str, bool]]
"""Variables, and the values that they must all have."""

ALWAYS: Condition = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """A selection set, the type that it is written for, and when it takes part."""

    selection_set: SelectionSetNode
    parent: GraphQLCompositeType
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A field of the document, the type that it is asked of, and when it takes part."""

    node: FieldNode
    parent: GraphQLCompositeType
    when: Condition


@dataclass(frozen=True, slots=True)
class Group:
    """Object types for which the same fragments apply.

    ``conditions`` are the types that the fragments name, without those that always apply. Without
    conditions, the group has all other types, and those that the schema does not know yet.
    """

    conditions: frozenset[str]
    types: tuple[GraphQLObjectType, ...]

    @property
    def only(self) -> GraphQLObjectType | None:
        """The one type that a fragment names, if there is one."""
        named = [each for each in self.types if each.name in self.conditions]
        return named[0] if named else None


@dataclass(frozen=True)
class Selections:
    """Collects the fields of a schema's documents."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def groups(self, parts: Iterable[Part], type_: GraphQLCompositeType) -> list[Group]:
        """Tell apart the types that an object may be of; one group if nothing depends on them."""
        if isinstance(type_, GraphQLObjectType):
            return [Group(frozenset({type_.name}), (type_,))]
        wanted = self._conditions(parts, type_)
        grouped: dict[frozenset[str], list[GraphQLObjectType]] = {}
        for each in self.schema.get_possible_types(type_) if wanted else ():
            met = frozenset(name for name in wanted if self._is(each, name))
            grouped.setdefault(met, []).append(each)
        others = grouped.pop(frozenset(), [])
        known = [Group(met, tuple(types)) for met, types in grouped.items()]
        return [*known, Group(frozenset(), tuple(others))]

    def collect(
        self, parts: Iterable[Part], type_: GraphQLCompositeType, group: Group
    ) -> dict[str, list[Occurrence]]:
        """Collect what is selected of a group's objects, by response key."""
        walk = _Walk(self, type_, group)
        for part in parts:
            walk.selections(part.selection_set.selections, part.parent, part.when)
        return walk.collected

    def applies(self, condition: str, type_: GraphQLCompositeType, group: Group) -> bool:
        """Say whether a fragment on the named type takes part in a group's objects."""
        return condition in group.conditions or self.always(condition, type_)

    def field(
        self, occurrence: Occurrence, type_: GraphQLCompositeType, group: Group
    ) -> GraphQLField:
        """Return the definition of a field, as the narrowest type that is known has it."""
        name = occurrence.node.name.value
        if group.only:
            return cast("GraphQLField", self.schema.get_field(group.only, name))
        own = self.schema.get_field(type_, name)
        return own or cast("GraphQLField", self.schema.get_field(occurrence.parent, name))

    def type_of(self, condition: str) -> GraphQLCompositeType:
        """Return the type that a fragment names; validation knows that it is composite."""
        return cast("GraphQLCompositeType", self.schema.get_type(condition))

    def _conditions(self, parts: Iterable[Part], type_: GraphQLCompositeType) -> list[str]:
        found: dict[str, None] = {}
        seen: set[str] = set()
        for part in parts:
            self._find(part.selection_set, part.parent, found, seen)
        return [name for name in found if not self.always(name, type_)]

    def _find(
        self,
        selection_set: SelectionSetNode,
        parent: GraphQLCompositeType,
        found: dict[str, None],
        seen: set[str],
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode) or condition_of(node) is None:
                continue
            if isinstance(node, FragmentSpreadNode) and node.name.value in seen:
                continue
            inner, condition = self.spread(node, parent)
            if isinstance(node, FragmentSpreadNode):
                seen.add(node.name.value)
            found.setdefault(condition.name)
            self._find(inner, condition, found, seen)

    def spread(
        self, node: SelectionNode, parent: GraphQLCompositeType
    ) -> tuple[SelectionSetNode, GraphQLCompositeType]:
        """Return the selections of a fragment, and the type that they are for."""
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
            return fragment.selection_set, self.type_of(fragment.type_condition.name.value)
        inline = cast("InlineFragmentNode", node)
        named = inline.type_condition
        return inline.selection_set, self.type_of(named.name.value) if named else parent

    def _is(self, type_: GraphQLObjectType, condition: str) -> bool:
        named = self.schema.get_type(condition)
        return named is type_ or (is_abstract_type(named) and self.schema.is_sub_type(named, type_))

    def always(self, condition: str, type_: GraphQLCompositeType) -> bool:
        """Say whether a fragment on the named type applies to whatever the type may come to be.

        Members of a union that implement an interface today are not all that there ever will be.
        """
        named = self.schema.get_type(condition)
        return named is type_ or (is_abstract_type(named) and self.schema.is_sub_type(named, type_))


def condition_of(node: SelectionNode) -> Condition | None:
    """Read `@skip` and `@include` (§3.13.1, §3.13.2); ``None`` means never."""
    wanted: set[tuple[str, bool]] = set()
    for directive in node.directives or ():
        includes = directive.name.value == "include"
        if directive.name.value not in {"skip", "include"}:
            continue
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                wanted.add((argument.value.name.value, includes))
            elif _is_never(argument.value, includes=includes):
                return None
    return None if any((name, not value) in wanted for name, value in wanted) else frozenset(wanted)


def _is_never(value: ValueNode, *, includes: bool) -> bool:
    return isinstance(value, BooleanValueNode) and value.value is not includes


def is_always(conditions: Sequence[Condition], known: Sequence[Condition]) -> bool:
    """Say whether one of the conditions holds whenever one of those that are known does."""
    return all(any(each <= base for each in conditions) for base in known)


@dataclass(slots=True)
class _Walk:
    """One walk over the selection sets of a group's objects."""

    owner: Selections
    type_: GraphQLCompositeType
    group: Group
    collected: dict[str, list[Occurrence]] = field(default_factory=dict[str, list[Occurrence]])

    def selections(
        self, nodes: Iterable[SelectionNode], parent: GraphQLCompositeType, when: Condition
    ) -> None:
        for node in nodes:
            own = condition_of(node)
            if own is None or any((name, not value) in when for name, value in own):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                self.collected.setdefault(key, []).append(Occurrence(node, parent, when | own))
                continue
            inner, condition = self.owner.spread(node, parent)
            if self.owner.applies(condition.name, self.type_, self.group):
                self.selections(inner.selections, condition, when | own)
