"""A document as it goes over the wire: text that was checked before, its id, its operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from trunkline.protocol.ids import document_id

__all__ = ["OperationKind", "RegisteredDocument"]

OperationKind: TypeAlias = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """One operation of a document, ready to be sent any number of times. Immutable.

    ``text`` goes out as it is written, and has the fragments that the operation uses; ``kind`` is
    the operation's; ``name`` is its name, or ``None``. ``id`` is ``sha256:<hex>`` of the text.
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
        heads = {
            "id": identifier,
            "by_text": _open({"query": self.text, **name}),
            "by_hash": _open({**name, "extensions": {"persistedQuery": persisted}}),
            "by_id": _open({"documentId": identifier, **name}),
        }
        for attribute, value in heads.items():
            object.__setattr__(self, attribute, value)


def _open(value: object) -> bytes:
    return msgspec.json.encode(value).removesuffix(b"}")
