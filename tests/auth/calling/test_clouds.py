"""Credentials as clouds and shops want them, against stand-ins that say what they copy.

PyJWT checks what ours signs.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from tests.auth.calling.conftest import Clock
from tests.auth.calling.world import API, SECRET, TOKEN_URL, World, credentials, granted

from trunkline import Client
from trunkline.auth import (
    APOLLO,
    HASURA,
    Assertion,
    ClientCredentials,
    FileTokenCache,
    JWTBearer,
    TokenExchange,
)
from trunkline.client import APIKey
from trunkline.client.credentials import SeveralSchemes
from trunkline.errors import TokenError
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

StandIn = Callable[[HTTPRequest], HTTPResponse]

CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444"
TENANT = "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
GOOGLE = "https://oauth2.googleapis.com/token"
STS = "https://sts.googleapis.com/v1/token"
POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k"
CLUSTER = "https://oidc.eks.eu-west-1.example/id/1"
SUBJECT = "system:serviceaccount:shop:web"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
SHOPIFY_SECRET = "shpss_1"


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def pem() -> str:
    return key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public() -> bytes:
    return key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@cache
def certificate() -> x509.Certificate:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")]), datetime.now(UTC)
    ends = now + timedelta(1)
    builder = x509.CertificateBuilder(name, name, key().public_key(), 1, now, ends)
    return builder.sign(key(), SHA256())


def thumbprint() -> str:
    return urlsafe_b64encode(certificate().fingerprint(SHA256())).rstrip(b"=").decode()


def form_of(request: HTTPRequest) -> dict[str, str]:
    pairs = parse_qsl(request.body.decode(), strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def no(why: str) -> HTTPResponse:
    body = {"error": "invalid_client", "error_description": why}
    return HTTPResponse(401, json.dumps(body).encode(), {"content-type": "application/json"})


def entra(request: HTTPRequest) -> HTTPResponse:
    """Copy Entra's token endpoint for certificates.

    https://learn.microsoft.com/entra/identity-platform/certificate-credentials: PS256, ``x5t#S256``
    of the registered certificate, the endpoint as audience, the client as ``iss`` and ``sub``.
    """
    form = form_of(request)
    assertion = form.get("client_assertion", "")
    header = jwt.get_unverified_header(assertion)
    if header.get("x5t#S256") != thumbprint() or header["typ"] != "JWT":
        return no("AADSTS700027: The certificate with the identifier is not registered.")
    try:
        claims = jwt.decode(assertion, public(), ["PS256"], audience=TENANT)
    except jwt.InvalidTokenError as error:
        return no(f"AADSTS50027: JWT token is invalid or malformed: {error}")
    if not claims["iss"] == claims["sub"] == form.get("client_id") == CLIENT:
        return no("AADSTS700023: Client assertion audience or issuer claim does not match.")
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "api://shop/.default")
    return granted("entra", 3599)


def federated(request: HTTPRequest) -> HTTPResponse:
    """Copy Entra's token endpoint for tokens of a cluster (workload identity federation).

    https://learn.microsoft.com/entra/workload-id/workload-identity-federation: the assertion is the
    cluster's token, whose issuer, subject and audience were configured for the client.
    """
    form = form_of(request)
    claims = jwt.decode(
        form["client_assertion"], public(), ["RS256"], audience="api://AzureADTokenExchange"
    )
    if (claims["iss"], claims["sub"], form.get("client_id")) != (CLUSTER, SUBJECT, CLIENT):
        return no("AADSTS70021: No matching federated identity record found.")
    return granted(f"for-{claims['jti']}", 3599)


def google(request: HTTPRequest) -> HTTPResponse:
    """Copy Google's token endpoint for service accounts.

    https://developers.google.com/identity/protocols/oauth2/service-account: RS256, ``kid``, ``iss``
    and ``scope`` within the assertion, which lives for an hour at most; no client of its own.
    """
    form = form_of(request)
    if set(form) != {"grant_type", "assertion"}:
        return no("Unexpected parameters")
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "key-1"
    claims = jwt.decode(form["assertion"], public(), ["RS256"], audience=GOOGLE)
    assert claims["exp"] - claims["iat"] <= 3600
    assert (claims["iss"], claims["scope"]) == ("web@project.example", CLOUD)
    assert "sub" not in claims  # else it would be the user whom the account acts for
    assert "authorization" not in request.headers
    return granted("google", 3599)


def google_sts(request: HTTPRequest) -> HTTPResponse:
    """Copy Google's Security Token Service (RFC 8693).

    https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
    """
    form = form_of(request)
    claims = jwt.decode(form.pop("subject_token"), public(), ["RS256"], audience=POOL)
    assert claims["sub"] == SUBJECT
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": POOL,
        "scope": CLOUD,
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    }
    body = {
        "access_token": f"federated-{claims['jti']}",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    return HTTPResponse(200, json.dumps(body).encode())


def shopify(request: HTTPRequest) -> HTTPResponse:
    """Copy a shop's token endpoint, whose response has no ``token_type``.

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
    """
    assert form_of(request) == {
        "grant_type": "client_credentials",
        "client_id": "web",
        "client_secret": SHOPIFY_SECRET,
    }
    body = {"access_token": "shpua_1", "scope": "write_products", "expires_in": 86399}
    return HTTPResponse(200, json.dumps(body).encode())


def apigee(request: HTTPRequest) -> HTTPResponse:
    """Copy what Apigee's policy OAuthV2 generates.

    https://cloud.google.com/apigee/docs/api-platform/security/oauth/oauth-20-client-credentials-grant-type
    """
    assert request.headers["authorization"].startswith("Basic ")
    body = {"token_type": "BearerToken", "access_token": "apigee", "expires_in": "1799"}
    return HTTPResponse(200, json.dumps({**body, "status": "approved"}).encode())


def projected(path: Path, number: int, audience: str) -> None:
    """Write a token as a cluster does, over the one before.

    https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
    """
    now = int(time.time())
    claims = {"iss": CLUSTER, "sub": SUBJECT, "aud": [audience], "jti": str(number)}
    claims |= {"iat": now, "exp": now + 3600}  # type: ignore[dict-item]
    new = path.with_suffix(".new")
    new.write_text(jwt.encode(claims, pem(), "RS256") + "\n", encoding="utf-8")
    new.replace(path)


def entra_assertion(**changes: Any) -> Assertion:
    options = {"algorithm": "PS256", "header": {"x5t#S256": thumbprint()}, **changes}
    return Assertion(pem(), **options)


SHOPIFY_CLIENT: dict[str, Any] = {
    "secret": SHOPIFY_SECRET,
    "secret_in": "form",
    "token_type": None,
    "header": "X-Shopify-Access-Token",
    "scheme": "",
}


def service_account() -> ClientCredentials:
    claims = {"iss": "web@project.example", "scope": CLOUD}
    grant = JWTBearer(Assertion(pem(), header={"kid": "key-1"}, claims=claims))
    return ClientCredentials(token_url=GOOGLE, grant=grant)


def entra_client(**changes: Any) -> ClientCredentials:
    return ClientCredentials(
        client_id=CLIENT,
        token_url=TENANT,
        assertion=entra_assertion(**changes),
        scope="api://shop/.default",
    )


@pytest.mark.parametrize(
    ("stand_in", "make", "header", "value"),
    [
        (entra, entra_client, "authorization", "Bearer entra"),
        (google, service_account, "authorization", "Bearer google"),
        (
            shopify,
            lambda: credentials(**SHOPIFY_CLIENT),
            "x-shopify-access-token",
            "shpua_1",
        ),
        (
            apigee,
            lambda: credentials(token_type="BearerToken"),
            "authorization",
            "Bearer apigee",
        ),
        (
            lambda _: HTTPResponse(201, granted("x").body),
            lambda: credentials(token_status=201),
            "authorization",
            "Bearer x",
        ),
        (
            lambda _: granted("x"),
            lambda: credentials(header="X-Serverless-Authorization"),
            "x-serverless-authorization",
            "Bearer x",
        ),
    ],
    ids=["entra", "google", "shopify", "apigee", "201", "another header"],
)
def test_who_says_how_an_issuer_differs_gets_its_token(
    world: World,
    stand_in: StandIn,
    make: Callable[[], ClientCredentials],
    header: str,
    value: str,
) -> None:
    world.answer = stand_in
    assert run(make().token(), world.send)
    run(make().auth_flow(HTTPRequest("POST", {}, b"{}", API)), world.send)
    (called,) = world.called
    assert dict(called.headers) == {header: value}


def test_a_claim_or_a_header_that_the_issuer_wants_is_missed(world: World) -> None:
    world.answer = entra
    wrong: list[dict[str, Any]] = [
        {"header": {}},
        {"algorithm": None},
        {"audience": "https://elsewhere.example"},
        {"claims": {"iss": "someone else"}},
    ]
    for changes in wrong:
        with pytest.raises(TokenError, match="AADSTS"):
            world.execute(entra_client(**changes))


@pytest.mark.parametrize(
    ("stand_in", "audience", "options", "tokens"),
    [
        (
            federated,
            "api://AzureADTokenExchange",
            lambda path: {"client_id": CLIENT, "token_url": TENANT, "assertion": path},
            ["for-1", "for-2"],
        ),
        (
            google_sts,
            POOL,
            lambda path: {
                "token_url": STS,
                "grant": TokenExchange(
                    path,
                    requested_token_type="urn:ietf:params:oauth:token-type:access_token",
                ),
                "scope": CLOUD,
                "parameters": {"audience": POOL},
            },
            ["federated-1", "federated-2"],
        ),
    ],
    ids=["entra", "google"],
)
def test_a_file_that_a_cluster_replaces_is_read_each_time(  # noqa: PLR0913
    *,
    world: World,
    tmp_path: Path,
    clock: Clock,
    stand_in: StandIn,
    audience: str,
    options: Callable[[Path], dict[str, Any]],
    tokens: list[str],
) -> None:
    world.answer, path = stand_in, tmp_path / "token"
    web = ClientCredentials(**options(path))
    projected(path, 1, audience)
    world.execute(web)
    projected(path, 2, audience)
    clock.forward(4000)
    world.execute(web)
    assert [each.headers["authorization"] for each in world.called] == [
        f"Bearer {token}" for token in tokens
    ]


def test_an_assertion_may_come_from_a_function_and_a_secret_may_sign(world: World) -> None:
    def answer(request: HTTPRequest) -> HTTPResponse:
        assertion = form_of(request)["client_assertion"]
        if assertion == "from-elsewhere":
            return granted("a")
        assert jwt.decode(assertion, secret, ["HS256"], audience=TOKEN_URL)["sub"] == "web"
        return granted("b")

    secret = SECRET * 2  # RFC 7518 §3.2: 32 bytes at least
    world.answer = answer
    for source in (lambda: "from-elsewhere", Assertion(secret, algorithm="HS256")):
        assert world.execute(credentials(secret=None, assertion=source)).status == 200


def test_an_actor_and_a_client_may_take_part_in_an_exchange(world: World) -> None:
    grant = TokenExchange(lambda: "subject", actor_token=lambda: "actor")
    world.execute(credentials(grant=grant, resource=API))
    form = form_of(world.asked[0])
    assert (form["subject_token"], form["actor_token"], form["resource"]) == (
        "subject",
        "actor",
        API,
    )
    assert world.asked[0].headers["authorization"].startswith("Basic ")


def test_tokens_of_an_unknown_subject_are_kept_for_nobody_else(tmp_path: Path) -> None:
    exchange = TokenExchange(lambda: "somebody's")
    assert credentials(grant=exchange).identity is None
    with pytest.raises(ValueError, match="whose token"):
        credentials(grant=exchange, cache=FileTokenCache(tmp_path / "tokens"))
    one, two = (
        ClientCredentials(
            token_url=GOOGLE, grant=JWTBearer(Assertion(pem(), claims={"iss": subject}))
        )
        for subject in ("one", "two")
    )
    assert one.identity != two.identity


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (shopify(HTTPRequest("POST", {}, b"grant_type=client_credentials&client_id=web"
                             b"&client_secret=shpss_1")),
         "'token_type' is missing; expected 'Bearer'.*token_type=None"),
        (granted("x", kind="BearerToken"),
         "'token_type' is 'BearerToken'; expected 'Bearer'.*token_type='BearerToken'"),
        (granted("x", kind="DPoP"), "'token_type' is 'DPoP'; expected 'Bearer'.*dpop=True"),
        (granted("x", 0), "'expires_in' is 0.*lifetime="),
        (granted("x", -1), "'expires_in' is -1.*lifetime="),
        (HTTPResponse(201, granted("x").body), "is 201; expected 200.*token_status=201"),
        (HTTPResponse(200, b'{"error": "bad_verification_code"}'), "bad_verification_code"),
    ],
)  # fmt: skip
def test_strict_by_default_and_told_with_both_values(
    world: World, answer: HTTPResponse, says: str
) -> None:
    world.answer = lambda _: answer
    with pytest.raises(TokenError, match=says):
        world.execute(credentials())


def test_an_issuer_may_begin_to_say_what_its_tokens_are(world: World) -> None:
    web = credentials(token_type=None)
    world.answer = lambda _: granted("x")
    assert world.execute(web).status == 200
    world.answer = lambda _: granted("x", kind="mac")
    with pytest.raises(TokenError, match="'token_type' is 'mac'; expected 'Bearer'"):
        world.execute(credentials(token_type=None))


@pytest.mark.parametrize("says", [0, -1, None])
def test_a_token_without_an_end_is_used_as_long_as_the_caller_says(
    world: World, clock: Clock, says: int | None
) -> None:
    world.answer = lambda _: granted("x", says)
    web = credentials(lifetime=7200)
    for _ in range(2):
        world.execute(web)
        clock.forward(4000)
    assert len(world.asked) == 1
    clock.forward(4000)
    world.execute(web)
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"secret": None, "assertion": Path("x"), "client_id": None}, "client_id="),
        ({"assertion": Path("x")}, "one of"),
        ({"secret": None, "key": "x", "assertion": Path("x")}, "one of"),
    ],
)
def test_what_can_never_work(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        credentials(**options)


def test_an_assertion_that_can_never_work() -> None:
    with pytest.raises(ValueError, match="'none' is not one of"):
        Assertion(pem(), algorithm="none")
    with pytest.raises(ValueError, match="iss"):
        JWTBearer(Assertion(pem()))


def test_a_key_that_does_not_fit_the_algorithm(world: World) -> None:
    with pytest.raises(TokenError, match="cannot sign with ES256: it is for RS256") as caught:
        world.execute(entra_client(algorithm="ES256"))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "grant",
    [
        lambda path: {"secret": None, "assertion": path},
        lambda path: {"grant": JWTBearer(path)},
        lambda path: {"grant": TokenExchange("subject-secret", actor_token=path)},
    ],
    ids=["assertion", "bearer", "exchange"],
)
def test_a_file_that_is_not_there_is_told_without_secrets(
    world: World, tmp_path: Path, grant: Callable[[Path], dict[str, Any]]
) -> None:
    import traceback  # noqa: PLC0415

    with pytest.raises(TokenError, match=r"cannot be read: .*missing: No such file") as caught:
        world.execute(credentials(secret_in="form", **grant(tmp_path / "missing")))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(
        str(frame.locals) for frame in told.stack if "/src/trunkline/" in frame.filename
    )
    assert "subject-secret" not in shown
    assert SECRET not in shown
    assert "secret" not in repr(TokenExchange("secret"))


HASURA_EXPIRED = {
    "errors": [
        {
            "extensions": {"path": "$", "code": "invalid-jwt"},
            "message": "Could not verify JWT: JWTExpired",
        }
    ]
}
APOLLO_EXPIRED = {
    "data": {"me": None},
    "errors": [{"message": "Sign in", "extensions": {"code": "UNAUTHENTICATED"}}],
}


@pytest.mark.parametrize(
    ("expired", "status", "body", "repeatable", "is_sent_again"),
    [
        (HASURA, 200, HASURA_EXPIRED, False, True),
        (HASURA, 200, {"data": None, **HASURA_EXPIRED}, False, False),  # something was executed
        (APOLLO, 200, APOLLO_EXPIRED, False, False),
        (APOLLO, 200, [{"data": {}}, APOLLO_EXPIRED], False, False),  # a batch
        (HASURA, 200, [HASURA_EXPIRED, HASURA_EXPIRED], False, True),
        (APOLLO, 200, APOLLO_EXPIRED, True, True),  # a query
        ({403}, 403, {"message": "The incoming token has expired"}, False, True),
        (lambda response: b"JWTExpired" in response.body, 200, HASURA_EXPIRED, False, True),
    ],
)
def test_an_expired_token_is_replaced_however_the_api_says_it(  # noqa: PLR0913
    *, world: World, expired: Any, status: int, body: Any, repeatable: bool, is_sent_again: bool
) -> None:
    def api(request: HTTPRequest) -> HTTPResponse:
        if request.headers["authorization"] == "Bearer token1":
            return HTTPResponse(status, json.dumps(body).encode())
        return HTTPResponse(200, b"{}")

    world.api = api
    web = credentials(expired=expired)
    request = HTTPRequest("POST", {}, b"{}", API, repeatable=repeatable)
    first, second = (run(web.auth_flow(request), world.send) for _ in range(2))
    assert (first.body == b"{}") == is_sent_again
    assert second.body == b"{}"
    assert len(world.asked) == 2


def test_what_tells_nothing_of_the_token_replaces_none(world: World) -> None:
    other = json.dumps({"errors": [{"message": "invalid-jwt", "extensions": {"code": "x"}}]})
    world.api = lambda _: HTTPResponse(200, other.encode())
    for expired in ((), HASURA):
        world.execute(credentials(expired=expired))
    assert len(world.called) == 2


def test_several_schemes_at_once(world: World) -> None:
    both = SeveralSchemes([credentials(), APIKey("k")])
    world.refuses = {"token1"}
    for url in (None, API):
        response = run(both.auth_flow(HTTPRequest("POST", {}, b"{}", url)), world.send)
        assert response.status == 200
    sent = [(each.headers["authorization"], each.headers["x-api-key"]) for each in world.called]
    assert sent == [("Bearer token1", "k"), ("Bearer token2", "k"), ("Bearer token2", "k")]
    assert "x-api-key" not in world.asked[0].headers
    assert both.identity not in {None, SeveralSchemes([credentials(), APIKey("l")]).identity}
    assert SeveralSchemes([APIKey("k"), credentials(grant=TokenExchange("t"))]).identity is None


def test_several_schemes_are_checked_as_one_is() -> None:
    mesh = "http://api.mesh/graphql"
    with pytest.raises(ValueError, match="use https"):
        Client(mesh, auth=[APIKey("k", allow_http=True), APIKey("l", header="x-l")])
    assert Client(mesh, auth=[APIKey("k", allow_http=True)])
    with pytest.raises(TypeError, match=r"a list of such schemes\. It is of the type str"):
        Client(API, auth=[APIKey("k"), "token"])  # type: ignore[list-item]
