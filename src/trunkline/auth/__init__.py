"""OAuth 2 between servers.

    verifier = Verifier("https://issuer.example", audience="https://api.example/graphql")
    GraphQL(schema, auth=verifier)                # GraphQL takes tokens for itself alone
    Protected(rest, Verifier("https://issuer.example", audience="https://api.example/rest"))

What is behind this door is imported when it is first asked for: a server without tokens needs no
library that checks them, a client no issuer's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trunkline.auth.caller import Assumed, Authenticator, Caller
    from trunkline.auth.introspection import Introspection
    from trunkline.auth.profiles import (
        AUTH0,
        COGNITO,
        ENTRA,
        HYDRA,
        KEYCLOAK,
        OKTA,
        RFC_9068,
        Profile,
    )
    from trunkline.auth.protection import Protected, ResourceMetadata
    from trunkline.auth.verifier import TrustedIssuer, Verifier

__all__ = [
    "AUTH0",
    "COGNITO",
    "ENTRA",
    "HYDRA",
    "KEYCLOAK",
    "OKTA",
    "RFC_9068",
    "Assumed",
    "Authenticator",
    "Caller",
    "Introspection",
    "Profile",
    "Protected",
    "ResourceMetadata",
    "TrustedIssuer",
    "Verifier",
]

_MODULES = {
    "caller": ("Assumed", "Authenticator", "Caller"),
    "introspection": ("Introspection",),
    "profiles": (
        *("AUTH0", "COGNITO", "ENTRA", "HYDRA", "KEYCLOAK", "OKTA", "RFC_9068", "Profile"),
    ),
    "protection": ("Protected", "ResourceMetadata"),
    "verifier": ("TrustedIssuer", "Verifier"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
