"""The answer of GraphQL over HTTP: its shape, and the status that it goes with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from http import HTTPStatus
from time import time
from typing import Any, Generic, TypeVar

import msgspec

from trunkline.errors import (
    DocumentSyntaxError,
    NotJSONError,
    OperationRefusedError,
    ProtocolError,
    RequestError,
    ServerStatusError,
)
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import HTTPResponse

__all__ = [
    "PARTIAL",
    "PLAIN",
    "GraphQLResponse",
    "read_response",
    "retry_after",
    "status_of_request_error",
]

PARTIAL = 294
"""Data and errors together (GraphQL over HTTP, draft of August 2026 §6.4): visible to logs and
caches between the servers, a success to every client, for it begins with 2."""

_READABLE = 500  # characters of a foreign body that an error message may show


Data = TypeVar("Data")


class GraphQLResponse(msgspec.Struct, Generic[Data]):
    """The top level of an answer (GraphQL §7.1), with data of any type that msgspec can read.

    ``data`` is ``UNSET`` where the answer has no such entry, which means that nothing was
    executed; ``None`` means that an error reached the root.
    """

    data: Data | msgspec.UnsetType | None = msgspec.UNSET
    errors: list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None


PLAIN: msgspec.json.Decoder[GraphQLResponse[dict[str, Any]]] = msgspec.json.Decoder(
    GraphQLResponse[dict[str, Any]]
)
"""Reads an answer whose data is of no known type."""


def status_of_request_error(error: RequestError) -> int:
    """Give the HTTP status of an answer that has only request errors (draft §6.4).

    400 where a parser gave up, of JSON or of GraphQL; 403 where the caller may not have it; 422
    where the text was read but is wrong.
    """
    if isinstance(error, OperationRefusedError):
        return HTTPStatus.FORBIDDEN
    unreadable = isinstance(error, (NotJSONError, DocumentSyntaxError))
    return HTTPStatus.BAD_REQUEST if unreadable else HTTPStatus.UNPROCESSABLE_ENTITY


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how many seconds a server wants to be left alone (RFC 9110 §10.2.3), if it says so."""
    value = headers.get("retry-after")
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # rare, and costs a start

    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - time())


def read_response(
    response: HTTPResponse, decoder: msgspec.json.Decoder[GraphQLResponse[Data]]
) -> GraphQLResponse[Data]:
    """Read the body of an answer.

    Any status counts whose body is JSON, says so, and has ``errors`` or ``data``. Raises
    ``ServerStatusError`` where it is not and the status is not 2xx either, ``ProtocolError`` where
    it is not although the status is 2xx, or where its data is not of the decoder's type.
    """
    if response.media_type in (GRAPHQL_RESPONSE, JSON):
        try:
            answer = decoder.decode(response.body)
            if answer.data is not msgspec.UNSET or answer.errors is not None:
                return answer
        except msgspec.ValidationError as error:
            _misfit(response, error)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    raise _foreign(response)


def _misfit(response: HTTPResponse, error: msgspec.ValidationError) -> None:
    """Raise ``ProtocolError`` where the body is a GraphQL answer, but not of the types expected."""
    try:
        answer = PLAIN.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if answer.data is not msgspec.UNSET or answer.errors is not None:
        raise ProtocolError(f"The server's answer is not of the expected type: {error}") from None


def _foreign(response: HTTPResponse) -> ProtocolError | ServerStatusError:
    shown = response.body[:_READABLE].decode("utf-8", "replace")
    message = (
        f"The server answered {response.status} and {response.media_type or 'no media type'},"
        f" which is not a GraphQL answer. Is the URL that of a GraphQL endpoint? The body begins:"
        f" {shown!r}"
    )
    if response.status // 100 == 2:
        return ProtocolError(message)
    return ServerStatusError(
        message, response.status, shown, retry_after=retry_after(response.headers)
    )
