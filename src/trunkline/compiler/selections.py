"""Selection sets: a document's fragments by name, and what a selection stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import graphql

__all__ = ["Fragments", "every_field", "fragment_of", "fragments_of", "without_selections"]

Fragments: TypeAlias = Mapping[str, graphql.FragmentDefinitionNode]
"""The fragments of a document by name."""


def fragments_of(document: graphql.DocumentNode) -> dict[str, graphql.FragmentDefinitionNode]:
    """Return a document's fragments by name."""
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, graphql.FragmentDefinitionNode)
    }


def fragment_of(
    node: graphql.SelectionNode, fragments: Fragments
) -> graphql.InlineFragmentNode | graphql.FragmentDefinitionNode | None:
    """Return the fragment that a selection stands for; ``None`` for a field.

    Also ``None`` for the name of a fragment that the document lacks, which validation reports.
    """
    if isinstance(node, graphql.FragmentSpreadNode):
        return fragments.get(node.name.value)
    return node if isinstance(node, graphql.InlineFragmentNode) else None


def without_selections(node: graphql.FieldNode) -> graphql.FieldNode:
    """Copy a field of the document without what is below it, which the copy does not keep alive.

    So errors can tell what is wrong with its arguments after the syntax tree is gone.
    """
    return graphql.FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments,
        directives=(),
        loc=node.loc,
    )


def every_field(selection_sets: Iterable[graphql.SelectionSetNode]) -> Iterator[graphql.FieldNode]:
    """Yield all fields of selection sets, in no particular order, without those of spreads."""
    sets: list[graphql.SelectionSetNode | None] = [*selection_sets]
    while sets:
        selection_set = sets.pop()
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, graphql.FieldNode):
                yield node
            if isinstance(node, (graphql.FieldNode, graphql.InlineFragmentNode)):
                sets.append(node.selection_set)
