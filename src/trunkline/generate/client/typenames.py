"""Asking for ``__typename`` wherever the class of an answer's object depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
)

from trunkline.generate.client.selections import ALWAYS, Part, Selections

__all__ = ["Typenames", "spreads"]

_TYPENAME = FieldNode(name=NameNode(value="__typename"))


class Typenames:
    """Adds ``__typename`` to operations and fragments, once for each selection set that needs it.

    What a fragment asks for already, those who spread it do not ask for again.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._given = fragments
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self._selections = Selections(schema, self.fragments)
        for name in fragments:
            self._fragment(name)

    def operation(self, node: OperationDefinitionNode) -> OperationDefinitionNode:
        """Return the operation as it is sent."""
        root = cast("GraphQLCompositeType", self._schema.get_root_type(node.operation))
        return replace(node, selection_set=self._within(node.selection_set, root))

    def _fragment(self, name: str) -> None:
        if name in self.fragments:
            return
        node = self._given[name]
        for spread in spreads(node.selection_set.selections):
            self._fragment(spread)
        type_ = self._selections.type_of(node.type_condition.name.value)
        self.fragments[name] = replace(node, selection_set=self._set(node.selection_set, type_))

    def _set(self, node: SelectionSetNode, type_: GraphQLCompositeType) -> SelectionSetNode:
        node = self._within(node, type_)
        parts = [Part(node, type_)]
        *known, others = self._selections.groups(parts, type_)
        if not known:
            return node
        asked = self._selections.collect(parts, type_, others).get("__typename", ())
        if any(each.when == ALWAYS for each in asked):
            return node
        return replace(node, selections=(_TYPENAME, *node.selections))

    def _within(self, node: SelectionSetNode, type_: GraphQLCompositeType) -> SelectionSetNode:
        return replace(node, selections=tuple(self._selection(s, type_) for s in node.selections))

    def _selection(self, node: SelectionNode, type_: GraphQLCompositeType) -> SelectionNode:
        if isinstance(node, FieldNode) and node.selection_set:
            field = self._schema.get_field(type_, node.name.value)
            of = cast("GraphQLCompositeType", get_named_type(field.type if field else None))
            return replace(node, selection_set=self._set(node.selection_set, of))
        if isinstance(node, InlineFragmentNode):
            _, inner = self._selections.spread(node, type_)
            return replace(node, selection_set=self._within(node.selection_set, inner))
        return node


def spreads(nodes: Iterable[SelectionNode]) -> Iterator[str]:
    """Yield the names of the fragments that are spread within selections, in their order."""
    for node in nodes:
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value
        elif isinstance(node, (FieldNode, InlineFragmentNode)) and node.selection_set:
            yield from spreads(node.selection_set.selections)
