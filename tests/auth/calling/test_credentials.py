"""The calling side: when a token is fetched, kept, renewed, replaced, and when not."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import stat
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc.jwk import ECKey
from tests.auth.calling.conftest import Clock
from tests.auth.calling.world import (
    API,
    ISSUER,
    SECRET,
    TOKEN_URL,
    World,
    credentials,
    granted,
    refused,
)
from tests.waiting import PATIENCE

from trunkline.auth import ClientCredentials, FileTokenCache, environment
from trunkline.auth.dpop import check_proof
from trunkline.errors import DeadlineExceededError, TokenError
from trunkline.flow.calls import Flow, Pause
from trunkline.flow.drivers import run, run_async
from trunkline.flow.single_flight import SingleFlight
from trunkline.protocol.messages import HTTPRequest, HTTPResponse


@pytest.fixture(autouse=True)
def _background_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what goes on in the background done before the call goes on, so that tests can tell."""

    class Now(threading.Thread):
        def start(self) -> None:
            self.run()

    monkeypatch.setattr("trunkline.flow.drivers.Thread", Now)


def tokens(world: World) -> list[str]:
    return [request.headers["authorization"] for request in world.called]


def test_a_token_is_fetched_once_and_sent_with_each_request(world: World) -> None:
    web = credentials(scope=["todos:read", "todos:write"], resource=API)
    for _ in range(3):
        assert world.execute(web).status == 200
    assert tokens(world) == ["Bearer token1"] * 3
    (asked,) = world.asked
    assert (asked.method, asked.url) == ("POST", TOKEN_URL)
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["todos:read todos:write"],
        "resource": [API],
    }
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_ids_and_secrets_are_form_encoded_in_the_header(world: World) -> None:
    world.execute(credentials(client_id="a b", secret="a:b/c=d?%+ é"))
    encoded = world.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded) == b"a+b:a%3Ab%2Fc%3Dd%3F%25%2B+%C3%A9"


def test_a_secret_may_go_in_the_form(world: World) -> None:
    world.execute(credentials(secret_in="form", parameters={"audience": "x"}))
    form = parse_qs(world.asked[0].body.decode())
    assert (form["client_id"], form["client_secret"]) == (["web"], [SECRET])
    assert form["audience"] == ["x"]
    assert "authorization" not in world.asked[0].headers


