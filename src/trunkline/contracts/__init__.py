"""Registered documents: what clients declare at deploy that they will ask.

    registry = DocumentRegistry("postgresql://api@db/documents", unknown="log")
    endpoint = GraphQL(schema, auth=verifier, registered=registry)

A client publishes its manifest with `trunkline publish`. The server checks it against its schema,
compiles it before it is needed, and takes ids in place of texts.
"""

from trunkline.contracts.contract import UnknownRule
from trunkline.contracts.registry import DocumentRegistry

__all__ = ["DocumentRegistry", "UnknownRule"]
