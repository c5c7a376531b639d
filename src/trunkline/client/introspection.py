"""The schema as the server tells it: by introspection (GraphQL §4), or as SDL under a URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import time
from typing import Any, TypeAlias
from urllib.parse import urljoin

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    get_introspection_query,
    introspection_from_schema,
)

from trunkline.client.answers import execution_error, read_answer
from trunkline.client.lazy_schema import build_lazily
from trunkline.client.schema_cache import StoredSchema
from trunkline.client.schemas import Fetched, build_leniently
from trunkline.errors import ExecutionError, ProtocolError, ServerStatusError, TransportError
from trunkline.flow.calls import Flow
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.response import PLAIN
from trunkline.protocol.schema_version import SCHEMA_VERSION

__all__ = ["ByIntrospection", "BySDL", "sdl_url"]

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


Ask: TypeAlias = Callable[
    [RegisteredDocument, Callable[[HTTPResponse], StoredSchema]], Flow[StoredSchema]
]


@dataclass(frozen=True, slots=True)
class ByIntrospection:
    """Gets the schema by introspection and builds it, taking it as valid.

    A server's schema is what it is: GitHub's breaks rules of the specification, and its operations
    can be checked against it all the same.
    """

    ask: Ask
    key: str | None

    def fetch(self, known: StoredSchema | None) -> Flow[Fetched | None]:  # noqa: ARG002
        """Ask for the schema, whatever is known: introspection knows no 304.

        Raises ``ExecutionError`` where the server refuses, ``ProtocolError`` where the answer is no
        schema, any ``TransportError`` with a note.
        """
        try:
            stored = yield from self._introspect()
            return Fetched(self.build(stored), stored)
        except ExecutionError as error:
            errors = [{"message": _REFUSED}, *error.errors]
            raise ExecutionError(errors, error.data, error.extensions, error.status) from None
        except TransportError as error:
            error.add_note(_FETCHING)
            raise

    def _introspect(self) -> Flow[StoredSchema]:
        """Ask for all that September 2025 knows; if the server is older, for June 2018's."""
        try:
            return (yield from self.ask(_FULL, _introspection))
        except ExecutionError as error:
            if error.status in _UNAUTHORISED:
                raise
        return (yield from self.ask(_PLAIN, _introspection))

    def build(self, stored: StoredSchema) -> GraphQLSchema:
        """Build the schema of an answer. Raises ``ProtocolError`` where it is none."""
        return _build(stored)


def _introspection(response: HTTPResponse) -> StoredSchema:
    answer = read_answer(response, PLAIN)
    if answer.errors:
        raise execution_error(answer, response)
    data = msgspec.json.encode(answer.data)
    return StoredSchema(data, None, response.headers.get(SCHEMA_VERSION), time())


def _build(stored: StoredSchema) -> GraphQLSchema:
    try:
        return build_lazily(stored.introspection)
    except (
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        GraphQLError,
        msgspec.DecodeError,
    ) as error:
        raise ProtocolError(
            f"The server's answer to the introspection query is no schema: {error}"
        ) from error


@dataclass(frozen=True, slots=True)
class BySDL:
    """Gets the schema as SDL, which costs a 304 where it did not change (RFC 9110 §13.1.2).

    ``url`` may be relative to the API's. ``send`` goes with the client's credentials if it is of
    the API's origin.
    """

    send: Callable[[HTTPRequest], Flow[HTTPResponse]]
    url: str
    key: str | None

    def fetch(self, known: StoredSchema | None) -> Flow[Fetched | None]:
        """Ask for the schema; ``None`` where the known one is still it.

        Raises ``ServerStatusError`` and ``ProtocolError``, any ``TransportError`` with a note.
        """
        headers = {"accept": "application/graphql, text/plain;q=0.9, */*;q=0.1"}
        if known and known.etag:
            headers["if-none-match"] = known.etag
        try:
            response = yield from self.send(HTTPRequest("GET", headers, b"", url=self.url))
            return None if known and response.status == 304 else self._read(response)
        except TransportError as error:
            error.add_note(_FETCHING)
            raise

    def build(self, stored: StoredSchema) -> GraphQLSchema:
        """Build the schema that was kept. Raises ``ProtocolError`` where it is none."""
        return _build(stored)

    def _read(self, response: HTTPResponse) -> Fetched:
        if response.status != 200:
            raise ServerStatusError(
                f"The server answered {response.status} to the request for its schema at"
                f" {self.url}.",
                response.status,
            )
        try:
            schema = build_leniently(response.body.decode())
            told: Any = introspection_from_schema(schema, descriptions=False)
        except Exception as error:
            raise ProtocolError(f"What is at {self.url} is no schema in SDL: {error}") from error
        etag, version = response.headers.get("etag"), response.headers.get(SCHEMA_VERSION)
        stored = StoredSchema(msgspec.json.encode(told), etag, version, time())
        return Fetched(schema, stored)


def sdl_url(api: str | None, url: str) -> str:
    """Resolve the URL of the SDL, which may be relative to the API's."""
    return urljoin(api or "", url)
