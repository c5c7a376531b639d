"""The verifier against tokens that are good, and tokens that are not; ids are the checklist's."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from joserfc import jws
from joserfc.jwk import OctKey
from tests.auth.verifying.issuing import (
    AUDIENCE,
    ISSUER,
    NOW,
    Issuer,
    Time,
    good_claims,
    request_scope,
)

from trunkline.asgi.requests import read_headers
from trunkline.auth.verifying.caller import Caller
from trunkline.auth.verifying.verifier import TrustedIssuer, Verifier
from trunkline.errors import AccessDeniedError
from trunkline.issuer.keys import SigningKey

issuer = Issuer()


async def verify(token: str, verifier: Verifier | None = None) -> Caller:
    scope = request_scope(f"Bearer {token}")
    return await (verifier or issuer.verifier(Time())).authenticate(scope)


async def refusal(*values: str, verifier: Verifier | None = None, **more: Any) -> AccessDeniedError:
    with pytest.raises(AccessDeniedError) as caught:
        await (verifier or issuer.verifier(Time())).authenticate(request_scope(*values, **more))
    return caught.value


async def test_a_good_token_names_its_caller() -> None:
    caller = await verify(issuer.token())
    assert caller.client_id == "web"
    assert caller.scopes == {"todos:read", "todos:write"}
    assert caller.claims["jti"] == "one"


async def test_a_function_that_counts_checks_decides_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def count(_: str) -> None:
        raise LookupError("the counter is away")

    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time, on_check=count)
    caller = await verifier.authenticate(request_scope(f"Bearer {issuer.token()}"))
    assert caller.client_id
    with pytest.raises(AccessDeniedError):
        await verifier.authenticate(request_scope("Bearer x"))
    assert [record.name for record in caplog.records] == ["trunkline.auth"] * 2


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
async def test_algorithms_of_our_issuer_are_taken(algorithm: str) -> None:
    other = Issuer(algorithm=algorithm)
    assert (await verify(other.token(), other.verifier(Time()))).client_id == "web"


BAD_CLAIMS: list[tuple[str, dict[str, Any], str]] = [
    ("at_05_iss_is_compared_to_the_letter", {"iss": ISSUER + "/"}, "issuer"),
    ("at_05_iss_prefix", {"iss": ISSUER + ".evil.example"}, "issuer"),
    ("at_05_aud_is_another", {"aud": "https://api.example/rest"}, "audience"),
    ("at_05_aud_is_a_prefix", {"aud": AUDIENCE + "/"}, "audience"),
    ("at_05_aud_is_a_number", {"aud": 3}, "audience"),
    ("at_05_aud_is_empty", {"aud": []}, "audience"),
    ("at_05_aud_has_other_things_in_it", {"aud": [AUDIENCE, 3]}, "audience"),
    ("at_05_aud_is_an_object", {"aud": {AUDIENCE: True}}, "audience"),
    ("at_07_expired", {"exp": NOW - 11}, "expired"),
    ("at_07_expired_long_ago", {"exp": 0}, "expired"),
    ("at_08_exp_is_text", {"exp": str(int(NOW) + 600)}, "number of seconds"),
    ("at_08_exp_is_true", {"exp": True}, "number of seconds"),
    ("at_08_exp_is_null", {"exp": None}, "number of seconds"),
    ("at_08_exp_is_far", {"exp": 10**300}, "number of seconds"),
    ("nbf_in_the_future", {"nbf": NOW + 11}, "not valid yet"),
    ("nbf_is_text", {"nbf": "now"}, "number of seconds"),
    ("iat_in_the_future", {"iat": NOW + 11, "exp": NOW + 600}, "future"),
    ("lives_too_long", {"exp": NOW + 90_000}, "for longer than 86400 s"),
    ("client_is_empty", {"client_id": "", "sub": ""}, "name a client"),
    ("client_is_a_number", {"client_id": 3}, "name a client"),
    ("jti_is_null", {"jti": None}, "not a string"),
    ("sub_is_a_list", {"sub": ["web"]}, "not a string"),
    ("scope_is_a_number", {"scope": 3}, "scopes"),
    ("scope_has_numbers", {"scope": ["a", 3]}, "scopes"),
    ("cnf_is_text", {"cnf": "x"}, "cnf"),
    ("cnf_is_empty", {"cnf": {}}, "cnf"),
]


@pytest.mark.parametrize(
    ("changes", "says"), [row[1:] for row in BAD_CLAIMS], ids=[row[0] for row in BAD_CLAIMS]
)
async def test_rs_02_bad_claims_are_an_invalid_token(changes: dict[str, Any], says: str) -> None:
    denied = await refusal(f"Bearer {issuer.token(changes)}")
    assert (denied.status, denied.error) == (401, "invalid_token")
    assert says in str(denied)


@pytest.mark.parametrize("name", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
async def test_claims_that_rfc_9068_requires(name: str) -> None:
    denied = await refusal(f"Bearer {issuer.token(without=(name,))}")
    assert (denied.status, denied.error) == (401, "invalid_token")


@pytest.mark.parametrize("type_", ["JWT", "jwt", "dpop+jwt", "at+JWT2", "", None, "id+jwt"])
async def test_at_04_the_type_is_that_of_access_tokens(type_: str | None) -> None:
    denied = await refusal(f"Bearer {issuer.token(header={'typ': type_})}")
    assert (denied.status, denied.error) == (401, "invalid_token")


@pytest.mark.parametrize("type_", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_at_04_the_type_has_several_forms(type_: str) -> None:
    assert await verify(issuer.token(header={"typ": type_}))


async def test_a_token_that_is_for_several_apis_is_for_this_one_too() -> None:
    assert await verify(issuer.token({"aud": ["https://other.example", AUDIENCE]}))


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(header: object, payload: object, signature: str = "AAAA") -> str:
    return f"{encoded(header)}.{encoded(payload)}.{signature}"


GOOD_HEAD, GOOD_BODY, GOOD_SIGNATURE = issuer.token().split(".")
HEAD = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.keys[0].kid}
MALFORMED = {
    "at_08_deep": parts(HEAD, b"[" * 10_000),
    "at_08_deep_header": parts(b"[" * 10_000, {}),
    "at_08_no_object": parts(HEAD, []),
    "at_08_no_utf_8": parts(HEAD, b'{"iss":"\xff"}'),
    "at_06_none": parts({"alg": "none", "typ": "at+jwt"}, {"iss": ISSUER}, ""),
    "at_06_nOnE": parts({"alg": "nOnE", "typ": "at+jwt"}, {"iss": ISSUER}, ""),
    "no_signature": f"{GOOD_HEAD}.{GOOD_BODY}.",
    "another_signature": f"{GOOD_HEAD}.{GOOD_BODY}.{'A' * len(GOOD_SIGNATURE)}",
    "another_body": f"{GOOD_HEAD}.{encoded({'iss': ISSUER, 'sub': 'root'})}.{GOOD_SIGNATURE}",
    "no_header": f".{GOOD_BODY}.{GOOD_SIGNATURE}",
    "header_null": parts(None, {}),
    "header_list": parts([], {}),
    "alg_a_number": parts({**HEAD, "alg": 3}, {}),
    "kid_a_number": parts({**HEAD, "kid": 3}, {}),
    "kid_a_list": parts({**HEAD, "kid": ["x"]}, {}),
    "opaque": "abcdef",
    "five_parts": "a.b.c.d.e",
    "two_parts": f"{GOOD_HEAD}.{GOOD_BODY}",
    "dots": "..",
    "long": f"{GOOD_HEAD}.{'A' * 16_000}.{GOOD_SIGNATURE}",
    "too_long": "A" * 17_000,
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=MALFORMED)
async def test_rs_02_malformed_tokens_are_invalid(token: str) -> None:
    denied = await refusal(f"Bearer {token}")
    assert (denied.status, denied.error) == (401, "invalid_token")
    assert token[:40] not in str(denied)


async def test_at_08_claims_that_are_there_twice_are_refused() -> None:
    body = json.dumps({"aud": "https://other.example"})[:-1] + f', "aud": "{AUDIENCE}"' + "}"
    token = jws.serialize_compact(dict(HEAD), body.encode(), issuer.keys[0].private)
    denied = await refusal(f"Bearer {token}")
    assert "twice" in str(denied)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", "-1e400"])
async def test_at_08_numbers_that_json_has_not(value: str) -> None:
    body = json.dumps({"iss": ISSUER, "exp": 0}).replace("0}", value + "}")
    token = jws.serialize_compact(dict(HEAD), body.encode(), issuer.keys[0].private)
    assert (await refusal(f"Bearer {token}")).error == "invalid_token"


async def test_at_06_hs256_with_the_public_key_is_refused() -> None:
    secret = OctKey.import_key(json.dumps(issuer.keys[0].public_jwk))
    claims = {"iss": ISSUER, "aud": AUDIENCE}
    header = {**HEAD, "alg": "HS256"}
    token = jws.serialize_compact(header, json.dumps(claims).encode(), secret, ["HS256"])
    assert (await refusal(f"Bearer {token}")).error == "invalid_token"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_at_06_keys_that_a_token_brings_are_never_used(name: str) -> None:
    mine = SigningKey.generate()
    brought: Any = {"jwk": mine.public_jwk, "jku": "https://evil.example/jwks"}
    value = brought.get(name, ["AAAA"] if name == "x5c" else "https://evil.example/x5u")
    token = issuer.token(header={name: value, "kid": issuer.keys[0].kid}, key=mine)
    denied = await refusal(f"Bearer {token}")
    assert denied.error == "invalid_token"
    assert not any("evil" in url for url in issuer.requests)


async def test_critical_headers_that_nobody_knows_are_refused() -> None:
    header = {**HEAD, "crit": ["x"], "x": 1}
    key = issuer.keys[0].private.private_key
    token = jwt.encode(good_claims(), key, algorithm="ES256", headers=header)  # type: ignore[arg-type]
    assert (await refusal(f"Bearer {token}")).error == "invalid_token"


async def test_at_06_an_issuers_key_signs_only_its_own_tokens() -> None:
    time, one, two = Time(), Issuer("https://one.example"), Issuer("https://two.example")

    async def send(request: Any) -> Any:
        return await (one if "one" in request.url else two).send(request)

    both = Verifier(
        [TrustedIssuer(issuer=one.url), TrustedIssuer(issuer=two.url)],
        audience=AUDIENCE,
        send=send,
        clock=time.clock,
    )
    assert await verify(one.token(), both)
    assert await verify(two.token(), both)
    forged = one.token(header={"kid": two.keys[0].kid}, key=two.keys[0])
    assert (await refusal(f"Bearer {forged}", verifier=both)).error == "invalid_token"
    unknown = Issuer("https://three.example").token()
    assert "not an issuer" in str(await refusal(f"Bearer {unknown}", verifier=both))


async def test_tokens_of_users_are_forbidden_unless_the_api_takes_them() -> None:
    token = issuer.token({"sub": "user-17"})
    denied = await refusal(f"Bearer {token}")
    assert (denied.status, denied.error) == (403, "insufficient_scope")
    assert (await verify(token, issuer.verifier(Time(), users=True))).client_id == "web"


async def test_rs_01_without_a_token_there_is_no_error_code() -> None:
    for values in ((), ("Basic d2ViOnNlY3JldA==",), ("",)):
        denied = await refusal(*values)
        assert (denied.status, denied.error) == (401, None)
        ((name, value), *_) = issuer.verifier(Time()).challenge.headers(denied)
        assert name == b"www-authenticate"
        assert value.startswith(b"Bearer ")
        assert b"error" not in value


async def test_rs_03_the_scopes_that_are_missing_are_named() -> None:
    verifier = issuer.verifier(Time(), scopes={"admin"})
    denied = await refusal(f"Bearer {issuer.token()}", verifier=verifier)
    assert (denied.status, denied.error) == (403, "insufficient_scope")
    assert denied.client_id == (await verify(issuer.token())).client_id
    assert b'scope="admin"' in verifier.challenge.headers(denied)[0][1]
    # and again, for what was checked once is not let in by that
    headers = read_headers(request_scope(f"Bearer {issuer.token()}"))
    assert verifier.recall(request_scope(), headers) is None


async def test_rs_04_two_tokens_are_one_too_many() -> None:
    token = issuer.token()
    twice = await refusal(f"Bearer {token}", f"Bearer {token}")
    assert (twice.status, twice.error) == (400, "invalid_request")
    beside = await refusal(f"Bearer {token}", query=f"access_token={token}")
    assert (beside.status, beside.error) == (400, "invalid_request")


async def test_rs_04_a_token_beside_a_known_one_is_refused_too() -> None:
    verifier, value = issuer.verifier(Time()), f"Bearer {issuer.token()}"
    await verifier.authenticate(request_scope(value))
    for scope in (request_scope(value, query="access_token=x"), request_scope(value, value)):
        assert verifier.recall(scope, read_headers(scope)) is None


async def test_rs_04_tokens_in_query_strings_and_cookies_are_not_looked_at() -> None:
    token = issuer.token()
    assert (await refusal(query=f"access_token={token}")).status == 401
    cookie = [(b"cookie", f"access_token={token}; Authorization=Bearer {token}".encode())]
    assert (await refusal(headers=cookie)).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_rs_05_the_scheme_is_in_any_case(scheme: str) -> None:
    scope = request_scope(f"{scheme} {issuer.token()}")
    assert await issuer.verifier(Time()).authenticate(scope)


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer a b", "Bearer ä", 'Bearer "x"', "Bearer a,b", "Bearer ="]
)
async def test_rs_05_anything_else_is_no_token(value: str) -> None:
    assert (await refusal(value)).status == 401


async def test_rs_06_values_stay_within_their_quotes() -> None:
    verifier = issuer.verifier(Time(), audience='a"b\\c\r\nSet-Cookie: x')
    (_, value), *_ = verifier.challenge.headers(
        AccessDeniedError(401, 'bad "thing"\\ é \r\n', "invalid_token", scopes=["a"])
    )
    text = value.decode("ascii")
    assert "\r" not in text
    assert "\n" not in text
    names = [part.split("=")[0] for part in text.removeprefix("Bearer ").split('", ')]
    assert len(names) == len(set(names))
    assert text.count('"') == 2 * len(names)


async def test_a_bound_token_is_no_bearers() -> None:
    for bound in ({"jkt": "x"}, {"x5t#S256": "x"}, {"unknown": "x"}):
        denied = await refusal(f"Bearer {issuer.token({'cnf': bound})}")
        assert (denied.status, denied.error) == (401, "invalid_token")


def test_a_verifier_without_audience_is_refused() -> None:
    for audience in ("", [], [""]):
        with pytest.raises(ValueError, match="audience"):
            Verifier(ISSUER, audience=audience)


def test_issuers_are_asked_over_tls_only() -> None:
    with pytest.raises(ValueError, match="https"):
        Verifier("http://issuer.example", audience=AUDIENCE)


async def test_nothing_of_a_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = issuer.token({"exp": 1})
    await refusal(f"Bearer {token}")
    assert caplog.text
    assert all(part not in caplog.text for part in token.split("."))
