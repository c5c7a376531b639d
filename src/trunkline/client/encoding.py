"""The HTTP request of a call."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from math import ceil
from urllib.parse import quote

from trunkline.client.calls import Call
from trunkline.protocol.messages import HTTPRequest
from trunkline.protocol.multipart import encode_multipart

__all__ = ["TIMEOUT_HEADER", "Form", "body_of", "get_request", "post_request"]

TIMEOUT_HEADER = "x-request-timeout-ms"
"""How many milliseconds the caller will wait: a server need not finish what nobody waits for."""

_LONGEST_URL = 7000  # bytes of a query string; nginx refuses 8 KB with its defaults


class Form(Enum):
    """How a request names its document."""

    TEXT = auto()
    HASH = auto()
    """By ``extensions.persistedQuery`` (Apollo's automatic persisted queries)."""
    HASH_AND_TEXT = auto()
    ID = auto()
    """By ``documentId`` (GraphQL over HTTP, Persisted Documents)."""


def body_of(call: Call, form: Form = Form.TEXT) -> bytes:
    """Write the parameters of a call as one JSON object."""
    document = call.document
    if form is Form.TEXT:
        head = document.by_text
    elif form is Form.ID:
        head = document.by_id
    elif form is Form.HASH:
        head = document.by_hash
    else:
        head = document.by_text + b"," + document.by_hash[1:]
    if call.variables:
        return head + b',"variables":' + call.variables + b"}"
    return head + b"}"


def post_request(call: Call, headers: Mapping[str, str], form: Form) -> HTTPRequest:
    """Make the POST of a call; one of several parts where it has files."""
    body = body_of(call, form)
    sent = _headers(call, headers)
    if call.files:
        sent["content-type"], body = encode_multipart(body, call.files)
    return HTTPRequest("POST", sent, body)


def get_request(call: Call, headers: Mapping[str, str], form: Form) -> HTTPRequest | None:
    """Make the GET of a query by its id; ``None`` where its URL would be too long.

    The parameters stand in one order and without white space, so that equal requests have equal
    URLs: caches compare them byte for byte (GraphQL over HTTP, Persisted Documents).
    """
    document = call.document
    parameters = {
        "documentId": document.id if form is Form.ID else "",
        "operationName": document.name or "",
        "variables": call.variables.decode(),
        "extensions": _persisted(document.id) if form is Form.HASH else "",
    }
    query = "&".join(f"{name}={quote(value, '')}" for name, value in parameters.items() if value)
    if len(query) > _LONGEST_URL:
        return None
    sent = _headers(call, headers)
    del sent["content-type"]
    return HTTPRequest("GET", sent, b"", query=query)


def _persisted(identifier: str) -> str:
    digest = identifier.removeprefix("sha256:")
    return f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest}"}}}}'


def _headers(call: Call, headers: Mapping[str, str]) -> dict[str, str]:
    sent = {**headers, **call.headers} if call.headers else dict(headers)
    if call.deadline is not None:
        sent[TIMEOUT_HEADER] = str(max(1, ceil(call.deadline.left() * 1000)))
    return sent
