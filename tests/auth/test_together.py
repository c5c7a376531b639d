"""Issuer, client and verifier together, by a clock that is set by hand: days within a second."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.auth.verifying.issuing import request_scope
from tests.issuer.asking import API, URL, Desk

from trunkline.auth import ClientCredentials, Verifier
from trunkline.auth.verifying.verifier import Clock
from trunkline.errors import AccessDeniedError
from trunkline.flow import drivers
from trunkline.flow.drivers import run_async
from trunkline.issuer import with_new_secret
from trunkline.issuer.signing import rotate
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

DAY = 86_400


class Together:
    """A client with credentials calls an API with a verifier; both ask one issuer."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        self.secret = desk.add()
        self.tokens: set[str] = set()
        self.key_fetches = 0
        both = SimpleNamespace(monotonic=lambda: desk.now, time=lambda: desk.now)
        for name in ("authentication", "cache", "credentials", "tokens"):
            monkeypatch.setattr(f"trunkline.auth.calling.{name}.time", both)
        self.client = ClientCredentials(
            client_id="web", issuer=URL, secret=lambda: self.secret, resource=API
        )
        clock = Clock(lambda: desk.now, lambda: desk.now)
        self.verifier = Verifier(URL, audience=API, send=self.send, clock=clock)

    async def send(self, request: HTTPRequest) -> HTTPResponse:
        path = (request.url or "").removeprefix(URL)
        self.key_fetches += path == "/jwks"
        if request.url is None:
            return await self.api(request)
        given = [(name, value) for name, value in request.headers.items() if name != "accept"]
        answer = await self.desk.ask_async(request.body, *given, path=path, method=request.method)
        return HTTPResponse(answer.status, answer.raw, answer.headers)

    async def api(self, request: HTTPRequest) -> HTTPResponse:
        authorization = request.headers["authorization"]
        self.tokens.add(authorization)
        try:
            caller = await self.verifier.authenticate(request_scope(authorization))
        except AccessDeniedError as denied:
            return HTTPResponse(denied.status, b"")
        return HTTPResponse(200, json.dumps({"caller": caller.client_id}).encode())

    async def call(self) -> int:
        called = self.client.auth_flow(HTTPRequest("POST", {}, b"{}"))
        return (await run_async(called, self.send)).status

    async def background(self) -> None:
        """Wait for what goes on in the background here; other tests' loops may have left some."""
        loop = asyncio.get_running_loop()
        while any(each.get_loop() is loop for each in drivers._background_tasks):  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def calls(self, seconds: int, step: int) -> set[int]:
        statuses: set[int] = set()
        for _ in range(0, seconds, step):
            statuses.add(await self.call())
            await self.background()
            self.desk.now += step
        return statuses


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Together:
    return Together(Desk(rotation=DAY / 4), monkeypatch)


async def test_no_call_fails_while_keys_follow_each_other(together: Together) -> None:
    assert await together.calls(2 * DAY, 60) == {200}
    keys = len(together.desk.store.keys())
    assert keys >= 6  # one each six hours, and an hour for its announcement
    assert len(together.tokens) > 300  # about one for each eight minutes


async def test_no_call_fails_while_secrets_follow_each_other(together: Together) -> None:
    def change(client: Any) -> Any:
        changed, fresh = with_new_secret(client, together.desk.now, grace=DAY / 24)
        made.append(fresh)
        return changed

    made: list[str] = []
    for _ in range(5):
        together.desk.store.change("web", change)
        assert await together.calls(1800, 30) == {200}  # with the old one
        together.secret = made[-1]
        assert await together.calls(DAY // 4, 300) == {200}


async def test_after_a_stolen_key_calls_go_on(together: Together) -> None:
    assert await together.calls(600, 60) == {200}
    rotate(together.desk.store, "ES256", together.desk.now, at_once=True)
    together.desk.now += 700  # verifiers have looked for keys again
    assert await together.calls(DAY // 4, 60) == {200}


async def test_a_revoked_client_is_out_when_its_token_ends(together: Together) -> None:
    assert await together.calls(60, 30) == {200}
    now = together.desk.now
    together.desk.store.change("web", lambda client: msgspec.structs.replace(client, revoked=now))
    with pytest.raises(Exception, match=r"invalid_client|next attempt"):
        await together.calls(700, 10)
    assert together.desk.now - now <= 600
