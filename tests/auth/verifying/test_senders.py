"""Tokens that are bound to their senders: by proofs of a key (DPoP), by certificates (mTLS)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.auth.verifying.issuing import AUDIENCE, NOW, Issuer, Time, request_scope

from trunkline.asgi.requests import Scope, read_headers
from trunkline.auth import Proxies
from trunkline.auth.certificates import read_certificate, thumbprint
from trunkline.auth.dpop import PROOF_SECONDS, ProofKey
from trunkline.auth.jose import digest, sign
from trunkline.auth.verifying.senders import Replays
from trunkline.auth.verifying.verifier import Verifier
from trunkline.errors import AccessDeniedError
from trunkline.server import CacheAudience, caching

issuer = Issuer()
prover = ProofKey()
TOKEN = issuer.token({"cnf": {"jkt": prover.jkt}})


async def outcome(verifier: Verifier, scope: Scope) -> tuple[int, str | None]:
    known = verifier.recall(scope, read_headers(scope))
    assert known is None, "a bound token is looked at each time"
    try:
        await verifier.authenticate(scope)
    except AccessDeniedError as denied:
        return denied.status, denied.error
    return 200, None


def proved(
    time: Time, token: str = TOKEN, scheme: str = "DPoP", key: ProofKey = prover, **changes: Any
) -> Scope:
    """Make a request with a proof; ``changes`` are of what the proof is about."""
    about = {"method": "POST", "url": AUDIENCE, "now": time.now, "token": token, **changes}
    proof = key.prove(about.pop("method"), about.pop("url"), **about)
    return request_scope(f"{scheme} {token}", headers=[(b"dpop", proof.encode())])


GOOD = (200, None)
NO_PROOF = (401, "invalid_dpop_proof")
NO_TOKEN = (401, "invalid_token")


async def test_dp_12_a_proof_by_the_tokens_key_lets_it_in_again_and_again() -> None:
    time = Time()
    verifier = issuer.verifier(time)
    assert [await outcome(verifier, proved(time)) for _ in range(3)] == [GOOD] * 3


async def test_dp_12_a_proof_by_another_key_does_not() -> None:
    time = Time()
    assert await outcome(issuer.verifier(time), proved(time, key=ProofKey())) == NO_TOKEN


async def test_dp_12_a_proof_for_another_token_does_not() -> None:
    time = Time()
    other = issuer.token({"cnf": {"jkt": prover.jkt}, "jti": "two"})
    scope = proved(time, token=other)
    scope["headers"][0] = (b"authorization", f"DPoP {TOKEN}".encode())
    assert await outcome(issuer.verifier(time), scope) == NO_PROOF


async def test_dp_01_there_is_exactly_one_proof() -> None:
    time = Time()
    verifier = issuer.verifier(time)
    assert await outcome(verifier, request_scope(f"DPoP {TOKEN}")) == NO_PROOF
    twice = proved(time)
    twice["headers"].append(proved(time)["headers"][1])
    assert await outcome(verifier, twice) == NO_PROOF


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"url": "https://api.example/rest"},
        {"url": "https://evil.example/graphql"},
        {"url": "http://api.example/graphql"},
        {"url": "https://api.example:444/graphql"},
        {"now": 0},
    ],
    ids=["dp_08_htm", "dp_09_path", "dp_09_host", "dp_09_scheme", "dp_09_port", "dp_11_iat"],
)
async def test_a_proof_is_about_this_request(changes: dict[str, Any]) -> None:
    time = Time()
    assert await outcome(issuer.verifier(time), proved(time, **changes)) == NO_PROOF


@pytest.mark.parametrize("url", ["HTTPS://API.example:443/%67raphql", f"{AUDIENCE}?a=b"])
async def test_dp_09_urls_are_compared_in_their_normal_form(url: str) -> None:
    time = Time()
    assert await outcome(issuer.verifier(time), proved(time, url=url)) == GOOD


async def test_the_host_header_has_no_say_in_what_a_proof_is_for() -> None:
    time = Time()
    scope = proved(time, url="https://evil.example/graphql")
    scope["headers"].append((b"host", b"evil.example"))
    assert await outcome(issuer.verifier(time), scope) == NO_PROOF


async def test_a_proof_is_used_once() -> None:
    time = Time()
    verifier, scope = issuer.verifier(time), proved(time)
    assert await outcome(verifier, scope) == GOOD
    assert await outcome(verifier, scope) == NO_PROOF
    time.now += PROOF_SECONDS
    assert await outcome(verifier, scope) == NO_PROOF


def test_proofs_are_remembered_as_long_as_they_are_good_and_not_for_ever() -> None:
    now = [0.0]
    replays = Replays(lambda: now[0], size=3)
    for second in range(0, 1000, 60):
        now[0] = float(second)
        assert replays.is_new(f"at {second}", "web")
        assert not replays.is_new(f"at {second}", "web")
        if second >= 60:
            assert not replays.is_new(f"at {second - 60}", "web")
    assert len(replays._now) + len(replays._before) <= 6


def test_a_flood_of_proofs_is_refused_and_forgets_none() -> None:
    replays = Replays(lambda: 0.0, size=3)
    assert all(replays.is_new(str(number), f"client {number}") for number in range(3))
    with pytest.raises(AccessDeniedError) as caught:
        replays.is_new("one more", "web")
    assert (caught.value.status, replays.is_new("0", "web")) == (503, False)


def test_ta_04_one_client_leaves_room_for_the_proofs_of_others() -> None:
    now = [0.0]
    replays = Replays(lambda: now[0], size=1000)

    def flood(client_id: str) -> int:
        for number in range(2000):
            try:
                assert replays.is_new(f"{client_id} {number} {now[0]}", client_id)
            except AccessDeniedError:
                return number
        return 2000

    assert [flood(name) for name in ("one", "two", "three")] == [500, 250, 125]
    assert replays.is_new("of another", "web")
    now[0] += 2 * PROOF_SECONDS
    assert flood("one") == 500


async def test_dp_a_bound_token_is_no_bearers_and_a_bearers_is_not_bound() -> None:
    time = Time()
    verifier = issuer.verifier(time)
    assert await outcome(verifier, proved(time, scheme="Bearer")) == NO_TOKEN
    assert await outcome(verifier, proved(time, token=issuer.token())) == NO_TOKEN


def forged(header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> bytes:
    own = key or ECKey.generate_key("P-256")
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": own.as_dict(private=False), **header}
    return sign({name: v for name, v in head.items() if v}, claims, own).encode()


SECRET = ECKey.generate_key("P-256")
FORGED = {
    "dp_02_no_jwt": b"abc",
    "dp_02_null": b"bnVsbA.bnVsbA.AAAA",
    "dp_02_no_ascii": "é".encode("latin-1"),
    "dp_03_no_claims": forged({}, {}),
    "dp_04_typ": forged({"typ": "at+jwt"}, {"jti": "1", "htm": "POST", "htu": AUDIENCE}),
    "dp_05_hs256": b"eyJhbGciOiJIUzI1NiIsInR5cCI6ImRwb3Arand0In0.e30.AAAA",
    "dp_06_another_key": forged({"jwk": SECRET.as_dict(private=False)}, {"jti": "1"}),
    "dp_07_private_key": forged({"jwk": SECRET.as_dict(private=True)}, {"jti": "1"}, SECRET),
    "dp_07_symmetric": forged({"jwk": OctKey.generate_key(256).as_dict()}, {"jti": "1"}),
    "dp_07_no_key": forged({"jwk": None}, {"jti": "1"}),
    "the_token_itself": TOKEN.encode(),
}


@pytest.mark.parametrize("proof", FORGED.values(), ids=FORGED)
async def test_proofs_that_are_none(proof: bytes) -> None:
    scope = request_scope(f"DPoP {TOKEN}", headers=[(b"dpop", proof)])
    assert await outcome(issuer.verifier(Time()), scope) == NO_PROOF


async def test_a_proof_may_have_a_large_key() -> None:
    time, key = Time(), RSAKey.generate_key(2048)
    token = issuer.token({"cnf": {"jkt": key.thumbprint()}})
    claims = {"jti": "1", "htm": "POST", "htu": AUDIENCE, "iat": int(time.now)}
    claims["ath"] = digest(token.encode())
    head = {"typ": "dpop+jwt", "alg": "RS256", "jwk": key.as_dict(private=False)}
    proof = sign(head, claims, key).encode()
    scope = request_scope(f"DPoP {token}", headers=[(b"dpop", proof)])
    assert await outcome(issuer.verifier(time), scope) == GOOD


async def test_an_api_without_a_url_takes_no_proofs() -> None:
    time = Time()
    token = issuer.token({"cnf": {"jkt": prover.jkt}, "aud": "todos"})
    verifier = issuer.verifier(time, audience="todos")
    assert await outcome(verifier, proved(time, token=token)) == NO_TOKEN
    placed = issuer.verifier(time, audience="todos", origin="https://api.example")
    assert await outcome(placed, proved(time, token=token)) == GOOD


def certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM)


MINE, OTHER = certificate("web"), certificate("other")
BOUND = issuer.token({"cnf": {"x5t#S256": thumbprint(read_certificate(MINE))}})


def shown(*chain: bytes) -> Scope:
    extensions = {"tls": {"client_cert_chain": [each.decode() for each in chain]}}
    return request_scope(f"Bearer {BOUND}", extensions=extensions)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (shown(MINE), GOOD),
        (shown(MINE, OTHER), GOOD),
        (shown(OTHER), NO_TOKEN),
        (shown(OTHER, MINE), NO_TOKEN),
        (shown(), NO_TOKEN),
        (shown(b"nonsense"), NO_TOKEN),
        (request_scope(f"Bearer {BOUND}"), NO_TOKEN),
    ],
    ids=["its own", "its own first", "another", "its own second", "none", "nonsense", "no TLS"],
)
async def test_mt_06_a_token_is_good_with_its_own_certificate(
    scope: Scope, expected: tuple[int, str | None]
) -> None:
    assert await outcome(issuer.verifier(Time()), scope) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.0.0.7", GOOD), ("192.0.2.1", NO_TOKEN)],
    ids=["proxy", "stranger"],
)
async def test_mt_09_a_proxys_header_is_believed_from_the_proxy_alone(
    address: str, expected: tuple[int, str | None]
) -> None:
    proxies = Proxies(["10.0.0.0/8"], "x-client-cert")
    verifier = issuer.verifier(
        Time(), certificate_of=lambda scope, headers: proxies.peer(scope, headers).certificate
    )
    header = (b"x-client-cert", quote(MINE.decode()).encode())
    scope = request_scope(f"Bearer {BOUND}", headers=[header], client=(address, 1))
    assert await outcome(verifier, scope) == expected


UNREADABLE = "The client certificate of the request cannot be read: expected PEM or DER."


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (b"nonsense", UNREADABLE),
        (b":AAAA:", UNREADABLE),
        (b":not base64:", UNREADABLE),
        (b"", "The token is bound to a certificate, and the request has none."),
        (quote(OTHER.decode()).encode(), "The token is bound to another certificate."),
    ],
    ids=["nonsense", "no_der", "no_base64", "empty", "another"],
)
async def test_mt_09_a_proxys_header_that_does_not_fit_is_denied_with_the_reason(
    header: bytes, says: str
) -> None:
    proxies = Proxies(["10.0.0.0/8"], "x-client-cert")
    verifier = issuer.verifier(
        Time(), certificate_of=lambda scope, headers: proxies.peer(scope, headers).certificate
    )
    headers = [(b"x-client-cert", header)]
    scope = request_scope(f"Bearer {BOUND}", headers=headers, client=("10.0.0.7", 1))
    with pytest.raises(AccessDeniedError) as caught:
        await verifier.authenticate(scope)
    assert (caught.value.status, caught.value.error) == NO_TOKEN
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("scope", "control"),
    [
        (request_scope(f"Bearer {issuer.token()}"), b"public, s-maxage=10"),
        (request_scope(f"Bearer {issuer.token({'exp': NOW + 5})}"), b"public, s-maxage=5"),
        (request_scope(f"Bearer {issuer.token({'exp': NOW})}"), b"no-store"),
        (shown(MINE), b"no-store"),
    ],
    ids=["known", "over soon", "over", "bound"],
)
async def test_a_cache_knows_a_token_as_long_as_it_is_good_by_itself(
    monkeypatch: pytest.MonkeyPatch, scope: Scope, control: bytes
) -> None:
    monkeypatch.setattr(caching, "time", lambda: NOW)
    assert await told_of_audience(issuer.verifier(Time()), scope) == (204, control)


async def test_a_class_of_the_program_may_look_at_more_than_the_token() -> None:
    class Stricter(Verifier):
        """Looks at the address of the sender, too."""

    verifier = issuer.verifier(Time())
    verifier.__class__ = Stricter
    scope = request_scope(f"Bearer {issuer.token()}")
    assert await told_of_audience(verifier, scope) == (204, b"no-store")


async def told_of_audience(verifier: Verifier, scope: Scope) -> tuple[int, bytes]:
    """Return the status, and what a cache may do with the name of an audience."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    await CacheAudience("0" * 32).check(verifier)({**scope}, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"])[b"cache-control"]
