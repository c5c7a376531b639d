"""An issuer and an API in a few lines, which count and can be made to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trunkline.auth import ClientCredentials
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

ISSUER = "https://auth.example"
TOKEN_URL = f"{ISSUER}/token"
API = "https://api.example/graphql"
SECRET = "s3cr3t-of-the-client"


@dataclass
class World:
    """What the flows' requests reach. ``accepts`` are the tokens that the API takes."""

    lifetime: float = 600
    asked: list[HTTPRequest] = field(default_factory=list)
    called: list[HTTPRequest] = field(default_factory=list)
    is_down: bool = False
    refuses: set[str] = field(default_factory=set)
    answer: Callable[[HTTPRequest], HTTPResponse] | None = None
    api: Callable[[HTTPRequest], HTTPResponse] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        if request.url is None or request.url == API:
            return self.call(request)
        return self.ask(request)

    def ask(self, request: HTTPRequest) -> HTTPResponse:
        with self.lock:
            self.asked.append(request)
            number = len(self.asked)
        if self.is_down:
            raise ConnectionRefusedError("nobody listens")
        if self.answer is not None:
            return self.answer(request)
        return granted(f"token{number}", self.lifetime)

    def call(self, request: HTTPRequest) -> HTTPResponse:
        with self.lock:
            self.called.append(request)
        if self.api is not None:
            return self.api(request)
        token = request.headers.get("authorization", "").partition(" ")[2]
        if token in self.refuses:
            challenge = 'Bearer realm="x", error="invalid_token"'
            return HTTPResponse(401, b"", {"www-authenticate": challenge})
        return HTTPResponse(200, b"{}")

    def execute(self, credentials: ClientCredentials) -> HTTPResponse:
        request = HTTPRequest("POST", {"content-type": "application/json"}, b"{}", API)
        return run(credentials.auth_flow(request), self.send)


def granted(token: str, lifetime: Any = 600, kind: str = "Bearer") -> HTTPResponse:
    body = {"access_token": token, "token_type": kind, "expires_in": lifetime}
    return HTTPResponse(200, json.dumps(body).encode(), {"content-type": "application/json"})


def refused(status: int, error: str, **headers: str) -> HTTPResponse:
    return HTTPResponse(status, json.dumps({"error": error}).encode(), headers)


def credentials(**options: Any) -> ClientCredentials:
    given: dict[str, Any] = {"client_id": "web", "token_url": TOKEN_URL, "secret": SECRET}
    return ClientCredentials(**{**given, **options})
