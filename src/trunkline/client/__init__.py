"""The client: calls another server's GraphQL API, and finds mistakes before the round trip.

``Client`` executes documents, ``gql`` reads one from text. How the bytes travel is the transport's
part, see ``trunkline.client.transports``. The rooms inside, from the outside in:
``client`` (the face), ``core`` (a call without I/O), ``checks`` and ``variables`` (what is found
before sending), ``schemas`` and ``introspection`` (where the schema comes from), ``connection``
(what generated clients stand on too: calls of documents that were checked before).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trunkline.client.breaker import Breaker
    from trunkline.client.cache import PrivateCache
    from trunkline.client.calls import CallOptions
    from trunkline.client.client import AsyncSession, Client, Request
    from trunkline.client.connection import Connection, ConnectionOptions
    from trunkline.client.credentials import APIKey, BearerToken
    from trunkline.client.deprecations import DeprecatedWarning
    from trunkline.client.document import Document, gql
    from trunkline.client.events import CallEvent, Hooks
    from trunkline.client.persisted import Persisted
    from trunkline.client.result import Result
    from trunkline.client.retries import Retry
    from trunkline.client.schema_cache import SchemaCache
    from trunkline.client.uploads import Upload
    from trunkline.schema.scalars import Scalar

__all__ = [
    "APIKey",
    "AsyncSession",
    "BearerToken",
    "Breaker",
    "CallEvent",
    "CallOptions",
    "Client",
    "Connection",
    "ConnectionOptions",
    "DeprecatedWarning",
    "Document",
    "Hooks",
    "Persisted",
    "PrivateCache",
    "Request",
    "Result",
    "Retry",
    "Scalar",
    "SchemaCache",
    "Upload",
    "gql",
]

_HOMES = {
    "APIKey": "credentials",
    "AsyncSession": "client",
    "BearerToken": "credentials",
    "Breaker": "breaker",
    "CallEvent": "events",
    "CallOptions": "calls",
    "Client": "client",
    "Connection": "connection",
    "ConnectionOptions": "connection",
    "DeprecatedWarning": "deprecations",
    "Document": "document",
    "Hooks": "events",
    "Persisted": "persisted",
    "PrivateCache": "cache",
    "Request": "client",
    "Result": "result",
    "Retry": "retries",
    "SchemaCache": "schema_cache",
    "Upload": "uploads",
    "gql": "document",
}


def __getattr__(name: str) -> Any:
    """Import at first use: generated clients live on this too, and do without graphql-core."""
    if name == "Scalar":
        return import_module("trunkline.schema.scalars").Scalar
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