def test_secrets_come_from_where_they_are_kept(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file\n", encoding="utf-8")
    monkeypatch.setenv("TODO_SECRET", "from-the-environment")
    sources: list[Any] = [file, environment("TODO_SECRET"), lambda: "from-a-function"]
    for source in sources:
        world.execute(credentials(secret=source, secret_in="form"))
    shown = [parse_qs(each.body.decode())["client_secret"][0] for each in world.asked]
    assert shown == ["from-a-file", "from-the-environment", "from-a-function"]
    with pytest.raises(KeyError):
        environment("NO_SUCH_VARIABLE")


def test_a_secret_that_changed_is_read_anew(world: World, tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "secret"
    web = credentials(secret=file, secret_in="form")
    for text in ("one", "two"):
        file.write_text(text, encoding="utf-8")
        world.execute(web)
        clock.forward(700)
    shown = [parse_qs(each.body.decode())["client_secret"][0] for each in world.asked]
    assert shown == ["one", "two"]


def broken() -> str:
    raise RuntimeError(f"the vault says no to {SECRET}")


@pytest.mark.parametrize("source", [Path("/nowhere/secret"), broken, lambda: "\ud800"])
def test_a_secret_that_cannot_be_read_is_told_without_it(world: World, source: Any) -> None:
    with pytest.raises(TokenError, match="secret cannot be read") as caught:
        world.execute(credentials(secret=source))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_token_is_renewed_in_the_background_before_it_ends(world: World, clock: Clock) -> None:
    web = credentials()
    world.execute(web)
    clock.forward(0.69 * 600)
    world.execute(web)
    assert len(world.asked) == 1
    clock.forward(0.22 * 600)
    world.execute(web)  # goes with the old one, and has the new one fetched
    world.execute(web)
    assert len(world.asked) == 2
    assert tokens(world) == ["Bearer token1"] * 3 + ["Bearer token2"]


def test_renewals_are_spread() -> None:
    from trunkline.auth.calling.tokens import Token  # noqa: PLC0415

    renewals = [Token.lasting("x", "Bearer", 0.0, 600).renews for _ in range(200)]
    assert all(420 <= each <= 540 for each in renewals)
    assert max(renewals) - min(renewals) > 60


def test_an_issuer_that_is_down_is_not_felt_while_the_token_lives(
    world: World, clock: Clock
) -> None:
    web = credentials()
    world.execute(web)
    world.is_down = True
    for _ in range(569):
        clock.forward(1)
        assert world.execute(web).status == 200
    # At most 180 s of trying, at spans of 1, 2, 4, 8, 16 and then 30 s at random.
    assert 2 <= len(world.asked) < 60
    clock.forward(2)
    with pytest.raises(TokenError, match="cannot be reached"):
        world.execute(web)
    world.is_down = False
    clock.forward(31)
    assert world.execute(web).status == 200


def failure(world: World, web: ClientCredentials) -> TokenError:
    with pytest.raises(TokenError) as caught:
        world.execute(web)
    return caught.value


def test_while_an_issuer_is_down_it_is_asked_less_and_less(world: World, clock: Clock) -> None:
    world.is_down = True
    web = credentials()
    for _ in range(3600):
        with pytest.raises(TokenError):
            world.execute(web)
        clock.forward(1)
    assert len(world.asked) < 400
    asked = len(world.asked)
    told = [str(failure(world, web)) for _ in range(100)]
    assert any("The next attempt is in" in each for each in told)
    assert len(world.asked) < asked + 20  # at random, at once again


def test_retry_after_is_heeded(world: World, clock: Clock) -> None:
    world.answer = lambda _: refused(429, "temporarily_unavailable", **{"retry-after": "120"})
    web = credentials()
    for _ in range(119):
        with pytest.raises(TokenError) as caught:
            world.execute(web)
        assert caught.value.status == 429
        clock.forward(1)
    assert len(world.asked) == 1


def test_a_401_replaces_the_token_and_sends_the_request_once_more(world: World) -> None:
    web = credentials()
    world.execute(web)
    world.refuses = {"token1"}
    assert world.execute(web).status == 200
    assert tokens(world) == ["Bearer token1", "Bearer token1", "Bearer token2"]


@pytest.mark.parametrize("challenge", ["", "Bearer", 'Bearer error="invalid_token"', "Basic"])
def test_the_status_counts_before_the_code(world: World, challenge: str) -> None:
    world.api = lambda request: HTTPResponse(
        200 if "token2" in request.headers["authorization"] else 401,
        b"",
        {"www-authenticate": challenge},
    )
    assert world.execute(credentials()).status == 200


@pytest.mark.parametrize(
    ("status", "challenge"),
    [
        (403, 'Bearer error="insufficient_scope"'),
        (401, 'Bearer error="insufficient_scope"'),
        (401, 'Bearer error="invalid_request"'),
        (400, 'Bearer error="invalid_request"'),
        (500, ""),
        (407, ""),
    ],
)
def test_other_refusals_are_not_the_tokens_fault(world: World, status: int, challenge: str) -> None:
    world.api = lambda _: HTTPResponse(status, b"", {"www-authenticate": challenge})
    assert world.execute(credentials()).status == status
    assert (len(world.called), len(world.asked)) == (1, 1)


def test_an_api_that_refuses_everything_is_no_flood(world: World, clock: Clock) -> None:
    world.api = lambda _: HTTPResponse(401, b"", {})
    web = credentials()
    for _ in range(600):
        assert world.execute(web).status == 401
        clock.forward(0.1)
    assert len(world.called) < 700
    assert len(world.asked) < 12  # 1 + one at once + one after 2, 4, 8, 16, 32 s


def test_a_401_while_the_issuer_is_down_is_the_answer(world: World) -> None:
    web = credentials()
    world.execute(web)
    world.refuses, world.is_down = {"token1"}, True
    assert world.execute(web).status == 401
    world.refuses = set()
    assert world.execute(web).status == 200  # the token lives


def test_many_who_are_refused_replace_the_token_once(world: World) -> None:
    web = credentials()
    world.execute(web)
    world.refuses = {"token1"}
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: world.execute(web).status, range(20)))
    assert statuses == [200] * 20
    assert len(world.asked) == 2


