"""Selection sets: which fields they have, for all types that an object may be of, known or not.

`@skip` and `@include` are kept as conditions: a field that may be left out may be absent from the
type. Where a class depends on the type of an object, ``__typename`` is added to what is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    print_ast,
)

from trunkline.generate.client.documents import reached_fragments, spreads

__all__ = [
    "ALWAYS",
    "Condition",
    "FieldUse",
    "Part",
    "Selections",
    "SentDocuments",
    "TypeGroup",
    "condition_of",
    "is_always",
]

Condition: TypeAlias = frozenset[tuple[str, bool]]
"""Variables, and the values that they must all have."""

ALWAYS: Condition = frozenset()
_TYPENAME = FieldNode(name=NameNode(value="__typename"))


@dataclass(frozen=True, slots=True)
class Part:
    """A selection set, the type that it is written for, and the condition for it."""

    selection_set: SelectionSetNode
    parent: GraphQLCompositeType
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field in a document, the type that it is selected on, and the condition for it."""

    node: FieldNode
    parent: GraphQLCompositeType
    when: Condition


@dataclass(frozen=True, slots=True)
class TypeGroup:
    """Object types for which the same fragments apply.

    ``conditions`` are the types that the fragments name, without those that always apply. The group
    without conditions has all other types, also those that the server may add.
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

    def groups(self, parts: Iterable[Part], type_: GraphQLCompositeType) -> list[TypeGroup]:
        """Group the types that an object may be of; the last group has the other types."""
        if isinstance(type_, GraphQLObjectType):
            return [TypeGroup(frozenset({type_.name}), (type_,))]
        named = dict.fromkeys(part.parent.name for each in parts for part in self._below(each))
        conditions = [name for name in named if not self.always(name, type_)]
        grouped: dict[frozenset[str], list[GraphQLObjectType]] = {}
        for each in self.schema.get_possible_types(type_) if conditions else ():
            met = frozenset(name for name in conditions if self.always(name, each))
            grouped.setdefault(met, []).append(each)
        others = grouped.pop(frozenset(), [])
        known = [TypeGroup(met, tuple(types)) for met, types in grouped.items()]
        return [*known, TypeGroup(frozenset(), tuple(others))]

    def _below(self, part: Part, seen: set[str] | None = None) -> Iterator[Part]:
        """Yield the fragments in a selection set at any depth, each named one once."""
        seen = set() if seen is None else seen
        for node in part.selection_set.selections:
            if isinstance(node, FieldNode) or condition_of(node) is None:
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
            inner = self.spread(node, part.parent)
            yield inner
            yield from self._below(inner, seen)

    def collect(
        self, parts: Iterable[Part], type_: GraphQLCompositeType, group: TypeGroup
    ) -> dict[str, list[FieldUse]]:
        """Collect the fields of a group's objects by response key (GraphQL §6.3.2)."""
        collected: dict[str, list[FieldUse]] = {}

        def visit(part: Part) -> None:
            for node in part.selection_set.selections:
                own = condition_of(node)
                if own is None or any((name, not value) in part.when for name, value in own):
                    continue
                if isinstance(node, FieldNode):
                    key = node.alias.value if node.alias else node.name.value
                    use = FieldUse(node, part.parent, part.when | own)
                    collected.setdefault(key, []).append(use)
                    continue
                inner = self.spread(node, part.parent, part.when | own)
                if self.applies(inner.parent, type_, group):
                    visit(inner)

        for part in parts:
            visit(part)
        return collected

    def spread(
        self, node: SelectionNode, parent: GraphQLCompositeType, when: Condition = ALWAYS
    ) -> Part:
        """Return the selection set of a fragment and the type that it is for."""
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
            return Part(fragment.selection_set, self.type_of(fragment), when)
        inline = cast("InlineFragmentNode", node)
        named = inline.type_condition and self.schema.get_type(inline.type_condition.name.value)
        return Part(inline.selection_set, cast("GraphQLCompositeType", named or parent), when)

    def applies(
        self, condition: GraphQLNamedType, type_: GraphQLCompositeType, group: TypeGroup
    ) -> bool:
        """Tell whether a fragment on the type ``condition`` applies to a group's objects."""
        return condition.name in group.conditions or self.always(condition.name, type_)

    def always(self, condition: str, type_: GraphQLCompositeType) -> bool:
        """Tell whether a fragment on the named type applies to all objects of a type.

        Members of a union that implement an interface today are not all that there ever will be.
        """
        named = self.schema.get_type(condition)
        return named is type_ or (is_abstract_type(named) and self.schema.is_sub_type(named, type_))

    def field(self, use: FieldUse, type_: GraphQLCompositeType, group: TypeGroup) -> GraphQLField:
        """Return the definition of a field on the narrowest type that is known."""
        name = use.node.name.value
        if group.only:
            return cast("GraphQLField", self.schema.get_field(group.only, name))
        own = self.schema.get_field(type_, name)
        return own or cast("GraphQLField", self.schema.get_field(use.parent, name))

    def type_of(self, fragment: FragmentDefinitionNode) -> GraphQLCompositeType:
        """Return the type of a fragment. After validation it is composite."""
        named = self.schema.get_type(fragment.type_condition.name.value)
        return cast("GraphQLCompositeType", named)

    def fragment(self, name: str) -> Part:
        """Return the selection set of a named fragment and its type."""
        fragment = self.fragments[name]
        return Part(fragment.selection_set, self.type_of(fragment))


