"""DPoP at the token endpoint (RFC 9449 §4.3, §5); with proofs, APIs do what the verifier does."""

from __future__ import annotations

import json
import warnings
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from tests.issuer.asking import API, URL, Answer, Desk, basic

from trunkline.auth.dpop import ProofKey, check_proof
from trunkline.auth.jose import JWTError, peek, read_public_key, sign

TOKEN_URL = f"{URL}/token"
KEY = ECKey.generate_key("P-256")
JWK = dict(KEY.as_dict(private=False))


def proof(now: float, header: dict[str, Any] | None = None, key: Any = KEY, **claims: Any) -> str:
    good = {"jti": "1", "htm": "POST", "htu": TOKEN_URL, "iat": int(now)}
    said = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": JWK, **(header or {})}, said, key)


def show(desk: Desk, *proofs: str) -> Answer:
    form = {"grant_type": "client_credentials", "resource": API}
    headers = [("dpop", each) for each in proofs]
    return desk.ask(form, basic("web", desk.secrets["web"]), *headers)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.secrets["web"] = desk.add()
    return desk


def refused(answer: Answer) -> None:
    assert (answer.status, answer.error) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize(
    "claims", [{"iat": 10**400}, {"iat": -(10**400)}, {"iat": None}, {"jti": "1" * 257}, {"jti": 1}]
)
def test_ta_05_proofs_with_odd_claims(desk: Desk, claims: dict[str, Any]) -> None:
    refused(show(desk, proof(desk.now, **claims)))


def test_ta_05_a_proof_with_half_a_pair(desk: Desk) -> None:
    head, _, _ = proof(desk.now).split(".")
    said = {"htm": "POST", "htu": TOKEN_URL, "iat": int(desk.now), "jti": "\ud800"}
    body = urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    signature = JWSRegistry.algorithms["ES256"].sign(f"{head}.{body}".encode(), KEY)
    refused(show(desk, f"{head}.{body}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"))


@pytest.mark.parametrize(("size", "message"), [(1024, "2048 to 8192"), (9008, "2048 to 8192")])
def test_ta_05_a_key_that_is_weak_or_makes_checks_expensive(size: int, message: str) -> None:
    modulus = urlsafe_b64encode((1 << (size - 1) | 1).to_bytes(size // 8)).rstrip(b"=").decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc's about the weak one
        with pytest.raises(JWTError, match=message):
            read_public_key({"kty": "RSA", "n": modulus, "e": "AQAB"})


def test_a_token_is_bound_to_the_key_of_its_proof(desk: Desk) -> None:
    key = ProofKey()
    answer = show(desk, key.prove("POST", TOKEN_URL, now=desk.now))
    assert answer.body["token_type"] == "DPoP"
    form = {"token": answer.body["access_token"]}
    told = desk.ask(form, basic("web", desk.secrets["web"]), path="/introspect")
    assert told.body["cnf"] == {"jkt": key.jkt}
    assert told.body["token_type"] == "DPoP"


def test_dp_01_exactly_one_proof(desk: Desk) -> None:
    refused(show(desk, proof(desk.now), proof(desk.now, jti="2")))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é", "x" * 20_000])
def test_dp_02_a_well_formed_jwt(desk: Desk, text: str) -> None:
    refused(show(desk, text))


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
@pytest.mark.parametrize("value", [None, [], {}, True])
def test_dp_03_required_claims(desk: Desk, name: str, value: Any) -> None:
    refused(show(desk, proof(desk.now, **{name: value})))


@pytest.mark.parametrize("kind", ["jwt", "at+jwt", "", None, "DPOP+JWT "])
def test_dp_04_its_type(desk: Desk, kind: Any) -> None:
    refused(show(desk, proof(desk.now, {"typ": kind} if kind is not None else {"typ": "x"})))


def test_dp_05_asymmetric_algorithms_only(desk: Desk) -> None:
    secret = OctKey.generate_key(256)
    from joserfc import jwt  # noqa: PLC0415  # ours signs with no secret

    claims = {"jti": "1", "htm": "POST", "htu": TOKEN_URL, "iat": int(desk.now)}
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": dict(secret.as_dict())}
    refused(show(desk, jwt.encode(header, claims, secret)))
    unsigned = proof(desk.now).split(".")
    unsigned[0] = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ"
    refused(show(desk, ".".join([*unsigned[:2], ""])))


def test_dp_06_the_key_in_the_header_signs(desk: Desk) -> None:
    other = ECKey.generate_key("P-256")
    refused(show(desk, proof(desk.now, {"jwk": dict(other.as_dict(private=False))})))
    refused(show(desk, proof(desk.now, {"jwk": {}})))
    refused(show(desk, proof(desk.now, key=other)))


def test_dp_07_no_private_part(desk: Desk) -> None:
    refused(show(desk, proof(desk.now, {"jwk": dict(KEY.as_dict(private=True))})))


@pytest.mark.parametrize("method", ["GET", "post", ""])
def test_dp_08_the_method(desk: Desk, method: str) -> None:
    refused(show(desk, proof(desk.now, htm=method)))


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        (TOKEN_URL, True),
        ("HTTPS://AUTH.example:443/token?x=1#y", True),
        ("https://auth.example/%74oken", True),
        ("https://auth.example/token/", False),
        ("https://auth.example:8443/token", False),
        ("http://auth.example/token", False),
        ("https://evil.example/token", False),
        ("https://auth.example/", False),
        ("https://auth.example:bad/token", False),
        ("https://auth.example/%zz%ff", False),
    ],
)
def test_dp_09_the_url_once_it_is_normal(desk: Desk, url: str, fits: bool) -> None:  # noqa: FBT001
    assert (show(desk, proof(desk.now, htu=url)).status == 200) == fits


