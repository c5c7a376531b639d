"""How large a document may be. Asked before the work that a larger one would cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from trunkline.errors import LimitExceededError
from trunkline.runtime.variables import MAX_VALUES

__all__ = ["Limits", "check_size"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost before it is validated and compiled, and its variables.

    ``characters`` of text; ``tokens``, comments not counted; ``definitions`` of operations and
    fragments; ``directives`` on all that is selected; ``depth`` of fields below fields, number of
    ``fields`` and of those with ``aliases``, all after fragments are spread out; ``comparisons`` of
    fields that have one response key, which is what validation spends its time with; ``cost``, the
    fields times the sizes of lists that the request says (``cost.py``), ``None`` for any;
    ``errors`` listed in one answer; ``values`` in the variables of one request, items of lists and
    fields of input objects counted.
    """

    characters: int = 65_536
    tokens: int = 5_000
    definitions: int = 200
    directives: int = 1_000
    depth: int = 32
    fields: int = 1_500
    aliases: int = 1_500
    comparisons: int = 20_000
    cost: int | None = 1_000_000
    errors: int = 50
    values: int = MAX_VALUES


def check_size(document: DocumentNode, limits: Limits) -> None:
    """Raise ``LimitExceededError`` where an operation is too deep or too wide.

    Each fragment is measured once, so a document that doubles itself with every fragment costs no
    more than it is long. Circles of fragments are left to validation.
    """
    _refuse("The document has {} definitions", len(document.definitions), limits.definitions)
    measure = _Measure(document)
    try:
        sizes = [
            measure.selection_set(definition.selection_set)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
    except RecursionError:
        raise LimitExceededError.because("The document is nested too deeply.") from None
    _refuse("The document has {} directives", measure.directives, limits.directives)
    for size in sizes:
        _refuse("The operation is {} fields deep", size.depth, limits.depth)
        _refuse(f"The operation selects {{}} fields, {_SPREAD}", size.fields, limits.fields)
        _refuse(f"The operation has {{}} aliases, {_SPREAD}", size.aliases, limits.aliases)


_SPREAD = "with every fragment spread out"


def _refuse(sentence: str, count: int, allowed: int) -> None:
    if count > allowed:
        raise LimitExceededError.because(f"{sentence.format(count)}; this server allows {allowed}.")


class _Size(NamedTuple):
    """How deep a selection set is, and what it has after fragments are spread out."""

    depth: int
    fields: int
    aliases: int


class _Measure:
    """Measures selection sets: how deep, and how many fields."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Size] = {}
        self.directives = 0

    def selection_set(self, node: SelectionSetNode | None) -> _Size:
        depth = fields = aliases = 0
        for selection in node.selections if node else ():
            self.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                below, within, aliased = self.selection_set(selection.selection_set)
                below, within = below + 1, within + 1
                aliased += selection.alias is not None
            elif isinstance(selection, InlineFragmentNode):
                below, within, aliased = self.selection_set(selection.selection_set)
            else:
                assert isinstance(selection, FragmentSpreadNode)  # noqa: S101  # there is no fourth
                below, within, aliased = self._fragment(selection.name.value)
            depth, fields, aliases = max(depth, below), fields + within, aliases + aliased
        return _Size(depth, fields, aliases)

    def _fragment(self, name: str) -> _Size:
        if name not in self._measured:
            self._measured[name] = _Size(0, 0, 0)  # what a circle finds
            fragment = self._fragments.get(name)
            self._measured[name] = self.selection_set(fragment.selection_set if fragment else None)
        return self._measured[name]