def test_whoever_comes_just_after_another_has_asked_does_not_ask(world: World) -> None:
    web = credentials()
    world.execute(web)
    run(web._obtain(None), world.send)  # it saw no token, and then there was one
    assert len(world.asked) == 1


def test_1000_cold_calls_in_threads_ask_once(world: World) -> None:
    started = threading.Barrier(100)
    slow = world.ask

    def ask(request: HTTPRequest) -> HTTPResponse:
        threading.Event().wait(0.2)
        return slow(request)

    world.ask = ask  # type: ignore[method-assign]
    web = credentials()

    def call(n: int) -> int:
        if n < 100:
            started.wait()
        return world.execute(web).status

    with ThreadPoolExecutor(100) as threads:
        assert set(threads.map(call, range(1000))) == {200}
    assert len(world.asked) == 1


async def send_async(world: World, request: HTTPRequest) -> HTTPResponse:
    await asyncio.sleep(0.05 if request.url == TOKEN_URL else 0)
    return world.send(request)


async def execute_async(world: World, web: ClientCredentials) -> HTTPResponse:
    flow = web.auth_flow(HTTPRequest("POST", {}, b"{}"))
    return await run_async(flow, lambda request: send_async(world, request))


async def test_1000_cold_calls_in_tasks_ask_once(world: World) -> None:
    web = credentials()
    answers = await asyncio.gather(*(execute_async(world, web) for _ in range(1000)))
    assert {answer.status for answer in answers} == {200}
    assert len(world.asked) == 1


async def test_whoever_asks_may_be_cancelled(world: World) -> None:
    web = credentials()
    first = asyncio.create_task(execute_async(world, web))
    others = [asyncio.create_task(execute_async(world, web)) for _ in range(20)]
    await asyncio.sleep(0.01)
    first.cancel()
    answers = await asyncio.gather(*others)
    assert {answer.status for answer in answers} == {200}
    assert len(world.asked) <= 2


async def test_a_failure_is_everybodys(world: World) -> None:
    world.is_down = True
    web = credentials()
    calls = [execute_async(world, web) for _ in range(100)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, TokenError) for each in outcomes)
    assert len(world.asked) == 1


async def test_tasks_renew_in_the_background_too(world: World, clock: Clock) -> None:
    web = credentials()
    await execute_async(world, web)
    clock.forward(0.95 * 600 - 10)
    answers = await asyncio.gather(*(execute_async(world, web) for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert tokens(world) == ["Bearer token1"] * 51  # nobody waits
    async with asyncio.timeout(PATIENCE):
        while tokens(world)[-1] == "Bearer token1":
            await execute_async(world, web)
    assert tokens(world)[-1] == "Bearer token2"
    assert len(world.asked) == 2


METADATA = {
    "issuer": ISSUER,
    "token_endpoint": TOKEN_URL,
    "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.auth.example/token"},
}


def with_metadata(world: World, *paths: str, **changes: Any) -> None:
    import json  # noqa: PLC0415

    def answer(request: HTTPRequest) -> HTTPResponse:
        if request.method == "POST":
            return granted("found")
        found = str(request.url).removeprefix(ISSUER) in paths
        body = json.dumps({**METADATA, **changes}).encode()
        return HTTPResponse(200, body) if found else HTTPResponse(404, b"")

    world.answer = answer


@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
def test_md_04_the_token_endpoint_is_found_in_either_place(world: World, name: str) -> None:
    with_metadata(world, f"/.well-known/{name}")
    web = credentials(issuer=ISSUER, token_url=None)
    assert world.execute(web).status == 200
    assert world.asked[-1].url == TOKEN_URL


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://auth.example/token"},
        {"token_endpoint": "https://user@auth.example/token"},
        {"token_endpoint": 1},
    ],
)
def test_md_02_metadata_of_somebody_else_is_not_used(world: World, changes: dict[str, Any]) -> None:
    with_metadata(world, "/.well-known/oauth-authorization-server", **changes)
    with pytest.raises(TokenError, match=ISSUER):
        world.execute(credentials(issuer=ISSUER, token_url=None))
    assert all(request.method == "GET" for request in world.asked)


