"""An issuer with clients and a clock of its own, asked without a network."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec
from joserfc.jwk import ECKey

from trunkline.auth.jose import sign
from trunkline.issuer import FailureLimits, Issuer, RegisteredClient, Store, with_new_secret

__all__ = ["API", "REST", "URL", "Answer", "Desk", "assertion", "basic", "unlimited"]

URL = "https://auth.example"
API = "https://api.example/graphql"
REST = "https://api.example/rest"
FORM = "application/x-www-form-urlencoded"
GRANTS = {API: ["todos:read", "todos:write"], REST: ["rest:read"]}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes
    body: Any = field(init=False)

    def __post_init__(self) -> None:
        self.body = msgspec.json.decode(self.raw) if self.raw else None

    @property
    def error(self) -> str:
        return str(self.body.get("error", ""))


class Desk:
    """An issuer in this process; ``now`` is its clock, which stands still."""

    def __init__(self, store: Store | None = None, url: str = URL, **options: Any) -> None:
        self.now = time.time()
        self.store = store or Store("sqlite://")
        self.issuer = Issuer(url, self.store, clock=lambda: self.now, **options)
        self.secrets: dict[str, str] = {}

    def add(self, client_id: str = "web", chosen: str = "", **fields: Any) -> str:
        """Add a client with a secret, unless it has another method; return the secret."""
        client = RegisteredClient(client_id, **{"grants": GRANTS, **fields})
        secret = ""
        if client.method == "client_secret":
            client, secret = with_new_secret(client, self.now, grace=0, chosen=chosen)
        self.store.add(client)
        return secret

    def ask(
        self,
        form: dict[str, Any] | str | bytes,
        *headers: tuple[str, str],
        path: str = "/token",
        method: str = "POST",
        **scope: Any,
    ) -> Answer:
        return asyncio.run(self.ask_async(form, *headers, path=path, method=method, **scope))

    async def ask_async(
        self,
        form: dict[str, Any] | str | bytes,
        *headers: tuple[str, str],
        path: str = "/token",
        method: str = "POST",
        **scope: Any,
    ) -> Answer:
        text = urlencode(form, doseq=True) if isinstance(form, dict) else form
        body = text.encode() if isinstance(text, str) else text
        given = {"content-type": FORM, "content-length": str(len(body))}
        pairs = [(name, value) for name, value in given.items() if name not in dict(headers)]
        called = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "scheme": "https",
            "client": ("192.0.2.1", 1234),
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in [*pairs, *headers]],
            **scope,
        }
        sent: list[Any] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return incoming.pop() if incoming else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self.issuer(called, receive, send)
        answered = {n.decode(): v.decode("latin-1") for n, v in sent[0]["headers"]}
        return Answer(sent[0]["status"], answered, sent[1]["body"])

    def token(self, client_id: str, secret: str, **form: Any) -> Answer:
        """Ask for a token with HTTP Basic; without a resource for the API."""
        asked = {"grant_type": "client_credentials", "resource": API, **form}
        return self.ask(asked, basic(client_id, secret))

    def get(self, path: str, method: str = "GET") -> Answer:
        return self.ask(b"", path=path, method=method)


def unlimited() -> Desk:
    """Return an issuer that takes any number of failures."""
    return Desk(limits=FailureLimits(10**9, 10**9, 10**9))


def basic(client_id: str, secret: str) -> tuple[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "authorization", "Basic " + b64encode(pair.encode()).decode()


def assertion(
    key: ECKey,
    now: float,
    header: dict[str, Any] | None = None,
    client_id: str = "signer",
    **claims: Any,
) -> str:
    """Sign an assertion that is good, but for what is given otherwise; ``None`` leaves out."""
    good = {
        "iss": client_id,
        "sub": client_id,
        "aud": URL,
        "jti": str(time.perf_counter_ns()),
        "iat": int(now),
        "exp": int(now) + 60,
    }
    all_claims = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return sign({"alg": "ES256", **(header or {})}, all_claims, key)
