"""An error and its place in the response."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import FieldNode, GraphQLError, get_location, located_error

from trunkline.runtime.marks import Mark

__all__ = ["FieldFailure", "NullError"]


class NullError(Exception):
    """A position that must not be null was given none; `located` writes the sentence."""


class FieldFailure(Exception):  # noqa: N818  # it carries an error; it is none of its own
    """An error on its way up to the nearest position that may be null (GraphQL §6.4.4)."""

    def __init__(self, original: Exception, mark: Mark, indices: Sequence[int]) -> None:
        super().__init__()
        self.original = original
        self.mark = mark
        self.path = mark.fill(indices)

    @property
    def is_null(self) -> bool:
        """Say whether this is no error: a null at a position that may be null."""
        nullable = self.mark.nullable_depth == len(self.mark.path)
        return nullable and isinstance(self.original, NullError)

    @property
    def position(self) -> tuple[str | int, ...]:
        """The path of the value that becomes null because of this error."""
        return self.path[: self.mark.nullable_depth]

    def located(self, variables: Sequence[object], operation: str) -> GraphQLError:
        """Return the error as GraphQL shows it: message, path, places in the document (§7.1.6).

        Whoever reads the traceback is told the place too; ``operation`` is what they call it.
        """
        original = self.original
        nodes, path = self.mark.nodes_of(variables), list(self.path)
        _note(original, f"at {_written(path)}{_place(nodes)} of {operation}")
        if isinstance(original, GraphQLError):
            return located_error(original, nodes, path)
        if isinstance(original, NullError):
            coordinate = self.mark.coordinate
            message = f"Cannot return null for non-nullable field {coordinate}."
        else:
            message = _text(original)
        located = GraphQLError(message, nodes, path=path)
        located.original_error = original  # not by the constructor, which asks it for more
        return located


_NOTES = 8  # places that one exception is told, which may be raised in thousands


def _note(error: Exception, note: str) -> None:
    notes = getattr(error, "__notes__", [])
    if isinstance(notes, list) and note not in notes and len(notes) < _NOTES:
        error.add_note(note)


def _written(path: Sequence[str | int]) -> str:
    """Write a path as people do: ``todos[2].title``."""
    keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(keys).removeprefix(".")


def _place(nodes: Sequence[FieldNode]) -> str:
    location = nodes[0].loc if nodes else None
    if location is None:
        return ""
    place = get_location(location.source, location.start)
    return f", line {place.line} column {place.column}"


def _text(error: Exception) -> str:
    """Return an exception's text, which is anybody's code."""
    try:
        return str(error) or "An unknown error occurred."
    except Exception:  # noqa: BLE001
        return "An error occurred whose text cannot be told."
