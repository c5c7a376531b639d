"""The response of GraphQL over HTTP: its shape, its status, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

from trunkline.errors import (
    RETRYABLE_STATUSES,
    DocumentNotFoundError,
    DocumentSyntaxError,
    ExecutionError,
    MalformedRequestError,
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
    "UNREADABLE",
    "GraphQLResponse",
    "StatusRules",
    "decode",
    "error_code",
    "has_error_code",
    "read_response",
    "retry_after",
    "status_of_request_error",
    "was_executed",
]

PARTIAL = 294
"""The status of data with errors (GraphQL over HTTP, draft of August 2026 §6.4). Logs and caches
can see that there are errors; for HTTP clients it is a success, because it begins with 2."""

_MOST_SHOWN = 500  # bytes of a body that an error message shows


StatusRules: TypeAlias = Literal["draft-2026-08", "audit"]
"""Which status a response has.

- ``draft-2026-08``: as the draft of GraphQL over HTTP of August 2026 says.
- ``audit``: as the 61 audits of npm's ``graphql-http`` want it, from the drafts before 2025. Data
  with errors has 200, and wrong requests have 400. Where the response is ``application/json``, it
  has 200 for whatever is wrong with the document and its variables.
"""

Data = TypeVar("Data")
T = TypeVar("T")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a body that is not JSON, or not of the decoder's type."""

_HALF_PAIR = re.compile(  # the group has all that is something else
    rb"((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})++)"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class GraphQLResponse(msgspec.Struct, Generic[Data]):
    """The top level of a response (GraphQL §7.1), with data of any type that msgspec can read.

    ``data`` is ``UNSET`` if the response has no such entry, which means that nothing was executed.
    ``None`` means that an error reached the root.
    """

    data: Data | msgspec.UnsetType | None = msgspec.UNSET
    errors: list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None


PLAIN: msgspec.json.Decoder[GraphQLResponse[dict[str, Any]]] = msgspec.json.Decoder(
    GraphQLResponse[dict[str, Any]]
)
"""Reads a response whose data may be any JSON object."""

_ONE_OR_MANY: msgspec.json.Decoder[GraphQLResponse[Any] | list[GraphQLResponse[Any]]] = (
    msgspec.json.Decoder(GraphQLResponse[Any] | list[GraphQLResponse[Any]])
)
_ANY: msgspec.json.Decoder[GraphQLResponse[Any]] = msgspec.json.Decoder(GraphQLResponse[Any])


def status_of_request_error(
    error: RequestError, rules: StatusRules = "draft-2026-08", media_type: str = GRAPHQL_RESPONSE
) -> int:
    """Return the HTTP status of a response that has only request errors (draft §6.4).

    400 if the JSON or the GraphQL does not parse; 403 if the caller lacks a scope; 404 if there is
    no document with the request's id; 422 otherwise. Of ``audit``, see `StatusRules`.
    """
    if isinstance(error, OperationRefusedError):
        return HTTPStatus.FORBIDDEN
    if rules == "audit" and media_type == JSON and not isinstance(error, MalformedRequestError):
        return HTTPStatus.OK
    if isinstance(error, DocumentNotFoundError):
        return HTTPStatus.NOT_FOUND
    if rules == "audit":
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, (NotJSONError, DocumentSyntaxError)):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.UNPROCESSABLE_ENTITY


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the seconds to wait from ``Retry-After`` (RFC 9110 §10.2.3); ``None`` without one.

    A time is compared with the header ``Date`` (§6.6.1), so the two clocks need not agree.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # rare, and slow to import

    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):  # not a time, or only one of the two has a zone
        return None
    return max(0.0, wait.total_seconds())


