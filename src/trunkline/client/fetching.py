"""Fetching a server's schema: by introspection (GraphQL §4), or as SDL from a URL."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import time
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    get_introspection_query,
    introspection_from_schema,
)

from trunkline.client.building import build_lazily, build_leniently
from trunkline.client.cache import SendHTTP
from trunkline.client.connection import Connection
from trunkline.client.introspection import check_introspection
from trunkline.client.responses import execution_error, read_valid_response
from trunkline.client.schema_cache import StoredSchema
from trunkline.client.transports.rules import safe_url
from trunkline.errors import ExecutionError, ProtocolError, ServerStatusError, TransportError
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import SCHEMA_VERSION, HTTPRequest, HTTPResponse
from trunkline.protocol.response import PLAIN

__all__ = ["Fetch", "build_stored", "fetcher_of", "introspect"]

_UNAUTHORIZED = (401, 403)
_WHILE_FETCHING = (
    "This happened while the client fetched the schema. If the server does not allow that, give the"
    " client the schema's SDL: Client(transport=…, schema=…)."
)
_NO_INTROSPECTION = (
    "The server did not return its schema. If it does not allow introspection, give the client the"
    " schema's SDL: Client(transport=…, schema=…). It responded:"
)

Fetched: TypeAlias = tuple[GraphQLSchema, StoredSchema]
"""A schema, and what to keep of it."""

Fetch: TypeAlias = Callable[[StoredSchema | None], Flow[Fetched | None]]
"""Fetches the schema; returns ``None`` if the server says that the given one is still current."""


def fetcher_of(connection: Connection, url: str | None) -> tuple[Fetch, str | None]:
    """Return what fetches a client's schema, and the key under which the schema is kept.

    It is fetched from ``url``, which may be relative to the API's, or by introspection. A server
    may show each caller another schema, so the key names both. It is ``None``, and nothing is kept,
    if one of them cannot be told from others.
    """
    caller = "" if connection.auth is None else getattr(connection.auth, "identity", None)
    server = getattr(connection.transport, "identity", None)
    key = None if caller is None or server is None else "\n".join((server, caller, url or ""))
    if url is None:
        return partial(_fetch_by_introspection, connection), key
    place = urljoin(connection.url or "", url)
    same_origin = urlsplit(place)[:2] == urlsplit(connection.url or "")[:2]
    return partial(_fetch_sdl, connection.send_http if same_origin else send_request, place), key


def build_stored(stored: StoredSchema) -> GraphQLSchema:
    """Build a schema that was kept. Raises ``ProtocolError`` if it is not one."""
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
        message = f"The server's introspection result is not a valid schema: {error}"
        raise ProtocolError(message) from None


def introspect(connection: Connection, *, descriptions: bool) -> Flow[StoredSchema]:
    """Ask for all that September 2025 has; if the server is older, for June 2018's.

    ``descriptions`` more than double GitHub's response. Raises ``ExecutionError`` if the server
    refuses, and any ``TransportError``.
    """

    def fetch(query: str) -> Flow[StoredSchema]:
        document = RegisteredDocument(query, "query", "IntrospectionQuery")
        return connection.flow(document, b"", _read_introspection, None)

    try:
        query = get_introspection_query(
            descriptions=descriptions,
            specified_by_url=True,
            directive_is_repeatable=True,
            input_value_deprecation=True,
            one_of=True,
        )
        return (yield from fetch(query))
    except ExecutionError as error:
        if error.status in _UNAUTHORIZED:
            raise
    return (yield from fetch(get_introspection_query(descriptions=descriptions)))


def _fetch_by_introspection(
    connection: Connection,
    known: StoredSchema | None,  # noqa: ARG001  # introspection has no 304
) -> Flow[Fetched | None]:
    """Fetch a schema by introspection, without the descriptions, which are for people.

    Raises ``ExecutionError`` if the server refuses, ``ProtocolError`` if the response is not a
    schema, and other transport errors, which say that the schema was fetched.
    """
    try:
        stored = yield from introspect(connection, descriptions=False)
        return build_stored(stored), stored
    except ExecutionError as error:
        errors = [{"message": _NO_INTROSPECTION}, *error.errors]
        raise ExecutionError(
            errors, error.data, error.extensions, error.status, headers=error.headers
        ) from None
    except TransportError as error:
        error.args = (f"{error} {_WHILE_FETCHING}",)
        raise


def _read_introspection(response: HTTPResponse) -> StoredSchema:
    result = read_valid_response(response, PLAIN)
    if result.errors:
        raise execution_error(result, response)
    try:
        data = msgspec.json.encode(result.data)
    except (ValueError, RecursionError):  # of numbers and lists that no schema has
        data = b"{}"
    check_introspection(data)
    return StoredSchema(data, None, response.headers.get(SCHEMA_VERSION), time())


def _fetch_sdl(send: SendHTTP, url: str, known: StoredSchema | None) -> Flow[Fetched | None]:
    """Ask for the SDL, which costs a 304 if it did not change (RFC 9110 §13.1.2).

    Raises ``ServerStatusError`` and ``ProtocolError``, and other transport errors, which say
    that the schema was fetched.
    """
    headers = {"accept": "application/graphql, text/plain;q=0.9, */*;q=0.1"}
    if known and known.etag:
        headers["if-none-match"] = known.etag
    try:
        response = yield from send(HTTPRequest("GET", headers, b"", url=url))
        if known and response.status == 304:
            return None
        if response.status != 200:
            message = (
                f"The server responded with {response.status} to the request for its schema at"
                f" {safe_url(url)}."
            )
            raise ServerStatusError(message, response.status, headers=response.headers)
        try:
            schema = build_leniently(response.body.decode())
            data: Any = introspection_from_schema(schema, descriptions=False)
        except Exception as error:  # noqa: BLE001  # a server's text may break anything
            message = f"The response of {safe_url(url)} is not a schema in SDL: {error}"
            raise ProtocolError(message) from None
    except TransportError as error:
        error.args = (f"{error} {_WHILE_FETCHING}",)
        raise
    etag, version = response.headers.get("etag"), response.headers.get(SCHEMA_VERSION)
    return schema, StoredSchema(msgspec.json.encode(data), etag, version, time())
