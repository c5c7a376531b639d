"""Issuing tokens: ES256, a client with a secret, over HTTP, beside npm's oidc-provider.

Every answer is another token, so what is compared is its end, and that its length is the first's.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.figures import Figure, at_least
from benchmarks.load import Request
from benchmarks.over_http import uvicorn
from benchmarks.peers import installed
from benchmarks.peers.python.issuer_asgi import API, SECRET
from benchmarks.processes import can_measure
from benchmarks.race import race
from benchmarks.served import Asked, serving

__all__ = ["measure"]

OURS, PEER = "ours", "oidc-provider"
ROUNDS = 10
SECONDS = 0.25
GOAL = at_least(1.3)

_WIRE = (
    b"POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
)


@dataclass(frozen=True, slots=True)
class TokenRequest(Request):
    """A request for a token."""

    def wire(self) -> bytes:
        """Return the request as it goes over the wire."""
        pair = b64encode(f"web:{SECRET}".encode())
        return _WIRE % (pair, len(self.body), self.body)


@dataclass(frozen=True, slots=True)
class AskedForTokens(Asked):
    """A server that gives another token each time."""

    def answer(self) -> None:  # as `Contestant` says
        return None


def measure() -> Iterator[Figure]:
    if not can_measure():
        return
    commands: dict[str, list[str | Path]] = {OURS: uvicorn(sys.executable, "issuer")}
    if node := installed.node():
        commands[PEER] = [node, "benchmarks/peers/node/oidc.js", "{port}"]
    form = {"grant_type": "client_credentials", "scope": "todos:read", "resource": API}
    request = TokenRequest("/token", urlencode(form).encode())
    with serving(commands) as servers:
        contestants = {name: AskedForTokens(each, request) for name, each in servers.items()}
        result = race(contestants, SECONDS, ROUNDS)
    for name in contestants:
        yield result.cost(f"a token, ES256, {name}", name)
    if PEER in contestants:
        yield result.ratio("tokens per CPU second, ours / oidc-provider", PEER, OURS, GOAL)