def test_md_02_both_issuers_are_told(world: World) -> None:
    with_metadata(world, "/.well-known/oauth-authorization-server", issuer=f"{ISSUER}/")
    with pytest.raises(TokenError, match=f"another issuer: '{ISSUER}/', not '{ISSUER}'"):
        world.execute(credentials(issuer=ISSUER, token_url=None))


def test_an_issuer_may_move_its_endpoint(world: World, clock: Clock) -> None:
    place = "/.well-known/oauth-authorization-server"
    with_metadata(world, place, token_endpoint=f"{ISSUER}/old")
    web = credentials(issuer=ISSUER, token_url=None)
    world.execute(web)
    clock.forward(700)
    world.answer = lambda _: HTTPResponse(404, b"")
    with pytest.raises(TokenError, match="404"):
        world.execute(web)
    with_metadata(world, place, token_endpoint=f"{ISSUER}/new")
    clock.forward(2)
    assert world.execute(web).status == 200
    assert world.asked[-1].url == f"{ISSUER}/new"


def test_certificates_go_to_the_endpoint_that_asks_for_them(world: World) -> None:
    with_metadata(world, "/.well-known/oauth-authorization-server")
    web = ClientCredentials(client_id="web", issuer=ISSUER, certificate=True)
    world.execute(web)
    assert world.asked[-1].url == "https://mtls.auth.example/token"
    assert parse_qs(world.asked[-1].body.decode())["client_id"] == ["web"]


@pytest.mark.parametrize(
    "answer",
    [
        HTTPResponse(200, b""),
        HTTPResponse(200, b"[]"),
        HTTPResponse(200, b"\xff"),
        HTTPResponse(200, b'{"access_token": "x"}'),
        HTTPResponse(200, b'{"access_token": 1, "token_type": "Bearer"}'),
        granted("a b"),
        granted("a\r\nx: y"),
        granted(""),
        granted("x" * 20_000),
        granted("x", "soon"),
        granted("x", 0),
        granted("x", -5),
        granted("x", "NaN"),
        granted("x", kind="mac"),
        granted("x", kind="DPoP"),
        HTTPResponse(302, b"", {"location": "https://evil.example"}),
        HTTPResponse(401, b'{"error":"invalid_client","error_description":"\\u001b[31m"}'),
        HTTPResponse(500, b"<html>"),
        HTTPResponse(200, b" " * 2_000_000),
    ],
)
def test_answers_that_are_no_token(world: World, answer: HTTPResponse) -> None:
    world.answer = lambda _: answer
    with pytest.raises(TokenError) as caught:
        world.execute(credentials())
    assert world.called == []
    assert str(caught.value).isprintable()
    assert TOKEN_URL in str(caught.value)


@pytest.mark.parametrize("lifetime", [60, "60", 60.5, None])
def test_lifetimes_as_issuers_write_them(world: World, lifetime: Any, clock: Clock) -> None:
    world.answer = lambda _: granted("x", lifetime)
    web = credentials()
    world.execute(web)
    clock.forward(30)
    world.execute(web)
    assert len(world.asked) == 1


def test_the_status_and_the_code_are_told(world: World) -> None:
    world.answer = lambda _: refused(401, "unauthorized_client")  # as Keycloak does
    with pytest.raises(TokenError, match="unauthorized_client") as caught:
        world.execute(credentials())
    assert (caught.value.status, caught.value.error) == (401, "unauthorized_client")


def test_a_key_signs_for_the_issuer_and_says_so(world: World) -> None:
    from trunkline.auth.jose import read_signed  # noqa: PLC0415

    key = ECKey.generate_key("P-256", parameters={"kid": "k1"})
    sources: list[Any] = [dict(key.as_dict(private=True)), key.as_pem(private=True).decode()]
    for source in sources:
        web = credentials(secret=None, key=source, issuer=ISSUER)
        world.execute(web)
        form = parse_qs(world.asked[-1].body.decode())
        signed = read_signed(form["client_assertion"][0], lambda _: key, ("ES256",))
        assert signed.claims["aud"] == ISSUER
        assert signed.claims["exp"] - signed.claims["iat"] == 60
        assert signed.header.get("kid") == ("k1" if isinstance(source, dict) else None)
    for wrong in ("nonsense", dict(key.as_dict(private=False)), "-----BEGIN NOTHING"):
        with pytest.raises(TokenError, match="key"):
            world.execute(credentials(secret=None, key=wrong, issuer=ISSUER))


