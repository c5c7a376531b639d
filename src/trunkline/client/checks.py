"""What is checked before anything is sent: the document by the schema, the operation's name."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import graphql
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.client.absent_nulls import AbsentNulls
from trunkline.client.conversions import Conversions, Write, decoder_of
from trunkline.client.document import Document
from trunkline.client.responses import Decoder, ExecutionResult
from trunkline.client.variables import check_variables, encode_variables
from trunkline.errors import (
    OperationNotFoundError,
    ProtocolError,
    RequestError,
    ValidationError,
    VariablesError,
)
from trunkline.printable import printable
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.request import FilePart
from trunkline.protocol.response import PLAIN

__all__ = [
    "DeprecatedWarning",
    "DeprecationRule",
    "DocumentChecker",
    "PreparedOperation",
    "rules_without",
]

_REMEMBERED = 1024  # documents and operations that were found valid
_WRITE_ERRORS = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    graphql.GraphQLError,
)


class DeprecatedWarning(UserWarning):
    """A document uses a deprecated field, argument or enum value, which its server will remove.

    The message has the schema's reason and the place in the document.
    """


class DeprecationRule(graphql.NoDeprecatedCustomRule):
    """Tells what a document uses that is deprecated, also by a schema of introspection.

    graphql-core takes the name of an argument's field from the schema's SDL, which is not there.
    """

    def enter_argument(self, node: graphql.ArgumentNode, *args: Any) -> None:
        """Report a deprecated argument. The last of ``args`` are the nodes around it."""
        argument, parent = self.context.get_argument(), args[-1][-1]
        is_of_field = isinstance(parent, graphql.FieldNode)
        if argument and argument.deprecation_reason is not None and is_of_field:
            coordinate = f"{self.context.get_parent_type()}.{parent.name.value}({node.name.value}:)"
            text = f"The argument '{coordinate}' is deprecated. {argument.deprecation_reason}"
            self.report_error(graphql.GraphQLError(text, node))
        else:
            super().enter_argument(node, *args)


_NEEDED = (
    graphql.KnownOperationTypesRule,
    graphql.UniqueOperationNamesRule,
    graphql.KnownTypeNamesRule,
    graphql.FragmentsOnCompositeTypesRule,
    graphql.VariablesAreInputTypesRule,
    graphql.UniqueFragmentNamesRule,
    graphql.KnownFragmentNamesRule,
    graphql.NoFragmentCyclesRule,
    graphql.UniqueVariableNamesRule,
)
"""The rules without which it is not clear what an operation is."""

_Rule: TypeAlias = type[graphql.ASTValidationRule]


def rules_without(names: Iterable[str], needed: Sequence[_Rule] = ()) -> Sequence[_Rule]:
    """Return the rules by which documents are checked (GraphQL §5), without those that are named.

    The names are graphql-core's, such as ``OverlappingFieldsCanBeMergedRule``; graphql-js has the
    same. Servers may be less strict than GraphQL is. Raises ``ValueError`` if there is no such
    rule, or if it is one of the ``needed`` or of those that are always needed.
    """
    rules: dict[str, _Rule] = {each.__name__: each for each in graphql.specified_rules}
    for name in names:
        rule = rules.pop(name, None)
        if rule is None:
            near = did_you_mean(suggestion_list(name, list(rules)))
            raise ValueError(f"There is no validation rule {name!r}.{near}")
        if rule in {*_NEEDED, *needed}:
            raise ValueError(f"{name} cannot be left out, because operations are read by it.")
    return tuple(rules.values())


@dataclass(frozen=True, slots=True)
class PreparedOperation:
    """One operation of a valid document, ready to be sent with any variables.

    ``decoder`` reads its responses. ``writers`` convert the values of variables, by name, if the
    schema's scalars need more than JSON. ``nulls`` puts back what the server leaves out.
    """

    definition: graphql.OperationDefinitionNode
    schema: graphql.GraphQLSchema | None
    registered: RegisteredDocument
    decoder: Decoder = PLAIN
    writers: Mapping[str, Write] = field(default_factory=dict[str, Write])
    nulls: AbsentNulls | None = None

    def completed(
        self, result: ExecutionResult, variables: Mapping[str, object] | None
    ) -> ExecutionResult:
        """Return the result of a call with these variables, with the nulls that were left out."""
        if self.nulls and result.data is not None:
            self.nulls.put_back(result.data, variables)
        return result

    def variables(self, variables: Mapping[str, object] | None) -> tuple[bytes, list[FilePart]]:
        """Check the variables of one call; return them as JSON, and their files.

        Raises ``VariablesError``.
        """
        if not variables and not self.definition.variable_definitions:
            return b"", []
        variables = variables or {}
        if self.writers:
            converted = dict(variables)
            for name, write in self.writers.items():
                if converted.get(name) is None:
                    continue
                try:
                    converted[name] = write(converted[name])
                except _WRITE_ERRORS as error:
                    message = f"Variable '${name}' cannot be written: {error}"
                    raise VariablesError.because(message) from error
            variables = converted
        values, encoded, files = encode_variables(variables)
        check_variables(self.definition, self.schema, values, uploads=bool(files))
        return encoded, files


class DocumentChecker:
    """Checks documents against one schema by ``rules``, each once, and remembers the valid ones.

    Without a schema it checks only the document itself, and nothing is converted. What has
    ``client_directives`` is neither checked nor sent.
    """

    def __init__(
        self,
        schema: graphql.GraphQLSchema | None,
        conversions: Conversions | None = None,
        rules: Sequence[_Rule] = graphql.specified_rules,
        client_directives: frozenset[str] = frozenset(),
        *,
        absent_is_null: bool = False,
    ) -> None:
        self.schema = schema
        self._absent_is_null = absent_is_null
        self._client_directives = client_directives
        self._conversions = conversions
        self._rules = rules
        self.operation = lru_cache(maxsize=_REMEMBERED)(self._prepare)
        self.validate = lru_cache(maxsize=_REMEMBERED)(self._validate)

    def _prepare(self, document: Document, name: str | None) -> PreparedOperation:
        """Return the operation of a document that a call names.

        Raises ``ValidationError``, ``OperationNotFoundError``, and ``RequestError`` if the
        operation is a subscription.
        """
        if self._client_directives:
            document = document.without_client_directives(self._client_directives)
        self.validate(document)
        definition = _select_operation(document, name)
        if definition.operation is graphql.OperationType.SUBSCRIPTION:
            message = (
                "A subscription has many results, but no transport can stream yet."
                " Send a query instead."
            )
            raise RequestError([graphql.GraphQLError(message, definition)])
        registered = RegisteredDocument(
            document.text, definition.operation.value, _name(definition)
        )
        if self.schema is None:
            return PreparedOperation(definition, None, registered)
        fragments = {
            each.name.value: each
            for each in document.ast.definitions
            if isinstance(each, graphql.FragmentDefinitionNode)
        }
        nulls = None
        if self._absent_is_null:
            nulls = AbsentNulls(self.schema, fragments, definition)
        if not self._conversions:
            return PreparedOperation(definition, self.schema, registered, nulls=nulls)
        writers: dict[str, Write] = {}
        for variable in definition.variable_definitions or ():
            type_: Any = graphql.type_from_ast(self.schema, variable.type)
            write = self._conversions.writer(type_)
            if write:
                writers[variable.variable.name.value] = write
        decoder = decoder_of(self.schema, fragments, definition, self._conversions) or PLAIN
        return PreparedOperation(definition, self.schema, registered, decoder, writers, nulls)

    def _validate(self, document: Document) -> None:
        if self.schema is None:
            return
        if self._client_directives:
            document = document.without_client_directives(self._client_directives)
        try:
            errors = graphql.validate(self.schema, document.ast, self._rules)
        except TypeError as error:  # a fetched schema builds its types when they are used
            raise ProtocolError(
                f"The server's introspection result is not a valid schema: {error}"
            ) from error
        if errors:
            raise ValidationError(errors)
        for use in graphql.validate(self.schema, document.ast, [DeprecationRule]):
            # The caller's line is not on the stack of a flow: the message has the place.
            told = graphql.GraphQLError(printable(use.message), use.nodes)
            warnings.warn(str(told), DeprecatedWarning, stacklevel=2)


def _select_operation(document: Document, name: str | None) -> graphql.OperationDefinitionNode:
    """Choose the operation to execute (GraphQL §6.1, GetOperation).

    Raises ``OperationNotFoundError``.
    """
    definitions = document.ast.definitions
    operations = [node for node in definitions if isinstance(node, graphql.OperationDefinitionNode)]
    if name is None and len(operations) == 1:
        return operations[0]
    named = {_name(operation): operation for operation in operations}
    if name is not None and name in named:
        return named[name]
    known = [each for each in named if each]
    if name is not None:
        near = did_you_mean(suggestion_list(name, known))
        message = f"The document has no operation named '{name}'.{near}"
    elif not known:
        message = "The document has no operation, only other definitions."
    else:
        listed = ", ".join(f"'{each}'" for each in known)
        message = f"The document has several operations ({listed}): choose one by operation_name."
    raise OperationNotFoundError.because(message)


def _name(definition: graphql.OperationDefinitionNode) -> str | None:
    return definition.name.value if definition.name else None
