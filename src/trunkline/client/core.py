"""One call of the dynamic client, without I/O: check, encode, have it sent, read the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import GraphQLSchema

from trunkline.client.answers import data_of
from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection
from trunkline.client.document import Document
from trunkline.client.introspection import fetch_schema
from trunkline.client.schemas import SchemaSource
from trunkline.protocol.deadline import Deadline
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.flow import Flow

__all__ = ["Core"]


class Core:
    """What a client does, as flows that others drive. Safe to share between threads.

    The schema is ``schema``, or fetched if ``fetch`` says so, or there is none.
    """

    def __init__(
        self, connection: Connection, schema: GraphQLSchema | None, *, fetch: bool
    ) -> None:
        self._connection = connection
        fetching = partial(fetch_schema, self._ask) if fetch else None
        self.schemas = SchemaSource(schema, fetching)

    def execute(
        self,
        document: Document,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
        deadline: Deadline | None,
        options: CallOptions | None,
    ) -> Flow[dict[str, Any]]:
        """Execute one operation of a document and return its data."""
        checker = yield from self.schemas.checker()
        operation = checker.operation(document, operation_name)
        encoded = operation.variables(variables)
        return (
            yield from self._connection.flow(
                operation.registered, encoded, data_of, deadline, options
            )
        )

    def _ask(self, document: RegisteredDocument) -> Flow[dict[str, Any]]:
        return self._connection.flow(document, b"", data_of, None)