def test_requests_are_proved_with_dpop(world: World) -> None:

    world.answer = lambda _: granted("bound", kind="DPoP")
    web = credentials(dpop=True, resource=API)
    assert world.execute(web).status == 200
    now = time.time()
    asked = check_proof(world.asked[0].headers["dpop"], method="POST", urls=[TOKEN_URL], now=now)
    (call,) = world.called
    assert call.headers["authorization"] == "DPoP bound"
    proof = call.headers["dpop"]
    proved = check_proof(proof, method="POST", urls=[API], now=now, token="bound")
    assert proved.jkt == asked.jkt


def test_a_bearer_token_is_not_taken_for_a_bound_one(world: World) -> None:
    with pytest.raises(TokenError, match="'token_type' is 'Bearer'; expected 'DPoP'"):
        world.execute(credentials(dpop=True, resource=API))


def test_dp_10_nonces_of_issuer_and_api_are_used(world: World) -> None:
    def wants(nonce: str, request: HTTPRequest, good: HTTPResponse) -> HTTPResponse:
        from trunkline.auth.jose import peek  # noqa: PLC0415

        if peek(request.headers["dpop"], "nonce") == nonce:
            return good
        challenge = {"dpop-nonce": nonce, "www-authenticate": 'DPoP error="use_dpop_nonce"'}
        status = 400 if request.url == TOKEN_URL else 401
        return HTTPResponse(status, b'{"error":"use_dpop_nonce"}', challenge)

    world.answer = lambda request: wants("for-issuer", request, granted("bound", kind="DPoP"))
    world.api = lambda request: wants("for-api", request, HTTPResponse(200, b"{}"))
    web = credentials(dpop=True, resource=API)
    assert world.execute(web).status == 200
    assert (len(world.asked), len(world.called)) == (2, 2)
    assert world.execute(web).status == 200
    assert (len(world.asked), len(world.called)) == (2, 3)
    world.api = lambda request: wants("another", request, HTTPResponse(401, b""))
    assert world.execute(web).status == 401  # and no loop


def test_processes_share_tokens_by_a_cache(world: World, tmp_path: Path, clock: Clock) -> None:
    cache = FileTokenCache(tmp_path / "tokens")
    one, two = credentials(cache=cache), credentials(cache=FileTokenCache(tmp_path / "tokens"))
    world.execute(one)
    world.execute(two)
    assert len(world.asked) == 1
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in (tmp_path / "tokens").iterdir())
    world.execute(credentials(cache=cache, scope="other"))
    assert len(world.asked) == 2
    clock.forward(560)
    world.execute(one)  # renews it, for both
    world.execute(one)
    world.execute(two)
    assert len(world.asked) == 3
    world.refuses = {"token1", "token3"}
    assert world.execute(one).status == 200  # not with the one that is in the cache
    assert len(world.asked) == 4


def test_a_cache_that_fails_is_as_good_as_none(world: World) -> None:
    class Broken:
        def get(self, name: str) -> bytes | None:
            raise ConnectionError(name)

        def put(self, name: str, value: bytes, seconds: float) -> None:
            raise ConnectionError(name, value, seconds)

    web = credentials(cache=Broken())
    for _ in range(2):
        assert world.execute(web).status == 200
    assert len(world.asked) == 1


def test_a_child_process_does_not_wait_for_its_parent(world: World) -> None:
    web = credentials()
    flow = web.auth_flow(HTTPRequest("POST", {}, b"{}"))
    next(flow)  # the parent is fetching
    child = os.fork()
    if child == 0:
        status = world.execute(web).status
        os._exit(0 if status == 200 else 1)
    _, code = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(code) == 0


def secrets_of(world: World) -> Iterator[str]:
    yield SECRET
    yield base64.b64encode(f"web:{SECRET}".encode()).decode()
    yield from (f"token{n}" for n in range(1, len(world.asked) + 1))


