"""Text → a document that fits the schema, and one operation of it."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from trunkline.compiler.limits import Limits, check_size
from trunkline.compiler.rules import rules
from trunkline.compiler.validation import validate
from trunkline.errors import (
    DocumentSyntaxError,
    LimitExceededError,
    OperationNotFoundError,
    ValidationError,
)

__all__ = ["CheckedOperation", "check_operation"]


@dataclass(frozen=True, slots=True)
class CheckedOperation:
    """One operation of a document that fits the schema, with the document's fragments."""

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]


def check_operation(
    definition: GraphQLSchema, text: str, operation_name: str | None, limits: Limits
) -> CheckedOperation:
    """Parse, limit and validate a document, and choose an operation of it.

    Raises the ``RequestError`` that says what is wrong.
    """
    document = _parse(text, limits)
    check_size(document, limits)
    _validate(definition, document, limits)
    return CheckedOperation(
        _choose(document, operation_name),
        {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        },
    )


def _parse(text: str, limits: Limits) -> DocumentNode:
    if len(text) > limits.characters:
        raise LimitExceededError.because(
            f"The document has {len(text)} characters; this server allows {limits.characters}."
        )
    try:
        return parse(text, max_lexical_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        if "Parsing aborted" in error.message:  # graphql-core has no other sign of it
            raise LimitExceededError([error]) from None
        raise DocumentSyntaxError([error]) from None


def _validate(definition: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
    errors = validate(definition, document, rules(limits), limits.errors)
    if errors:
        raise ValidationError(errors)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Choose the operation by name, or the only one there is (GraphQL §6.1)."""
    operations = {
        node.name.value if node.name else "": node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }
    if name is not None:
        if name not in operations:
            raise _not_found(f"The document has no operation {name!r}.", operations)
        return operations[name]
    if len(operations) != 1:
        raise _not_found("The document has several operations; name one.", operations)
    return next(iter(operations.values()))


def _not_found(
    message: str, operations: dict[str, OperationDefinitionNode]
) -> OperationNotFoundError:
    named = ", ".join(name or "(without a name)" for name in operations)
    if not operations:
        return OperationNotFoundError.because("The document has no operation, only fragments.")
    return OperationNotFoundError([GraphQLError(f"{message} It has: {named}.")])
