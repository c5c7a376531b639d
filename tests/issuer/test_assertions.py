"""private_key_jwt: RFC 7521, 7523 and what they were updated by."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from tests.issuer.asking import API, URL, Answer, Desk, assertion, basic, unlimited

from trunkline.auth.dpop import ProofKey
from trunkline.auth.jose import sign
from trunkline.issuer import FailureLimits
from trunkline.issuer.authentication import ASSERTION_TYPE

KEY = ECKey.generate_key("P-256", parameters={"kid": "one"})
OTHER = ECKey.generate_key("P-256", parameters={"kid": "two"})
RSA = RSAKey.generate_key(2048)


def public(key: ECKey | RSAKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


@pytest.fixture
def desk() -> Desk:
    desk = Desk(limits=FailureLimits(1000, 1000))
    desk.add("signer", method="private_key_jwt", jwks=[public(KEY)])
    return desk


def present(desk: Desk, jwt: str, **form: str) -> Answer:
    shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt}
    return desk.ask({"grant_type": "client_credentials", "resource": API, **shown, **form})


def refused(answer: Answer) -> None:
    assert (answer.status, answer.error) == (401, "invalid_client")


@pytest.mark.parametrize("kid", [None, "one"])
@pytest.mark.parametrize("kind", [None, "JWT", "client-authentication+jwt"])
def test_pk_01_a_good_assertion(desk: Desk, kid: str | None, kind: str | None) -> None:
    header = {name: value for name, value in (("kid", kid), ("typ", kind)) if value}
    assert present(desk, assertion(KEY, desk.now, header)).status == 200


@pytest.mark.parametrize(
    "kind", ["", "jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]
)
def test_pk_01_the_type_is_exact(desk: Desk, kind: str) -> None:
    refused(present(desk, assertion(KEY, desk.now), client_assertion_type=kind))


def test_pk_01_exactly_one_assertion(desk: Desk) -> None:
    one, two = assertion(KEY, desk.now), assertion(KEY, desk.now)
    form = f"grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}"
    answer = desk.ask(f"{form}&client_assertion={one}&client_assertion={two}")
    assert (answer.status, answer.error) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize("value", ["other", None, "", ["signer"], 1])
def test_pk_02_issuer_and_subject_are_the_client(desk: Desk, name: str, value: Any) -> None:
    refused(present(desk, assertion(KEY, desk.now, **{name: value}), client_id="signer"))


def test_pk_02_the_form_names_the_same_client(desk: Desk) -> None:
    desk.add("other", method="private_key_jwt", jwks=[public(OTHER)])
    assert present(desk, assertion(KEY, desk.now), client_id="signer").status == 200
    refused(present(desk, assertion(KEY, desk.now), client_id="other"))


@pytest.mark.parametrize(
    "audience",
    [[URL], [URL, "https://other.example"], f"{URL}/", f"{URL}/token", API, "", None, {"a": URL}],
)
def test_pk_03_the_audience_is_the_issuer_by_itself(desk: Desk, audience: Any) -> None:
    refused(present(desk, assertion(KEY, desk.now, aud=audience)))


def test_pk_03_the_token_url_is_for_clients_that_need_it(desk: Desk) -> None:
    desk.add("old", method="private_key_jwt", jwks=[public(OTHER)], accepts_token_url=True)
    made = assertion(OTHER, desk.now, client_id="old", aud=f"{URL}/token")
    assert present(desk, made).status == 200


@pytest.mark.parametrize("end", [None, -31, 331, 1e300, "soon", True, [60]])
def test_pk_04_it_ends_soon(desk: Desk, end: Any) -> None:
    is_number = isinstance(end, int | float) and not isinstance(end, bool)
    refused(present(desk, assertion(KEY, desk.now, exp=desk.now + end if is_number else end)))


def test_pk_05_it_is_used_once(desk: Desk) -> None:
    made = assertion(KEY, desk.now)
    assert present(desk, made).status == 200
    refused(present(desk, made))
    refused(present(desk, assertion(KEY, desk.now, jti=None)))
    refused(present(desk, assertion(KEY, desk.now, jti="")))
    refused(present(desk, assertion(KEY, desk.now, jti=7)))


def test_pk_05_of_many_at_once_one_wins(desk: Desk) -> None:
    form = {
        "grant_type": "client_credentials",
        "resource": API,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(KEY, desk.now),
    }

    async def race() -> list[int]:
        # From as many addresses, so that the failures are nobody's brute force.
        asked = [desk.ask_async(form, client=(f"192.0.2.{n}", 1)) for n in range(50)]
        return sorted(answer.status for answer in await asyncio.gather(*asked))

    assert asyncio.run(race()) == [200] + [401] * 49


def test_pk_05_two_clients_may_use_one_id(desk: Desk) -> None:
    desk.add("other", method="private_key_jwt", jwks=[public(OTHER)])
    assert present(desk, assertion(KEY, desk.now, jti="1")).status == 200
    assert present(desk, assertion(OTHER, desk.now, client_id="other", jti="1")).status == 200


def test_pk_05_ids_are_forgotten_once_they_have_expired(desk: Desk) -> None:
    for _ in range(5):
        present(desk, assertion(KEY, desk.now))
    kept = "SELECT count(*) FROM trunkline_ids"
    with desk.store._begin() as connection:
        assert connection.exec_driver_sql(kept).scalar() == 5
    desk.now += 100
    present(desk, assertion(KEY, desk.now))
    with desk.store._begin() as connection:
        assert connection.exec_driver_sql(kept).scalar() == 1


@pytest.mark.parametrize(
    "claims", [{"nbf": 60}, {"iat": 60}, {"iat": -400}, {"nbf": "now"}, {"iat": True}]
)
def test_pk_06_times_that_cannot_be(desk: Desk, claims: dict[str, Any]) -> None:
    moved: dict[str, Any] = {
        name: int(desk.now) + value if type(value) is int else value
        for name, value in claims.items()
    }
    refused(present(desk, assertion(KEY, desk.now, **moved)))


HUGE = "1" * 400
ODD_CLAIMS = {
    "exp_huge": f'"exp":{HUGE}',
    "nbf_huge": f'"nbf":{HUGE}',
    "iat_huge": f'"iat":-{HUGE}',
    "iat_infinite": '"iat":1e400',
    "nbf_null": '"nbf":null',
    "jti_half_a_pair": '"jti":"\\ud800"',
    "half_a_pair_elsewhere": '"x":[{"\\udfff":1}]',
    "jti_twice": '"jti":"1","jti":"2"',
    "nan": '"x":NaN',
}


@pytest.mark.parametrize("odd", ODD_CLAIMS.values(), ids=ODD_CLAIMS)
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
def test_ta_06_claims_that_break_programs_are_refused(desk: Desk, odd: str, path: str) -> None:
    now = int(desk.now)
    good = {"iss": "signer", "sub": "signer", "aud": URL, "jti": "one", "exp": now + 60}
    name = odd.partition(":")[0].strip('"')
    rest = json.dumps({each: value for each, value in good.items() if each != name})
    made = by_hand({"alg": "ES256"}, desk.now, f"{rest[:-1]},{odd}}}".encode())
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": made, "token": "x"}
    refused(desk.ask({**form, "grant_type": "client_credentials"}, path=path))
    refused(desk.ask({**form, "client_id": "signer"}, path=path))


def test_pk_07_only_the_clients_own_keys(desk: Desk) -> None:
    refused(present(desk, assertion(OTHER, desk.now)))
    refused(present(desk, assertion(OTHER, desk.now, {"jwk": public(OTHER)})))
    refused(present(desk, assertion(OTHER, desk.now, {"jku": "https://evil.example/jwks"})))
    refused(present(desk, assertion(OTHER, desk.now, {"kid": "two"})))
    refused(present(desk, assertion(KEY, desk.now, {"kid": "../../dev/null"})))
    critical: list[dict[str, Any]] = [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": None},
    ]
    for header in critical:
        refused(present(desk, by_hand({"alg": "ES256", **header}, desk.now)))
    assert present(desk, by_hand({"alg": "ES256", "unknown": 1}, desk.now)).status == 200


def test_pk_07_only_algorithms_of_the_key(desk: Desk) -> None:
    pem = KEY.as_pem(private=False)
    secret = OctKey.import_key(base64.b64encode(pem))
    claims = {"iss": "signer", "sub": "signer", "aud": URL, "jti": "1", "exp": int(desk.now) + 60}
    refused(present(desk, jwt.encode({"alg": "HS256"}, claims, secret)))
    for algorithm in ("none", "nOnE", "HS256", "RS256", "ES384", "", "\x00"):
        header, payload, signature = assertion(KEY, desk.now).split(".")
        header = _encoded({"alg": algorithm})
        refused(present(desk, f"{header}.{payload}.{signature}"))
        refused(present(desk, f"{header}.{payload}."))
    desk.add("rs", method="private_key_jwt", jwks=[{**public(RSA), "alg": "RS256"}])
    good = assertion(RSA, desk.now, {"alg": "RS256"}, "rs")  # type: ignore[arg-type]
    assert present(desk, good).status == 200
    refused(present(desk, assertion(RSA, desk.now, {"alg": "PS256"}, "rs")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "jwt",
    [
        "a.b.c",
        "...",
        "x",
        ".",
        "bnVsbA.W10.x",  # null . []
        "x" * 60_000,
        "[" * 10_000,
        "eyJhbGciOiJFUzI1NiJ9.W10.AA",
        "eyJhbGciOiJFUzI1NiJ9..",
        "eyJhbGciOltdfQ.e30.AA",
        "é.é.é",
    ],
)
def test_pk_08_whatever_is_wrong_is_an_invalid_client(desk: Desk, jwt: str) -> None:
    refused(present(desk, jwt, client_id="signer"))
    refused(present(desk, jwt))


@pytest.mark.parametrize("payload", [None, [], "x", 1, {}, {"sub": []}, {"sub": "signer" * 1000}])
def test_pk_08_payloads_that_are_no_claims(desk: Desk, payload: Any) -> None:
    refused(present(desk, sign({"alg": "ES256"}, payload, KEY), client_id="signer"))
    header = _encoded(None)
    refused(present(desk, f"{header}.{_encoded(payload)}.AA", client_id="signer"))


def test_pk_09_other_kinds_of_jwt_are_none(desk: Desk) -> None:
    for kind in ("at+jwt", "dpop+jwt", "application/at+jwt", "logout+jwt"):
        refused(present(desk, assertion(KEY, desk.now, {"typ": kind})))
    token = present(desk, assertion(KEY, desk.now)).body["access_token"]
    refused(present(desk, token))
    proof = ProofKey().prove("POST", f"{URL}/token", now=desk.now)
    refused(present(desk, proof, client_id="signer"))


def test_pk_10_two_keys_live_while_one_follows_the_other(desk: Desk) -> None:
    desk.add("both", method="private_key_jwt", jwks=[public(KEY), public(OTHER)])
    for key in (KEY, OTHER):
        assert present(desk, assertion(key, desk.now, client_id="both")).status == 200


def test_a_client_with_keys_has_no_secret(desk: Desk) -> None:
    refused(desk.ask({"grant_type": "client_credentials"}, basic("signer", "x" * 20)))
    web = desk.add("web")
    assert web
    refused(present(desk, assertion(KEY, desk.now, client_id="web")))


@pytest.fixture(scope="module")
def patient() -> Desk:
    patient = unlimited()
    patient.add("signer", method="private_key_jwt", jwks=[public(KEY)])
    return patient


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_assertions_give_no_token_and_no_error(patient: Desk, data: st.DataObject) -> None:
    good = assertion(KEY, patient.now, {"kid": "one"})
    position = data.draw(st.integers(0, len(good) - 1))
    changed = data.draw(st.characters(codec="utf-8"))
    kind = data.draw(st.sampled_from(["replace", "insert", "delete", "swap"]))
    mutated = {
        "replace": good[:position] + changed + good[position + 1 :],
        "insert": good[:position] + changed + good[position:],
        "delete": good[:position] + good[position + 1 :],
        "swap": ".".join(data.draw(st.permutations(good.split(".")))),
    }[kind]
    answer = present(patient, mutated)
    if _decoded(mutated) == _decoded(good):  # the last bits of base64 may say nothing
        return
    refused(answer)


def by_hand(header: dict[str, Any], now: float, claims: bytes = b"") -> str:
    """Sign a header and claims that joserfc would not write."""
    _, payload, _ = assertion(KEY, now).split(".")
    if claims:
        payload = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
    signed = f"{_encoded(header)}.{payload}"
    signature = JWSRegistry.algorithms["ES256"].sign(signed.encode(), KEY)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _decoded(jwt: str) -> list[bytes]:
    try:
        return [base64.urlsafe_b64decode(part + "==") for part in jwt.split(".")]
    except ValueError:
        return []


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