def test_secrets_and_tokens_are_nowhere_to_be_seen(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    web = credentials(secret_in="form")
    world.execute(web)
    world.api = lambda _: (_ for _ in ()).throw(RuntimeError("a transport's failure"))
    with pytest.raises(RuntimeError) as caught:
        world.execute(web)
    with_locals = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in with_locals.stack if "/src/trunkline/" in frame.filename]
    assert ours
    shown = "".join(str(frame.locals) for frame in ours) + repr(web) + str(vars(web)) + caplog.text
    shown += repr([world.asked, world.called, web._token])
    for secret in secrets_of(world):
        assert secret not in shown


def test_a_failing_token_request_shows_no_secret(world: World) -> None:
    for place in ("header", "form"):
        world.answer = lambda _: (_ for _ in ()).throw(RuntimeError("a transport's failure"))
        with pytest.raises(TokenError) as caught:
            world.execute(credentials(secret_in=place))
        text = ""
        error: BaseException | None = caught.value
        while error is not None:
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
            text += "".join(
                str(frame.locals) for frame in told.stack if "/src/trunkline/" in frame.filename
            )
            error = error.__cause__
        for secret in secrets_of(world):
            assert secret not in text


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"secret": None}, "one of"),
        ({"certificate": True}, "one of"),
        ({"token_url": None}, "issuer= or token_url="),
        ({"token_url": "http://auth.example/token"}, "use https"),
        ({"token_url": "http://127.0.0.1.evil.example/token"}, "use https"),
        ({"token_url": "https://user:pw@auth.example/token"}, "user"),
        ({"issuer": "https://auth.example?x"}, "query"),
        ({"secret": None, "client_id": None, "grant": None}, "one of"),
        ({"client_id": None}, "client_id="),
        ({"client_id": ""}, "empty"),
        ({"dpop": True, "header": "x-token"}, "RFC 9449"),
        ({"header": "x token"}, "name of a header"),
    ],
)
def test_what_can_never_work_is_told_at_once(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        credentials(**options)


def test_plain_http_is_for_this_machine() -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "127.8.8.8"):
        credentials(token_url=f"http://{host}:9000/token")


def test_a_token_by_itself(world: World) -> None:
    token = run(credentials().token(), world.send)
    assert (token.value, token.kind) == ("token1", "Bearer")


def test_a_caller_without_time_is_no_failure_of_the_issuer() -> None:
    web = credentials()
    flow = web.auth_flow(HTTPRequest("POST", {}, b"{}", API))
    asked = next(flow)
    assert isinstance(asked, HTTPRequest)
    assert asked.url == TOKEN_URL
    with pytest.raises(DeadlineExceededError):  # and no TokenError, which would be remembered
        flow.throw(DeadlineExceededError("too late"))
    assert World().execute(web).status == 200


def test_those_who_wait_for_a_caller_without_time_ask_again() -> None:
    flight = SingleFlight()
    done: list[str] = []

    def out_of_time() -> Flow[None]:
        yield Pause(0)
        raise DeadlineExceededError("too late")

    def work() -> Flow[None]:
        done.append("work")
        yield Pause(0)

    first, second = flight.run(out_of_time), flight.run(work)
    next(first)
    waiting = next(second)
    with pytest.raises(DeadlineExceededError):
        first.send(None)
    assert isinstance(waiting, Future)
    assert waiting.result(0) is None
    with pytest.raises(StopIteration):
        second.send(None)
    assert done == []


def test_whose_token_it_is_tells_schemas_apart() -> None:
    assert credentials().identity == credentials().identity
    assert credentials().identity != credentials(client_id="other").identity
    assert credentials().identity != credentials(scope="todos:read").identity
    assert SECRET not in str(credentials().identity)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_ta_11_a_folder_that_others_may_use_is_no_cache(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(ValueError, match="chmod 700"):
        FileTokenCache(folder)
    cache = FileTokenCache(tmp_path / "of" / "its" / "own")
    cache.put("name", b"token", 60)
    own = tmp_path / "of" / "its" / "own"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (own, own / "name")] == [0o700, 0o600]
