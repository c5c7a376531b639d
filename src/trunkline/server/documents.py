"""From a request to the text of its document: sent, registered, or executed before."""

from __future__ import annotations

from sys import getsizeof
from typing import Protocol

from graphql import GraphQLError

from trunkline.auth.verifying.caller import Caller
from trunkline.bounded import BoundedMapping
from trunkline.errors import DocumentNotFoundError, MalformedRequestError
from trunkline.protocol.documents import document_id
from trunkline.protocol.request import GraphQLRequest, named_document

__all__ = ["Documents", "RegisteredDocuments"]

_EXECUTED = 4_000_000  # bytes of documents that were executed
_SHOWN = 100  # characters of an id that a message shows


class RegisteredDocuments(Protocol):
    """The documents that clients registered, as an endpoint asks for them.

    Both methods are called on the event loop, once per request, and raise a ``RequestError`` to
    refuse the request. ``caller`` is proven by its token; it is ``None`` where no tokens are
    required. ``client`` is what the client calls itself, ``name/version``, and is not proven.
    """

    def text(self, document_id: str, caller: Caller | None, client: str | None) -> str | None:
        """Return the text of a registered document, ``None`` if the id is unknown."""
        ...

    def admit(self, document_id: str, text: str, caller: Caller | None, client: str | None) -> None:
        """Take note of a document that was sent as text, before it is compiled.

        It may be registered all the same, and it may not be valid.
        """
        ...


class Documents:
    """Finds the text of a request's document, by its id if that is what the request has.

    ``registered`` are the documents of registered clients. With ``apq``, a document that was
    executed is known by its hash (Apollo's automatic persisted queries), as long as it is kept: the
    texts of the last requests are, four million bytes.
    """

    def __init__(self, registered: RegisteredDocuments | None, *, apq: bool) -> None:
        self._registered = registered
        self._apq = apq
        self._executed = BoundedMapping[str, str](_EXECUTED, weigh=lambda _, text: getsizeof(text))

    def executed(self, document_id: str) -> str | None:
        """Return the text of a document that was executed; ``None`` if it is forgotten."""
        return self._executed.get(document_id)

    def keep(self, document_id: str, text: str) -> None:
        """Keep the text of a document that is about to be executed."""
        if document_id not in self._executed:
            self._executed.put(document_id, text)

    def find(self, request: GraphQLRequest, caller: Caller | None, client: str | None) -> str:
        """Return the text of a request's document.

        Raises ``DocumentNotFoundError``, ``MalformedRequestError`` if text and id do not fit, and
        what the registered documents refuse.
        """
        named, text = named_document(request), request.query
        if text:
            if named is not None and named != document_id(text):
                raise MalformedRequestError.because(
                    f"The text of the document does not have the id {named[:_SHOWN]!r}. It is"
                    " 'sha256:' and the hash of the text in UTF-8: send the right one, or none."
                )
        elif named is None:
            raise MalformedRequestError.because(
                "The request has no document: send its text as 'query', or its 'documentId'."
            )
        else:
            if self._registered is not None:
                registered = self._registered.text(named, caller, client)
                if registered is not None:
                    return registered
            text = self._executed.get(named) if self._apq else None
            if text is None:
                raise self._not_found(named, is_apollos=request.document_id is None)
        if self._registered is not None:
            self._registered.admit(named or document_id(text), text, caller, client)
        return text

    def _not_found(self, named: str, *, is_apollos: bool) -> DocumentNotFoundError:
        """Say that an id is unknown. Other people's clients know Apollo's messages and codes."""
        if self._registered is None and not self._apq:
            error = GraphQLError(
                "PersistedQueryNotSupported"
                if is_apollos
                else "This endpoint takes no ids of documents: send the text as 'query'.",
                extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
            )
            return DocumentNotFoundError([error])
        return DocumentNotFoundError.because(
            "PersistedQueryNotFound"
            if is_apollos
            else f"The server has no document with the id {named[:_SHOWN]!r}: send the text as"
            " 'query', or register the document."
        )
