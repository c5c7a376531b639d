"""Variables: from what came over the wire to what resolvers get (GraphQL §6.1.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_variable_values,
    input_is_nested_too_deeply,
)
from graphql.utilities.coerce_input_value import (
    coerce_default_value,
    coerce_input_literal,
    coerce_input_value,
)

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
        self._signatures = signatures
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

    def sources(self, values: Sequence[Any]) -> VariableValues:
        """Return the coerced values as graphql-core's functions want them."""
        return VariableValues(
            {each.name: VariableValueSource(each, value) for each, value in self._pairs(values)},
            {each.name: value for each, value in self._pairs(values)},
        )

    def _pairs(self, values: Sequence[Any]) -> Iterator[tuple[GraphQLVariableSignature, Any]]:
        pairs = zip(self._signatures, values, strict=True)
        return ((signature, value) for signature, value in pairs if value is not Undefined)

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
    type_ = signature.type
    required = is_non_null_type(type_)
    nests = not is_leaf_type(get_named_type(type_))

    def coerce(value: Any) -> Any:
        if value is Undefined:
            if signature.default is not None:
                return new_default(signature)
            if required:
                raise _MisfitError
            return Undefined
        if nests and input_is_nested_too_deeply(value, type_):
            raise _MisfitError
        coerced = coerce_input_value(value, type_)
        if coerced is Undefined:
            raise _MisfitError
        return coerced

    def coerce_or_refuse(value: Any) -> Any:
        try:
            return coerce(value)
        except (_MisfitError, RecursionError):
            raise
        except Exception as error:  # an input model's own, who refuses a value that fits the type
            raise _refusal(signature, error) from error

    return coerce_or_refuse


def new_default(input_value: GraphQLArgument | GraphQLVariableSignature) -> Any:
    """Coerce a default anew: a resolver may change what it is given."""
    default = input_value.default
    if default is None or default.literal is None:
        return coerce_default_value(input_value)
    return coerce_input_literal(default.literal, input_value.type)


def _refusal(signature: GraphQLVariableSignature, error: Exception) -> VariablesError:
    """Say that a model refuses a value; its own words are shown where they are for the caller."""
    words = f": {error.message}" if isinstance(error, GraphQLError) else "."
    return VariablesError.because(
        f"Variable '${signature.name}' has a value that {signature.type} does not accept{words}"
    )


def _signature(definition: GraphQLSchema, node: VariableDefinitionNode) -> GraphQLVariableSignature:
    signature = get_variable_signature(definition, node)
    if isinstance(signature, GraphQLError):  # validation has seen it before
        raise ValidationError([signature])
    return signature
