"""What the access tokens of different issuers look like.

RFC 9068 says how they should look; few issuers follow it by default. A format says which claims an
issuer uses for what the RFC names, and what tells tokens of programs from tokens of users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trunkline.auth.jose import ALGORITHMS

__all__ = [
    "AUTH0",
    "COGNITO",
    "ENTRA",
    "HYDRA",
    "KEYCLOAK",
    "OKTA",
    "RFC_9068",
    "Claims",
    "TokenFormat",
    "read_strings",
]

Claims = Mapping[str, Any]


def read_strings(value: object) -> frozenset[str] | None:
    """Read a claim that is a list of strings, or one string; ``None`` if it is neither."""
    if isinstance(value, str):
        return frozenset([value])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    return None


def _names_audience(claims: Claims, audiences: frozenset[str]) -> bool:
    """Tell whether the claim ``aud`` names one of the audiences."""
    named = read_strings(claims.get("aud"))
    return named is not None and not named.isdisjoint(audiences)


class TokenFormat(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer's access tokens look like.

    - ``types``: the values that the header ``typ`` may have, in lower case and without
      ``application/``; ``""`` is a token without that header.
    - ``required``: claims that must be present.
    - ``fixed``: claims that must have one of some values.
    - ``client``: claims that name the client; the first one that is present counts.
    - ``scopes``: claims with its scopes; the first one that is present counts.
    - ``is_for``: tells whether a token is for one of the audiences.
    - ``is_client``: tells whether a token was given to the client itself, not to a user of it. By
      default the subject is then the client (RFC 9068 §2.2).
    - ``scopes_have_audience``: scopes begin with the audience and a slash, and others are ignored.
    - ``algorithms``: those that its keys may sign with.
    """

    types: frozenset[str]
    required: tuple[str, ...] = ("exp", "iat", "aud")
    fixed: Mapping[str, tuple[str, ...]] = {}
    client: tuple[str, ...] = ("client_id",)
    scopes: tuple[str, ...] = ("scope",)
    is_for: Callable[[Claims, frozenset[str]], bool] = _names_audience
    is_client: Callable[[Claims, str], bool] = lambda claims, client: claims.get("sub") == client
    scopes_have_audience: bool = False
    algorithms: tuple[str, ...] = ALGORITHMS


RFC_9068 = TokenFormat(
    types=frozenset({"at+jwt"}),
    required=("exp", "iat", "aud", "sub", "client_id", "jti"),
)
"""JWT access tokens of RFC 9068: those of `trunkline.issuer`, of npm ``oidc-provider``, and of any
other issuer that is configured to follow it."""


def _is_service_account(claims: Claims, client: str) -> bool:
    """Tell by ``client_id``, which Keycloak adds only to tokens that a client got for itself.

    The name of the client's own user alone proves nothing, because users may choose that name.
    """
    name = claims.get("preferred_username", f"service-account-{client.lower()}")
    return claims.get("client_id") == client and name == f"service-account-{client.lower()}"


KEYCLOAK = TokenFormat(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "azp"),
    fixed={"typ": ("Bearer", "DPoP")},
    client=("azp",),
    is_client=_is_service_account,
)
"""Keycloak. Without an audience mapper of the client its tokens have no ``aud``, or that of another
API, and are rejected here."""


AUTH0 = TokenFormat(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub"),
    client=("client_id", "azp"),
    is_client=lambda claims, client: claims.get("sub") == f"{client}@clients",
)
"""Auth0, with either of its token profiles. Its issuer's identifier ends with a slash."""


def _is_entra_application(claims: Claims, _client: str) -> bool:
    """Tell an application, which is its own object, from a user, whose scopes are in ``scp``."""
    if "scp" in claims:
        return False
    kind = claims.get("idtyp")
    return kind == "app" if kind is not None else claims.get("oid") == claims.get("sub") is not None


ENTRA = TokenFormat(
    types=frozenset({"jwt"}),
    client=("azp", "appid"),
    scopes=("roles",),
    is_client=_is_entra_application,
)
"""Microsoft Entra. The scopes of an application are its ``roles``."""


def _is_for_resource_server(claims: Claims, audiences: frozenset[str]) -> bool:
    """Tell by ``aud`` if a resource was requested; otherwise Cognito's scopes name the audience."""
    if "aud" in claims:
        return _names_audience(claims, audiences)
    scopes = claims.get("scope")
    words = scopes.split() if isinstance(scopes, str) else ()
    return any(word.startswith(f"{audience}/") for word in words for audience in audiences)


COGNITO = TokenFormat(
    types=frozenset({"", "jwt"}),
    required=("exp", "iat", "sub", "client_id"),
    fixed={"token_use": ("access",)},
    is_for=_is_for_resource_server,
    is_client=lambda claims, client: claims.get("sub") == client and "username" not in claims,
    scopes_have_audience=True,
)
"""Amazon Cognito. The audience is the identifier of the resource server. Its scopes begin with that
and a slash, which are cut off."""


OKTA = TokenFormat(
    types=frozenset({"", "jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub", "cid"),
    client=("cid",),
    scopes=("scp",),
    is_client=lambda claims, client: claims.get("sub") == client and "uid" not in claims,
)
"""Okta's authorization servers for one's own APIs."""

HYDRA = TokenFormat(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub", "client_id"),
    scopes=("scope", "scp"),
)
"""Ory Hydra, if it is configured to give JWTs. Its opaque tokens need ``Introspection``."""
