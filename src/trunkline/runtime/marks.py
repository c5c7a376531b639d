"""What a line of compiled code is about: a position in the response."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias

from graphql import FieldNode
from msgspec import Struct

__all__ = ["ALWAYS", "Condition", "Mark", "Marks", "holds"]

Condition: TypeAlias = frozenset[tuple[int, bool]]
"""Variables, by their place in the operation, and the value that each must have: all of them."""

ALWAYS: Condition = frozenset()


def holds(condition: Condition, variables: Sequence[object]) -> bool:
    """Say whether every variable of the condition has the wanted value."""
    return all(variables[index] is wanted for index, wanted in condition)


class Mark(Struct, frozen=True, eq=False, weakref=True):
    """A position in the response, as far as it is known before execution.

    ``path`` has ``None`` where a list's index goes. ``nodes`` are the fields of the document that
    were merged here, each with the condition under which it takes part. ``nullable_depth`` is the
    length of the path at which an error's null comes to rest; 0 is the whole ``data``.
    """

    path: tuple[str | None, ...]
    nodes: tuple[tuple[FieldNode, Condition], ...]
    coordinate: str
    nullable_depth: int

    def fill(self, indices: Sequence[int]) -> tuple[str | int, ...]:
        """Return the path with the indices in their places; surplus ones are left out."""
        given = iter(indices)
        return tuple(next(given) if key is None else key for key in self.path)

    def nodes_of(self, variables: Sequence[object]) -> list[FieldNode]:
        """Return the document's fields that took part, each once, in the order of the text."""
        present = [node for node, condition in self.nodes if holds(condition, variables)]
        return list({id(node): node for node in present}.values())


class Marks:
    """The marks of a module, found by line number.

    So the compiled code itself does nothing to know where it is: when something raises, the
    traceback has the line. A module has its own under the name ``MARKS``.
    """

    __slots__ = ("_lines", "_marks")

    def __init__(self, marks: Sequence[tuple[int, Mark]]) -> None:
        self._lines = [line for line, _ in marks]
        self._marks = [mark for _, mark in marks]

    def at(self, line: int) -> Mark:
        """Return the mark that the line stands under."""
        return self._marks[bisect_right(self._lines, line) - 1]
