"""Positions in the response: what a line of compiled code is about, and where an error belongs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    Location,
    NameNode,
    Source,
    SourceLocation,
    get_location,
    located_error,
)
from msgspec import Struct

__all__ = [
    "ALWAYS",
    "Condition",
    "DocumentFields",
    "FieldFailure",
    "HiddenValueError",
    "Mark",
    "Marks",
    "NoRoomError",
    "NullError",
    "Path",
    "SharedSelection",
    "holds",
    "mark_of",
    "written_place",
]

Path: TypeAlias = tuple[str | int, ...]

Condition: TypeAlias = frozenset[tuple[int, bool]]
"""Variables, by their place in the operation, and the value that each must have: all of them."""

ALWAYS: Condition = frozenset()

_NOTES = 8  # places that are noted at one exception, which may be raised in thousands


def holds(condition: Condition, variables: Sequence[object]) -> bool:
    """Return whether every variable of the condition has the wanted value."""
    return all(variables[index] is wanted for index, wanted in condition)


class DocumentFields(Struct, frozen=True, eq=False):
    """The fields of a document, numbered in the order of its text.

    ``starts`` are the places in the ``source`` where they begin. A syntax tree takes fifty times as
    much memory; only if a program needs it anyway, ``nodes`` has its fields.
    """

    source: Source
    starts: Sequence[int]
    nodes: Sequence[FieldNode] = ()

    def node(self, number: int) -> FieldNode:
        """Return a field; one of ``starts`` has its place only."""
        if self.nodes:
            return self.nodes[number]
        start = self.starts[number]
        location = Location.__new__(Location)  # made of tokens otherwise
        location.start = location.end = start
        location.source = self.source
        return FieldNode(name=NameNode(value=""), arguments=(), directives=(), loc=location)


class SharedSelection(Struct, frozen=True, eq=False, gc=False):
    """What stands at several places of a document, word by word, and has one set of functions.

    ``fields`` are those of the document at one of these places, each by its own number and that
    behind the last field below it. ``indices`` is the number of lists above each place.
    """

    fields: tuple[tuple[int, int], ...]
    indices: int

    def number_at(self, place: Mark, number: int) -> int:
        """Return the number that a field below one of ``fields`` has at another place."""
        for (begin, end), there in zip(self.fields, place.fields, strict=True):
            if begin <= number < end:
                return number - begin + there
        return number  # in a fragment


# what these refer to never refers to them, and there are thousands
class Mark(Struct, frozen=True, eq=False, gc=False):
    """A position in the response, as far as it is known before execution.

    ``path`` has ``None`` in the places of list indices. ``fields`` are the numbers of the fields of
    the ``document`` that were merged here. If they do not always take part, ``conditions`` has the
    condition of each. ``nullable_depth`` is the length of the path at which an error's null comes
    to rest; 0 is the whole ``data``. ``above`` is the next position above.

    Within a ``shared`` selection a position is relative. Its functions are called with the mark of
    the field that is the place at hand, as the first of the indices. A ``nullable_depth`` of -1 is
    the place's.
    """

    path: tuple[str | None, ...]
    fields: tuple[int, ...]
    conditions: tuple[Condition, ...]
    coordinate: str
    nullable_depth: int
    document: DocumentFields
    above: Mark | None = None
    shared: SharedSelection | None = None

    @property
    def index_count(self) -> int:
        """The number of lists above the position."""
        own = self.path.count(None)
        return own + self.shared.indices if self.shared else own

    def pattern(self, indices: Sequence[Any]) -> tuple[str | None, ...]:
        """Return the whole path, with ``None`` in the places of list indices."""
        return self.path if self.shared is None else indices[0].path + self.path

    def fill(self, indices: Sequence[Any]) -> Path:
        """Return the path with the indices in their places; surplus ones are left out."""
        given = iter(indices)
        path = self.path if self.shared is None else next(given).path + self.path
        return tuple(next(given) if key is None else key for key in path)

    def placed(self, indices: Sequence[Any]) -> Mark:
        """Return the position itself, which is not relative."""
        shared = self.shared
        if shared is None:
            return self
        place: Mark = indices[0]
        fields, conditions = place.fields, place.conditions
        if self.fields:  # below the field itself
            fields = tuple(shared.number_at(place, number) for number in self.fields)
            conditions = self.conditions
        depth = place.nullable_depth
        if self.nullable_depth >= 0:
            depth = len(place.path) + self.nullable_depth
        path = place.path + self.path
        return Mark(path, fields, conditions, self.coordinate, depth, self.document)

    def nodes_of(self, variables: Sequence[object]) -> list[FieldNode]:
        """Return the document's fields that took part, each once, in the order of the text."""
        numbers = self.fields
        if self.conditions:
            each = zip(numbers, self.conditions, strict=True)
            numbers = tuple(number for number, condition in each if holds(condition, variables))
        return [self.document.node(number) for number in dict.fromkeys(numbers)]


