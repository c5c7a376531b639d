"""Ids instead of texts, and the way back to the text where the server does not know an id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from trunkline.client.calls import Call, Form
from trunkline.flow.calls import Flow
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN

__all__ = ["Persisted", "named_by_id"]


@dataclass(frozen=True, slots=True)
class Persisted:
    """How requests name their documents.

    ``style`` is ``"apq"`` for Apollo's automatic persisted queries, which any client may use with
    a server that has them, or ``"id"`` for ``documentId`` (GraphQL over HTTP), for documents that
    were registered with the server. A document that the server does not know is sent once more with
    its text; one that has no persisted documents at all is asked by text from then on.

    ``use_get`` sends queries by ``GET`` with their ids, in a canonical form that caches recognise;
    those whose URL would be too long go by ``POST``.
    """

    style: Literal["apq", "id"] = "apq"
    use_get: bool = False


_UNKNOWN = frozenset(
    {"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_DOCUMENT_NOT_FOUND", "DOCUMENT_NOT_FOUND"}
)
_UNSUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
_LONGEST = 4096  # bytes of an answer that may be a complaint about an id

Send = Callable[[Call], Flow[HTTPResponse]]


def named_by_id(persisted: Persisted, send: Send) -> Send:
    """Send calls as ``persisted`` says."""
    return _Ids(persisted, send).send


class _Ids:
    def __init__(self, persisted: Persisted, send: Send) -> None:
        self._persisted = persisted
        self._send = send
        self._supported = True
        self._known: set[str] = set()

    def send(self, call: Call) -> Flow[HTTPResponse]:
        if not self._supported or call.files or call.batch:
            return (yield from self._send(call))
        apq = self._persisted.style == "apq"
        call.form = Form.HASH if apq else Form.ID
        call.by_get = self._persisted.use_get and call.document.kind == "query"
        response = yield from self._send(call)
        complaint = self._complaint(call, response)
        if complaint is None:
            self._known.add(call.document.id)
            return response
        return (yield from self._send_text(call, complaint, apq=apq))

    def _send_text(self, call: Call, complaint: str, *, apq: bool) -> Flow[HTTPResponse]:
        """Send the text after an id was refused, which means that nothing was executed."""
        taught = apq and complaint != _UNSUPPORTED
        call.form = Form.HASH_AND_TEXT if taught else Form.TEXT
        call.by_get = False
        call.attempts = 0
        response = yield from self._send(call)
        if complaint not in _UNKNOWN and _complained(response) is None:
            self._supported = False  # it takes the text, but never heard of ids
        return response

    def _complaint(self, call: Call, response: HTTPResponse) -> str | None:
        """Return why the server refused an id; ``None`` where it did not.

        Servers without persisted documents miss the text, each in its own words. So any refusal of
        an id that never worked counts, if nothing was executed.
        """
        code = _complained(response)
        known = call.document.id in self._known
        return code if code in _UNKNOWN or code == _UNSUPPORTED or not known else None


def _complained(response: HTTPResponse) -> str | None:
    """Return the code of an answer that means that nothing was executed; ``None`` for others."""
    if response.media_type not in (GRAPHQL_RESPONSE, JSON):  # a sentence, or a page for people
        return "" if response.status // 100 == 2 or response.status in _REFUSED else None
    if len(response.body) > _LONGEST or b'"errors"' not in response.body:
        return None
    try:
        answer = PLAIN.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not answer.errors or answer.data:
        return None
    (error, *_) = answer.errors
    code = str((error.get("extensions") or {}).get("code") or "")
    told = {"PersistedQueryNotFound": "PERSISTED_QUERY_NOT_FOUND"}
    told["PersistedQueryNotSupported"] = _UNSUPPORTED
    code = told.get(str(error.get("message")), code)
    if code in _UNKNOWN or code == _UNSUPPORTED:
        return code
    return code if answer.data is msgspec.UNSET and response.status in _REFUSED else None


_REFUSED = (400, 404, 405, 415, 422)
