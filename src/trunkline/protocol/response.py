"""The answer of GraphQL over HTTP: its shape, and the status that it goes with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from trunkline.errors import (
    DocumentSyntaxError,
    OperationRefusedError,
    ProtocolError,
    RequestError,
    ServerStatusError,
)
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.request import NotJSONError

__all__ = ["PARTIAL", "GraphQLResponse", "read_response", "status_of_request_error"]

PARTIAL = 294
"""Data and errors together (GraphQL over HTTP, draft of August 2026 §6.4): visible to logs and
caches between the servers, a success to every client, for it begins with 2."""

_READABLE = 500  # characters of a foreign body that an error message may show


class GraphQLResponse(msgspec.Struct):
    """The top level of an answer (GraphQL §7.1).

    ``data`` is ``UNSET`` where the answer has no such entry, which means that nothing was
    executed; ``None`` means that an error reached the root.
    """

    data: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    errors: list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(GraphQLResponse)


def status_of_request_error(error: RequestError) -> int:
    """Give the HTTP status of an answer that has only request errors (draft §6.4).

    400 where a parser gave up, of JSON or of GraphQL; 403 where the caller may not have it; 422
    where the text was read but is wrong.
    """
    if isinstance(error, OperationRefusedError):
        return HTTPStatus.FORBIDDEN
    unreadable = isinstance(error, (NotJSONError, DocumentSyntaxError))
    return HTTPStatus.BAD_REQUEST if unreadable else HTTPStatus.UNPROCESSABLE_ENTITY


def read_response(response: HTTPResponse) -> GraphQLResponse:
    """Read the body of an answer.

    Any status counts whose body is JSON, says so, and has ``errors`` or ``data``. Raises
    ``ServerStatusError`` where it is not and the status is not 2xx either, ``ProtocolError`` where
    it is not although the status is 2xx.
    """
    answer = _decode(response)
    if answer is not None:
        return answer
    shown = response.body[:_READABLE].decode("utf-8", "replace")
    message = (
        f"The server answered {response.status} and {response.media_type or 'no media type'},"
        f" which is not a GraphQL answer. Is the URL that of a GraphQL endpoint? The body begins:"
        f" {shown!r}"
    )
    if response.status // 100 == 2:
        raise ProtocolError(message)
    raise ServerStatusError(message, response.status, shown)


def _decode(response: HTTPResponse) -> GraphQLResponse | None:
    if response.media_type not in (GRAPHQL_RESPONSE, JSON):
        return None
    try:
        answer = _decoder.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if answer.data is msgspec.UNSET and answer.errors is None:
        return None
    return answer
