"""An error and its place in the response."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError, located_error

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

    def located(self, variables: Sequence[object]) -> GraphQLError:
        """Return the error as GraphQL shows it: message, path, places in the document (§7.1.6)."""
        original = self.original
        nodes, path = self.mark.nodes_of(variables), list(self.path)
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


def _text(error: Exception) -> str:
    """Return an exception's text, which is anybody's code."""
    try:
        return str(error) or "An unknown error occurred."
    except Exception:  # noqa: BLE001
        return "An error occurred whose text cannot be told."
