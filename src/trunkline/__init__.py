"""GraphQL between servers.

    trunkline.Client, gql        call another server's API; mistakes raise before anything is sent
    trunkline.client             the rest of the client
    trunkline.client.generated   what generated clients need
    trunkline.client.transports  how the client sends bytes: httpx2, requests, or your own way
    trunkline.server             serve a schema as an ASGI application
    trunkline.auth               OAuth 2: credentials of callers, and the verifier of tokens
    trunkline.issuer             OAuth 2: the authorization server
    trunkline.engine             compile and run operations without a server
    trunkline.mocking            plausible data from a schema alone, for tests and as a server
    trunkline.generate           plugins of the generator

Every error is here too (`errors.py` draws them as a tree). ``Client`` and ``gql`` are imported when
they are first used, because they need graphql-core, which a generated client does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trunkline.errors import (
    AccessDeniedError,
    CircuitOpenError,
    ConfigurationError,
    ConnectionFailedError,
    DeadlineExceededError,
    DocumentNotFoundError,
    DocumentSyntaxError,
    ExecutionError,
    LimitExceededError,
    MalformedRequestError,
    MutationFailedError,
    NotJSONError,
    OperationNotFoundError,
    OperationRefusedError,
    PlaygroundNotBuiltError,
    ProtocolError,
    PublicationError,
    RequestError,
    RequestRefusedError,
    ResponseTooLargeError,
    SchemaError,
    ServerStatusError,
    StoreError,
    SubscriptionError,
    TokenError,
    TransportError,
    TrunklineError,
    ValidationError,
    VariablesError,
)

if TYPE_CHECKING:
    from trunkline.client import Client, gql

__all__ = [
    "AccessDeniedError",
    "CircuitOpenError",
    "Client",
    "ConfigurationError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "DocumentNotFoundError",
    "DocumentSyntaxError",
    "ExecutionError",
    "LimitExceededError",
    "MalformedRequestError",
    "MutationFailedError",
    "NotJSONError",
    "OperationNotFoundError",
    "OperationRefusedError",
    "PlaygroundNotBuiltError",
    "ProtocolError",
    "PublicationError",
    "RequestError",
    "RequestRefusedError",
    "ResponseTooLargeError",
    "SchemaError",
    "ServerStatusError",
    "StoreError",
    "SubscriptionError",
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


def __dir__() -> list[str]:
    """List what is imported at first use, too, for completion."""
    return sorted({*globals(), *__all__})
