"""What the access tokens of different issuers look like.

RFC 9068 says how they should; few issuers' do by default. A profile says where an issuer puts what
the RFC has a name for, and how it shows that a token was given to a program, not to a person.
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
    "Profile",
    "texts_of",
]

Claims = Mapping[str, Any]


def texts_of(value: object) -> frozenset[str] | None:
    """Read a claim that is a list of texts, or one text; ``None`` where it is neither."""
    if isinstance(value, str):
        return frozenset([value])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return frozenset(value)
    return None


def _is_for(claims: Claims, audiences: frozenset[str]) -> bool:
    """Say whether a token is for one of the audiences by its claim ``aud``."""
    named = texts_of(claims.get("aud"))
    return named is not None and not named.isdisjoint(audiences)


def _is_subject(claims: Claims, client: str) -> bool:
    """Say whether the subject is the client itself (RFC 9068 §2.2)."""
    return claims.get("sub") == client


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer's access tokens look like.

    ``types`` are the values that the header ``typ`` may have, in lower case and without
    ``application/``; ``""`` is a header without it. ``required`` are claims that must be there,
    ``fixed`` those that must have one of some values. ``client`` and ``scopes`` are the claims that
    name the client and what it may do: the first that is there counts. ``is_for`` says whether a
    token is for one of the audiences, ``is_client`` whether it was given to the client as such, and
    to no user of it. ``scopes_have_audience`` says that scopes begin with the audience and a slash:
    those of another count for nothing. ``algorithms`` are those that its keys may sign with.
    """

    types: frozenset[str]
    required: tuple[str, ...] = ("exp", "iat", "aud")
    fixed: Mapping[str, tuple[str, ...]] = {}
    client: tuple[str, ...] = ("client_id",)
    scopes: tuple[str, ...] = ("scope",)
    is_for: Callable[[Claims, frozenset[str]], bool] = _is_for
    is_client: Callable[[Claims, str], bool] = _is_subject
    scopes_have_audience: bool = False
    algorithms: tuple[str, ...] = ALGORITHMS


RFC_9068 = Profile(
    types=frozenset({"at+jwt"}),
    required=("exp", "iat", "aud", "sub", "client_id", "jti"),
)
"""JWT access tokens as the RFC has them: those of our own issuer, of npm ``oidc-provider``, and of
any other that was told to."""


def _is_service_account(claims: Claims, client: str) -> bool:
    """Keycloak says ``client_id`` only of tokens that a client got for itself.

    They have a user of their own too, but whoever may choose a name can be called like that user
    if the client has none.
    """
    name = claims.get("preferred_username", f"service-account-{client.lower()}")
    return claims.get("client_id") == client and name == f"service-account-{client.lower()}"


KEYCLOAK = Profile(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "azp"),
    fixed={"typ": ("Bearer", "DPoP")},
    client=("azp",),
    is_client=_is_service_account,
)
"""Keycloak. It leaves ``aud`` out until the client has an audience mapper, or names another API
there: without a mapper its tokens are refused here."""


def _is_auth0_client(claims: Claims, client: str) -> bool:
    return claims.get("sub") == f"{client}@clients"


AUTH0 = Profile(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub"),
    client=("client_id", "azp"),
    is_client=_is_auth0_client,
)
"""Auth0, with either of its token profiles. Its issuer's name ends with a slash."""


def _is_entra_application(claims: Claims, _client: str) -> bool:
    """Tell an application, which is its own object, from a user, whose rights are in ``scp``."""
    if "scp" in claims:
        return False
    kind = claims.get("idtyp")
    return kind == "app" if kind is not None else claims.get("oid") == claims.get("sub") is not None


ENTRA = Profile(
    types=frozenset({"jwt"}),
    client=("azp", "appid"),
    scopes=("roles",),
    is_client=_is_entra_application,
)
"""Microsoft Entra. What an application may do are its ``roles``."""


def _is_for_resource_server(claims: Claims, audiences: frozenset[str]) -> bool:
    """Cognito has no ``aud`` unless a resource was asked for; its scopes name what they are for."""
    if "aud" in claims:
        return _is_for(claims, audiences)
    scopes = claims.get("scope")
    words = scopes.split() if isinstance(scopes, str) else ()
    return any(word.startswith(f"{audience}/") for word in words for audience in audiences)


def _is_cognito_client(claims: Claims, client: str) -> bool:
    return claims.get("sub") == client and "username" not in claims


COGNITO = Profile(
    types=frozenset({"", "jwt"}),
    required=("exp", "iat", "sub", "client_id"),
    fixed={"token_use": ("access",)},
    is_for=_is_for_resource_server,
    is_client=_is_cognito_client,
    scopes_have_audience=True,
)
"""Amazon Cognito. The audience is the identifier of the resource server, with which its scopes
begin; they are known here by what comes after it."""


def _is_okta_client(claims: Claims, client: str) -> bool:
    return claims.get("sub") == client and "uid" not in claims


OKTA = Profile(
    types=frozenset({"", "jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub", "cid"),
    client=("cid",),
    scopes=("scp",),
    is_client=_is_okta_client,
)
"""Okta's authorization servers for one's own APIs."""

HYDRA = Profile(
    types=frozenset({"jwt", "at+jwt"}),
    required=("exp", "iat", "aud", "sub", "client_id"),
    scopes=("scope", "scp"),
)
"""Ory Hydra, where it was told to give JWTs; its opaque tokens need ``Introspection``."""
