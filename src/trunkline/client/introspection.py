"""The schema as the server tells it (GraphQL §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLSchema,
    IntrospectionQuery,
    build_client_schema,
    get_introspection_query,
)

from trunkline.errors import ExecutionError, ProtocolError, TransportError
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.flow import Flow

__all__ = ["fetch_schema"]

# Descriptions are for people: without them GitHub's answer is less than half as long.
_NAME = "IntrospectionQuery"
_FULL = RegisteredDocument(
    get_introspection_query(
        descriptions=False,
        specified_by_url=True,
        directive_is_repeatable=True,
        input_value_deprecation=True,
        one_of=True,
    ),
    "query",
    _NAME,
)
_PLAIN = RegisteredDocument(get_introspection_query(descriptions=False), "query", _NAME)

_UNAUTHORISED = (401, 403)
_FETCHING = "This happened while the client fetched the schema (fetch_schema_from_transport=True)."
_REFUSED = (
    "The server did not tell its schema. If it does not allow introspection, give the client the"
    " schema's SDL: Client(transport=…, schema=…). It answered:"
)


def fetch_schema(
    exchange: Callable[[RegisteredDocument], Flow[dict[str, Any]]],
) -> Flow[GraphQLSchema]:
    """Ask for the schema and build it, taking it as valid.

    A server's schema is what it is: GitHub's breaks rules of the specification, and its operations
    can be checked against it all the same. Raises ``ExecutionError`` where the server refuses,
    ``ProtocolError`` where the answer is no schema, any ``TransportError`` with a note.
    """
    try:
        return _build((yield from _introspect(exchange)))
    except ExecutionError as error:
        errors = [{"message": _REFUSED}, *error.errors]
        raise ExecutionError(errors, error.data, error.extensions, error.status) from None
    except TransportError as error:
        error.add_note(_FETCHING)
        raise


def _introspect(
    exchange: Callable[[RegisteredDocument], Flow[dict[str, Any]]],
) -> Flow[dict[str, Any]]:
    """Ask for all that September 2025 knows; if the server is older, for what June 2018 knew."""
    try:
        return (yield from exchange(_FULL))
    except ExecutionError as error:
        if error.status in _UNAUTHORISED:
            raise
    return (yield from exchange(_PLAIN))


def _build(data: dict[str, Any]) -> GraphQLSchema:
    try:
        return build_client_schema(cast("IntrospectionQuery", data), assume_valid=True)
    except (TypeError, ValueError, LookupError, AttributeError, GraphQLError) as error:
        raise ProtocolError(
            f"The server's answer to the introspection query is no schema: {error}"
        ) from error
