"""A document as it is sent: checked text, its id, and its operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec

__all__ = ["OperationKind", "RegisteredDocument", "document_id"]

OperationKind: TypeAlias = Literal["query", "mutation", "subscription"]


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
    """

    text: str
    kind: OperationKind
    name: str | None = None
    id: str = field(init=False)
    by_text: bytes = field(init=False, repr=False, compare=False)
    by_hash: bytes = field(init=False, repr=False, compare=False)
    by_id: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the three ways in which a body names the document, without its closing brace."""
        identifier = document_id(self.text)
        persisted = {"version": 1, "sha256Hash": identifier.removeprefix("sha256:")}
        name = {} if self.name is None else {"operationName": self.name}
        object.__setattr__(self, "id", identifier)
        for attribute, body in (
            ("by_text", {"query": self.text, **name}),
            ("by_hash", {**name, "extensions": {"persistedQuery": persisted}}),
            ("by_id", {"documentId": identifier, **name}),
        ):
            object.__setattr__(self, attribute, msgspec.json.encode(body).removesuffix(b"}"))
