"""What checking tokens costs: known ones, new ones, and an issuer that is down for an hour."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from secrets import token_urlsafe

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.figures import Figure, at_most
from benchmarks.load import Request
from benchmarks.local import Async, Sync
from benchmarks.over_http import uvicorn
from benchmarks.processes import can_measure
from benchmarks.queries import Query, list_of, one
from benchmarks.race import race
from benchmarks.served import Asked, serving
from trunkline.auth import AccessDeniedError, Verifier
from trunkline.auth.verifying.verifier import Clock
from trunkline.issuer.keys import SigningKey
from trunkline.issuer.tokens import AccessToken
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["measure"]

ISSUER, AUDIENCE = "https://issuer.example", "https://api.example/graphql"
ROUNDS = 30
SECONDS = 0.25
TOKENS = 200
OUTAGE = 3_600
COOLDOWN = 30.0

KEY = SigningKey.generate("ES256")
KEYS = json.dumps({"keys": [KEY.public_jwk]})


def measure() -> Iterator[Figure]:
    logging.getLogger("trunkline.auth").setLevel(logging.ERROR)  # of an outage it tells much
    yield from first_checks()
    yield from asyncio.run(outage())
    if can_measure():
        yield from known_tokens()


def token(now: float) -> str:
    claims = AccessToken(
        iss=ISSUER,
        aud=AUDIENCE,
        sub="web",
        client_id="web",
        exp=int(now) + 3_600,
        iat=int(now),
        jti=token_urlsafe(16),
        scope="todos:read todos:write",
    )
    return KEY.sign_token(claims)


def known_tokens() -> Iterator[Figure]:
    """Compare a call whose token has come before with the same call to an open endpoint."""
    os.environ["TRUNKLINE_BENCHMARK_KEYS"] = KEYS
    commands = {name: uvicorn(sys.executable, name) for name in ("ours", "guarded")}
    with serving(commands) as servers:
        for query in (one(2), list_of(100, 5)):
            asked = {name: Asked(server, with_token(query)) for name, server in servers.items()}
            result = race(asked, SECONDS, ROUNDS)
            name = f"HTTP, {query.name}: known token / auth=None"
            yield result.ratio(name, "guarded", "ours", at_most(1.05))


def with_token(query: Query) -> Request:
    request = query.request()
    header = f"Authorization: Bearer {token(time.time())}\r\n".encode()
    return Request(request.path, request.body, header)


def first_checks() -> Iterator[Figure]:
    """Compare the whole check of a new token with that of its signature alone."""
    now = time.time()
    verifier = Verifier(ISSUER, audience=AUDIENCE, send=answer)
    tokens = [token(now) for _ in range(TOKENS)]
    scopes = [_scope(each) for each in tokens]
    signatures = [_signature(each) for each in tokens]
    public = KEY.private.public_key
    assert isinstance(public, EllipticCurvePublicKey)  # noqa: S101  # of ES256
    algorithm = ECDSA(SHA256())

    async def check() -> None:
        verifier.forget()
        for scope in scopes:
            await verifier.authenticate(scope)

    def check_signatures() -> None:
        for signature, data in signatures:
            public.verify(signature, data, algorithm)

    result = race({"ours": Async(check), "cryptography": Sync(check_signatures)})
    name = "first check of an ES256 token / its signature by cryptography"
    yield result.ratio(name, "ours", "cryptography", at_most(2.5))


async def outage() -> list[Figure]:
    """Count what fails, and how often an issuer is asked, while it is down for an hour."""
    now, asked, is_down = [time.time()], list[float](), [False]

    async def send(request: HTTPRequest) -> HTTPResponse:
        asked.append(now[0])
        if is_down[0]:
            raise ConnectionRefusedError
        return await answer(request)

    clock = Clock(lambda: now[0], lambda: now[0])
    verifier = Verifier(ISSUER, audience=AUDIENCE, send=send, clock=clock)
    await verifier.authenticate(_scope(token(now[0])))
    is_down[0], failed = True, 0
    asked.clear()
    for _second in range(OUTAGE):
        now[0] += 1.0
        try:
            await verifier.authenticate(_scope(token(now[0])))
        except AccessDeniedError:
            failed += 1
        await asyncio.sleep(0)
    most = max(sum(0 <= later - each < COOLDOWN for later in asked) for each in asked)
    return [
        Figure("issuer down for an hour: failed requests", failed, "requests", at_most(0)),
        Figure("issuer down for an hour: fetches within 30 s", most, "fetches", at_most(1)),
    ]


async def answer(request: HTTPRequest) -> HTTPResponse:
    """Answer as the issuer would."""
    metadata = json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"})
    return HTTPResponse(200, (metadata if "well-known" in str(request.url) else KEYS).encode(), {})


def _scope(text: str) -> dict[str, object]:
    headers = [(b"authorization", f"Bearer {text}".encode())]
    return {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}


def _signature(text: str) -> tuple[bytes, bytes]:
    """Return a token's signature as cryptography takes it, and what was signed."""
    signed, _, written = text.rpartition(".")
    raw = urlsafe_b64decode(written + "==")
    first, second = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    return encode_dss_signature(first, second), signed.encode()
