"""Hostile tokens, assertions, proofs, and answers of issuers: all are refused, none is an error.

What is good is changed in its JSON: other types and sizes, names that occur twice, halves of
surrogate pairs, numbers without end, deep nesting. A stranger signs what a stranger may sign; for
the rest the right key signs, as an issuer that went mad would.

``TRUNKLINE_FUZZ_EXAMPLES`` says how many examples there are (some dozens if it does not).
"""

from __future__ import annotations

import asyncio
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from tests.auth.verifying.issuing import (
    AUDIENCE,
    ISSUER,
    NOW,
    Issuer,
    Time,
    good_claims,
    request_scope,
)
from tests.issuer.asking import API, URL, Answer, Desk, basic, unlimited

from trunkline.auth.jose import digest
from trunkline.auth.verifying.issuers import Introspection
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
from trunkline.auth.verifying.verifier import TrustedIssuer, Verifier
from trunkline.errors import AccessDeniedError
from trunkline.issuer.authentication import ASSERTION_TYPE
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

EXAMPLES = int(os.environ.get("TRUNKLINE_FUZZ_EXAMPLES", "60"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

KEY = ECKey.generate_key("P-256", parameters={"kid": "one"})
RSA = RSAKey.generate_key(2048)
PUBLIC = dict(KEY.as_dict(private=False))

NUMBERS = [
    *("null", "true", "false", "0", "-1", "-0.0", "1.5", "1e20", "1e308", "1e400", "-1e400"),
    *("NaN", "-Infinity", "1" * 25, "1" * 400, "-" + "9" * 400, "1" * 5000, "1e-400"),
]
TEXTS = [
    *('""', '" "', '"x"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u001b[31m\\r\\n"'),
    *('"\\u202e"', '"é"', f'"{"x" * 300}"', f'"{"x" * 5000}"', f'"{"a " * 1100}"', '"http://[/"'),
    *('"none"', '"HS256"', '"at+jwt"', '"dpop+jwt"', '"EdDSA"', '"RS256"', '"ES512"', '"PS256"'),
]
STRUCTURES = [
    *("[]", "{}", "[null]", "[[]]", '{"a":{}}', '[1,"a",{}]', '["\\ud800"]', '{"\\ud800":1}'),
    *("[" * 200 + "]" * 200, "[" * 3000 + "]" * 3000, '{"a":' * 500 + "1" + "}" * 500),
    *('{"jkt":1}', '{"jkt":"x"}', '{"x5t#S256":[]}', '{"jkt":{},"x5t#S256":null}', '{"kty":"EC"}'),
    *('{"kty":"RSA","n":"AQAB","e":"AQAB"}', '{"kty":"oct","k":"AAAA"}', '{"kty":[],"kid":{}}'),
    *('{"kty":"OKP","crv":"Ed448","x":"AAAA"}', '{"kty":"EC","crv":"secp256k1","x":"A","y":"A"}'),
]
VALUES = st.one_of(*map(st.sampled_from, (NUMBERS, TEXTS, STRUCTURES)))
NAMES = ['"\\ud800"', '"crit"', '"b64"', '"x"', '""', '"jwk"', '"jku"', '"zip"', '"cnf"', '"scope"']


@st.composite
def changed(draw: st.DrawFn, good: Mapping[str, Any]) -> bytes:
    """Write an object as JSON, mostly in a place or two otherwise than it should be."""
    members = [(json.dumps(name), json.dumps(value)) for name, value in good.items()]
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        place = draw(st.integers(0, len(members)))
        value = draw(VALUES)
        if place == len(members):
            members.append((draw(st.sampled_from(NAMES)), value))
            continue
        name, old = members[place]
        change = draw(st.sampled_from(["value", "value", "in a list", "twice", "gone", "name"]))
        members[place : place + 1] = {
            "value": [(name, value)],
            "in a list": [(name, f"[{old},{value}]")],
            "twice": [(name, old), (name, value)],
            "gone": [],
            "name": [(draw(st.sampled_from(NAMES)), old)],
        }[change]
    text = "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"
    if draw(st.integers(0, 19)):
        return text.encode()
    others = st.sampled_from([f"[{text}]", text[:-1], f"\ufeff{text}"])
    whole: str = draw(st.one_of(others, VALUES))
    return whole.encode() + draw(st.sampled_from([b"", b"\xff", b"\xed\xa0\x80", b"\x00"]))


def seldom_changed(good: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    """Write an object as JSON, mostly as it should be: else nothing after it is reached."""
    return st.one_of(*[st.just(json.dumps(good).encode())] * 3, changed(good))


def signed(header: bytes, claims: bytes, key: Any = KEY, algorithm: str = "ES256") -> str:
    encoded = [urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims)]
    signature = JWSRegistry.algorithms[algorithm].sign(b".".join(encoded), key)
    return b".".join([*encoded, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


# --- The issuer


@pytest.fixture(scope="module")
def desk() -> Desk:
    desk = unlimited()
    desk.add("signer", method="private_key_jwt", jwks=[PUBLIC])
    desk.secrets["web"] = desk.add("web")
    return desk


def is_told(answer: Answer) -> None:
    assert answer.status in {200, 400, 401}
    assert answer.status == 200 or answer.error in {
        *("invalid_client", "invalid_request", "invalid_dpop_proof", "invalid_scope"),
        *("invalid_target", "unsupported_grant_type"),
    }


@many
@given(data=st.data(), path=st.sampled_from(["/token", "/introspect", "/revoke"]))
def test_fz_01_assertions(desk: Desk, data: st.DataObject, path: str) -> None:
    now = int(desk.now)
    claims = {"iss": "signer", "sub": "signer", "aud": URL, "iat": now, "exp": now + 60}
    claims = {**claims, "nbf": now, "jti": data.draw(st.uuids()).hex}
    jwt = signed(
        data.draw(seldom_changed({"alg": "ES256", "typ": "JWT", "kid": "one"})),
        data.draw(changed(claims)),
    )
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt, "token": jwt}
    form["grant_type"], form["resource"] = "client_credentials", API
    is_told(desk.ask(form, path=path))


@many
@given(data=st.data())
def test_fz_02_proofs_at_the_issuer(desk: Desk, data: st.DataObject) -> None:
    proof = {"htm": "POST", "htu": f"{URL}/token", "iat": int(desk.now)}
    made = draw_proof(data, {**proof, "jti": data.draw(st.uuids()).hex})
    form = {"grant_type": "client_credentials", "resource": API}
    is_told(desk.ask(form, basic("web", desk.secrets["web"]), ("dpop", made)))


def draw_proof(data: st.DataObject, claims: Mapping[str, Any]) -> str:
    keys: list[tuple[Any, str]] = [(KEY, "ES256"), (RSA, "RS256")]
    key, algorithm = data.draw(st.sampled_from(keys))
    jwk: Any = data.draw(seldom_changed(key.as_dict(private=False)))
    header: Any = data.draw(seldom_changed({"typ": "dpop+jwt", "alg": algorithm, "jwk": "JWK"}))
    return signed(header.replace(b'"JWK"', jwk), data.draw(changed(claims)), key, algorithm)


@many
@given(data=st.data(), path=st.sampled_from(["/token", "/introspect", "/revoke"]))
def test_fz_03_forms_and_headers(desk: Desk, data: st.DataObject, path: str) -> None:
    odd = st.one_of(st.binary(max_size=40), st.sampled_from([b"%", b"%ff", b"%00", b"+", b"=&="]))
    names = [b"grant_type", b"client_id", b"client_secret", b"token", b"scope", b"resource"]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from([*names, b"\xff"]), odd), max_size=8))
    body = b"&".join(name + b"=" + value for name, value in pairs)
    headers = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(["authorization", "dpop", "content-type", "x-forwarded-for"]),
                st.one_of(
                    odd.map(lambda value: value.decode("latin-1")),
                    odd.map(lambda value: "Basic " + urlsafe_b64encode(value).decode()),
                ),
            ),
            max_size=3,
        )
    )
    answer = desk.ask(body, *headers, path=path)
    assert answer.status in {400, 401}