def read_response(
    response: HTTPResponse, decoder: msgspec.json.Decoder[GraphQLResponse[Data]]
) -> GraphQLResponse[Data]:
    """Read the body of a response with any status.

    The body must be JSON, be declared as JSON, and have ``data`` or ``errors``. Otherwise raises
    ``ServerStatusError``, or ``ProtocolError`` if the status is 2xx. If the data is not of the
    decoder's type, raises ``ExecutionError`` with the response's errors, and ``ProtocolError`` if
    it has none.
    """
    why = ""
    if response.is_taken_for_json or response.media_type in (GRAPHQL_RESPONSE, JSON):
        try:
            result = decode(response.body, decoder)
            if result.data is not msgspec.UNSET or result.errors is not None:
                return result
        except msgspec.ValidationError as error:
            why = f" ({error})"
            if _is_graphql(response):
                raise ProtocolError(not_of_type(error)) from None
        except UNREADABLE as error:
            why = f" ({error})" if response.body else ""
    raise _unusable(response, why)


def _unusable(response: HTTPResponse, why: str) -> ProtocolError | ServerStatusError:
    """Make the error of a response that is not GraphQL, with what its status suggests to do."""
    shown = response.body[:_MOST_SHOWN].decode("utf-8", "replace")
    wait = retry_after(response.headers)
    if not why and _is_json_object(response.body):
        hint = f"If its body is one all the same, say media_types={{{response.media_type!r}}}."
    elif wait is not None:
        hint = f"It asks to wait {wait:g} s."
    elif response.status in RETRYABLE_STATUSES:
        hint = "It may respond later."
    elif response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        hint = "Does the call have the credentials that the server wants?"
    else:
        hint = "Is the URL that of a GraphQL endpoint?"
    message = (
        f"The server responded with {response.status} and {response.media_type or 'no media type'},"
        f" which is not a GraphQL response{why}. {hint}"
        f" {f'The body begins: {shown!r}' if shown else 'The body is empty.'}"
    )
    if response.status // 100 == 2:
        return ProtocolError(message)
    return ServerStatusError(
        message, response.status, shown, retry_after=wait, headers=response.headers
    )


def not_of_type(error: Exception) -> str:
    """Say that a response is not of the expected type, with the place of the mistake.

    Where types are read within types, each adds its part of the path behind those that are below.
    """
    text, *parts = str(error).split(" - at `$")
    path = "".join(part.removesuffix("`") for part in reversed(parts))
    return f"The server's response is not of the expected type: {text} - at `${path}`"


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Read JSON, and half a surrogate pair in it as U+FFFD.

    Servers send half a pair where they cut a string (JavaScript's are UTF-16), and msgspec does not
    read it. Raises ``UNREADABLE``.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        whole = _HALF_PAIR.sub(lambda found: found[1] or rb"\ufffd", body)
        if whole == body:
            raise
    return decoder.decode(whole)


def error_code(error: object) -> str:
    """Return ``extensions.code`` of an error, which may have any shape; empty without one."""
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def _is_json_object(body: bytes) -> bool:
    try:
        result = decode(body, _ANY)
    except UNREADABLE:
        return False
    return result.data is not msgspec.UNSET or result.errors is not None


def has_error_code(response: HTTPResponse, codes: Collection[str]) -> bool:
    """Say whether an error of a response has one of the codes."""
    if not any(code.encode() in response.body for code in codes):
        return False  # nearly always, and without reading the body
    found = _read_all(response.body)
    return any(error_code(error) in codes for each in found for error in each.errors or ())


def was_executed(response: HTTPResponse) -> bool:
    """Say whether a response has data, or data that is null: something was executed (§7.1)."""
    return any(each.data is not msgspec.UNSET for each in _read_all(response.body))


def _read_all(body: bytes) -> Sequence[GraphQLResponse[Any]]:
    """Read the response to one operation or to a batch; nothing if it is neither."""
    try:
        found = decode(body, _ONE_OR_MANY)
    except UNREADABLE:
        return ()
    return found if isinstance(found, list) else (found,)


def _is_graphql(response: HTTPResponse) -> bool:
    """Say whether a response has data. Raises ``ExecutionError`` if it has errors."""
    try:
        result = decode(response.body, _ANY)
    except UNREADABLE:
        return False
    if result.errors:
        raise ExecutionError(
            result.errors,
            None,
            result.extensions,
            response.status,
            retry_after=retry_after(response.headers),
            headers=response.headers,
        ) from None
    return result.errors is not None or result.data is None or isinstance(result.data, dict)
