"""OAuth 2 between servers: who may call whom, with which rights, for how long.

    ClientCredentials       on the calling side: a token fetched once, kept, renewed, sent
    trunkline.auth.httpx, .httpx2, .requests
                            the credentials for programs that call with these themselves
    Verifier                on the called side: checks tokens, of any issuer
    GraphQL(schema, auth=Verifier(issuer, audience=…))
    Protected(rest, Verifier(issuer, audience=…))

What is here is imported when it is first used: a program that calls needs none of the
dependencies of one that issues, and a server without tokens no library that checks them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trunkline.errors import AccessDeniedError, TokenError

if TYPE_CHECKING:
    from trunkline.auth.calling.cache import FileTokenCache, TokenCache
    from trunkline.auth.calling.credentials import ClientCredentials
    from trunkline.auth.calling.sources import environment
    from trunkline.auth.peers import Proxies
    from trunkline.auth.verifying.caller import Assumed, Authenticator, Caller
    from trunkline.auth.verifying.issuers import Introspection, TrustedIssuer
    from trunkline.auth.verifying.profiles import (
        AUTH0,
        COGNITO,
        ENTRA,
        HYDRA,
        KEYCLOAK,
        OKTA,
        RFC_9068,
        Profile,
    )
    from trunkline.auth.verifying.protection import Protected, ResourceMetadata
    from trunkline.auth.verifying.verifier import Verifier

__all__ = [
    "AUTH0",
    "COGNITO",
    "ENTRA",
    "HYDRA",
    "KEYCLOAK",
    "OKTA",
    "RFC_9068",
    "AccessDeniedError",
    "Assumed",
    "Authenticator",
    "Caller",
    "ClientCredentials",
    "FileTokenCache",
    "Introspection",
    "Profile",
    "Protected",
    "Proxies",
    "ResourceMetadata",
    "TokenCache",
    "TokenError",
    "TrustedIssuer",
    "Verifier",
    "environment",
]

_HOMES = {
    "ClientCredentials": "calling.credentials",
    "FileTokenCache": "calling.cache",
    "TokenCache": "calling.cache",
    "environment": "calling.sources",
    "Proxies": "peers",
    "Assumed": "verifying.caller",
    "Authenticator": "verifying.caller",
    "Caller": "verifying.caller",
    "Introspection": "verifying.issuers",
    "Protected": "verifying.protection",
    "ResourceMetadata": "verifying.protection",
    "TrustedIssuer": "verifying.issuers",
    "Verifier": "verifying.verifier",
}
_PROFILES = {"AUTH0", "COGNITO", "ENTRA", "HYDRA", "KEYCLOAK", "OKTA", "RFC_9068", "Profile"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "verifying.profiles" if name in _PROFILES else _HOMES[name]
    return getattr(import_module(f"{__name__}.{home}"), name)
