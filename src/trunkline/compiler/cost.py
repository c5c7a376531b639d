"""What an operation may cost: its fields, each as often as the lists that it is in are long.

How long a list may get is what the request itself says of it (``first``, ``last`` or ``limit``): a
literal is known when the operation is compiled, a variable when it comes. Lists whose length the
request does not say count once; the schema alone decides about those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
)

from trunkline.errors import LimitExceededError

__all__ = ["Cost"]

_SIZES = frozenset({"first", "last", "limit"})

Term = tuple[int, ...]
"""The variables, by number, whose product a number of fields is multiplied with."""


class Cost:
    """The cost of an operation, and how much it may be; no limit at all is ``None``.

    ``variables`` are the operation's, in their order. Raises ``LimitExceededError`` where it is too
    much whatever the variables are.
    """

    def __init__(
        self,
        selection_set: SelectionSetNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Sequence[str],
        limit: int | None,
    ) -> None:
        self._limit = limit
        self._numbers = {name: number for number, name in enumerate(variables)}
        self._fragments = fragments
        self._terms: Counter[Term] = Counter()
        self._indices: tuple[int, ...] = ()
        if limit is not None:
            self._selections(selection_set, 1, ())
            self._indices = tuple(sorted({index for term in self._terms for index in term}))
            self._harmless = self._find_harmless(limit)
            self._refuse(self._total([1] * len(variables)))

    def check(self, values: Sequence[Any]) -> None:
        """Raise ``LimitExceededError`` where a request's variables make it too much."""
        for index in self._indices:
            value = values[index]
            if type(value) is int and value > self._harmless:
                self._refuse(self._total([_size(each) for each in values]))
                return

    def _refuse(self, total: int) -> None:
        if self._limit is not None and total > self._limit:
            raise LimitExceededError.because(
                f"The operation may cost {total}: its fields, each as often as the lists that it is"
                f" in are long; this server allows {self._limit}. Ask for less at a time."
            )

    def _find_harmless(self, limit: int) -> int:
        """Return a number that no variable exceeds in a request that need not be looked at."""
        harmless = 1
        count = len(self._numbers)
        while harmless < limit and self._total([harmless * 2] * count) <= limit:
            harmless *= 2
        return harmless

    def _total(self, sizes: Sequence[int]) -> int:
        return sum(
            count * prod(sizes[index] for index in term) for term, count in self._terms.items()
        )

    def _selections(self, selection_set: SelectionSetNode, times: int, term: Term) -> None:
        """Add up what is selected; limits have bounded how often fragments are spread."""
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                self._field(node, times, term)
            elif isinstance(node, InlineFragmentNode):
                self._selections(node.selection_set, times, term)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                if fragment is not None:
                    self._selections(fragment.selection_set, times, term)

    def _field(self, node: FieldNode, times: int, term: Term) -> None:
        self._terms[term] += times
        for argument in node.arguments or ():
            if argument.name.value not in _SIZES:
                continue
            if isinstance(argument.value, IntValueNode):
                times *= _size(int(argument.value.value))
            elif isinstance(argument.value, VariableNode):
                number = self._numbers.get(argument.value.name.value)
                term = term if number is None else (*term, number)
        if node.selection_set is not None:
            self._selections(node.selection_set, times, term)


def _size(value: object) -> int:
    """Return how long a list may get; whatever is no number is for the schema to decide."""
    return max(value, 1) if type(value) is int else 1
