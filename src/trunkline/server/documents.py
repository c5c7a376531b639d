"""From a request to the text of its document: sent, registered, or executed before.

And from a document that has an id to the URL by which it is requested.
"""

from __future__ import annotations

from sys import getsizeof
from typing import Literal, Protocol, TypeAlias

from graphql import GraphQLError

from trunkline.asgi.requests import HTTPProblem, Scope
from trunkline.auth.verifying.caller import Caller
from trunkline.bounded import BoundedMapping
from trunkline.compiler.operation import Operation
from trunkline.errors import DocumentNotFoundError, MalformedRequestError
from trunkline.protocol.canonical import canonical_query, location_of
from trunkline.protocol.documents import document_id
from trunkline.protocol.messages import DOCUMENT_ID
from trunkline.protocol.request import BY_URL, GraphQLRequest, named_document

__all__ = ["Documents", "OtherURLs", "RegisteredDocuments"]

_EXECUTED = 4_000_000  # bytes of documents that were executed
_SHOWN = 100  # characters of an id that a message shows
_SHOWN_URL = 500  # characters
_LONGEST_REDIRECT = 8_000  # bytes, which servers and proxies take
_LONGEST_LOCATION = 1_000  # bytes; nginx takes 4 KB of headers by default
_REACHED = {"rest": ""}  # by a server that sends every path to the endpoint

OtherURLs: TypeAlias = Literal["redirect", "refuse"]
"""What happens to a ``GET`` by id whose URL is not the one that the request has by rule."""


class RegisteredDocuments(Protocol):
    """The documents that clients registered, as an endpoint asks for them.

    Both methods are called on the event loop, once per request, and raise a ``RequestError`` to
    refuse the request. ``caller`` is proven by its token; it is ``None`` where no tokens are
    required. ``client`` is what the client calls itself, ``name/version``, and is not proven.
    """

    def text(self, document_id: str, caller: Caller | None, client: str | None) -> str | None:
        """Return the text of a registered document, ``None`` if the id is unknown."""
        ...

    def admit(self, document_id: str, text: str, caller: Caller | None, client: str | None) -> bool:
        """Take note of a document that was sent as text, before it is compiled.

        Returns whether it is registered, so that its id may be sent instead. It may not be valid.
        """
        ...


class Documents:
    """Finds the text of a request's document, by its id if that is what the request has.

    ``registered`` are the documents of registered clients. With ``apq``, a document that was
    executed is known by its hash (Apollo's automatic persisted queries), as long as it is kept: the
    texts of the last requests are, four million bytes.
    """

    def __init__(
        self, registered: RegisteredDocuments | None, other_urls: OtherURLs, *, apq: bool
    ) -> None:
        if other_urls not in {"redirect", "refuse"}:
            raise ValueError(f"other_urls must be 'redirect' or 'refuse', not {other_urls!r}.")
        self._registered = registered
        self._other_urls = other_urls
        self._apq = apq
        self.takes_ids = apq or registered is not None
        self._executed = BoundedMapping[str, str](_EXECUTED, weigh=lambda _, text: getsizeof(text))

    def executed(self, document_id: str) -> str | None:
        """Return the text of a document that was executed; ``None`` if it is forgotten."""
        return self._executed.get(document_id)

    def keep(self, document_id: str, text: str) -> None:
        """Keep the text of a document that is about to be executed."""
        if document_id not in self._executed:
            self._executed.put(document_id, text)

    def find(
        self, request: GraphQLRequest, caller: Caller | None, client: str | None
    ) -> tuple[str, str | None, bool]:
        """Return the text of a request's document, and the id by which it is known, if it is.

        Also returns whether the document is registered. Raises ``DocumentNotFoundError``,
        ``MalformedRequestError`` if text and id do not fit, and what the registered documents
        refuse.
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
                    return registered, named, True
            text = self._executed.get(named) if self._apq else None
            if text is None:
                raise self._not_found(named, is_apollos=request.document_id is None)
        if not self.takes_ids:
            return text, None, False
        named = named or document_id(text)
        is_registered = self._registered is not None and self._registered.admit(
            named, text, caller, client
        )
        return text, named if is_registered or self._apq else None, is_registered

    def _check_url(self, request: GraphQLRequest, operation: Operation, scope: Scope) -> None:
        if request.document_id is None or request.query or scope["method"] not in BY_URL:
            return
        if scope["path"].partition("/sha256:")[1]:
            query = canonical_query(request.variables, request.extensions)
            url = location_of(scope["path"], operation.id, operation.name, query)
            name = f"/{operation.name}" if operation.name else ""
            is_canonical = scope["path"].endswith(f"/{operation.id}{name}")
        else:
            query = canonical_query(
                request.variables, request.extensions, request.document_id, request.operation_name
            )
            url, is_canonical = f"?{query}", True
        if is_canonical and query.encode() == scope["query_string"]:
            return
        message = (
            "A request by id has one URL, and this one has parameters that mean nothing, or in"
            f" another order, form or encoding. The URL is {url[:_SHOWN_URL]}"
        )
        if self._other_urls == "refuse" or len(url) > _LONGEST_REDIRECT:
            raise HTTPProblem(400, message)
        raise HTTPProblem(308, message, (b"location", url.encode()))

    def headers(
        self,
        request: GraphQLRequest,
        operation: Operation,
        known: str | None,
        scope: Scope,
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Return the headers that tell a client how a document that is known is requested by path.

        Of text they name the id; of ``QUERY``, and of ``GET`` by ``documentId``, the URL that a
        ``GET`` of the same has (RFC 10008 §2.3, §2.4). Raises ``HTTPProblem`` for a ``GET`` by id
        whose URL is one of several: 308, or 400.
        """
        self._check_url(request, operation, scope)
        if "rest" not in scope.get("path_params", _REACHED):
            return ()  # the path is another's
        if known is None or not operation.id.endswith(known):  # "sha256:" may be left out
            return ()
        if request.query and scope["method"] == "POST":
            return ((DOCUMENT_ID.encode(), operation.id.encode()),)
        method, path = scope["method"], scope["path"]
        if method == "POST" or (method in BY_URL and "/sha256:" in path):
            return ()
        query = canonical_query(request.variables, request.extensions)
        url = location_of(path, operation.id, operation.name, query).encode()
        if len(url) > _LONGEST_LOCATION:
            return ()
        found = ((b"content-location", url),)
        return (*found, (b"location", url)) if method == "QUERY" else found

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
