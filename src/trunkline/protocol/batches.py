"""Batches: a list of requests, or a request with a list of variables, in one HTTP request.

GraphQL over HTTP, Appendix B, in draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.errors import LimitExceededError, MalformedRequestError
from trunkline.protocol.request import GraphQLRequest, decode_json

__all__ = ["BatchEntry", "as_lines", "as_list", "read_json_or_batch"]


class _Request(msgspec.Struct):
    query: str | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    variables: dict[str, Any] | list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")

    def of(self, variables: dict[str, Any] | None) -> GraphQLRequest:
        return GraphQLRequest(
            self.query, self.operation_name, variables, self.extensions, self.document_id
        )


_decoder: msgspec.json.Decoder[_Request | list[_Request]] = msgspec.json.Decoder(
    _Request | list[_Request]
)


class BatchEntry(msgspec.Struct, frozen=True):
    """One operation of a batch.

    ``head`` begins its response: the index of the request, and that of its variables, where these
    were in lists.
    """

    request: GraphQLRequest
    head: bytes


def read_json_or_batch(body: bytes, most: int) -> GraphQLRequest | list[BatchEntry]:
    """Read the JSON body of a POST that may be a batch of at most ``most`` operations.

    Raises ``NotJSONError``, ``MalformedRequestError`` also for an empty list, and
    ``LimitExceededError``.
    """
    found = decode_json(body, _decoder)
    if isinstance(found, _Request) and not isinstance(found.variables, list):
        return found.of(found.variables)
    entries: list[BatchEntry] = []
    for number, request in enumerate(found if isinstance(found, list) else [found]):
        head = b'"requestIndex":%d,' % number if isinstance(found, list) else b""
        if not isinstance(request.variables, list):
            entries.append(BatchEntry(request.of(request.variables), head))
            continue
        for index, variables in enumerate(request.variables):
            place = b'%b"variableIndex":%d,' % (head, index)
            entries.append(BatchEntry(request.of(variables), place))
        if not request.variables:
            raise MalformedRequestError.because("A list of variables is empty.")
    if not entries:
        raise MalformedRequestError.because("The list of requests is empty.")
    if len(entries) > most:
        raise LimitExceededError.because(
            f"The batch has {len(entries)} operations; this server takes {most} in one request."
        )
    return entries


def as_list(entries: Sequence[BatchEntry], responses: Sequence[bytes]) -> bytes:
    """Write the responses to a batch, which are JSON objects, as a list."""
    return b"[" + b",".join(_indexed(entries, responses)) + b"]"


def as_lines(entries: Sequence[BatchEntry], responses: Sequence[bytes]) -> bytes:
    """Write the responses to a batch, which are JSON objects, as JSON lines."""
    return b"".join(each + b"\n" for each in _indexed(entries, responses))


def _indexed(entries: Sequence[BatchEntry], responses: Sequence[bytes]) -> list[bytes]:
    return [b"{" + entry.head + body[1:] for entry, body in zip(entries, responses, strict=True)]
