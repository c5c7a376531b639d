"""The HTTP request of a call."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from urllib.parse import quote

from trunkline.client.calls import Call, Form
from trunkline.protocol.messages import HTTPRequest
from trunkline.protocol.multipart import encode_multipart

__all__ = ["TIMEOUT_HEADER", "http_request"]

TIMEOUT_HEADER = "x-request-timeout-ms"
"""How many milliseconds the caller will wait: a server need not finish what nobody waits for."""

_LONGEST_URL = 7000  # bytes of a query string; nginx refuses 8 KB with its defaults


def http_request(call: Call, headers: Mapping[str, str]) -> HTTPRequest:
    """Make the request of a call: a ``POST``, or a ``GET`` where that is wanted and possible."""
    sent = {**headers, **call.headers} if call.headers else dict(headers)
    left = None
    if call.deadline is not None:
        left = call.deadline.left()
        sent[TIMEOUT_HEADER] = str(max(1, ceil(left * 1000)))
    query = _query(call) if call.by_get else ""
    if query and len(query) <= _LONGEST_URL:
        del sent["content-type"]
        return HTTPRequest("GET", sent, b"", None, query, left)
    body = _body(call)
    if call.files:
        sent["content-type"], body = encode_multipart(body, call.files)
    return HTTPRequest("POST", sent, body, None, "", left)


def _body(call: Call) -> bytes:
    """Write the parameters of a call as one JSON object, or those of a batch as a list."""
    if call.batch:
        one_each = [_parameters(each.document.by_text, each.variables) for each in call.batch]
        return b"[" + b",".join(one_each) + b"]"
    document, form = call.document, call.form
    if form is Form.TEXT:
        head = document.by_text
    elif form is Form.ID:
        head = document.by_id
    elif form is Form.HASH:
        head = document.by_hash
    else:
        head = document.by_text + b"," + document.by_hash[1:]
    return _parameters(head, call.variables)


def _parameters(head: bytes, variables: bytes) -> bytes:
    return head + b',"variables":' + variables + b"}" if variables else head + b"}"


def _query(call: Call) -> str:
    """Write the parameters of a call that goes by its id as the query of a URL.

    They stand in one order and without white space, so that equal requests have equal URLs: caches
    compare them byte for byte (GraphQL over HTTP, Persisted Documents).
    """
    document = call.document
    parameters = {
        "documentId": document.id if call.form is Form.ID else "",
        "operationName": document.name or "",
        "variables": call.variables.decode(),
        "extensions": _persisted(document.id) if call.form is Form.HASH else "",
    }
    return "&".join(f"{name}={quote(value, '')}" for name, value in parameters.items() if value)


def _persisted(identifier: str) -> str:
    digest = identifier.removeprefix("sha256:")
    return f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest}"}}}}'