# --- The verifier

ASKED = Introspection(f"{ISSUER}/introspect", "api", "secret", calls_per_second=10**6)
TOKEN_FORMATS = [RFC_9068, KEYCLOAK, AUTH0, ENTRA, COGNITO, OKTA, HYDRA]


async def outcome(verifier: Verifier, scope: Any) -> int:
    """Return the status of a request, after everything that is made of its caller or denial."""
    try:
        caller = await verifier.authenticate(scope)
    except AccessDeniedError as denied:
        for name, value in verifier.challenge.headers(denied):
            assert (name + value).isascii()
            assert value.decode().isprintable()
        return denied.status
    finally:
        await asyncio.sleep(0)
    assert repr(caller)
    assert msgspec.json.encode([caller.client_id, sorted(caller.scopes), caller.claims])
    return 200


def checked(issuer: Issuer, token_format: TokenFormat = RFC_9068, **more: Any) -> Verifier:
    return issuer.verifier(Time(), token_format, **more)


SIGNER = Issuer()
ODD_CLAIMS: dict[str, Any] = {
    "azp": "web",
    "cid": "web",
    "cnf": {},
    "nbf": int(NOW),
    "oid": "web",
    "preferred_username": "service-account-web",
    "roles": [],
    "scp": ["todos:read"],
    "token_use": "access",
    "typ": "Bearer",
}


