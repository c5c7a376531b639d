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
    def position(self) -> tuple[str | int, ...]:
        """The path of the value that becomes null because of this error."""
        return self.path[: self.mark.nullable_depth]

    def located(self, variables: Sequence[object]) -> GraphQLError:
        """Return the error as GraphQL shows it: message, path, places in the document (§7.1.6)."""
        original = self.original
        if isinstance(original, NullError):
            original = GraphQLError(
                f"Cannot return null for non-nullable field {self.mark.coordinate}."
            )
        return located_error(original, self.mark.nodes_of(variables), list(self.path))
