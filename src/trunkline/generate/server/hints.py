"""The Python types of the schema's types, at the places where values stand."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    GraphQLNamedType,
    GraphQLType,
    is_list_type,
    is_non_null_type,
    is_scalar_type,
)

from trunkline.text.imports import Hint, Reference

__all__ = ["ANY", "LIST", "LIST_OF", "UNSET_TYPE", "TypeHints"]

ANY = Hint.of("typing", "Any")
LIST = Reference("builtins", "list")
LIST_OF = Reference("trunkline.server", "ListOf")
_ROOT = Reference("builtins", "object")  # a root type's resolvers ask for no parent: any will do
UNSET_TYPE = Hint.of("msgspec", "UnsetType")


class TypeHints:
    """Writes a type of the schema as Python's, by the class of each named type.

    Lists are ``list``, for what is given to people; where they give one, any ``ListOf`` does, so
    that a list of a subclass fits too.
    """

    def __init__(self, classes: Mapping[str, Reference], scalars: Mapping[str, Hint]) -> None:
        self._classes = classes
        self._scalars = scalars

    def of(self, type_: GraphQLType, listed: Reference = LIST) -> Hint:
        """Return the Python type of a position with that type."""
        if is_non_null_type(type_):
            return self._present(type_.of_type, listed)
        return self._present(type_, listed).optional

    def _present(self, type_: GraphQLType, listed: Reference) -> Hint:
        if is_list_type(type_):
            return self.of(type_.of_type, listed).within(listed)
        return self.named(type_)  # type: ignore[arg-type]  # neither list nor non-null

    def named(self, type_: GraphQLNamedType) -> Hint:
        """Return the Python type of a value of a named type."""
        if is_scalar_type(type_):
            return self._scalars.get(type_.name, ANY)
        reference = self._classes.get(type_.name, _ROOT)
        return Hint(reference)
