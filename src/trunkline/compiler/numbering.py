"""The fields of a document by number, and which of its selection sets are equal."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import graphql
from msgspec import Struct

from trunkline.compiler.selections import Fragments
from trunkline.runtime.positions import DocumentFields

__all__ = ["NumberedDocument"]


class _Set(Struct, frozen=True, gc=False):
    """A selection set: ``end`` is the number behind those of its fields, and of all below.

    ``signature`` is the same for all that are equal.
    """

    end: int
    signature: int
    has_arguments: bool
    has_spreads: bool


class NumberedDocument:
    """The fields of an operation and of the document's fragments, numbered.

    ``keeps_nodes`` says that a program needs the syntax tree anyway. ``is_tree`` is false if a
    program made a document in which one object stands at several places.
    """

    def __init__(
        self,
        operation: graphql.OperationDefinitionNode,
        fragments: Fragments,
        *,
        keeps_nodes: bool,
    ) -> None:
        self._nodes: list[graphql.FieldNode] = []
        self._signatures: dict[object, int] = {}
        self._numbers: dict[int, int] = {}  # by the node's id
        self._sets: dict[int, _Set] = {}  # by the node's id
        numbered = [self._number(each.selection_set) for each in fragments.values()]
        self._fragments_have_arguments = any(each.has_arguments for each in numbered)
        self._number(operation.selection_set)
        nodes, self._nodes, self._signatures = self._nodes, [], {}
        self.is_tree = len(nodes) == len(self._numbers)
        if keeps_nodes or operation.loc is None:
            self.fields = DocumentFields(graphql.Source(""), (), nodes)
        else:
            starts = [node.loc.start if node.loc else 0 for node in nodes]
            self.fields = DocumentFields(operation.loc.source, array("I", starts))

    def number(self, node: graphql.FieldNode) -> int:
        """Return the number of a field."""
        return self._numbers[id(node)]

    def end_of(self, node: graphql.FieldNode) -> int:
        """Return the number behind those of a field and of all below."""
        return (
            self._sets[id(node.selection_set)].end if node.selection_set else self.number(node) + 1
        )

    def signature(self, node: graphql.SelectionSetNode) -> int:
        """Return what a selection set has in common with equal ones only."""
        return self._sets[id(node)].signature

    def has_arguments(self, node: graphql.SelectionSetNode) -> bool:
        """Return whether a field or directive that a selection set may contain has arguments."""
        numbered = self._sets[id(node)]
        return numbered.has_arguments or (numbered.has_spreads and self._fragments_have_arguments)

    def _number(self, selection_set: graphql.SelectionSetNode) -> _Set:
        has_arguments = has_spreads = False
        parts: list[object] = []
        for node in selection_set.selections:
            directives = tuple(
                (each.name.value, self._arguments(each.arguments)) for each in node.directives or ()
            )
            has_arguments = has_arguments or any(given for _, given in directives)
            below: _Set | None = None
            own: object = None
            if isinstance(node, graphql.FieldNode):
                has_arguments = has_arguments or bool(node.arguments)
                self._numbers[id(node)] = len(self._nodes)
                self._nodes.append(node)
                alias = node.alias.value if node.alias else None
                own = alias, node.name.value, self._arguments(node.arguments)
                below = self._number(node.selection_set) if node.selection_set else None
            elif isinstance(node, graphql.InlineFragmentNode):
                own = node.type_condition and node.type_condition.name.value
                below = self._number(node.selection_set)
            elif isinstance(node, graphql.FragmentSpreadNode):
                has_spreads = True
                own = (node.name.value,)
            if below is not None:
                has_arguments = has_arguments or below.has_arguments
                has_spreads = has_spreads or below.has_spreads
            parts.append((own, directives, below and below.signature))
        signature = self._signatures.setdefault(tuple(parts), len(self._signatures))
        numbered = _Set(len(self._nodes), signature, has_arguments, has_spreads)
        self._sets[id(selection_set)] = numbered
        return numbered

    def _arguments(
        self, arguments: Sequence[graphql.ArgumentNode | graphql.ConstArgumentNode] | None
    ) -> tuple[object, ...]:
        return tuple((each.name.value, self._value(each.value)) for each in arguments or ())

    def _value(self, value: graphql.ValueNode) -> object:
        """Return what equal values have in common; lists and objects count as all different."""
        if isinstance(value, (graphql.ListValueNode, graphql.ObjectValueNode)):
            return id(value)
        if isinstance(value, graphql.VariableNode):
            return value.kind, value.name.value
        return value.kind, getattr(value, "value", None)
