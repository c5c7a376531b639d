"""The generator of clients: a schema and documents → one module, and the manifest of its documents.

Pure functions; files are read and written by others. The way, a module for each step:

    marked       documents within Python source → documents
    documents    documents → operations and fragments that fit the schema, each with its place
    selections   selection sets → fields by response key, for each type that an object may be of
    naming       every name of the module, and who has it already
    model        what the module has: classes, enums, inputs, operations
    shapes       selections → classes
    types        GraphQL's types → Python's
    emit         the model → text
    manifest     the documents → the client's contract
"""

from __future__ import annotations

from trunkline.generate.client.documents import DocumentSource
from trunkline.generate.client.generating import ClientFiles, generate_client
from trunkline.generate.client.marked import marked_documents
from trunkline.generate.client.messages import Message, Messages
from trunkline.generate.client.options import ClientOptions, ScalarOption

__all__ = [
    "ClientFiles",
    "ClientOptions",
    "DocumentSource",
    "Message",
    "Messages",
    "ScalarOption",
    "generate_client",
    "marked_documents",
]
