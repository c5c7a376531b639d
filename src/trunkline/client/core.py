"""One call, without I/O: check, encode, have it sent, read the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import GraphQLSchema

from trunkline.client.answers import data_of
from trunkline.client.document import Document
from trunkline.client.introspection import fetch_schema
from trunkline.client.schemas import SchemaSource
from trunkline.protocol.flow import Flow, request_response
from trunkline.protocol.messages import HTTPRequest
from trunkline.protocol.request import GraphQLRequest, encode_request

__all__ = ["Core"]


class Core:
    """What a client does, as flows that others drive. Safe to share between threads.

    ``headers`` go with every request; the schema is ``schema``, or fetched if ``fetch`` says so,
    or there is none.
    """

    def __init__(
        self, headers: Mapping[str, str], schema: GraphQLSchema | None, *, fetch: bool
    ) -> None:
        self._headers = headers
        fetching = partial(fetch_schema, self._exchange) if fetch else None
        self.schemas = SchemaSource(schema, fetching)

    def execute(
        self,
        document: Document,
        variables: Mapping[str, object] | None,
        operation_name: str | None,
    ) -> Flow[dict[str, Any]]:
        """Execute one operation of a document and return its data."""
        checker = yield from self.schemas.checker()
        operation = checker.operation(document, operation_name)
        return (yield from self._exchange(operation.request(variables)))

    def _exchange(self, request: GraphQLRequest) -> Flow[dict[str, Any]]:
        """Send one request and read its answer: all that goes over the wire passes here."""
        sent = HTTPRequest("POST", self._headers, encode_request(request))
        return data_of((yield from request_response(sent)))
