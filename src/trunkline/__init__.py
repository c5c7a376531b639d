"""GraphQL between servers.

    trunkline.Client, gql       call another server's API; mistakes raise before anything is sent
    trunkline.client            the rest of the client
    trunkline.client.transports what carries its bytes: httpx2, requests, or your own
    trunkline.server            serve a schema as an ASGI application, beside what is served already
    trunkline.auth              OAuth 2 between them: credentials, and the verifier of tokens
    trunkline.issuer            OAuth 2: the authorization server
    trunkline.mocking           plausible data from a schema alone, for tests and as a server
    trunkline.errors            every error that is raised on purpose, as a tree
    trunkline.schema            SDL files, and what each field of them is bound to
    trunkline.protocol          GraphQL over HTTP without I/O, shared by both sides

The errors are here too. ``Client`` and ``gql`` are imported when they are first used, because
they need graphql-core, which a server's start or a generated client need not pay for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trunkline.errors import (
    CircuitOpenError,
    ConnectionFailedError,
    DeadlineExceededError,
    DocumentSyntaxError,
    ExecutionError,
    LimitExceededError,
    MalformedRequestError,
    OperationNotFoundError,
    ProtocolError,
    RequestError,
    SchemaError,
    ServerStatusError,
    StoreError,
    TokenError,
    TransportError,
    TrunklineError,
    ValidationError,
    VariablesError,
)

if TYPE_CHECKING:
    from trunkline.client import Client, gql

__all__ = [
    "CircuitOpenError",
    "Client",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "DocumentSyntaxError",
    "ExecutionError",
    "LimitExceededError",
    "MalformedRequestError",
    "OperationNotFoundError",
    "ProtocolError",
    "RequestError",
    "SchemaError",
    "ServerStatusError",
    "StoreError",
    "TokenError",
    "TransportError",
    "TrunklineError",
    "ValidationError",
    "VariablesError",
    "gql",
]


def __getattr__(name: str) -> Any:
    if name not in ("Client", "gql"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("trunkline.client"), name)
