"""npm's oidc-provider gives our client tokens; the clients of others get theirs from our issuer."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from benchmarks.load import free_port
from joserfc.jwk import ECKey, RSAKey
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session
from tests.node import node, running
from tests.serving import serving

from trunkline.auth import Assertion, ClientCredentials
from trunkline.flow.drivers import run
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

PEERS = Path(__file__).parent / "peers"
API = "https://api.example/graphql"
KEY = ECKey.generate_key("P-256", parameters={"kid": "k1"})
RSA = RSAKey.generate_key(2048)
SECRET = "a:b/c=d?%+ &-secret"


def send(request: HTTPRequest) -> HTTPResponse:
    response = httpx2.request(
        request.method, request.url or "", content=request.body, headers=dict(request.headers)
    )
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, response.content, headers)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    with running(PEERS / "provider.mjs", str(port), json.dumps(KEY.as_dict(private=False))):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("client_id", "options"),
    [
        ("basic", {"secret": SECRET}),
        ("post", {"secret": SECRET, "secret_in": "form"}),
        ("signer", {"key": dict(KEY.as_dict(private=True))}),
        ("sharer", {"assertion": Assertion(f"{SECRET}, of 32 bytes or more", algorithm="HS256")}),
        ("bound", {"secret": SECRET, "dpop": True}),
    ],
)
def test_oidc_provider_gives_our_client_tokens(
    provider: str, client_id: str, options: dict[str, Any]
) -> None:
    credentials = ClientCredentials(
        client_id=client_id, issuer=provider, scope="todos:read", resource=API, **options
    )
    token = run(credentials.token(), send)
    claims = jwt.decode(token.value, options={"verify_signature": False})
    assert (claims["client_id"], claims["aud"], claims["scope"]) == (client_id, API, "todos:read")
    assert ("cnf" in claims) == ("dpop" in options)


@pytest.fixture(scope="module")
def issuer() -> Iterator[tuple[str, str]]:
    """Serve our issuer; give its URL and the secret of the client ``web``."""
    store = Store("sqlite://")
    grants = {API: ["todos:read", "todos:write"]}
    web, secret = with_new_secret(RegisteredClient("web", grants=grants), time.time(), grace=0)
    store.add(web)
    for client_id, key in (("signer", KEY), ("old", RSA)):
        jwks = [dict(key.as_dict(private=False))]
        old = client_id == "old"
        signer = RegisteredClient(
            client_id, "private_key_jwt", grants, jwks=jwks, accepts_token_url=old
        )
        store.add(signer)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = Issuer(url, store, development=True)
    with serving(app, port):
        yield url, secret


def test_oauth4webapi_and_openid_client_at_our_issuer(issuer: tuple[str, str]) -> None:
    url, secret = issuer
    arguments = [url, secret, json.dumps(KEY.as_dict(private=True)), API]
    done = subprocess.run(  # noqa: S603
        [node(PEERS), "client.mjs", *arguments],
        cwd=PEERS,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) == 8
    for name, result in results.items():
        kind = "dpop" if "dpop" in name else "bearer"
        assert result["token"]["token_type"].lower() == kind, name
        assert result["token"]["scope"] == "todos:read"
        assert result["before"]["active"] is True
        assert result["before"]["aud"] == API
        assert ("cnf" in result["before"]) == ("dpop" in name)
        assert result["after"] == {"active": False}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_requests_oauthlib_at_our_issuer(
    issuer: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    url, secret = issuer
    with OAuth2Session(client=BackendApplicationClient("web", scope="todos:read")) as session:
        token = session.fetch_token(f"{url}/token", auth=HTTPBasicAuth("web", secret))
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 600)
        in_form = session.fetch_token(f"{url}/token", client_secret=secret, include_client_id=True)
        assert in_form["scope"] == ["todos:read"]


@pytest.mark.parametrize("session", [OAuth2Client, AuthlibSession])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_authlib_at_our_issuer(issuer: tuple[str, str], session: Any) -> None:
    url, secret = issuer
    token_url = f"{url}/token"
    for method in ("client_secret_basic", "client_secret_post"):
        with session("web", secret, scope="todos:read", token_endpoint_auth_method=method) as web:
            token = web.fetch_token(token_url, grant_type="client_credentials")
            assert token["scope"] == "todos:read"
    pem = RSA.as_pem(private=True)
    with session("old", pem, token_endpoint_auth_method="private_key_jwt") as signer:
        signer.register_client_auth_method(
            PrivateKeyJWT(token_url, claims={"exp": int(time.time()) + 60})
        )
        token = signer.fetch_token(token_url, grant_type="client_credentials")
        assert token["token_type"] == "Bearer"
