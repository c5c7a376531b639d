"""An issuer in this process: keys, tokens of any shape, and what it answers to a verifier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trunkline.asgi.requests import Scope
from trunkline.auth.jose import sign
from trunkline.auth.verifying.token_formats import RFC_9068, TokenFormat
from trunkline.auth.verifying.verifier import Clock, TrustedIssuer, Verifier
from trunkline.issuer.keys import SigningKey
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

ISSUER = "https://issuer.example"
AUDIENCE = "https://api.example/graphql"
NOW = 1_800_000_000.0


class Time:
    """A clock that is set by hand; both kinds of time go together."""

    def __init__(self) -> None:
        self.now = NOW

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now - NOW + 1_000)


class Issuer:
    """Signs tokens, and answers the requests for its metadata and keys."""

    def __init__(self, url: str = ISSUER, algorithm: str = "ES256") -> None:
        self.url = url
        self.keys = [SigningKey.generate(algorithm)]
        self.requests: list[str] = []
        self.is_down = False
        self.said: dict[str, Any] = {"active": False}

    async def send(self, request: HTTPRequest) -> HTTPResponse:
        self.requests.append(str(request.url))
        if self.is_down:
            raise ConnectionRefusedError
        found: dict[str, Any] = {"keys": [key.public_jwk for key in self.keys]}
        if request.method == "POST":
            found = self.said
        elif "well-known" in str(request.url):
            found = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        return HTTPResponse(200, json.dumps(found).encode(), {})

    @property
    def fetches(self) -> int:
        return sum(url.endswith("/jwks") for url in self.requests)

    def token(
        self,
        changes: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        key: SigningKey | None = None,
        *,
        without: tuple[str, ...] = (),
    ) -> str:
        """Sign a good token with ``changes``, and ``without`` some of its claims."""
        key = key or self.keys[-1]
        claims = {**good_claims(self.url), **(changes or {})}
        claims = {name: value for name, value in claims.items() if name not in without}
        head = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid, **(header or {})}
        return sign({name: v for name, v in head.items() if v is not None}, claims, key.private)

    def verifier(
        self, time: Time, token_format: TokenFormat = RFC_9068, **options: Any
    ) -> Verifier:
        trusted = TrustedIssuer(
            issuer=self.url,
            token_format=token_format,
            jwks_url=options.pop("jwks_url", f"{self.url}/jwks"),
            introspection=options.pop("introspection", None),
        )
        options = {"audience": AUDIENCE, "send": self.send, **options}
        return Verifier(trusted, clock=time.clock, **options)


def good_claims(issuer: str = ISSUER) -> dict[str, Any]:
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "web",
        "client_id": "web",
        "exp": int(NOW) + 600,
        "iat": int(NOW),
        "jti": "one",
        "scope": "todos:read todos:write",
    }


def request_scope(*authorization: str, method: str = "POST", query: str = "", **more: Any) -> Scope:
    """Make the ASGI scope of a request with these ``Authorization`` headers."""
    headers = [(b"authorization", value.encode("latin-1")) for value in authorization]
    headers += more.pop("headers", [])
    return {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "query_string": query.encode(),
        "headers": headers,
        "http_version": "1.1",
        **more,
    }