@many
@given(data=st.data(), token_format=st.sampled_from(TOKEN_FORMATS))
def test_fz_11_tokens(data: st.DataObject, token_format: TokenFormat) -> None:
    key = SIGNER.keys[0]
    SIGNER.requests = []
    odd = data.draw(st.sets(st.sampled_from(sorted(ODD_CLAIMS))))
    claims = {**good_claims(), **{name: ODD_CLAIMS[name] for name in sorted(odd)}}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    jwt = signed(data.draw(seldom_changed(header)), data.draw(changed(claims)), key.private)
    verifier = checked(SIGNER, token_format)
    statuses = {asyncio.run(outcome(verifier, request_scope(f"Bearer {jwt}"))) for _ in range(2)}
    assert statuses in ({200}, {401}, {403})
    assert len(SIGNER.requests) <= 1  # for the keys, and none for the junk after that


@many
@given(data=st.data())
def test_fz_12_proofs_at_the_verifier(data: st.DataObject) -> None:
    token = SIGNER.token({"cnf": {"jkt": KEY.thumbprint()}})
    claims = {"jti": "1", "htm": "POST", "htu": AUDIENCE, "iat": int(NOW)}
    made = draw_proof(data, {**claims, "ath": digest(token.encode())})
    scope = request_scope(f"DPoP {token}", headers=[(b"dpop", made.encode())])
    assert asyncio.run(outcome(checked(SIGNER), scope)) in {200, 401}


@many
@given(data=st.data(), token_format=st.sampled_from(TOKEN_FORMATS))
def test_fz_13_introspection(data: st.DataObject, token_format: TokenFormat) -> None:
    said = data.draw(changed({"active": True, **good_claims(), **ODD_CLAIMS}))
    issuer = Answering(said)
    verifier = issuer.verifier(token_format, introspection=ASKED)
    statuses = [asyncio.run(outcome(verifier, request_scope("Bearer opaque"))) for _ in range(3)]
    assert statuses[0] in {200, 401, 403, 503}
    assert set(statuses) == {statuses[0]}
    # What is wrong in the answer is asked again; "active" and "not active" are remembered.
    assert len(issuer.requests) in ({1} if statuses[0] == 200 else {1, 3})


@many
@given(data=st.data())
def test_fz_14_key_sets(data: st.DataObject) -> None:
    keys = [SIGNER.keys[0].public_jwk, PUBLIC, dict(RSA.as_dict(private=False))]
    written = b",".join(data.draw(changed(key)) for key in keys)
    whole: Any = data.draw(seldom_changed({"keys": "KEYS"}))
    issuer = Answering(whole.replace(b'"KEYS"', b"[" + written + b"]"))
    verifier = issuer.verifier(jwks_url=f"{ISSUER}/jwks")
    tokens = [SIGNER.token(), SIGNER.token(header={"kid": "other"})]
    for token in tokens * 2:
        scope = request_scope(f"Bearer {token}")
        assert asyncio.run(outcome(verifier, scope)) in {200, 401, 503}
    assert len(issuer.requests) == 1


@many
@given(data=st.data())
def test_fz_15_metadata(data: st.DataObject) -> None:
    url = data.draw(st.sampled_from([f"{ISSUER}/jwks", "http://localhost/jwks", "file:///etc/x"]))
    issuer = Answering(data.draw(changed({"issuer": ISSUER, "jwks_uri": url})))
    scope = request_scope(f"Bearer {SIGNER.token()}")
    assert asyncio.run(outcome(issuer.verifier(), scope)) == 503
    assert len(issuer.requests) <= 3
    assert all(url.startswith("https://") for url in issuer.requests)


class Answering:
    """An issuer that has one answer to everything."""

    def __init__(self, said: bytes) -> None:
        self.said = said
        self.requests: list[str] = []

    async def send(self, request: HTTPRequest) -> HTTPResponse:
        self.requests.append(str(request.url))
        return HTTPResponse(200, self.said, {})

    def verifier(self, token_format: TokenFormat = RFC_9068, **more: Any) -> Verifier:
        trusted = TrustedIssuer(issuer=ISSUER, token_format=token_format, **more)
        return Verifier(trusted, audience=AUDIENCE, send=self.send, clock=Time().clock)
