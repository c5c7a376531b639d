"""Documents named by id, and sent as text if the server does not know an id."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Literal

import msgspec

from trunkline.client.calls import Call
from trunkline.observe.log import safe_logger
from trunkline.protocol.documents import Naming, RegisteredDocument
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import DOCUMENT_ID, HTTPResponse
from trunkline.protocol.response import PLAIN, UNREADABLE, decode, error_code

__all__ = ["DEFAULT_PERSISTED", "DocumentIDs", "Persisted"]

logger = safe_logger("trunkline.client")


@dataclass(frozen=True, slots=True)
class Persisted:
    """How requests name their documents.

    - ``style``: ``"auto"`` sends a document as text until the server's response says that it has
      it, and its id from then on, in the path of the URL; Trunkline's servers say so.
      The others send ids from the first call on: ``"path"`` in the path, ``"id"`` as ``documentId``
      (GraphQL over HTTP), and ``"apq"`` as Apollo's automatic persisted queries do.
    - ``use_get``: sends queries by ``GET`` with their ids, in a canonical form, so that caches
      recognise them. Queries whose URL would be too long go by ``POST``.

    A document that the server does not know is sent once more as text. If the server does not
    support ids at all, documents are sent as text from then on. The logger ``trunkline.client``
    says so, once for each document.
    """

    style: Literal["auto", "path", "id", "apq"] = "auto"
    use_get: bool = False


DEFAULT_PERSISTED = Persisted()
_NAMINGS: dict[str, Naming] = {"auto": "path", "path": "path", "id": "id", "apq": "hash"}
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
_PAUSE = 60.0  # seconds for which an id that was rejected is not sent, as while servers restart


class DocumentIDs:
    """Names the documents of one connection's calls by ids, as ``persisted`` says."""

    def __init__(self, persisted: Persisted) -> None:
        self._naming: Naming = _NAMINGS[persisted.style]
        self._waits_for_server = persisted.style == "auto"
        self._use_get = persisted.use_get
        self._supported = True
        self._offered: set[str] = set()  # the ids that the server has, as it said
        self._known: set[str] = set()  # the ids that it took
        self._rejected: dict[str, float] = {}  # when an id may be sent again

    def name(self, call: Call) -> None:
        """Let a call name its document by its id, if the server may know it."""
        document = call.document
        if self._waits_for_server and document.id not in self._offered:
            return
        if self._supported and not call.files and not call.batch:
            call.naming, call.by_get = self._naming, self._use_get and document.kind == "query"

    def wants_text(self, call: Call, response: HTTPResponse) -> bool:
        """Learn from a response. Say if the server rejected the id: the call goes again as text."""
        document, rejection = call.document, call.rejection
        if rejection is not None:
            if rejection not in _UNKNOWN and _rejection_code(response) is None:
                self._supported = False  # it accepts text, but does not know ids
            if call.naming == "text":
                self._note(document, rejection)
        elif call.naming == "text":
            is_offered = response.headers.get(DOCUMENT_ID) == document.id
            if is_offered and monotonic() >= self._rejected.get(document.id, 0.0):
                self._offered.add(document.id)
        else:
            code = _rejection_code(response)
            if code is not None and self._is_about_id(code, document):
                # The server learns the hash with the text.
                teaches = self._naming == "hash" and code != _UNSUPPORTED
                call.naming, call.by_get = "text and hash" if teaches else "text", False
                call.rejection, call.attempts = code, 0
                return True
            self._known.add(document.id)
        return False

    def _is_about_id(self, code: str, document: RegisteredDocument) -> bool:
        """Say whether the server rejected the id, and not what else is in the request."""
        if code in _UNKNOWN or code == _UNSUPPORTED:
            return True
        # Servers without persisted documents miss the text, each in its own words. So any rejection
        # of an id that never worked counts, except by a server that has the document.
        return document.id not in self._known and not (code and self._waits_for_server)

    def _note(self, document: RegisteredDocument, code: str) -> None:
        """Send the text for a while, and say why, once."""
        self._offered.discard(document.id)
        is_first = document.id not in self._rejected
        self._rejected[document.id] = monotonic() + _PAUSE
        if not is_first:
            return
        name = f"the document {document.name or ''!r} ({document.id})"
        if self._supported:
            logger.warning(
                "The server does not know %s by its id (%s). Its text was sent instead. If the"
                " program's documents are registered there, publish those of this version:"
                " trunkline publish.",
                name,
                code,
            )
        else:
            logger.warning(
                "The server rejects ids at this URL, such as that of %s, but not texts. Texts are"
                " sent from now on.",
                name,
            )


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
