"""Ory Hydra as issuer: opaque tokens by introspection, and its JWTs.

Building it takes minutes, and is done where ``TRUNKLINE_HYDRA=1`` asks for it: ``make hydra``.
Its responses are in `test_issuers.py` and `test_profiles.py` too, as they were recorded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from benchmarks.load import free_port
from tests.auth.verifying.issuing import AUDIENCE, request_scope

from trunkline.auth import HYDRA, AccessDeniedError, Introspection, TrustedIssuer, Verifier
from trunkline.auth.verifying.verifier import RECHECK, Clock

MODULE = Path(__file__).parent / "peers" / "hydra"
PROGRAM = Path(__file__).parents[3] / ".cache" / "hydra" / "hydra"
SECRET = "a secret that only the tests know"  # that it is
REST = "https://api.example/rest"
SECONDS_TO_START = 60

pytestmark = pytest.mark.skipif(
    os.environ.get("TRUNKLINE_HYDRA") != "1", reason="Building Hydra takes minutes: make hydra."
)


class Hydra(NamedTuple):
    public: str
    admin: str
    strategy: str


def build() -> Path:
    if PROGRAM.exists():
        return PROGRAM
    go = shutil.which("go")
    assert go is not None, "Hydra is built with Go, which is not on this machine."
    tags = "sqlite,sqlite_omit_load_extension"
    command = [go, "build", "-tags", tags, "-o", str(PROGRAM), "github.com/ory/hydra/v2"]
    subprocess.run(command, cwd=MODULE, check=True)  # noqa: S603  # fixed
    return PROGRAM


@pytest.fixture(scope="module", params=["opaque", "jwt"])
def hydra(request: pytest.FixtureRequest) -> Generator[Hydra]:
    program, (public, admin) = build(), (free_port(), free_port())
    found = Hydra(f"http://127.0.0.1:{public}/", f"http://127.0.0.1:{admin}/admin", request.param)
    environment = {
        **os.environ,
        "DSN": "memory",
        "LOG_LEVEL": "error",
        "SECRETS_SYSTEM": "0123456789abcdef0123456789abcdef",
        "SERVE_ADMIN_HOST": "127.0.0.1",
        "SERVE_ADMIN_PORT": str(admin),
        "SERVE_PUBLIC_HOST": "127.0.0.1",
        "SERVE_PUBLIC_PORT": str(public),
        "SQA_OPT_OUT": "true",
        "STRATEGIES_ACCESS_TOKEN": found.strategy,
        "URLS_CONSENT": found.public,
        "URLS_LOGIN": found.public,
        "URLS_SELF_ISSUER": found.public,
    }
    command, quiet = [str(program), "serve", "all", "--dev"], subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as run:  # noqa: S603
        try:
            register(found)
            yield found
        finally:
            run.terminate()


def register(hydra: Hydra) -> None:
    client = {
        "client_id": "web",
        "client_secret": SECRET,
        "grant_types": ["client_credentials"],
        "scope": "todos:read",
        "audience": [AUDIENCE, REST],
    }
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            assert httpx2.post(f"{hydra.admin}/clients", json=client).status_code == 201
        except httpx2.TransportError:
            assert time.monotonic() < deadline, "Hydra does not start."
            time.sleep(0.1)
        else:
            return


def post(hydra: Hydra, path: str, **form: str) -> httpx2.Response:
    auth = ("web", SECRET.replace(" ", "+"))
    return httpx2.post(f"{hydra.public}oauth2/{path}", data=form, auth=auth)


def token_of(hydra: Hydra, **form: str) -> str:
    answer = post(hydra, "token", grant_type="client_credentials", scope="todos:read", **form)
    token: str = answer.json()["access_token"]
    return token


def verifier_of(hydra: Hydra, passed: list[float], **options: Any) -> Verifier:
    url = f"{hydra.admin}/oauth2/introspect"
    trusted = TrustedIssuer(
        issuer=hydra.public, token_format=HYDRA, introspection=Introspection(url, "api", "unused")
    )
    clock = Clock(time.time, lambda: time.monotonic() + passed[0])
    return Verifier([trusted], clock=clock, **options)


async def status(verifier: Verifier, token: str) -> int:
    try:
        await verifier.authenticate(request_scope(f"Bearer {token}"))
    except AccessDeniedError as denied:
        return denied.status
    return 200


async def test_its_tokens_are_taken_for_their_own_api_until_they_are_revoked(hydra: Hydra) -> None:
    passed = [0.0]
    graphql = verifier_of(hydra, passed, audience=AUDIENCE)
    rest = verifier_of(hydra, passed, audience=REST)
    token = token_of(hydra, audience=AUDIENCE)
    assert token.startswith("ory_at_") is (hydra.strategy == "opaque")
    caller = await graphql.authenticate(request_scope(f"Bearer {token}"))
    assert (caller.client_id, sorted(caller.scopes)) == ("web", ["todos:read"])
    assert await status(rest, token) == 401
    assert await status(graphql, token + "x") == 401
    assert post(hydra, "revoke", token=token).status_code == 200
    passed[0] += RECHECK
    assert await status(graphql, token) == 401


async def test_a_token_without_an_audience_is_for_nobody(hydra: Hydra) -> None:
    verifier = verifier_of(hydra, [0.0], audience=AUDIENCE)
    assert await status(verifier, token_of(hydra)) == 401
