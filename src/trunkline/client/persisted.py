"""Documents named by id, and sent as text if the server does not know an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from trunkline.client.calls import Call
from trunkline.client.resilience import SendCall
from trunkline.flow.calls import Flow
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN, UNREADABLE, decode, error_code

__all__ = ["Persisted", "PersistedSender"]


@dataclass(frozen=True, slots=True)
class Persisted:
    """How requests name their documents.

    - ``style``: ``"apq"`` for Apollo's automatic persisted queries, or ``"id"`` for ``documentId``
      (GraphQL over HTTP), for documents that were registered with the server.
    - ``use_get``: sends queries by ``GET`` with their ids, in a canonical form, so that caches
      recognise them. Queries whose URL would be too long go by ``POST``.

    A document that the server does not know is sent once more as text. If the server does not
    support ids at all, documents are sent as text from then on.
    """

    style: Literal["apq", "id"] = "apq"
    use_get: bool = False


_UNSUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
_UNKNOWN = frozenset(
    {"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_DOCUMENT_NOT_FOUND", "DOCUMENT_NOT_FOUND"}
)
_CODES = {  # by the messages of servers that send no code
    "PersistedQueryNotFound": "PERSISTED_QUERY_NOT_FOUND",
    "PersistedQueryNotSupported": _UNSUPPORTED,
}
_REJECTED = (400, 404, 405, 415, 422)
_LONGEST = 4096  # bytes of a response that may reject an id


class PersistedSender:
    """Sends the calls of one connection with ids, as ``persisted`` says."""

    def __init__(self, persisted: Persisted, send: SendCall) -> None:
        self._persisted = persisted
        self._send = send
        self._supported = True
        self._known: set[str] = set()

    def send(self, call: Call) -> Flow[HTTPResponse]:
        """Send a call by id, and again as text if the server rejects the id."""
        if not self._supported or call.files or call.batch:
            return (yield from self._send(call))
        document, apq = call.document, self._persisted.style == "apq"
        call.body = document.by_hash if apq else document.by_id
        if self._persisted.use_get and document.kind == "query":
            digest = document.id.removeprefix("sha256:")
            extensions = f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest}"}}}}'
            call.query = {"extensions": extensions} if apq else {"documentId": document.id}
        response = yield from self._send(call)
        code = _rejection_code(response)
        # Servers without persisted documents miss the text, each in its own words. So any rejection
        # of an id that never worked counts.
        known = document.id in self._known
        if code is None or (known and code not in _UNKNOWN and code != _UNSUPPORTED):
            self._known.add(document.id)
            return response
        call.body, call.query, call.attempts = document.by_text, None, 0
        if apq and code != _UNSUPPORTED:  # the server learns the hash with the text
            call.body += b"," + document.by_hash[1:]
        response = yield from self._send(call)
        if code not in _UNKNOWN and _rejection_code(response) is None:
            self._supported = False  # it accepts text, but does not know ids
        return response


def _rejection_code(response: HTTPResponse) -> str | None:
    """Return the error code of a response if nothing was executed, else ``None``.

    The code is empty if the response names none.
    """
    if response.media_type not in (GRAPHQL_RESPONSE, JSON):  # a sentence, or an HTML page
        return "" if response.status // 100 == 2 or response.status in _REJECTED else None
    if len(response.body) > _LONGEST or b'"errors"' not in response.body:
        return None
    try:
        result = decode(response.body, PLAIN)
    except UNREADABLE:
        return None
    if not result.errors or result.data:
        return None
    (error, *_) = result.errors
    code = _CODES.get(str(error.get("message")), error_code(error))
    if code in _UNKNOWN or code == _UNSUPPORTED:
        return code
    return code if result.data is msgspec.UNSET and response.status in _REJECTED else None