def test_dp_10_no_nonce_is_handed_out_so_any_is_ignored(desk: Desk) -> None:
    answer = show(desk, proof(desk.now, nonce="something"))
    assert answer.status == 200
    assert "dpop-nonce" not in answer.headers


@pytest.mark.parametrize(("seconds", "fits"), [(-61, False), (-59, True), (59, True), (62, False)])
def test_dp_11_the_time(desk: Desk, seconds: int, fits: bool) -> None:  # noqa: FBT001
    assert (show(desk, proof(desk.now, iat=int(desk.now) + seconds)).status == 200) == fits


def test_dp_12_the_token_that_it_goes_with() -> None:
    key = ProofKey()
    made = key.prove("GET", API, now=1000, token="abc", nonce="n")
    found = check_proof(made, method="GET", urls=[f"{API}?query=x"], now=1000, token="abc")
    assert (found.jkt, found.jti) == (key.jkt, peek(made, "jti"))
    assert peek(made, "nonce") == "n"
    with pytest.raises(JWTError, match="hash of the access token"):
        check_proof(made, method="GET", urls=[API], now=1000, token="abd")
    without = key.prove("GET", API, now=1000)
    with pytest.raises(JWTError, match="hash of the access token"):
        check_proof(without, method="GET", urls=[API], now=1000, token="abc")


def test_a_proof_is_used_once(desk: Desk) -> None:
    made = proof(desk.now)
    assert show(desk, made).status == 200
    refused(show(desk, made))


def test_a_client_that_needs_proofs_gets_no_token_without(desk: Desk) -> None:
    secret = desk.add("bound", bound="dpop")
    answer = desk.token("bound", secret)
    assert (answer.status, answer.error) == (400, "invalid_request")


def test_a_proof_with_a_large_key_has_room(desk: Desk) -> None:
    key = RSAKey.generate_key(4096)
    jwk = dict(key.as_dict(private=False))
    assert show(desk, proof(desk.now, {"alg": "RS256", "jwk": jwk}, key)).status == 200


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_weak_key_proves_nothing(desk: Desk) -> None:
    weak = RSAKey.generate_key(1024)
    jwk = dict(weak.as_dict(private=False))
    refused(show(desk, proof(desk.now, {"alg": "RS256", "jwk": jwk}, weak)))
