"""What is wrong with a variable's value, in graphql-core's words (GraphQL §6.1.2)."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError, GraphQLSchema, Undefined, VariableDefinitionNode
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.execution.values import get_variable_values
from graphql.pyutils import print_path_list
from graphql.utilities import validate_input_value

from trunkline.schema.directive_functions import InputRefusedError

__all__ = ["explain", "refusal", "too_deep"]


def explain(
    definition: GraphQLSchema,
    node: VariableDefinitionNode,
    signature: GraphQLVariableSignature,
    value: Any,
    most: int,
) -> list[GraphQLError]:
    """List the mistakes in a value that does not fit: ``most``, and one to say that there are more.

    graphql-core's own function for it would coerce the value first, to no end and at length.
    """
    if value is Undefined:
        errors = get_variable_values(definition, [node], {}, max_errors=most)
        return errors if isinstance(errors, list) else []
    mistakes: list[GraphQLError] = []

    def on_error(error: GraphQLError, path: list[str | int]) -> None:
        if len(mistakes) >= most:
            raise GraphQLError(
                "Too many errors processing variables, error limit reached. Execution aborted."
            )
        place = f"Variable '${signature.name}' has invalid value{print_path_list(path)}"
        mistakes.append(GraphQLError(f"{place}: {error.message}", node, original_error=error))

    try:
        validate_input_value(value, signature.type, on_error)
    except GraphQLError as enough:
        mistakes.append(enough)
    return mistakes


def too_deep() -> GraphQLError:
    """Say that a value has more lists and objects within each other than anybody can follow."""
    return GraphQLError("Variable values are nested too deeply.")


def refusal(
    signature: GraphQLVariableSignature, node: VariableDefinitionNode, error: Exception
) -> GraphQLError:
    """Say that a model refuses a value, or a directive of the schema does.

    The words are shown where they are for the caller, and a directive's with their place.
    """
    if isinstance(error, InputRefusedError):
        place = f"Variable '${signature.name}' has invalid value{print_path_list(error.within)}"
        return GraphQLError(
            f"{place}: {error.message}",
            node,
            original_error=error.original_error,
            extensions=error.extensions,
        )
    words = f": {error.message}" if isinstance(error, GraphQLError) else "."
    return GraphQLError(
        f"Variable '${signature.name}' has a value that {signature.type} does not accept{words}"
    )
