"""A document as it is sent: checked text, its id, and its operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec

__all__ = ["Naming", "OperationKind", "RegisteredDocument", "document_id"]

OperationKind: TypeAlias = Literal["query", "mutation", "subscription"]

Naming: TypeAlias = Literal["text", "path", "id", "hash", "text and hash"]
"""How a request names its document: by its text; by its id in the path of the URL, or only as
the parameter ``documentId``; by its hash in the extensions, as Apollo does; or by text and hash."""


def document_id(text: str) -> str:
    """Return ``sha256:<hex>`` of a document's UTF-8 text.

    White space counts: two texts with the same meaning have two ids (GraphQL over HTTP, Persisted
    Documents). Lone surrogates, which UTF-8 cannot encode, count as question marks; such a text is
    not a valid document.
    """
    return "sha256:" + sha256(text.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """One operation of a document, ready to be sent any number of times. Immutable.

    - ``text``: sent as it is written; it has the fragments that the operation uses.
    - ``kind`` and ``name``: of the operation; the name may be ``None``.
    - ``id``: ``sha256:<hex>`` of the text.
    - ``path``: names the document and its operation below an endpoint's URL.
    - ``members``: of the request's JSON object, which name the document and its operation.
    - ``hash``: the object of the extensions that names the document.
    """

    text: str
    kind: OperationKind
    name: str | None = None
    id: str = field(init=False)
    path: str = field(init=False, repr=False, compare=False)
    members: Mapping[Naming, bytes] = field(init=False, repr=False, compare=False)
    hash: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write what names the document in a request."""
        identifier = document_id(self.text)
        named = {} if self.name is None else {"operationName": self.name}
        text = _members({"query": self.text, **named})
        by_id = _members({"documentId": identifier, **named})
        members: dict[Naming, bytes] = {
            "text": text,
            "path": by_id,  # for transports and hooks that keep nothing but the body
            "id": by_id,
            "hash": _members(named),
            "text and hash": text,
        }
        digest = identifier.removeprefix("sha256:")
        extension = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
        path = identifier if self.name is None else f"{identifier}/{self.name}"
        object.__setattr__(self, "id", identifier)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "hash", msgspec.json.encode(extension))


def _members(parameters: Mapping[str, str]) -> bytes:
    """Write the members of an object without its braces."""
    return msgspec.json.encode(parameters)[1:-1]