class Marks:
    """The marks of a module, found by line number.

    So compiled code does nothing to know its position: when something raises, the traceback has
    the line. A module has its own under the name ``MARKS``.
    """

    __slots__ = ("_lines", "_marks")

    def __init__(self, marks: Sequence[tuple[int, Mark]]) -> None:
        self._lines = [line for line, _ in marks]
        self._marks = [mark for _, mark in marks]

    def at(self, line: int) -> Mark:
        """Return the mark that a line stands under."""
        return self._marks[bisect_right(self._lines, line) - 1]


def mark_of(error: Exception) -> Mark:
    """Return the position of an error that was just caught in a compiled function."""
    traceback = error.__traceback__
    assert traceback is not None  # noqa: S101  # it was raised
    marks: Marks = traceback.tb_frame.f_globals["MARKS"]
    return marks.at(traceback.tb_lineno)


class NullError(Exception):
    """A position that must not be null is null; `FieldFailure.located` writes the sentence."""


class NoRoomError(GraphQLError):
    """The response has more fields than allowed. No part of it is worth finishing."""

    def __init__(self) -> None:
        super().__init__(
            "The response has more fields than this server allows. Ask for less at a time.",
            extensions={"code": "LIMIT_EXCEEDED"},
        )


class HiddenValueError(NullError):
    """A value is of a type that its caller does not see, so it counts as null."""


class FieldFailure(Exception):  # noqa: N818  # it carries an error up; it is not one itself
    """An error on its way up to the nearest position that may be null (GraphQL §6.4.4)."""

    def __init__(self, original: Exception, mark: Mark, indices: Sequence[Any]) -> None:
        super().__init__()
        self.original = original
        self.mark = mark.placed(indices)
        self.path = mark.fill(indices)

    @property
    def is_null(self) -> bool:
        """Whether this is not an error, but a null at a position that may be null."""
        nullable = self.mark.nullable_depth == len(self.mark.path)
        return nullable and isinstance(self.original, NullError)

    @property
    def is_fault(self) -> bool:
        """Whether this is an exception that is not for callers to read."""
        original = self.original
        return not isinstance(original, GraphQLError) or original.original_error is not None

    @property
    def position(self) -> Path:
        """The path of the value that becomes null because of this error."""
        if isinstance(self.original, NoRoomError):
            return ()
        return self.path[: self.mark.nullable_depth]

    def located(self, variables: Sequence[object], operation: str) -> GraphQLError:
        """Return the error in GraphQL's form: message, path, places in the document (§7.1.6).

        A note with the same place is added to the exception, for readers of its traceback;
        ``operation`` is the operation's title.
        """
        original = self.original
        nodes, path = self.mark.nodes_of(variables), list(self.path)
        _add_note(original, path, nodes, operation)
        if isinstance(original, GraphQLError):
            with suppress(Exception):  # of a class that does not call GraphQLError's constructor
                error = located_error(original, nodes, path)
                if all(isinstance(key, (str, int)) for key in error.path or ()):  # pyright: ignore[reportUnnecessaryIsInstance]
                    return error
                return GraphQLError(original.message, nodes, path=path, original_error=original)
        if isinstance(original, NullError):
            coordinate = self.mark.coordinate
            message = f"Cannot return null for non-nullable field {coordinate}."
        else:
            message = _message(original)
        located = GraphQLError(message, nodes, path=path)
        located.original_error = original  # not by the constructor, which takes more from it
        return located


def written_place(path: Sequence[str | int], start: SourceLocation | None) -> str:
    """Return a place as people write it: ``todos[2].title, line 3 column 5``."""
    keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    place = "".join(keys).removeprefix(".")
    return f"{place}, line {start.line} column {start.column}" if start else place


def _add_note(
    error: Exception, path: Sequence[str | int], nodes: Sequence[FieldNode], operation: str
) -> None:
    """Note where an error is: ``at todos[2].title, line 3 column 5 of query Todos``."""
    location = nodes[0].loc if nodes else None
    start = get_location(location.source, location.start) if location is not None else None
    note = f"at {written_place(path, start)} of {operation}"
    with suppress(Exception):  # of an exception that takes no attributes
        notes = getattr(error, "__notes__", [])
        if isinstance(notes, list) and note not in notes and len(notes) < _NOTES:
            error.add_note(note)


def _message(error: Exception) -> str:
    """Return an exception's text, which may be the text of any program's own `__str__`."""
    try:
        return str(error) or "An unknown error occurred."
    except Exception:  # noqa: BLE001
        return "An error occurred whose text cannot be told."
