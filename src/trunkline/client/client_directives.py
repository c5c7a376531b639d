"""Directives that are for clients alone, such as Apollo's ``@client`` and ``@connection``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import graphql

__all__ = ["without_client_directives"]

_LOCAL = "client"  # its fields are the client's own, as in Apollo Client


class _Removing(graphql.Visitor):
    """Removes directives, fields that are the client's own, and what is empty without them."""

    def __init__(self, names: Collection[str], empty: Collection[str]) -> None:
        super().__init__()
        self._names = names
        self._empty = empty

    def enter(self, node: graphql.Node, *_: Any) -> Any:
        if isinstance(node, graphql.DirectiveNode):
            return graphql.REMOVE if node.name.value in self._names else None
        if isinstance(node, graphql.FragmentSpreadNode) and node.name.value in self._empty:
            return graphql.REMOVE
        if isinstance(node, graphql.SelectionNode) and _LOCAL in self._names:
            names = {each.name.value for each in node.directives or ()}
            return graphql.REMOVE if _LOCAL in names else None
        return None

    def leave(self, node: graphql.Node, *_: Any) -> Any:
        if isinstance(node, (graphql.FieldNode, graphql.InlineFragmentNode)):
            below = node.selection_set
            return graphql.REMOVE if below and not below.selections else None
        return None


def without_client_directives(
    document: graphql.DocumentNode, names: Collection[str]
) -> graphql.DocumentNode:
    """Return a document without the directives of these names, as servers get it.

    A field with ``@client`` goes with its directive, and so does what only such fields need:
    selections, fragments, variables. The nodes keep their places. An operation that is for the
    client alone is left without selections.
    """
    made: graphql.DocumentNode
    empty = set[str]()
    while True:
        made = graphql.visit(document, _Removing(names, empty))
        emptied = {
            each.name.value
            for each in made.definitions
            if isinstance(each, graphql.FragmentDefinitionNode)
            and not each.selection_set.selections
        }
        if emptied <= empty:
            break
        empty |= emptied
    if made is document:
        return made
    old, new = _fragments(document), _fragments(made)
    before, after = set[str](), set[str]()
    definitions: list[graphql.DefinitionNode] = []
    for given, left in zip(document.definitions, made.definitions, strict=True):
        if isinstance(left, graphql.OperationDefinitionNode):
            uses, still = _Uses(given, old), _Uses(left, new)
            before |= uses.spreads
            after |= still.spreads
            gone = uses.variables - still.variables
            variables = left.variable_definitions or ()
            kept = tuple(each for each in variables if each.variable.name.value not in gone)
            definitions.append(replace(left, variable_definitions=kept))
        else:
            definitions.append(left)
    dropped = empty | (before - after)
    sent = tuple(each for each in definitions if _fragment_name(each) not in dropped)
    return graphql.DocumentNode(definitions=sent, loc=document.loc)


def _fragment_name(node: graphql.DefinitionNode) -> str | None:
    return node.name.value if isinstance(node, graphql.FragmentDefinitionNode) else None


def _fragments(document: graphql.DocumentNode) -> Mapping[str | None, graphql.DefinitionNode]:
    return {_fragment_name(each): each for each in document.definitions}


class _Uses(graphql.Visitor):
    """The names of the variables and fragments that a definition uses, also by its fragments."""

    def __init__(
        self,
        definition: graphql.DefinitionNode,
        fragments: Mapping[str | None, graphql.DefinitionNode],
    ) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.spreads: set[str] = set()
        self._fragments = fragments
        graphql.visit(definition, self)

    def enter_variable_definition(self, *_: Any) -> Any:
        return graphql.SKIP

    def enter_variable(self, node: graphql.VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: graphql.FragmentSpreadNode, *_: Any) -> None:
        name = node.name.value
        if name not in self.spreads:
            self.spreads.add(name)
            if name in self._fragments:
                graphql.visit(self._fragments[name], self)
