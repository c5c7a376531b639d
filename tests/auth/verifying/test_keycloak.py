"""Keycloak as issuer: for our client, which asks it for tokens, and for our verifier.

It is fetched by Maven, and started in less than a minute, where ``TRUNKLINE_KEYCLOAK=1``
asks for it: ``make keycloak``. What its tokens look like is in `test_profiles.py` too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any

import httpx2
import jwt
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.auth.verifying.issuing import AUDIENCE, request_scope
from tests.auth.verifying.keycloak import KEY, REST, SCOPE, SECRET, VERSIONS, Keycloak, running

from trunkline.auth import (
    KEYCLOAK,
    AccessDeniedError,
    Assertion,
    ClientCredentials,
    Introspection,
    Protected,
    TokenError,
    TokenExchange,
    TokenFormat,
    TrustedIssuer,
    Verifier,
)
from trunkline.auth.httpx2 import HTTPX2Auth
from trunkline.auth.verifying.issuers import COOLDOWN, new_sender
from trunkline.auth.verifying.token_formats import Claims
from trunkline.auth.verifying.verifier import RECHECK, Clock
from trunkline.flow.drivers import run_async

pytestmark = pytest.mark.skipif(
    os.environ.get("TRUNKLINE_KEYCLOAK") != "1", reason="Keycloak is large: make keycloak."
)


_PRIVATE = dict(KEY.private.as_dict(private=True))


@pytest.fixture(scope="module", params=VERSIONS)
def keycloak(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Keycloak]:
    with running(request.param, tmp_path_factory.mktemp("keycloak") / "log") as found:
        yield found


def verifier_of(
    keycloak: Keycloak,
    *,
    audience: str = AUDIENCE,
    token_format: TokenFormat = KEYCLOAK,
    introspection: Introspection | None = None,
    **options: Any,
) -> Verifier:
    trusted = TrustedIssuer(
        issuer=keycloak.issuer, token_format=token_format, introspection=introspection
    )
    return Verifier(trusted, audience=audience, **options)


def credentials_of(keycloak: Keycloak, client: str, **options: Any) -> ClientCredentials:
    if not {"key", "assertion"} & set(options):
        options.setdefault("secret", SECRET)
    return ClientCredentials(client_id=client, issuer=keycloak.issuer, **options)


async def token_of(keycloak: Keycloak, client: str, **options: Any) -> str:
    token = credentials_of(keycloak, client, **options).token()
    return (await run_async(token, new_sender())).value


async def answer_to(request: Request) -> JSONResponse:
    caller = request.scope["caller"]
    return JSONResponse({"client": caller.client_id, "scopes": sorted(caller.scopes)})


async def call(verifier: Verifier, credentials: ClientCredentials) -> httpx2.Response:
    """Call an API behind the verifier with the client's credentials."""
    api = Protected(Starlette(routes=[Route("/graphql", answer_to)]), verifier)
    transport = httpx2.ASGITransport(api)
    auth = HTTPX2Auth(credentials, api=AUDIENCE)
    async with httpx2.AsyncClient(transport=transport, auth=auth) as client:
        return await client.get(AUDIENCE)


async def refusal(verifier: Verifier, token: str) -> str:
    with pytest.raises(AccessDeniedError) as caught:
        await verifier.authenticate(request_scope(f"Bearer {token}"))
    return f"{caught.value.status} {caught.value}"


async def takes(verifier: Verifier, token: str) -> str:
    return (await verifier.authenticate(request_scope(f"Bearer {token}"))).client_id


@pytest.mark.parametrize(
    ("client", "options"),
    [
        ("Web", {}),
        ("Web", {"secret_in": "form"}),
        ("Web", {"resource": AUDIENCE}),
        ("signing", {"key": _PRIVATE}),
        ("signing", {"assertion": Assertion(_PRIVATE, claims={"web": 1}, header={"x5t": "x"})}),
        ("sharing", {"assertion": Assertion(SECRET, algorithm="HS256")}),
        ("bound", {"dpop": True}),
        ("typed", {}),
        ("light-mapped", {}),
        ("ES256", {}),
        ("EdDSA", {}),
        ("PS256", {}),
    ],
)
async def test_a_client_is_let_in_at_its_api_and_nowhere_else(
    keycloak: Keycloak, client: str, options: dict[str, Any]
) -> None:
    credentials = credentials_of(keycloak, client, **options)
    answer = await call(verifier_of(keycloak), credentials)
    assert (answer.status_code, answer.json()["client"]) == (200, client)
    answer = await call(
        verifier_of(keycloak, audience=REST, origin="https://api.example"), credentials
    )
    assert (answer.status_code, "not for the audience" in answer.text) == (401, True)


async def test_scopes_are_those_that_were_asked_for(keycloak: Keycloak) -> None:
    verifier = verifier_of(keycloak, scopes=[SCOPE])
    asked = await call(verifier, credentials_of(keycloak, "Web", scope=SCOPE))
    assert SCOPE in asked.json()["scopes"]
    assert (await call(verifier, credentials_of(keycloak, "Web"))).status_code == 403


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ("Mobile", "not for the audience"),
        ("unmapped", "not for the audience"),  # its roles put Keycloak's own API there
        ("narrow", "Claim 'aud' is missing"),
        ("light", "Claim 'aud' is missing"),
    ],
)
async def test_without_a_mapper_for_this_api_a_token_is_not_for_it(
    keycloak: Keycloak, client: str, reason: str
) -> None:
    said = await refusal(verifier_of(keycloak), await token_of(keycloak, client))
    assert said.startswith("401 ")
    assert reason in said


