"""Mutated tokens against two independent libraries: PyJWT and jwcrypto.

What we take, they both take; and what is good, all three.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto import jwk as other_jwk  # type: ignore[import-untyped]
from jwcrypto import jwt as other_jwt
from tests.auth.verifying.issuing import AUDIENCE, ISSUER, Issuer, Time, request_scope

from trunkline.errors import AccessDeniedError
from trunkline.issuer.keys import SigningKey

TIME = Time()
ISSUERS = {algorithm: Issuer(algorithm=algorithm) for algorithm in ("ES256", "RS256", "EdDSA")}
STRANGERS = {algorithm: SigningKey.generate(algorithm) for algorithm in ISSUERS}
VERIFIERS = {algorithm: issuer.verifier(TIME) for algorithm, issuer in ISSUERS.items()}


async def we_take(token: str, algorithm: str) -> bool:
    try:
        await VERIFIERS[algorithm].authenticate(request_scope(f"Bearer {token}"))
    except AccessDeniedError:
        return False
    return True


def pyjwt_takes(token: str, algorithm: str) -> bool:
    key = jwt.PyJWK(ISSUERS[algorithm].keys[0].public_jwk)
    try:
        jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp"], "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False
    return True


def jwcrypto_takes(token: str, algorithm: str) -> bool:
    key = other_jwk.JWK(**ISSUERS[algorithm].keys[0].public_jwk)
    try:
        other = other_jwt.JWT(algs=[algorithm], check_claims={"iss": ISSUER})
        other.leeway = 10**12  # the tests' time is not the machine's
        other.deserialize(token, key)
    except Exception:  # noqa: BLE001  # it raises whatever comes up
        return False
    return True


algorithms = st.sampled_from(list(ISSUERS))
texts = st.text(max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
claim_names = st.sampled_from(
    ["iss", "aud", "sub", "client_id", "exp", "iat", "nbf", "jti", "scope", "cnf", "other"]
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a token that is good, or has something done to it, and the algorithm of its issuer."""
    algorithm = draw(algorithms)
    issuer = ISSUERS[algorithm]
    kind = draw(st.sampled_from(["claims", "header", "key", "bytes", "parts", "algorithm"]))
    changes: dict[str, Any] = {}
    header: dict[str, Any] = {}
    key = None
    if kind == "claims":
        changes = draw(st.dictionaries(claim_names, json_values, max_size=2))
    elif kind == "header":
        header = {draw(st.sampled_from(["kid", "typ", "x"])): draw(texts)}
    elif kind == "key":
        key = STRANGERS[algorithm]
        header = {"kid": issuer.keys[0].kid}
    token = issuer.token(changes, header, key)
    if kind == "bytes":
        place = draw(st.integers(0, len(token) - 1))
        byte = draw(st.sampled_from("ABCxyz019-_.=+/ \n"))
        token = token[:place] + byte + token[place + draw(st.integers(0, 1)) :]
    elif kind == "parts":
        parts = [*token.split("."), "", "AAAA"]
        token = ".".join(draw(st.lists(st.sampled_from(parts), min_size=1, max_size=5)))
    elif kind == "algorithm":
        head, body, signature = token.split(".")
        found = json.loads(base64.urlsafe_b64decode(head + "=="))
        found["alg"] = draw(
            st.sampled_from(["none", "None", "HS256", "RS256", "ES256", "", "ES384"])
        )
        encoded = base64.urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()
        token = f"{encoded}.{body}.{draw(st.sampled_from([signature, '', 'AAAA']))}"
    return token, algorithm


@settings(max_examples=300, deadline=None)
@given(mutated())
async def test_what_we_take_two_others_take(drawn: tuple[str, str]) -> None:
    token, algorithm = drawn
    token = token.strip(" ")  # a header may have more than one space before its token
    if await we_take(token, algorithm):
        assert pyjwt_takes(token, algorithm)
        assert jwcrypto_takes(token, algorithm)


@settings(max_examples=100, deadline=None)
@given(algorithms, st.text(st.characters(codec="utf-8"), max_size=20), st.integers(11, 10**6))
async def test_what_is_good_all_three_take(algorithm: str, name: str, seconds: int) -> None:
    client = "c" + name
    ends = int(TIME.now) + min(seconds, 86_000)
    token = ISSUERS[algorithm].token({"client_id": client, "sub": client, "exp": ends})
    assert await we_take(token, algorithm)
    assert pyjwt_takes(token, algorithm)
    assert jwcrypto_takes(token, algorithm)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
async def test_random_bytes_are_refused_and_nothing_worse(data: bytes) -> None:
    scope = request_scope()
    scope["headers"] = [(b"authorization", b"Bearer " + data)]
    with pytest.raises(AccessDeniedError, match=r"malformed|not valid"):
        await VERIFIERS["ES256"].authenticate(scope)
