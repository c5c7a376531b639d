"""The values of an operation's variables: their JSON form, their files, and their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    print_ast,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.client.uploads import Uploads
from trunkline.errors import VariablesError
from trunkline.protocol.request import FilePart, check_finite, why_no_json

__all__ = ["check_variables", "encode_variables"]


_UNENCODABLE = (TypeError, ValueError, OverflowError, RecursionError)


def encode_variables(
    variables: Mapping[str, object],
) -> tuple[dict[str, Any], bytes, list[FilePart]]:
    """Return values as JSON has them (dicts, lists, strings, …), as encoded JSON, and the files.

    Files have null in their places. Other values are converted as msgspec does: dataclasses,
    structs and attrs classes become objects, enums their values, dates and times ISO 8601, UUIDs
    and Decimals strings, bytes base64. Raises ``VariablesError``, which names all variables whose
    values have no JSON form.
    """
    if not isinstance(variables, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(variables).__name__
        raise VariablesError.because(f"Variables must be a mapping by name, not {kind}.")
    plain: dict[str, Any] = {}
    encoded: dict[str, msgspec.Raw] = {}
    errors: list[GraphQLError] = []
    uploads = Uploads()
    for name, value in variables.items():
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            kind = type(name).__name__
            raise VariablesError.because(f"Variables are named by strings, not by {kind}.")
        try:
            plain[name] = msgspec.to_builtins(value, str_keys=True, enc_hook=uploads.mark)
        except _UNENCODABLE as error:
            why = why_no_json(error)
            errors.append(GraphQLError(f"Variable '${name}' has no JSON form: {why}."))
    files = uploads.take(plain)
    for name, value in plain.items():
        try:
            text = msgspec.json.encode(value)
            if b"null" in text:  # NaN is written so, too
                check_finite(value, f"${name}")
            encoded[name] = msgspec.Raw(text)
        except _UNENCODABLE as error:
            why = why_no_json(error)
            errors.append(GraphQLError(f"Variable '${name}' has no JSON form: {why}."))
    if errors:
        raise VariablesError(errors)
    return plain, msgspec.json.encode(encoded) if encoded else b"", files


def check_variables(
    definition: OperationDefinitionNode,
    schema: GraphQLSchema | None,
    values: Mapping[str, Any],
    *,
    uploads: bool = False,
) -> None:
    """Check values, as JSON has them, against an operation's variables (GraphQL §6.1.2).

    Without a schema only the names are checked, and that no required value is missing. With
    ``uploads`` only the names are checked, because null does not fit a non-null type. Raises
    ``VariablesError`` with all mistakes at once.
    """
    variables = definition.variable_definitions or ()
    names = [variable.variable.name.value for variable in variables]
    errors = [_unknown(name, names, definition) for name in values if name not in names]
    if not uploads and schema:
        coerced = get_variable_values(schema, variables, cast("dict[str, Any]", values))
        errors += coerced if isinstance(coerced, list) else []
    elif not uploads:
        errors += _missing(variables, values)
    if errors:
        raise VariablesError(errors)


def _unknown(name: str, names: list[str], definition: OperationDefinitionNode) -> GraphQLError:
    operation = definition.name
    where = f"operation '{operation.value}'" if operation else "this operation"
    near = [f"${known}" for known in suggestion_list(name, names)]
    return GraphQLError(
        f"Variable '${name}' is not declared by {where}.{did_you_mean(near)}", definition
    )


def _missing(
    variables: Sequence[VariableDefinitionNode], values: Mapping[str, Any]
) -> list[GraphQLError]:
    return [
        GraphQLError(
            f"Variable '${variable.variable.name.value}' has invalid value: Expected a value of"
            f" non-null type '{print_ast(variable.type)}' to be provided.",
            variable,
        )
        for variable in variables
        if isinstance(variable.type, NonNullTypeNode)
        and variable.default_value is None
        and values.get(variable.variable.name.value) is None
    ]
