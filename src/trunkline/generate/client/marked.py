"""Operations that stand in Python source, as ``gql("…")``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from graphql import GraphQLError, OperationDefinitionNode, parse

from trunkline.generate.client.documents import DocumentSource
from trunkline.generate.client.messages import Messages

__all__ = ["marked_documents"]


def marked_documents(text: str, name: str, messages: Messages) -> list[DocumentSource]:
    """Find the documents that Python source ``text`` marks by ``gql("…")``, without running it.

    Those without a name are left out: they are for the dynamic client. A text that is put together
    (an f-string, a variable) cannot be read and is an error if it is written within the call.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        messages.error(f"{name}:{error.lineno}:{error.offset}", f"This is not Python: {error.msg}.")
        return []
    return list(_documents(tree, name, messages))


def _documents(tree: ast.AST, name: str, messages: Messages) -> Iterator[DocumentSource]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and _called(node.func) == "gql"):
            continue
        argument = node.args[0]
        if isinstance(argument, ast.JoinedStr):
            messages.error(
                f"{name}:{argument.lineno}:{argument.col_offset + 1}",
                "An f-string is not known before the program runs. Write the document as one plain"
                " string, with variables for what changes.",
            )
        elif isinstance(argument, ast.Constant):
            text = argument.value
            if isinstance(text, str) and _is_named(text):
                yield _document(argument, text, name)


def _called(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _is_named(text: str) -> bool:
    """Say whether a document is for the generator; one that does not parse is for it to refuse."""
    try:
        definitions = parse(text, no_location=True).definitions
    except GraphQLError:
        return True
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    return all(operation.name for operation in operations)


def _document(node: ast.Constant, text: str, name: str) -> DocumentSource:
    """Say where the text begins: behind its quotes, three or one."""
    quotes = 3 if "\n" in text else 1
    return DocumentSource(name, text, node.lineno, node.col_offset + 1 + quotes)
