"""What is found before anything is sent: document against schema, operation in document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    type_from_ast,
    validate,
)
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.client.conversions import Conversions, Write
from trunkline.client.decoding import Decoder, decoder_of
from trunkline.client.deprecations import warn_of_deprecated
from trunkline.client.document import Document
from trunkline.client.variables import check_variables, json_variables
from trunkline.errors import (
    OperationNotFoundError,
    ProtocolError,
    RequestError,
    ValidationError,
    VariablesError,
)
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.multipart import FilePart
from trunkline.protocol.response import PLAIN

__all__ = ["Checker", "Operation"]

_UNWRITABLE = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    GraphQLError,
)
_REMEMBERED = 1024  # documents and operations that are known to be right


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document that was checked, ready to be asked with any variables.

    ``decoder`` reads its answers; ``writers`` have what turns the values of variables into what
    JSON can hold, by name, where the schema's scalars need more than that.
    """

    document: Document
    definition: OperationDefinitionNode
    schema: GraphQLSchema | None
    registered: RegisteredDocument
    decoder: Decoder = PLAIN
    writers: Mapping[str, Write] = field(default_factory=dict[str, Write])

    def variables(self, variables: Mapping[str, object] | None) -> tuple[bytes, list[FilePart]]:
        """Write the variables of one call as JSON, and read its files.

        Raises ``VariablesError``.
        """
        if not variables and not self.definition.variable_definitions:
            return b"", []
        given = variables or {}
        values, encoded, files = json_variables(self._written(given) if self.writers else given)
        check_variables(self.definition, self.schema, values, uploads=bool(files))
        return msgspec.json.encode(encoded) if encoded else b"", files

    def _written(self, variables: Mapping[str, object]) -> Mapping[str, object]:
        """Let custom scalars and enums be written as the schema wants them."""
        written = dict(variables)
        for name, write in self.writers.items():
            if written.get(name) is None:
                continue
            try:
                written[name] = write(written[name])
            except _UNWRITABLE as error:
                raise VariablesError.because(
                    f"Variable '${name}' cannot be written: {error}"
                ) from error
        return written


class Checker:
    """Checks documents against one schema, each once, and remembers those that are right.

    Without a schema, what the document alone shows is checked, and nothing is converted.
    """

    def __init__(
        self, schema: GraphQLSchema | None, conversions: Conversions | None = None
    ) -> None:
        self.schema = schema
        self._conversions = conversions
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
        registered = RegisteredDocument(
            document.text, definition.operation.value, _name(definition)
        )
        if self.schema is None or not self._conversions:
            return Operation(document, definition, self.schema, registered)
        decoder = decoder_of(self.schema, document, definition, self._conversions)
        writers = _writers(self.schema, definition, self._conversions)
        return Operation(document, definition, self.schema, registered, decoder or PLAIN, writers)

    def _validate_anew(self, document: Document) -> None:
        if self.schema is None:
            return
        try:
            errors = validate(self.schema, document.ast)
        except TypeError as error:  # a fetched schema's types are built when they are used
            raise ProtocolError(f"The server's schema is none: {error}") from error
        if errors:
            raise ValidationError(errors)
        warn_of_deprecated(self.schema, document)


def _writers(
    schema: GraphQLSchema, definition: OperationDefinitionNode, conversions: Conversions
) -> dict[str, Write]:
    found: dict[str, Write] = {}
    for variable in definition.variable_definitions or ():
        type_: Any = type_from_ast(schema, variable.type)
        write = conversions.writer(type_)
        if write:
            found[variable.variable.name.value] = write
    return found


_SUBSCRIPTION = (
    "A subscription has many answers, which need a transport that streams, and there is none yet;"
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
