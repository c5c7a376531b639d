"""A document: GraphQL text that parses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse, print_ast

from trunkline.client.client_directives import without_client_directives
from trunkline.errors import DocumentSyntaxError, ValidationError

__all__ = ["Document", "gql"]

_REMEMBERED = 1024  # documents; a program has some dozens, unless it builds text per call


@dataclass(frozen=True, slots=True)
class Document:
    """GraphQL text, parsed once. Immutable and without values of variables: share it freely.

    ``text`` is sent as it was written; ``str()`` returns it too. Two documents of the same text are
    equal. Raises ``DocumentSyntaxError``, which shows the line and the column.
    """

    text: str
    ast: DocumentNode = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Parse the text."""
        if not isinstance(self.text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # not all callers are typed
            raise TypeError(f"A document is text, not {type(self.text).__name__}.")
        try:
            ast = parse(self.text, allow_empty_selection_sets=False)
        except GraphQLError as error:
            raise DocumentSyntaxError([error]) from None
        object.__setattr__(self, "ast", ast)

    def __str__(self) -> str:
        return self.text

    def without_client_directives(self, names: Collection[str]) -> Document:
        """Return the document as servers get it. Its mistakes are shown in this one's text.

        Raises ``ValidationError`` for an operation of which nothing is left.
        """
        ast = without_client_directives(self.ast, names)
        if ast is self.ast:
            return self
        text = "All of this operation is for the client alone: nothing is left to send."
        errors = [
            GraphQLError(text, each)
            for each in ast.definitions
            if isinstance(each, OperationDefinitionNode) and not each.selection_set.selections
        ]
        if errors:
            raise ValidationError(errors)
        made = Document(print_ast(ast))
        object.__setattr__(made, "ast", ast)
        return made


_document = lru_cache(maxsize=_REMEMBERED)(Document)


def gql(document: str | Path | DocumentNode | Document) -> Document:
    """Read a document: one or more operations, and the fragments that they use.

    It is text, a file in UTF-8 (a ``Path``), or an AST of graphql-core. The same text returns the
    same document, which is parsed once. Raises ``DocumentSyntaxError``, and what reading a file
    raises.
    """
    if isinstance(document, Document):
        return document
    if isinstance(document, Path):
        # With line ends as they are, so that the id is the same as that of the file.
        document = document.read_bytes().decode("utf-8-sig")
    elif isinstance(document, DocumentNode):
        document = print_ast(document)
    return _document(document)
