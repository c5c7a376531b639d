"""The manifest of a client's documents: what it may ask, and by which ids."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from trunkline.generate.client.model import OperationMethod
from trunkline.protocol.ids import document_id

__all__ = ["manifest_text"]


def manifest_text(operations: Iterable[OperationMethod]) -> str:
    """Write the manifest, in the format of Apollo's persisted queries, sorted by name.

    The ids are ``sha256:<hex>`` of the texts as they are sent (GraphQL over HTTP, Persisted
    Documents).
    """
    manifest = {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [
            {
                "id": document_id(each.text),
                "name": each.name,
                "type": each.kind,
                "body": each.text,
            }
            for each in sorted(operations, key=lambda each: each.name)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n"
