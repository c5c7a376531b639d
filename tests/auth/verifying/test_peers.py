"""npm ``oidc-provider`` as issuer of tokens for us, ``oauth4webapi`` as verifier of ours."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from benchmarks.load import free_port
from tests.auth.verifying.issuing import AUDIENCE, ISSUER, request_scope
from tests.node import node, running

from trunkline.auth import AccessDeniedError, Verifier
from trunkline.auth.dpop import ProofKey
from trunkline.issuer.keys import SigningKey
from trunkline.issuer.tokens import AccessToken

HERE = Path(__file__).parent / "peers"
SECRET = "a secret that only the tests know"  # that it is


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def issuer(request: pytest.FixtureRequest) -> Generator[str]:
    """The address of an ``oidc-provider`` that runs."""
    port = free_port()
    with running(HERE / "provider.mjs", str(port), request.param):
        yield f"http://127.0.0.1:{port}"


async def token_of(
    issuer: str, resource: str = AUDIENCE, proof: str | None = None
) -> dict[str, Any]:
    async with httpx2.AsyncClient() as client:
        response = await client.post(
            f"{issuer}/token",
            auth=("web", SECRET.replace(" ", "+")),
            headers={"dpop": proof} if proof else {},
            data={"grant_type": "client_credentials", "resource": resource, "scope": "todos:read"},
        )
    found: dict[str, Any] = response.json()
    assert response.status_code == 200, found
    return found


async def status(verifier: Verifier, authorization: str, *proofs: str) -> int:
    scope = request_scope(authorization, headers=[(b"dpop", each.encode()) for each in proofs])
    try:
        await verifier.authenticate(scope)
    except AccessDeniedError as denied:
        return denied.status
    return 200


async def test_tokens_of_oidc_provider_are_taken_for_their_own_api_alone(issuer: str) -> None:
    graphql = Verifier(issuer, audience=AUDIENCE)
    rest = Verifier(issuer, audience="https://api.example/rest")
    token = (await token_of(issuer))["access_token"]
    caller = await graphql.authenticate(request_scope(f"Bearer {token}"))
    assert caller.client_id == "web"
    assert set(caller.scopes) == {"todos:read"}
    assert await status(rest, f"Bearer {token}") == 401
    other = (await token_of(issuer, "https://api.example/rest"))["access_token"]
    assert [await status(each, f"Bearer {other}") for each in (graphql, rest)] == [401, 200]
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
    assert await status(graphql, f"Bearer {forged}") == 401


async def test_tokens_that_oidc_provider_bound_to_a_key_need_its_proof(issuer: str) -> None:
    verifier, key = Verifier(issuer, audience=AUDIENCE), ProofKey()
    proof = key.prove("POST", f"{issuer}/token", now=time.time())
    answer = await token_of(issuer, proof=proof)
    assert answer["token_type"] == "DPoP"  # it is none
    token = answer["access_token"]

    def prove(by: ProofKey) -> str:
        return by.prove("POST", AUDIENCE, now=time.time(), token=token)

    assert await status(verifier, f"DPoP {token}", prove(key)) == 200
    assert await status(verifier, f"DPoP {token}", prove(ProofKey())) == 401
    assert await status(verifier, f"DPoP {token}") == 401
    assert await status(verifier, f"Bearer {token}", prove(key)) == 401


@pytest.fixture(scope="module")
def ask() -> Generator[Callable[..., dict[str, str]]]:
    """Ask ``oauth4webapi`` whether it takes a request."""
    with subprocess.Popen(  # noqa: S603  # fixed
        [node(HERE), "verify.mjs"],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:

        def ask(**request: Any) -> dict[str, str]:
            assert run.stdin is not None
            assert run.stdout is not None
            run.stdin.write(json.dumps(request) + "\n")
            run.stdin.flush()
            found: dict[str, str] = json.loads(run.stdout.readline())
            return found

        yield ask
        run.terminate()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "Ed25519"])
@pytest.mark.parametrize("bound", [False, True])
def test_our_tokens_are_taken_by_oauth4webapi_as_by_ourselves(
    ask: Callable[..., dict[str, str]],
    algorithm: str,
    bound: bool,  # noqa: FBT001  # a column of the table
) -> None:
    key, prover, now = signing_key(algorithm), ProofKey(), time.time()
    claims = AccessToken(
        iss=ISSUER,
        aud=AUDIENCE,
        sub="web",
        client_id="web",
        exp=int(now) + 60,
        iat=int(now),
        jti="one",
        scope="todos:read",
        cnf={"jkt": prover.jkt} if bound else None,
    )
    token = key.sign_token(claims)
    request = {
        "jwks": [key.public_jwk],
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "authorization": f"{'DPoP' if bound else 'Bearer'} {token}",
        "url": AUDIENCE,
        "method": "POST",
        "dpop": prover.prove("POST", AUDIENCE, now=now, token=token) if bound else None,
    }
    assert ask(**request) == {"ok": "web"}
    assert "error" in ask(**{**request, "audience": "https://api.example/rest"})
    assert "error" in ask(**{**request, "issuer": "https://other.example"})
    assert "error" in ask(**{**request, "jwks": [signing_key(algorithm).public_jwk]})
    if bound:
        assert "error" in ask(**{**request, "method": "GET"})
        assert "error" in ask(**{**request, "authorization": f"Bearer {token}"})


def signing_key(algorithm: str) -> SigningKey:
    return SigningKey.generate("EdDSA" if algorithm == "Ed25519" else algorithm)
