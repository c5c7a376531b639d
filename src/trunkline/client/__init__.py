"""The client: calls another server's GraphQL API, and finds mistakes before anything is sent.

``Client`` executes documents; ``gql`` reads one from text. Inside, from the outside in:

- ``client``; then ``checks``, ``variables`` and ``conversions``, before sending; ``responses``.
- ``schemas``, ``fetching``, ``schema_cache`` and ``building``: where the schema comes from.
- ``connection``: calls of checked documents, also for generated clients. A call (``calls``) goes
  through ``events``, ``batching``, ``persisted`` and ``resilience``, for which ``services`` has the
  ways of some; its requests through ``credentials`` and ``cache``.
- ``transports``: what sends the requests. ``generated``: the base of generated clients.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trunkline.client.batching import Batching
from trunkline.client.cache import PrivateCache
from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.credentials import APIKey, BearerToken
from trunkline.client.events import CallEvent, Hooks
from trunkline.client.persisted import Persisted
from trunkline.client.resilience import Breaker, Retry
from trunkline.client.responses import ExecutionResult

if TYPE_CHECKING:
    from trunkline.client.checks import DeprecatedWarning
    from trunkline.client.client import AsyncSession, Client, Request
    from trunkline.client.document import Document, gql
    from trunkline.client.schema_cache import SchemaCache
    from trunkline.client.services import GITHUB, LINEAR, SHOPIFY
    from trunkline.client.uploads import Upload
    from trunkline.schema.scalars import Scalar

__all__ = [
    "GITHUB",
    "LINEAR",
    "SHOPIFY",
    "APIKey",
    "AsyncSession",
    "Batching",
    "BearerToken",
    "Breaker",
    "CallEvent",
    "CallOptions",
    "Client",
    "Connection",
    "ConnectionOptions",
    "DeprecatedWarning",
    "Document",
    "ExecutionResult",
    "Hooks",
    "Persisted",
    "PrivateCache",
    "Request",
    "Retry",
    "Scalar",
    "SchemaCache",
    "Upload",
    "gql",
]

_MODULES = {
    "GITHUB": "trunkline.client.services",
    "LINEAR": "trunkline.client.services",
    "SHOPIFY": "trunkline.client.services",
    "AsyncSession": "trunkline.client.client",
    "Client": "trunkline.client.client",
    "DeprecatedWarning": "trunkline.client.checks",
    "Document": "trunkline.client.document",
    "Request": "trunkline.client.client",
    "Scalar": "trunkline.schema.scalars",
    "SchemaCache": "trunkline.client.schema_cache",
    "Upload": "trunkline.client.uploads",
    "gql": "trunkline.client.document",
}


def __getattr__(name: str) -> Any:
    """Import at first use what generated clients do without: graphql-core and files."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """List what is imported at first use, too, for completion."""
    return sorted({*globals(), *__all__})
