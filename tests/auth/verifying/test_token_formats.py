"""Tokens as real issuers make them, each mutated by the same list.

Claims and headers are those that the issuers document for client credentials; ids, names and times
are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.auth.verifying.issuing import NOW, Issuer, Time, request_scope

from trunkline.auth import AUTH0, COGNITO, ENTRA, HYDRA, KEYCLOAK, OKTA, RFC_9068, TokenFormat
from trunkline.errors import AccessDeniedError
from trunkline.issuer.keys import SigningKey


@dataclass(frozen=True)
class Shape:
    """A token of one issuer: what it says of a program, and what of a user."""

    token_format: TokenFormat
    issuer: str
    audience: str
    header: dict[str, Any]
    claims: dict[str, Any]
    user: dict[str, Any]
    client: str
    scopes: set[str]
    aud: str = "aud"
    client_claim: str = "client_id"
    without: tuple[str, ...] = field(default_factory=tuple)


TIMES = {"iat": int(NOW), "exp": int(NOW) + 300}
GRAPHQL = "https://api.example/graphql"

SHAPES = {
    "rfc_9068": Shape(
        RFC_9068,
        "https://op.example",
        GRAPHQL,
        {"typ": "at+jwt"},
        {**TIMES, "jti": "B7", "sub": "web", "client_id": "web", "aud": GRAPHQL, "scope": "a b"},
        {"sub": "23121d3c"},
        "web",
        {"a", "b"},
    ),
    "keycloak": Shape(
        KEYCLOAK,
        "https://keycloak.example/realms/shop",
        GRAPHQL,
        {"typ": "JWT"},
        {
            **TIMES,
            "jti": "trrtcc:5b1e",
            "aud": [GRAPHQL, "account"],
            "sub": "5f1dd8f1-7d8e-4a2b-9b6e-0c2f4f0f7a11",
            "typ": "Bearer",
            "azp": "Web-App",
            "acr": "1",
            "realm_access": {"roles": ["offline_access"]},
            "scope": "todos:read email profile",
            "clientHost": "10.0.0.1",
            "clientAddress": "10.0.0.1",
            "client_id": "Web-App",
            "email_verified": False,
            "preferred_username": "service-account-web-app",
        },
        {"preferred_username": "ann", "sid": "8f0c", "client_id": None},
        "Web-App",
        {"todos:read", "email", "profile"},
        client_claim="azp",
    ),
    "auth0": Shape(
        AUTH0,
        "https://tenant.eu.auth0.com/",
        GRAPHQL,
        {"typ": "JWT"},
        {
            **TIMES,
            "sub": "k3Jd93@clients",
            "aud": GRAPHQL,
            "azp": "k3Jd93",
            "gty": "client-credentials",
            "scope": "todos:read",
        },
        {"sub": "auth0|507f1f77", "gty": "password"},
        "k3Jd93",
        {"todos:read"},
        client_claim="azp",
    ),
    "auth0_rfc_9068": Shape(
        AUTH0,
        "https://tenant.eu.auth0.com/",
        GRAPHQL,
        {"typ": "at+jwt"},
        {
            **TIMES,
            "sub": "k3Jd93@clients",
            "aud": GRAPHQL,
            "client_id": "k3Jd93",
            "jti": "1",
            "scope": "todos:read",
        },
        {"sub": "auth0|507f1f77"},
        "k3Jd93",
        {"todos:read"},
    ),
    "entra_v2": Shape(
        ENTRA,
        "https://login.microsoftonline.com/72f988bf/v2.0",
        "0a1b2c3d-api",
        {"typ": "JWT"},
        {
            **TIMES,
            "aud": "0a1b2c3d-api",
            "nbf": int(NOW),
            "azp": "6731de76",
            "azpacr": "1",
            "idtyp": "app",
            "oid": "0e5f",
            "rh": "0.A",
            "roles": ["Todos.Read.All"],
            "sub": "0e5f",
            "tid": "72f988bf",
            "uti": "x",
            "ver": "2.0",
        },
        {"idtyp": "user", "scp": "Todos.Read", "sub": "AAb", "oid": "c3"},
        "6731de76",
        {"Todos.Read.All"},
        client_claim="azp",
    ),
    "entra_v1": Shape(
        ENTRA,
        "https://sts.windows.net/72f988bf/",
        "api://todos",
        {"typ": "JWT", "x5t": "abc"},
        {
            **TIMES,
            "aud": "api://todos",
            "nbf": int(NOW),
            "appid": "6731de76",
            "appidacr": "1",
            "oid": "0e5f",
            "sub": "0e5f",
            "roles": ["Todos.Read.All"],
            "ver": "1.0",
        },
        {"scp": "Todos.Read", "sub": "AAb"},
        "6731de76",
        {"Todos.Read.All"},
        client_claim="appid",
    ),
    "cognito": Shape(
        COGNITO,
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC",
        "todos",
        {"typ": None},
        {
            **TIMES,
            "sub": "1example23",
            "token_use": "access",
            "scope": "todos/read other/write",
            "auth_time": int(NOW),
            "version": 2,
            "jti": "x",
            "client_id": "1example23",
        },
        {"sub": "aaaa-bbbb", "username": "ann"},
        "1example23",
        {"read"},
        aud="scope",
    ),
    "okta": Shape(
        OKTA,
        "https://dev-1.okta.com/oauth2/default",
        "api://default",
        {"typ": None},
        {
            **TIMES,
            "ver": 1,
            "jti": "AT.0mP",
            "aud": "api://default",
            "cid": "0oab8e",
            "scp": ["todos:read"],
            "sub": "0oab8e",
        },
        {"sub": "ann@example.com", "uid": "00ub0o"},
        "0oab8e",
        {"todos:read"},
        client_claim="cid",
    ),
    "hydra": Shape(
        HYDRA,
        "https://hydra.example/",
        GRAPHQL,
        {"typ": "JWT"},
        {
            **TIMES,
            "aud": [GRAPHQL],
            "client_id": "web",
            "ext": {},
            "jti": "1",
            "nbf": int(NOW),
            "scp": ["todos:read"],
            "sub": "web",
        },
        {"sub": "ann"},
        "web",
        {"todos:read"},
    ),
}

KEYS = [SigningKey.generate("RS256")]
BASE = ("iss", "aud", "sub", "client_id", "exp", "iat", "jti", "scope")


async def verify(shape: Shape, claims: dict[str, Any], **header: Any) -> Any:
    issuer = Issuer(shape.issuer)
    issuer.keys = KEYS
    own = {"iss": shape.issuer, **shape.claims, **claims}
    absent = tuple(name for name in (*BASE, *claims) if own.get(name) is None)
    token = issuer.token(own, {**shape.header, **header}, without=absent)
    verifier = issuer.verifier(Time(), shape.token_format, audience=shape.audience)
    return await verifier.authenticate(request_scope(f"Bearer {token}"))


async def refused(shape: Shape, claims: dict[str, Any], **header: Any) -> int:
    with pytest.raises(AccessDeniedError) as caught:
        await verify(shape, claims, **header)
    return caught.value.status


each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


@each_shape
async def test_a_program_is_let_in(shape: Shape) -> None:
    caller = await verify(shape, {})
    assert caller.client_id == shape.client
    assert set(caller.scopes) == shape.scopes


@each_shape
async def test_a_user_is_not(shape: Shape) -> None:
    assert await refused(shape, shape.user) == 403


MUTATIONS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": int(NOW) - 60},
    "no end": {"exp": None},
    "an end in text": {"exp": str(int(NOW) + 60)},
    "not yet": {"nbf": int(NOW) + 60},
    "from the future": {"iat": int(NOW) + 60},
    "no beginning": {"iat": None},
    "a very long life": {"exp": int(NOW) + 10_000_000},
}


@each_shape
@pytest.mark.parametrize("claims", MUTATIONS.values(), ids=MUTATIONS)
async def test_mutated_claims_are_refused(shape: Shape, claims: dict[str, Any]) -> None:
    assert await refused(shape, claims) == 401


@each_shape
async def test_another_audience_is_refused(shape: Shape) -> None:
    other = "other/read" if shape.aud == "scope" else "https://api.example/rest"
    values: list[Any] = [other, None, "", 3, [], {}]
    for value in values:
        assert await refused(shape, {shape.aud: value}) == 401


@each_shape
async def test_a_token_without_a_client_is_refused(shape: Shape) -> None:
    for value in (None, "", 3, ["web"]):
        claims = {"client_id": None, shape.client_claim: value}
        assert await refused(shape, claims) in {401, 403}


@each_shape
async def test_tokens_of_other_types_are_refused(shape: Shape) -> None:
    for type_ in ("dpop+jwt", "secevent+jwt", "logout+jwt"):
        assert await refused(shape, {}, typ=type_) == 401


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("keycloak", {"typ": "ID"}),
        ("keycloak", {"typ": "Refresh"}),
        ("keycloak", {"typ": None}),
        ("cognito", {"token_use": "id"}),
        ("cognito", {"token_use": None}),
        ("cognito", {"aud": "another"}),
    ],
)
async def test_other_tokens_of_an_issuer_are_no_access_tokens(
    name: str, claims: dict[str, Any]
) -> None:
    assert await refused(SHAPES[name], claims) == 401


async def test_keycloak_without_an_audience_mapper_is_refused() -> None:
    assert await refused(SHAPES["keycloak"], {"aud": None}) == 401


async def test_a_name_like_a_service_accounts_is_another_clients() -> None:
    assert await refused(SHAPES["keycloak"], {"preferred_username": "service-account-other"}) == 403


async def test_a_user_who_chose_the_name_of_a_service_account_is_a_user() -> None:
    user = SHAPES["keycloak"].user | {"preferred_username": "service-account-web-app"}
    assert await refused(SHAPES["keycloak"], user) == 403


async def test_keycloak_says_of_a_token_that_is_bound_to_a_key_that_it_is() -> None:
    assert (await verify(SHAPES["keycloak"], {"typ": "DPoP"})).client_id == "Web-App"


async def test_a_lightweight_token_needs_no_name() -> None:
    without_name = {"preferred_username": None}
    assert (await verify(SHAPES["keycloak"], without_name)).client_id == "Web-App"
    assert await refused(SHAPES["keycloak"], without_name | {"client_id": None}) == 403