def is_for_its_own_api(claims: Claims, audiences: frozenset[str]) -> bool:
    return f"https://api.example/{claims['azp']}" in audiences


async def test_a_token_format_may_say_how_to_tell_without_an_audience(keycloak: Keycloak) -> None:
    token_format = msgspec.structs.replace(
        KEYCLOAK,
        required=("exp", "iat", "azp"),
        is_for=is_for_its_own_api,
    )
    token = await token_of(keycloak, "narrow")
    own = verifier_of(keycloak, token_format=token_format, audience="https://api.example/narrow")
    assert await takes(own, token) == "narrow"
    assert "not for the audience" in await refusal(
        verifier_of(keycloak, token_format=token_format), token
    )


@pytest.mark.parametrize("name", ["ann", "service-account-front"])
async def test_a_person_is_none_of_the_programs_whatever_their_name(
    keycloak: Keycloak, name: str
) -> None:
    person = {"username": name, "password": SECRET, "scope": "openid"}
    who = {"client_id": "front", "client_secret": SECRET}
    given = keycloak.post("token", grant_type="password", **who, **person).json()
    assert "403 " in await refusal(verifier_of(keycloak), given["access_token"])
    users = verifier_of(keycloak, users=True)
    assert await takes(users, given["access_token"]) == "front"
    for other in ("id_token", "refresh_token"):
        assert "401 " in await refusal(users, given[other])


@pytest.mark.parametrize(
    ("client", "options", "status", "error"),
    [
        ("Web", {"secret": "wrong"}, 401, "unauthorized_client"),
        ("Web", {"secret": "wrong", "secret_in": "form"}, 401, "unauthorized_client"),
        ("nobody", {}, 401, "invalid_client"),
        ("signing", {}, 400, "invalid_client"),
        ("front", {}, 401, "unauthorized_client"),
        ("Web", {"scope": "unheard-of"}, 400, "invalid_scope"),
    ],
)
async def test_a_refusal_says_its_cause_and_no_secret(
    keycloak: Keycloak, client: str, options: dict[str, Any], status: int, error: str
) -> None:
    with pytest.raises(TokenError, match=error) as caught:
        await token_of(keycloak, client, **options)
    assert (caught.value.status, caught.value.error) == (status, error)
    said = str(caught.value)
    assert f"client {client}: " in said
    assert keycloak.issuer in said
    assert options.get("secret", SECRET) not in said


async def test_another_realms_metadata_is_not_taken(keycloak: Keycloak) -> None:
    issuer = f"{keycloak.url}/realms/SHOP"
    credentials = ClientCredentials(client_id="Web", issuer=issuer, secret=SECRET)
    with pytest.raises(TokenError, match="metadata"):
        await run_async(credentials.token(), new_sender())


async def test_keys_follow_each_other(keycloak: Keycloak) -> None:
    passed = 0.0
    clock = Clock(time.time, lambda: time.monotonic() + passed)
    verifier = verifier_of(keycloak, clock=clock)
    key = keycloak.add_key(200)
    first = await token_of(keycloak, "Web")
    assert await takes(verifier, first) == "Web"
    keycloak.add_key(300)
    second = await token_of(keycloak, "Web")
    assert "names no key of the issuer" in await refusal(verifier, second)  # asked a moment ago
    passed += COOLDOWN
    assert await takes(verifier, second) == "Web"
    assert await takes(verifier, first) == "Web"
    keycloak.administer("DELETE", f"/components/{key}")
    keycloak.add_key(400)
    passed += COOLDOWN
    assert await takes(verifier, await token_of(keycloak, "Web")) == "Web"
    assert "names no key of the issuer" in await refusal(verifier, first)  # though remembered
    assert await takes(verifier, second) == "Web"


async def test_a_revoked_token_is_refused_where_keycloak_is_asked(keycloak: Keycloak) -> None:
    passed = 0.0
    clock = Clock(time.time, lambda: time.monotonic() + passed)
    url = f"{keycloak.issuer}/protocol/openid-connect/token/introspect"
    asked = Introspection(url, AUDIENCE, SECRET)
    verifier = verifier_of(keycloak, introspection=asked, clock=clock)
    token = await token_of(keycloak, "Web")
    assert await takes(verifier, token) == "Web"
    revoked = keycloak.post("revoke", token=token, client_id="Web", client_secret=SECRET)
    assert revoked.status_code == 200
    assert await takes(verifier, token) == "Web"
    passed += RECHECK
    assert "not active" in await refusal(verifier, token)


async def test_a_token_in_exchange_for_another(keycloak: Keycloak) -> None:
    metadata = httpx2.get(f"{keycloak.issuer}/.well-known/openid-configuration").json()
    if "urn:ietf:params:oauth:grant-type:token-exchange" not in metadata["grant_types_supported"]:
        pytest.skip("This version has no token exchange.")
    before = await token_of(keycloak, "before")
    grant = TokenExchange(
        lambda: before, subject_token_type="urn:ietf:params:oauth:token-type:access_token"
    )
    token = await token_of(keycloak, "exchanging", grant=grant)
    old, new = (jwt.decode(each, options={"verify_signature": False}) for each in (before, token))
    assert (new["azp"], new["sub"]) == ("exchanging", old["sub"])
    assert AUDIENCE in new["aud"]
    assert AUDIENCE not in old["aud"]
