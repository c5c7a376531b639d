"""What an operation may cost: its fields, each as often as the lists around it are long.

The request itself says how long a list may get (``first``, ``last`` or ``limit``): a literal is
known when the operation is compiled, a variable when it comes. Lists whose length the request does
not give count once, because only the schema decides about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any

from graphql import FieldNode, IntValueNode, SelectionSetNode, VariableNode

from trunkline.compiler.selections import Fragments, fragment_of
from trunkline.errors import LimitExceededError

__all__ = ["Cost"]

_SIZES = frozenset({"first", "last", "limit"})

Term = tuple[int, ...]
"""The variables, by number, whose product a number of fields is multiplied by."""


class Cost:
    """The cost of an operation, and its limit; ``None`` means no limit.

    ``variables`` are the names of the operation's variables, in order. Raises
    ``LimitExceededError`` if the cost is too high whatever the variables are.
    """

    def __init__(
        self,
        selection_set: SelectionSetNode,
        fragments: Fragments,
        variables: Sequence[str],
        limit: int | None,
    ) -> None:
        self._limit = limit
        self._numbers = {name: number for number, name in enumerate(variables)}
        self._fragments = fragments
        self._terms: Counter[Term] = Counter()
        self._indices: tuple[int, ...] = ()
        self._harmless = 1  # no request in which no variable exceeds this costs too much
        if limit is None:
            return
        self._add(selection_set, 1, ())
        self._indices = tuple(sorted({index for term in self._terms for index in term}))
        count = len(variables)
        while self._harmless < limit and self._total([self._harmless * 2] * count) <= limit:
            self._harmless *= 2
        self._check_total([1] * count)

    def check(self, values: Sequence[Any]) -> None:
        """Raise ``LimitExceededError`` if the variables of a request make the cost too high."""
        for index in self._indices:
            value = values[index]
            if type(value) is int and value > self._harmless:
                self._check_total([_size(each) for each in values])
                return

    def _check_total(self, sizes: Sequence[int]) -> None:
        total = self._total(sizes)
        if self._limit is not None and total > self._limit:
            raise LimitExceededError.because(
                f"The operation may cost {total}: its fields, each as often as the lists around it"
                f" are long; this server allows {self._limit}. Ask for less at a time."
            )

    def _total(self, sizes: Sequence[int]) -> int:
        return sum(
            count * prod(sizes[index] for index in term) for term, count in self._terms.items()
        )

    def _add(self, selection_set: SelectionSetNode, times: int, term: Term) -> None:
        """Add up what is selected; limits have bounded how often fragments are spread."""
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                self._terms[term] += times
                if node.selection_set is not None:
                    self._add(node.selection_set, *self._multiplied(node, times, term))
            elif (fragment := fragment_of(node, self._fragments)) is not None:
                self._add(fragment.selection_set, times, term)

    def _multiplied(self, node: FieldNode, times: int, term: Term) -> tuple[int, Term]:
        """Multiply by the length that a field's arguments give."""
        for argument in node.arguments or ():
            if argument.name.value not in _SIZES:
                continue
            if isinstance(argument.value, IntValueNode):
                times *= _size(int(argument.value.value))
            elif isinstance(argument.value, VariableNode):
                number = self._numbers.get(argument.value.name.value)
                term = term if number is None else (*term, number)
        return times, term


def _size(value: object) -> int:
    """Return how long a list may get; anything but a number is for the schema to decide."""
    return max(value, 1) if type(value) is int else 1
