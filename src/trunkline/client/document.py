"""A document: GraphQL text that parses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from graphql import DocumentNode, GraphQLError, parse

from trunkline.errors import DocumentSyntaxError

__all__ = ["Document", "gql"]

_REMEMBERED = 1024  # documents; a program has some dozens, unless it builds text per call


@dataclass(frozen=True, slots=True)
class Document:
    """GraphQL text, parsed once. Immutable, without values of variables: share it freely.

    ``text`` goes over the wire as it was written; ``str()`` gives it too. Two documents of the
    same text are equal. Raises ``DocumentSyntaxError``, which shows the line and the column.
    """

    text: str
    ast: DocumentNode = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ast", _parse(self.text))

    def __str__(self) -> str:
        return self.text


def _parse(text: str) -> DocumentNode:
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # not all callers are typed
        raise TypeError(f"A document is text, not {type(text).__name__}.")
    try:
        return parse(text, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise DocumentSyntaxError([error]) from None


def gql(text: str) -> Document:
    """Read a document: one or several operations, and the fragments that they use.

    The same text gives the same document, which is parsed once however often this is called.
    Raises ``DocumentSyntaxError``.
    """
    return _remembered(text)


_remembered = lru_cache(maxsize=_REMEMBERED)(Document)
