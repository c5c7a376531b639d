"""Requests to AWS, checked as AWS's documentation says that AWS checks them."""

from __future__ import annotations

import hmac
import json
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import Session
from tests.client.conftest import server
from tests.client.serving import QUERY, Received, Todos

from trunkline import Client
from trunkline.auth.aws import AWSSignature
from trunkline.client import APIKey
from trunkline.errors import TokenError
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["server"]  # a fixture

URL = "https://abc.appsync-api.eu-west-1.amazonaws.com/graphql"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """Derive the key of a day.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    derived = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    return derived


def test_the_key_is_that_of_the_documentation_s_example() -> None:
    derived = signing_key(SECRET, "20150830", "us-east-1", "iam").hex()
    assert derived == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def expected_signature(  # the parts of a request
    method: str, url: str, headers: dict[str, str], body: bytes
) -> str:
    """Sign a request again, from what arrived and from what its header says that was signed."""
    parts = urlsplit(url)
    _, _, rest = headers["authorization"].partition("AWS4-HMAC-SHA256 ")
    named = dict(part.strip().split("=", 1) for part in rest.split(","))
    _, day, region, service, _ = named["Credential"].split("/")
    query = sorted((quote(k, ""), quote(v, "")) for k, v in parse_qsl(parts.query))
    signed = named["SignedHeaders"].split(";")
    assert {"host", "x-amz-date"} <= set(signed)
    canonical = "\n".join(
        (
            method,
            parts.path,
            "&".join(f"{k}={v}" for k, v in query),
            *(f"{name}:{headers[name].strip()}" for name in signed),
            "",
            ";".join(signed),
            sha256(body).hexdigest(),
        )
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    hashed = sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashed}"
    key = signing_key(SECRET, day, region, service)
    return f"Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"


def session(token: str | None = None) -> Session:
    made = Session()
    made.set_credentials("AKIDEXAMPLE", SECRET, token)
    return made


def check(received: Received, url: str) -> dict[str, str]:
    headers = {name.lower(): value for name, value in received.headers.items()}
    body = json.dumps(received.body, separators=(",", ":")).encode()
    signature = expected_signature("POST", url, headers, body)
    assert headers["authorization"].endswith(signature)
    return headers


def test_a_call_is_signed_with_its_body_and_its_query(server: Todos) -> None:
    auth = AWSSignature(server.url, region="eu-west-1", session=session("of-the-session"))
    with Client(server.url, auth=[auth, APIKey("k")], schema=None) as client:
        client.execute(QUERY)
    headers = check(server.received[-1], server.url)
    assert (headers["x-amz-security-token"], headers["x-api-key"]) == ("of-the-session", "k")
    assert "/eu-west-1/appsync/aws4_request" in headers["authorization"]
    request = HTTPRequest("GET", {}, b"", query="variables=%7B%22a%22%3A1%7D&documentId=x")
    seen: list[HTTPRequest] = []
    run(AWSSignature(URL, region="eu-west-1", session=session()).auth_flow(request), keep(seen))
    headers = {**seen[0].headers, "host": urlsplit(URL).netloc}
    signature = expected_signature("GET", f"{URL}?{request.query}", headers, b"")
    assert headers["authorization"].endswith(signature)


def keep(seen: list[HTTPRequest]) -> Any:
    def send(request: HTTPRequest) -> HTTPResponse:
        seen.append(request)
        return HTTPResponse(200, b"{}")

    return send


def test_keys_that_expire_are_renewed_in_a_thread_of_their_own() -> None:
    threads: list[str] = []
    ends = datetime.now(UTC) + timedelta(minutes=5)  # botocore renews 15 minutes before

    def fetch() -> dict[str, str]:
        threads.append(threading.current_thread().name)
        return {
            "access_key": f"AKID{len(threads)}",
            "secret_key": SECRET,
            "token": "t",
            "expiry_time": (ends + timedelta(hours=len(threads) - 1)).isoformat(),
        }

    made, seen = Session(), list[HTTPRequest]()
    made._credentials = RefreshableCredentials.create_from_metadata(fetch(), fetch, "test")  # type: ignore[attr-defined]
    auth = AWSSignature(URL, region="eu-west-1", session=made)
    for _ in range(3):
        run(auth.auth_flow(HTTPRequest("POST", {}, b"{}")), keep(seen))
    assert ["AKID2/" in each.headers["authorization"] for each in seen] == [True] * 3
    assert threads[1:] != [threading.current_thread().name]
    assert len(threads) == 2


def test_without_keys_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    made, seen = Session(), list[HTTPRequest]()
    monkeypatch.setattr(made, "get_credentials", lambda: None)
    auth = AWSSignature(URL, region="eu-west-1", session=made)
    with pytest.raises(TokenError, match="AWS keys were not found"):
        run(auth.auth_flow(HTTPRequest("POST", {}, b"{}")), keep(seen))

    def fail() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(made, "get_credentials", fail)
    with pytest.raises(TokenError, match="cannot be read: RuntimeError") as caught:
        run(auth.auth_flow(HTTPRequest("POST", {}, b"{}")), keep(seen))
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    assert seen == []


def test_only_https_is_signed_for() -> None:
    with pytest.raises(ValueError, match="use https"):
        AWSSignature("http://api.example/graphql", region="eu-west-1")
