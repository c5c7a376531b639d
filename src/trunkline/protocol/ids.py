"""The id of a document: the SHA-256 of its text."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["document_id"]


def document_id(text: str) -> str:
    """Return ``sha256:<hex>`` of a document's UTF-8 text.

    White space counts: two texts that mean the same have two ids (GraphQL over HTTP, Persisted
    Documents). Lone surrogates, which UTF-8 cannot hold, are written as question marks; such a
    text is no valid document anyway.
    """
    return "sha256:" + sha256(text.encode("utf-8", "replace")).hexdigest()
