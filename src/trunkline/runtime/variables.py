"""Variables: from what came over the wire to what resolvers get (GraphQL §6.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import get_variable_values
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_value

from trunkline.errors import ValidationError, VariablesError

__all__ = ["MAX_ERRORS", "Variables"]

MAX_ERRORS = 50
"""How many wrong values one answer lists."""

_PYTHON_TYPES = {"String": str, "ID": str, "Boolean": bool}


class Variables:
    """The variables of one operation: their types and defaults, known before any value comes.

    ``names`` are in the order of the operation, which is that of `coerce`.
    """

    def __init__(self, definition: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self._definition = definition
        self._nodes = tuple(nodes)
        signatures = [_signature(definition, node) for node in self._nodes]
        self.names = [signature.name for signature in signatures]
        self._table = [
            (signature.name, _exact_type(signature), _coercion(signature))
            for signature in signatures
        ]

    def coerce(self, provided: Mapping[str, Any] | None) -> list[Any]:
        """Return the values in the order of the operation, ``Undefined`` for an absent one.

        Raises ``VariablesError`` with every value that does not fit. Names that the operation
        does not declare are ignored.
        """
        if not self._table:
            return []
        values = provided or {}
        try:
            return [
                value if type(value := values.get(name, Undefined)) is exact else coerce(value)
                for name, exact, coerce in self._table
            ]
        except (_MisfitError, RecursionError):
            raise self._error(values) from None

    def _error(self, provided: Mapping[str, Any]) -> VariablesError:
        """Let graphql-core, which explains better than it is fast, say what is wrong."""
        errors = get_variable_values(
            self._definition, self._nodes, dict(provided), max_errors=MAX_ERRORS
        )
        if isinstance(errors, list):
            return VariablesError(errors)
        return VariablesError.because("The variables are nested too deeply.")


class _MisfitError(Exception):
    """A value does not fit its variable."""


def _exact_type(signature: GraphQLVariableSignature) -> type | None:
    """Return the Python type whose values need no coercion, if there is one."""
    return _PYTHON_TYPES.get(str(signature.type).removesuffix("!"))


def _coercion(signature: GraphQLVariableSignature) -> Callable[[Any], Any]:
    """Make the function that coerces a variable's value, or tells that it does not fit."""
    type_, default = signature.type, signature.default
    required = is_non_null_type(type_)

    def coerce(value: Any) -> Any:
        if value is Undefined:
            if default is not None:
                return coerce_default_value(signature)
            if required:
                raise _MisfitError
            return Undefined
        coerced = coerce_input_value(value, type_)
        if coerced is Undefined:
            raise _MisfitError
        return coerced

    return coerce


def _signature(definition: GraphQLSchema, node: VariableDefinitionNode) -> GraphQLVariableSignature:
    signature = get_variable_signature(definition, node)
    if isinstance(signature, GraphQLError):  # validation has seen it before
        raise ValidationError([signature])
    return signature
