"""OAuth 2 between servers: tokens for clients, and their verification in APIs.

    ClientCredentials       for a client: a token is fetched once, renewed, and sent
    JWTBearer, TokenExchange
                            what else than its own rights the client gets a token for
    trunkline.auth.httpx, .httpx2, .requests
                            the same for programs that call with these libraries
    trunkline.auth.aws      for a client of AWS: each request is signed
    Verifier                for an API: checks tokens of any issuer
    GraphQL(schema, auth=Verifier(issuer, audience=…))
    Protected(rest, Verifier(issuer, audience=…))

Names are imported at their first use, because clients do not need the libraries of verifiers, and
servers without tokens need neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trunkline.errors import AccessDeniedError, TokenError

if TYPE_CHECKING:
    from trunkline.auth.calling.authentication import Assertion, environment
    from trunkline.auth.calling.cache import FileTokenCache, TokenCache
    from trunkline.auth.calling.credentials import APOLLO, HASURA, ClientCredentials
    from trunkline.auth.calling.grants import JWTBearer, TokenExchange
    from trunkline.auth.peers import Proxies
    from trunkline.auth.verifying.caller import Assumed, Authenticator, Caller
    from trunkline.auth.verifying.issuers import Introspection, TrustedIssuer
    from trunkline.auth.verifying.protection import Protected, ResourceMetadata
    from trunkline.auth.verifying.token_formats import (
        AUTH0,
        COGNITO,
        ENTRA,
        HYDRA,
        KEYCLOAK,
        OKTA,
        RFC_9068,
        TokenFormat,
    )
    from trunkline.auth.verifying.verifier import Verifier

__all__ = [
    "APOLLO",
    "AUTH0",
    "COGNITO",
    "ENTRA",
    "HASURA",
    "HYDRA",
    "KEYCLOAK",
    "OKTA",
    "RFC_9068",
    "AccessDeniedError",
    "Assertion",
    "Assumed",
    "Authenticator",
    "Caller",
    "ClientCredentials",
    "FileTokenCache",
    "Introspection",
    "JWTBearer",
    "Protected",
    "Proxies",
    "ResourceMetadata",
    "TokenCache",
    "TokenError",
    "TokenExchange",
    "TokenFormat",
    "TrustedIssuer",
    "Verifier",
    "environment",
]

_HOMES = {
    "calling.cache": {"FileTokenCache", "TokenCache"},
    "calling.credentials": {"APOLLO", "HASURA", "ClientCredentials"},
    "calling.authentication": {"Assertion", "environment"},
    "calling.grants": {"JWTBearer", "TokenExchange"},
    "peers": {"Proxies"},
    "verifying.caller": {"Assumed", "Authenticator", "Caller"},
    "verifying.issuers": {"Introspection", "TrustedIssuer"},
    "verifying.protection": {"Protected", "ResourceMetadata"},
    "verifying.verifier": {"Verifier"},
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (home for home, names in _HOMES.items() if name in names)
    try:
        home = import_module(f"{__name__}.{next(homes, 'verifying.token_formats')}")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{name} needs the library {error.name}: pip install 'trunkline[auth]'"
        ) from error
    return getattr(home, name)


def __dir__() -> list[str]:
    """List what is imported at first use, too, for completion."""
    return sorted({*globals(), *__all__})