def condition_of(node: SelectionNode) -> Condition | None:
    """Read `@skip` and `@include` (§3.13.1, §3.13.2). ``None`` means that it is never selected."""
    required: set[tuple[str, bool]] = set()
    for directive in node.directives or ():
        includes = directive.name.value == "include"
        if directive.name.value not in {"skip", "include"}:
            continue
        for argument in directive.arguments or ():
            value = argument.value
            if isinstance(value, VariableNode):
                required.add((value.name.value, includes))
            elif isinstance(value, BooleanValueNode) and value.value is not includes:
                return None
    contradicts = any((name, not value) in required for name, value in required)
    return None if contradicts else frozenset(required)


def is_always(conditions: Iterable[Condition], known: Sequence[Condition]) -> bool:
    """Tell whether one of the conditions holds whenever one of the ``known`` conditions does."""
    options = list(conditions)
    return all(any(each <= base for each in options) for base in known)


class SentDocuments:
    """Adds ``__typename`` to operations and fragments, once for each selection set that needs it.

    Where a fragment selects it already, a selection set that spreads the fragment does not.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._given = fragments
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self._selections = Selections(schema, self.fragments)
        for name in fragments:
            self._add_fragment(name)

    def operation(self, node: OperationDefinitionNode) -> OperationDefinitionNode:
        """Return the operation as it is sent."""
        root = cast("GraphQLCompositeType", self._schema.get_root_type(node.operation))
        return replace(node, selection_set=self._within(node.selection_set, root))

    def text(self, node: OperationDefinitionNode) -> str:
        """Write the document: the operation, then the fragments that it reaches."""
        reached = reached_fragments([node], self.fragments)
        return "\n\n".join(map(print_ast, [node, *reached.values()]))

    def _add_fragment(self, name: str) -> None:
        if name in self.fragments:
            return
        node = self._given[name]
        for spread in spreads(node.selection_set.selections):
            self._add_fragment(spread)
        type_ = self._selections.type_of(node)
        self.fragments[name] = replace(node, selection_set=self._set(node.selection_set, type_))

    def _set(self, node: SelectionSetNode, type_: GraphQLCompositeType) -> SelectionSetNode:
        node = self._within(node, type_)
        parts = [Part(node, type_)]
        *known, others = self._selections.groups(parts, type_)
        if not known:
            return node
        selected = self._selections.collect(parts, type_, others).get("__typename", ())
        if any(each.when == ALWAYS for each in selected):
            return node
        return replace(node, selections=(_TYPENAME, *node.selections))

    def _within(self, node: SelectionSetNode, type_: GraphQLCompositeType) -> SelectionSetNode:
        selections: list[SelectionNode] = []
        for each in node.selections:
            if isinstance(each, FieldNode) and each.selection_set:
                field = self._schema.get_field(type_, each.name.value)
                named = cast("GraphQLCompositeType", get_named_type(field.type if field else None))
                inner = self._set(each.selection_set, named)
                selections.append(replace(each, selection_set=inner))
            elif isinstance(each, InlineFragmentNode):
                parent = self._selections.spread(each, type_).parent
                inner = self._within(each.selection_set, parent)
                selections.append(replace(each, selection_set=inner))
            else:
                selections.append(each)
        return replace(node, selections=tuple(selections))
