"""The token endpoint: RFC 6749 §2.3, §3.2, §4.4, §5.1, §5.2, RFC 8707, RFC 9068."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec
import pytest
from joserfc.jwk import ECKey
from tests.issuer.asking import API, FORM, REST, URL, Answer, Desk, assertion, basic

from trunkline.auth.jose import peek, read_signed
from trunkline.issuer import Issuer, RegisteredClient, Store
from trunkline.issuer.authentication import ASSERTION_TYPE
from trunkline.issuer.secrets import make_secret

ASK = {"grant_type": "client_credentials", "resource": API}
DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
AWKWARD = "a:b/c=d?%+ é&ü-long-enough"


def refused(answer: Answer, status: int, error: str) -> None:
    assert (answer.status, answer.error) == (status, error)
    assert DESCRIPTION.fullmatch(answer.body["error_description"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert "access_token" not in answer.body


def test_as_01_basic_works_for_every_client_with_a_secret(desk: Desk) -> None:
    for client_id in ("web", "worker", "a.b_c~d-e"):
        assert desk.token(client_id, desk.add(client_id)).status == 200


@pytest.mark.parametrize("secret", [AWKWARD, "100%25-percent-encoded", "plus+plus+plus+plus"])
def test_as_02_id_and_secret_are_form_encoded_within_basic(desk: Desk, secret: str) -> None:
    desk.add("web", chosen=secret)
    assert desk.token("web", secret).status == 200
    assert desk.token("web", secret.replace("%25", "%")).status == (401 if "%25" in secret else 200)


@pytest.mark.parametrize("encoded", ["d2ViOiV6eg==", "!!!", "d2Vi/w==", ""])
def test_as_02_what_is_encoded_badly_is_refused(desk: Desk, encoded: str) -> None:
    desk.add()
    answer = desk.ask(ASK, ("authorization", f"Basic {encoded}"))
    assert (answer.status, answer.error) in {(400, "invalid_request"), (401, "invalid_client")}


def test_as_03_credentials_in_the_query_are_ignored(desk: Desk) -> None:
    secret = desk.add()
    query = f"client_id=web&client_secret={secret}&grant_type=client_credentials".encode()
    refused(desk.ask(ASK, query_string=query), 401, "invalid_client")


@pytest.mark.parametrize("extra", ["secret", "assertion"])
def test_as_04_two_ways_at_once_are_refused_though_both_are_right(desk: Desk, extra: str) -> None:
    secret = desk.add()
    also: dict[str, str] = {"client_id": "web", "client_secret": secret}
    if extra == "assertion":
        key = ECKey.generate_key("P-256")
        also = {"client_assertion_type": ASSERTION_TYPE}
        also["client_assertion"] = assertion(key, desk.now, client_id="web")
    refused(desk.ask({**ASK, **also}, basic("web", secret)), 400, "invalid_request")


def test_as_05_the_header_and_the_form_name_one_client(desk: Desk) -> None:
    secret = desk.add()
    assert desk.ask({**ASK, "client_id": "web"}, basic("web", secret)).status == 200
    answer = desk.ask({**ASK, "client_id": "other"}, basic("web", secret))
    refused(answer, 400, "invalid_request")


def test_as_06_a_wrong_secret_is_challenged(desk: Desk) -> None:
    desk.add()
    answer = desk.token("web", make_secret())
    refused(answer, 401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    form = {**ASK, "client_id": "web", "client_secret": make_secret()}
    refused(desk.ask(form), 401, "invalid_client")


def test_as_07_unknown_clients_and_wrong_secrets_look_alike(desk: Desk) -> None:
    desk.add()
    wrong = make_secret()
    known, unknown = desk.token("web", wrong), desk.token("nobody", wrong)
    assert (known.status, known.headers, known.raw) == (
        unknown.status,
        unknown.headers,
        unknown.raw,
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "QUERY"])
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
def test_as_08_only_post(desk: Desk, method: str, path: str) -> None:
    answer = desk.ask(b"", path=path, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b'{"grant_type":"client_credentials"}'),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("", b"grant_type=client_credentials"),
        ("application/x-www-form-urlencoded-not", b"grant_type=client_credentials"),
    ],
)
def test_as_09_only_forms(desk: Desk, media_type: str, body: bytes) -> None:
    secret = desk.add()
    answer = desk.ask(body, ("content-type", media_type), basic("web", secret))
    refused(answer, 400, "invalid_request")


def test_as_09_the_media_type_may_have_parameters_and_capitals(desk: Desk) -> None:
    secret = desk.add()
    content_type = ("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")
    assert desk.ask(ASK, content_type, basic("web", secret)).status == 200


@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "unknown"])
def test_as_10_a_repeated_parameter_is_refused(desk: Desk, name: str) -> None:
    secret = desk.add()
    form = f"grant_type=client_credentials&resource={API}&{name}=x&{name}=x"
    refused(desk.ask(form, basic("web", secret)), 400, "invalid_request")


def test_as_10_a_resource_may_be_repeated(desk: Desk) -> None:
    secret = desk.add()
    assert desk.ask({**ASK, "resource": [API, API]}, basic("web", secret)).status == 200


def test_as_11_empty_is_absent_and_unknown_is_ignored(desk: Desk) -> None:
    secret = desk.add()
    answer = desk.token("web", secret, scope="", audience="", colour="green")
    assert answer.body["scope"] == "todos:read todos:write"
    refused(desk.token("web", secret, grant_type=""), 400, "invalid_request")


def test_as_12_grant_types(desk: Desk) -> None:
    secret, server = desk.add(), desk.add("api", grants={}, serves=[API])
    refused(desk.ask({"resource": API}, basic("web", secret)), 400, "invalid_request")
    for other in ("password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS"):
        refused(desk.token("web", secret, grant_type=other), 400, "unsupported_grant_type")
    refused(desk.token("api", server), 400, "unauthorized_client")


def test_as_13_there_are_no_public_clients(desk: Desk) -> None:
    desk.add()
    refused(desk.ask({**ASK, "client_id": "web"}), 401, "invalid_client")
    refused(desk.ask({**ASK, "client_id": "web", "client_secret": ""}), 401, "invalid_client")
    with pytest.raises(ValueError, match="client_secret needs"):
        desk.store.add(RegisteredClient("public"))


def test_as_14_as_15_what_an_answer_has(desk: Desk) -> None:
    answer = desk.token("web", desk.add(lifetime=60), scope="todos:read")
    assert set(answer.body) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 60
    assert answer.body["scope"] == "todos:read"
    assert answer.headers["content-type"] == "application/json"


def test_as_16_nobody_keeps_a_token(desk: Desk) -> None:
    answer = desk.token("web", desk.add())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"


@pytest.mark.parametrize("scope", ["rest:read", "todos:read admin", "TODOS:READ"])
def test_as_17_scopes_that_the_client_has_not_are_refused(desk: Desk, scope: str) -> None:
    refused(desk.token("web", desk.add(), scope=scope), 400, "invalid_scope")


@pytest.mark.parametrize(
    "scope", ['a"b', "a\\b", "a\x00b", "a\tb", "é", "a  b", " a", "x" * 10_240, "\U0001f600"]
)
def test_as_18_scopes_that_break_the_grammar_are_refused(desk: Desk, scope: str) -> None:
    refused(desk.token("web", desk.add(), scope=scope), 400, "invalid_scope")


HOSTILE = ['"><script>', "\\u0000", "\x00\r\nx: y", "é\U0001f600", "%0d%0a", "x" * 5000]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["grant_type", "scope", "resource", "client_id"])
def test_as_19_descriptions_have_nothing_of_the_request(desk: Desk, name: str, text: str) -> None:
    secret = desk.add()
    answer = desk.ask({**ASK, name: text}, basic("web", secret))
    assert 400 <= answer.status < 500
    assert DESCRIPTION.fullmatch(answer.body["error_description"])
    assert text not in answer.body["error_description"]


def test_as_20_secrets_have_256_random_bits_and_are_kept_as_digests(desk: Desk) -> None:
    secrets = {make_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(len(secret.removeprefix("tks_")) == 43 for secret in secrets)
    secret = desk.add()
    client = desk.store.client("web")
    assert client is not None
    assert secret not in repr(msgspec.to_builtins(client))
    assert desk.token("web", client.secrets[0].hash).status == 401  # a dump opens nothing


def test_as_20_a_chosen_secret_is_long_and_hashed_slowly(desk: Desk) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        desk.add(chosen="short")
    desk.add(chosen="correct horse battery staple")
    client = desk.store.client("web")
    assert client is not None
    assert client.secrets[0].hash.startswith("$argon2id$")
    assert desk.token("web", "correct horse battery staple").status == 200
    assert desk.token("web", "correct horse battery stapler").status == 401


@pytest.mark.parametrize(
    "url", ["http://auth.example", "http://localhost.attacker.test", "http://localhost:80@x.test/"]
)
def test_as_22_an_issuer_has_tls(url: str) -> None:
    with pytest.raises(ValueError, match=r"https|user"):
        Issuer(url, Store("sqlite://"), development=True)


def test_as_22_plain_http_is_for_this_machine_and_development(desk: Desk) -> None:
    with pytest.raises(ValueError, match="development=True"):
        Issuer("http://localhost:9000", Store("sqlite://"))
    Issuer("http://127.0.0.1:9000", Store("sqlite://"), development=True)
    secret = desk.add()
    for scheme, address, status in [("http", "192.0.2.1", 400), ("http", "127.0.0.1", 200)]:
        answer = desk.ask(ASK, basic("web", secret), scheme=scheme, client=(address, 1))
        assert answer.status == status


def claims_of(desk: Desk, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = desk.store.keys()
    signed = read_signed(token, lambda _header: keys[0].private, (keys[0].algorithm,))
    return dict(signed.header), dict(signed.claims)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_at_01_at_02_tokens_are_rfc_9068s(algorithm: str) -> None:
    desk = Desk(algorithm=algorithm)
    answer = desk.token("web", desk.add(), scope="todos:read")
    header, claims = claims_of(desk, answer.body["access_token"])
    assert header == {"typ": "at+jwt", "alg": algorithm, "kid": desk.store.keys()[0].kid}
    now = int(desk.now)
    assert len(claims.pop("jti")) >= 22
    assert claims == {
        "iss": URL,
        "aud": API,
        "sub": "web",
        "client_id": "web",
        "iat": now,
        "exp": now + 600,
        "scope": "todos:read",
    }


def test_at_03_ri_02_a_token_is_for_one_resource(desk: Desk) -> None:
    secret = desk.add()
    for resource in (API, REST):
        answer = desk.token("web", secret, resource=resource)
        assert peek(answer.body["access_token"], "aud") == resource


def test_at_03_without_a_resource_the_scopes_say_which(desk: Desk) -> None:
    secret = desk.add()
    answer = desk.token("web", secret, resource="", scope="rest:read")
    assert peek(answer.body["access_token"], "aud") == REST
    both = desk.token("web", secret, resource="", scope="rest:read todos:read")
    refused(both, 400, "invalid_scope")
    refused(desk.token("web", secret, resource=""), 400, "invalid_target")


@pytest.mark.parametrize(
    "resource",
    [
        "graphql",
        "/graphql",
        "//api.example/graphql",
        f"{API}#fragment",
        f"{API}/",
        API.upper(),
        "https://[::1",
        "https://other.example/",
        "https://api.example/graphql\x00",
        [API, REST],
    ],
)
def test_ri_01_unknown_resources_are_refused(desk: Desk, resource: str | list[str]) -> None:
    refused(desk.token("web", desk.add(), resource=resource), 400, "invalid_target")


def test_ri_03_scopes_are_those_of_the_resource(desk: Desk) -> None:
    answer = desk.token("web", desk.add(), resource=REST)
    assert answer.body["scope"] == "rest:read"
    refused(desk.token("web", "x" * 20, resource=REST), 401, "invalid_client")


def test_requests_that_are_no_requests_are_answered(desk: Desk) -> None:
    secret = desk.add()
    authorization = basic("web", secret)
    bodies: list[Any] = [b"\xff\xfe", b"%ff=%fe", b"=", b"&&&&", b"a", b"x=1&" * 200, b"\x00" * 99]
    for body in bodies:
        assert desk.ask(body, authorization).status == 400
    assert desk.ask(b"x" * 3_000_000, authorization).status == 413
    assert desk.ask(ASK, ("x-filler", "x" * 40_000)).status == 431
    assert desk.ask(ASK, path="/nothing").status == 404
    nul = desk.ask({**ASK, "client_id": "we\x00b", "client_secret": secret})
    refused(nul, 401, "invalid_client")


def test_what_nobody_expected_is_not_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = desk.add()

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("SELECT secret FROM everything")

    monkeypatch.setattr("trunkline.issuer.tokens.grant_scope", broken)
    answer = desk.token("web", secret)
    refused(answer, 500, "server_error")
    assert b"SELECT" not in answer.raw
    assert "RuntimeError" in caplog.text


def test_a_store_that_fails_is_a_503(desk: Desk) -> None:
    secret = desk.add()
    desk.store.close()
    desk.store._engine.dispose()
    broken = Desk(Store("sqlite://"))
    with broken.store._begin() as connection:
        connection.exec_driver_sql("DROP TABLE trunkline_clients")
    answer = broken.token("web", secret)
    refused(answer, 503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_decisions_are_audited_without_secrets(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = desk.add()
    answer = desk.token("web", secret, scope="todos:read")
    desk.token("web", make_secret())
    desk.token("web", secret, scope="admin")
    desk.token("evil\n\x1b[31m", secret)
    entries = [record.audit for record in caplog.records if record.name == "trunkline.audit"]  # type: ignore[attr-defined]
    assert [(each["event"], each["client_id"], each.get("error")) for each in entries] == [
        ("grant", "web", None),
        ("refusal", "web", "invalid_client"),
        ("refusal", "web", "invalid_scope"),
        ("refusal", r"evil\n\x1b[31m", "invalid_client"),
    ]
    assert entries[0]["secret"] == desk.store.client("web").secrets[0].id  # type: ignore[union-attr]
    assert entries[0]["resource"] == API
    assert entries[1]["reason"] == "The secret is wrong, or it has expired."
    assert secret not in caplog.text
    assert answer.body["access_token"] not in caplog.text
    assert "\x1b" not in caplog.text


def test_a_media_type_is_one(desk: Desk) -> None:
    twice = ("content-type", f"{FORM}, {FORM}")
    refused(desk.ask(ASK, twice, basic("web", desk.add())), 400, "invalid_request")
