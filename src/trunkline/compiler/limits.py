"""How large a document may be. Asked before the work that a larger one would cause."""

from __future__ import annotations

from dataclasses import dataclass

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

    ``characters`` of text; ``tokens``, comments not counted; ``depth`` of fields below fields, and
    number of ``fields``, both after fragments are spread out; ``comparisons`` of fields that have
    one response key, which is what validation spends its time with; ``errors`` listed in one
    answer; ``values`` in the variables of one request, items of lists and fields of input objects
    counted.
    """

    characters: int = 65_536
    tokens: int = 5_000
    depth: int = 32
    fields: int = 1_500
    comparisons: int = 20_000
    errors: int = 50
    values: int = MAX_VALUES


def check_size(document: DocumentNode, limits: Limits) -> None:
    """Raise ``LimitExceededError`` where an operation is too deep or too wide.

    Each fragment is measured once, so a document that doubles itself with every fragment costs no
    more than it is long. Circles of fragments are left to validation.
    """
    measure = _Measure(document)
    try:
        sizes = [
            measure.selection_set(definition.selection_set)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
    except RecursionError:
        raise LimitExceededError.because("The document is nested too deeply.") from None
    for depth, fields in sizes:
        if depth > limits.depth:
            raise LimitExceededError.because(
                f"The operation is {depth} fields deep; this server allows {limits.depth}."
            )
        if fields > limits.fields:
            raise LimitExceededError.because(
                f"The operation selects {fields} fields, with every fragment spread out;"
                f" this server allows {limits.fields}."
            )


class _Measure:
    """Measures selection sets: how deep, and how many fields."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, tuple[int, int]] = {}

    def selection_set(self, node: SelectionSetNode | None) -> tuple[int, int]:
        depth = fields = 0
        for selection in node.selections if node else ():
            if isinstance(selection, FieldNode):
                below, within = self.selection_set(selection.selection_set)
                below, within = below + 1, within + 1
            elif isinstance(selection, InlineFragmentNode):
                below, within = self.selection_set(selection.selection_set)
            else:
                assert isinstance(selection, FragmentSpreadNode)  # noqa: S101  # there is no fourth
                below, within = self._fragment(selection.name.value)
            depth, fields = max(depth, below), fields + within
        return depth, fields

    def _fragment(self, name: str) -> tuple[int, int]:
        if name not in self._measured:
            self._measured[name] = (0, 0)  # what a circle finds
            fragment = self._fragments.get(name)
            self._measured[name] = self.selection_set(fragment.selection_set if fragment else None)
        return self._measured[name]
