"""What is found before anything is sent: document against schema, operation in document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    validate,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.client.document import Document
from trunkline.client.variables import check_variables, json_variables
from trunkline.errors import OperationNotFoundError, RequestError, ValidationError
from trunkline.protocol.documents import RegisteredDocument

__all__ = ["Checker", "Operation"]

_REMEMBERED = 1024  # documents and operations that are known to be right


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document that was checked, ready to be asked with any variables."""

    document: Document
    definition: OperationDefinitionNode
    schema: GraphQLSchema | None
    registered: RegisteredDocument = field(init=False)

    def __post_init__(self) -> None:
        definition = self.definition
        registered = RegisteredDocument(
            self.document.text, definition.operation.value, _name(definition)
        )
        object.__setattr__(self, "registered", registered)

    def variables(self, variables: Mapping[str, object] | None) -> bytes:
        """Write the variables of one call as JSON. Raises ``VariablesError``."""
        values, encoded = json_variables(variables or {})
        check_variables(self.definition, self.schema, values)
        return msgspec.json.encode(encoded) if encoded else b""


class Checker:
    """Checks documents against one schema, each once, and remembers those that are right.

    Without a schema, what the document alone shows is checked.
    """

    def __init__(self, schema: GraphQLSchema | None) -> None:
        self.schema = schema
        self.operation = lru_cache(maxsize=_REMEMBERED)(self._operation)
        self._validate = lru_cache(maxsize=_REMEMBERED)(self._validate_anew)

    def _operation(self, document: Document, name: str | None) -> Operation:
        """Find the operation that a call means, in a document that was found valid.

        Raises ``ValidationError``, ``OperationNotFoundError``, and ``RequestError`` where the
        operation is a subscription.
        """
        self._validate(document)
        definition = _select(_operations(document), name)
        if definition.operation is OperationType.SUBSCRIPTION:
            raise RequestError([GraphQLError(_SUBSCRIPTION, definition)])
        return Operation(document, definition, self.schema)

    def _validate_anew(self, document: Document) -> None:
        errors = validate(self.schema, document.ast) if self.schema else []
        if errors:
            raise ValidationError(errors)


_SUBSCRIPTION = (
    "A subscription has many answers, and execute() returns one. Its transport is not there yet;"
    " ask a query instead."
)


def _operations(document: Document) -> list[OperationDefinitionNode]:
    definitions = document.ast.definitions
    return [node for node in definitions if isinstance(node, OperationDefinitionNode)]


def _select(operations: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode:
    """Choose the operation that runs (GraphQL §6.1, GetOperation)."""
    named = {_name(operation): operation for operation in operations}
    if name is not None and name in named:
        return named[name]
    if name is None and len(operations) == 1:
        return operations[0]
    raise OperationNotFoundError.because(_which(name, [known for known in named if known]))


def _which(name: str | None, known: list[str]) -> str:
    if name is not None:
        near = did_you_mean(suggestion_list(name, known))
        return f"The document has no operation named '{name}'.{near}"
    if not known:
        return "The document has no operation, only other definitions."
    named = ", ".join(f"'{other}'" for other in known)
    return f"The document has several operations ({named}): choose one by operation_name."


def _name(definition: OperationDefinitionNode) -> str | None:
    return definition.name.value if definition.name else None
