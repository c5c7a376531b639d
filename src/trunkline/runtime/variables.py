"""Variables: from what came over the wire to what resolvers get (GraphQL §6.1.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """The variables of one operation: their types and defaults, known before any value comes."""

    def __init__(self, definition: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self._definition = definition
        self._nodes = tuple(nodes)
        self._variables = [_Variable(_signature(definition, node)) for node in self._nodes]

    @property
    def names(self) -> list[str]:
        """The variables' names, in the order of the operation, which is that of `coerce`."""
        return [variable.name for variable in self._variables]

    def coerce(self, provided: Mapping[str, Any] | None) -> list[Any]:
        """Return the values in the order of the operation, ``Undefined`` for an absent one.

        Raises ``VariablesError`` with every value that does not fit. Names that the operation
        does not declare are ignored.
        """
        if not self._variables:
            return []
        values = provided or {}
        try:
            coerced = [
                variable.coerce(values.get(variable.name, Undefined))
                for variable in self._variables
            ]
        except (_MisfitError, RecursionError):
            raise self._error(values) from None
        return coerced

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


class _Variable:
    __slots__ = ("_exact", "_required", "_signature", "name")

    def __init__(self, signature: GraphQLVariableSignature) -> None:
        self.name = signature.name
        self._signature = signature
        self._required = is_non_null_type(signature.type)
        named = str(signature.type).removesuffix("!")
        self._exact = _PYTHON_TYPES.get(named)

    def coerce(self, value: Any) -> Any:
        if type(value) is self._exact:
            return value
        signature = self._signature
        if value is Undefined:
            if signature.default is not None:
                return coerce_default_value(signature)
            if self._required:
                raise _MisfitError
            return Undefined
        coerced = coerce_input_value(value, signature.type)
        if coerced is Undefined:
            raise _MisfitError
        return coerced


def _signature(definition: GraphQLSchema, node: VariableDefinitionNode) -> GraphQLVariableSignature:
    signature = get_variable_signature(definition, node)
    if isinstance(signature, GraphQLError):  # validation has seen it before
        raise ValidationError([signature])
    return signature
