"""Issuers in the verifier: their keys, their introspection, and the cache of verified tokens.

The clock is set by hand.
"""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from tests.auth.verifying.issuing import AUDIENCE, ISSUER, Issuer, Time, good_claims, request_scope

from trunkline.asgi.requests import read_headers
from trunkline.auth.verifying.caller import Caller
from trunkline.auth.verifying.issuers import COOLDOWN, KEPT, REFRESH, Introspection
from trunkline.auth.verifying.token_formats import HYDRA
from trunkline.auth.verifying.verifier import RECHECK, Verifier
from trunkline.errors import AccessDeniedError
from trunkline.flow import drivers, single_flight
from trunkline.issuer.keys import SigningKey
from trunkline.protocol.messages import HTTPResponse


async def verify(verifier: Verifier, token: str) -> Caller:
    """Verify a token as the server does: first in the cache."""
    scope = request_scope(f"Bearer {token}")
    known = verifier.recall(scope, read_headers(scope))
    caller = known or await verifier.authenticate(scope)
    await asyncio.sleep(0)  # what goes on in the background has its turn
    return caller


async def status(verifier: Verifier, token: str) -> int:
    try:
        await verify(verifier, token)
    except AccessDeniedError as denied:
        return denied.status
    return 200


async def test_keys_are_fetched_once_for_any_number_of_first_requests() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    tokens = [issuer.token({"jti": str(number)}) for number in range(50)]
    await asyncio.gather(*(verify(verifier, token) for token in tokens))
    assert issuer.fetches == 1


async def test_the_check_for_health_fetches_the_keys_that_are_not_known() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    issuer.is_down = True
    for _ in range(2):
        assert await verifier.check_keys() == f"The keys of {ISSUER} are not known."
    assert issuer.fetches == 1  # however often somebody asks
    issuer.is_down = False
    time.now += COOLDOWN
    assert await verifier.check_keys() is None
    issuer.is_down = True
    time.now += KEPT - 1  # they are used that long
    assert await verifier.check_keys() is None
    time.now += 2
    assert await verifier.check_keys() is not None
    asked = Introspection(f"{ISSUER}/introspect", "api", "secret")
    assert await issuer.verifier(time, introspection=asked).check_keys() is None


async def test_a_request_that_is_cancelled_does_not_stop_the_fetch_for_others() -> None:
    issuer, time, reached, go = Issuer(), Time(), asyncio.Event(), asyncio.Event()

    async def send(request: Any) -> HTTPResponse:
        reached.set()
        await go.wait()
        return await issuer.send(request)

    verifier = issuer.verifier(time, send=send)
    first = asyncio.create_task(verify(verifier, issuer.token()))
    await reached.wait()
    second = asyncio.create_task(verify(verifier, issuer.token({"jti": "two"})))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    go.set()
    assert (await second).client_id == "web"
    assert issuer.fetches == 1


def test_a_fetch_that_an_event_loop_cut_short_does_not_hold_up_the_next_one() -> None:
    issuer, time, hanging = Issuer(), Time(), [False]

    async def send(request: Any) -> HTTPResponse:
        if hanging[0]:
            await asyncio.Event().wait()
        return await issuer.send(request)

    verifier = issuer.verifier(time, send=send)
    asyncio.run(verify(verifier, issuer.token()))
    time.now += REFRESH
    hanging[0] = True
    asyncio.run(verify(verifier, fresh(issuer, time)))  # the loop ends, and the fetch has not
    hanging[0] = False
    time.now += COOLDOWN
    made_up = issuer.token(header={"kid": "made-up"})
    assert asyncio.run(asyncio.wait_for(status(verifier, made_up), 1)) == 401
    assert issuer.fetches == 2


async def test_keys_are_found_by_the_issuers_metadata() -> None:
    issuer = Issuer()
    await verify(issuer.verifier(Time(), jwks_url=None), issuer.token())
    assert issuer.requests == [
        f"{ISSUER}/.well-known/oauth-authorization-server",
        f"{ISSUER}/jwks",
    ]


async def test_md_02_metadata_of_another_issuer_is_not_used() -> None:
    issuer = Issuer()
    verifier = issuer.verifier(Time(), jwks_url=None)
    token = issuer.token()
    issuer.url = "https://other.example"
    assert await status(verifier, token) == 503


@pytest.mark.parametrize("url", ["http://localhost/jwks", "http://127.0.0.1:80/jwks", "ftp://x/y"])
async def test_ta_08_an_issuer_on_https_has_its_keys_there_too(url: str) -> None:
    issuer = Issuer()

    async def send(request: Any) -> HTTPResponse:
        issuer.requests.append(request.url)
        return HTTPResponse(200, json.dumps({"issuer": ISSUER, "jwks_uri": url}).encode(), {})

    verifier = Verifier(ISSUER, audience=AUDIENCE, send=send, clock=Time().clock)
    assert await status(verifier, issuer.token()) == 503
    assert len(issuer.requests) == 1


async def test_md_04_openid_configuration_is_tried_too() -> None:
    issuer = Issuer("https://issuer.example/realms/one")

    async def send(request: Any) -> HTTPResponse:
        if "oauth-authorization-server" in request.url:
            issuer.requests.append(request.url)
            return HTTPResponse(404, b"", {})
        return await issuer.send(request)

    verifier = Verifier(issuer.url, audience=AUDIENCE, send=send, clock=Time().clock)
    await verify(verifier, issuer.token())
    assert issuer.requests[1] == f"{issuer.url}/.well-known/openid-configuration"


async def test_jw_06_a_flood_of_unknown_keys_causes_one_fetch_per_cooldown() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    await verify(verifier, issuer.token())
    for minute in range(3):
        time.now += COOLDOWN
        for number in range(200):
            token = issuer.token(header={"kid": f"made-up-{minute}-{number}"})
            assert await status(verifier, token) == 401
    assert issuer.fetches == 1 + 3


async def test_jw_05_a_new_key_is_found_and_no_request_fails_in_a_rotation() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    await verify(verifier, issuer.token())
    time.now += COOLDOWN
    issuer.keys.append(SigningKey.generate())
    old, new = (issuer.token(key=key) for key in issuer.keys)
    assert [await status(verifier, token) for token in (old, new, old, new)] == [200] * 4
    assert issuer.fetches == 2


async def test_jw_07_the_keys_stay_when_a_fetch_fails() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    await verify(verifier, issuer.token())
    issuer.is_down = True
    for number in range(20):
        time.now += COOLDOWN
        assert await status(verifier, issuer.token(header={"kid": str(number)})) == 401
        assert await status(verifier, fresh(issuer, time)) == 200


def fresh(issuer: Issuer, time: Time) -> str:
    return issuer.token({"iat": int(time.now), "exp": int(time.now) + 600, "jti": str(time.now)})


async def test_an_issuer_that_is_down_for_an_hour_costs_no_request() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    await verify(verifier, issuer.token())
    issuer.is_down, issuer.requests = True, []
    for _second in range(3600):
        time.now += 1.0
        assert await status(verifier, fresh(issuer, time)) == 200
    assert 0 < len(issuer.requests) <= 3600 / COOLDOWN


async def test_keys_expire_if_they_cannot_be_fetched_again() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    await verify(verifier, issuer.token())
    issuer.is_down = True
    time.now += KEPT + 1
    assert await status(verifier, fresh(issuer, time)) == 503


async def test_keys_of_an_issuer_that_starts_later_are_fetched_soon() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    issuer.is_down = True
    assert await status(verifier, issuer.token()) == 503
    issuer.is_down = False
    time.now += 1.0
    assert await status(verifier, issuer.token()) == 200


@pytest.mark.parametrize(
    "response",
    [
        HTTPResponse(500, b"", {}),
        HTTPResponse(302, b"", {"location": "https://evil.example"}),
        HTTPResponse(200, b"<html>", {}),
        HTTPResponse(200, b"[]", {}),
        HTTPResponse(200, b'{"keys": 3}', {}),
        HTTPResponse(200, b'{"keys": []}', {}),
        HTTPResponse(200, b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', {}),
        HTTPResponse(200, b"[" * 100_000, {}),
        HTTPResponse(200, b"\xff", {}),
    ],
    ids=["500", "redirect", "html", "list", "no_list", "empty", "symmetric", "deep", "no_utf_8"],
)
async def test_jw_08_responses_without_a_key_set_change_nothing(response: HTTPResponse) -> None:
    issuer, time, broken = Issuer(), Time(), [False]

    async def send(request: Any) -> HTTPResponse:
        return response if broken[0] else await issuer.send(request)

    verifier = issuer.verifier(time, send=send)
    await verify(verifier, issuer.token())
    broken[0] = True
    time.now += REFRESH
    assert await status(verifier, fresh(issuer, time)) == 200
    await asyncio.sleep(0.01)
    time.now += REFRESH
    assert await status(verifier, fresh(issuer, time)) == 200


async def test_jw_03_unsupported_keys_do_not_affect_the_others() -> None:
    issuer = Issuer()
    good = issuer.keys[0].public_jwk
    odd: list[Any] = [
        3,
        {},
        {"kty": "new"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "off the curve"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"},
        {**good, "kid": 3},
        {**good, "use": "enc"},
        {"kty": "oct", "k": "AAAA", "kid": "symmetric", "alg": "HS256"},
        dict(SigningKey.generate().jwk),  # a private one, which somebody has published
    ]

    async def send(_request: Any) -> HTTPResponse:
        return HTTPResponse(200, json.dumps({"keys": [*odd, good]}).encode(), {})

    verifier = issuer.verifier(Time(), send=send)
    assert await status(verifier, issuer.token()) == 200
    leaked = SigningKey("x", "ES256", odd[-1], 0.0)
    assert await status(verifier, issuer.token(header={"kid": odd[-1]["kid"]}, key=leaked)) == 401


@pytest.mark.parametrize("kid", ["../../dev/null' OR 1=1--", "", "x" * 3000, "é\u0000"])
async def test_jw_09_a_key_id_is_only_looked_up(kid: str) -> None:
    issuer = Issuer()
    assert await status(issuer.verifier(Time()), issuer.token(header={"kid": kid})) == 401


async def test_a_token_without_key_id_is_verified_with_the_only_key() -> None:
    issuer, time = Issuer(), Time()
    token = issuer.token(header={"kid": None})
    assert await status(issuer.verifier(time), token) == 200
    issuer.keys.append(SigningKey.generate())
    assert await status(issuer.verifier(time), token) == 401


async def test_tokens_of_a_removed_key_are_rejected() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    token = issuer.token({"exp": int(time.now) + 3600})
    await verify(verifier, token)
    issuer.keys = [SigningKey.generate()]
    for _ in range(int(REFRESH + RECHECK) + 1):
        time.now += 1.0
        outcome = await status(verifier, token)
    assert outcome == 401


async def test_tokens_of_a_removed_key_are_rejected_as_soon_as_keys_are_fetched() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    withdrawn, until = issuer.keys[0], int(time.now) + 3600
    await verify(verifier, issuer.token({"exp": until}))
    issuer.keys = [SigningKey.generate()]
    time.now += REFRESH - 1
    old = issuer.token({"exp": until}, key=withdrawn)
    assert await status(verifier, old) == 200
    time.now += 1
    assert await status(verifier, issuer.token({"exp": until})) == 200  # its key was unknown
    assert await status(verifier, old) == 401


async def test_a_cached_token_costs_no_verification_until_it_expires() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    token = issuer.token({"exp": int(time.now) + 30})
    scope = request_scope(f"Bearer {token}")
    assert verifier.recall(scope, read_headers(scope)) is None
    caller = await verify(verifier, token)
    assert verifier.recall(scope, read_headers(scope)) is caller
    time.now += 41  # the leeway is ten seconds
    assert verifier.recall(scope, read_headers(scope)) is None
    assert await status(verifier, token) == 401


async def test_the_cache_of_tokens_is_bounded_and_has_no_rejected_ones() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time, size=10)
    for number in range(30):
        assert await status(verifier, issuer.token({"jti": str(number)})) == 200
        assert await status(verifier, issuer.token({"aud": str(number)})) == 401
    assert len(verifier._verified) == 10


async def test_variants_of_one_callers_token_displace_no_other() -> None:
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time, size=2)
    own, other = issuer.token({"jti": "own"}), issuer.token({"jti": "other"})
    for token in (other, own):
        assert await status(verifier, token) == 200
    head, claims, signature = own.split(".")
    for n in range(1, 20):
        scheme, spaces = ("Bearer", "bearer", "BEARER")[n % 3], " " * n
        assert await answer(verifier, f"{scheme}{spaces}{own}{spaces}") == 200
        junk = json.dumps({**good_claims(), "jti": str(n)}).encode()
        forged = urlsafe_b64encode(junk).decode().rstrip("=")
        for form in (f"{head}.{forged}.{signature}", f"{own}{'=' * n}", f"{head}.{claims}.{n}"):
            assert await status(verifier, form) == 401
    scope = request_scope(f"Bearer {other}")
    assert verifier.recall(scope, read_headers(scope))


ASKED = Introspection("https://issuer.example/introspect", "api", "secret")


def opaque(issuer: Issuer, time: Time, **more: Any) -> Verifier:
    return issuer.verifier(time, HYDRA, introspection=ASKED, **more)


async def test_in_02_an_opaque_token_is_accepted_if_its_issuer_says_active() -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": True, **good_claims(), "token_use": "access_token"}
    caller = await verify(opaque(issuer, time), "ory_at_abc.def")
    assert (caller.client_id, set(caller.scopes)) == ("web", {"todos:read", "todos:write"})


@pytest.mark.parametrize(
    "said",
    [
        {"active": False},
        {"active": "true", **good_claims()},
        good_claims(),
        {"active": True, **good_claims(), "aud": "https://api.example/rest"},
        {"active": True, **good_claims(), "iss": "https://other.example"},
        {"active": True, **good_claims(), "token_use": "refresh_token"},
        {"active": True, **good_claims(), "exp": 1},
        {"active": True, "client_id": "web"},
    ],
)
async def test_in_02_every_other_response_rejects_the_token(said: dict[str, Any]) -> None:
    issuer = Issuer()
    issuer.said = said
    assert await status(opaque(issuer, Time()), "opaque") == 401


@pytest.mark.parametrize(
    "odd",
    [
        f'"exp":{"1" * 400}',
        f'"iat":-{"1" * 400}',
        '"exp":1e400',
        '"client_id":"\\ud800"',
        '"token_use":[]',
        '"token_use":{"a":1}',
        '"active":1',
        '"x":NaN',
        f'"x":{"[" * 5000}{"]" * 5000}',
    ],
)
async def test_ta_03_odd_responses_reject_the_token(odd: str) -> None:
    issuer = Issuer()
    name = odd.partition(":")[0].strip('"')
    good = {each: value for each, value in good_claims().items() if each != name}

    async def send(_request: Any) -> HTTPResponse:
        said = json.dumps({"active": True, **good})
        return HTTPResponse(200, f"{said[:-1]},{odd}}}".encode(), {})

    verifier = opaque(issuer, Time(), send=send)
    assert await status(verifier, "opaque") in {401, 503}


async def test_in_04_responses_are_cached_for_a_while() -> None:
    issuer, time = Issuer(), Time()
    verifier = opaque(issuer, time)
    for _ in range(5):
        assert await status(verifier, "bad") == 401
    issuer.said = {"active": True, **good_claims()}
    for _ in range(5):
        assert await status(verifier, "good") == 200
    assert len(issuer.requests) == 2


async def test_rv_04_a_revoked_token_is_rejected_within_the_bound() -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": True, **good_claims()}
    for verifier, token in (
        (opaque(issuer, time), "opaque"),
        (issuer.verifier(time, introspection=ASKED), issuer.token()),
    ):
        issuer.said = {"active": True, **good_claims()}
        assert await status(verifier, token) == 200
        issuer.said = {"active": False}
        time.now += RECHECK
        assert await status(verifier, token) == 401


async def test_an_introspected_token_is_accepted_in_a_short_outage_but_not_in_a_long_one() -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": True, **good_claims()}
    verifier = opaque(issuer, time)
    assert await status(verifier, "known") == 200
    issuer.is_down = True
    time.now += RECHECK
    assert await status(verifier, "known") == 200
    assert await status(verifier, "new") == 503
    time.now += 300
    assert await status(verifier, "known") == 503


async def answer(verifier: Verifier, header: str) -> int:
    try:
        await verifier.authenticate(request_scope(header))
    except AccessDeniedError as denied:
        return denied.status
    return 200


@pytest.mark.parametrize(("active", "expected"), [(False, 401), (True, 200)])
async def test_ta_02_a_token_is_one_token_however_it_is_sent(
    *, active: bool, expected: int
) -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": active, **good_claims()}
    verifier = opaque(issuer, time)
    headers = [f"{scheme}{' ' * n}one" for scheme in ("Bearer", "bearer", "BEARER") for n in (1, 9)]
    assert {await answer(verifier, header) for header in headers} == {expected}
    assert {await answer(verifier, "DPoP one") for _ in range(3)} == {401}
    assert len(issuer.requests) == 1
    assert len(verifier._verified) + len(verifier._inactive) == 1


@pytest.mark.parametrize(("active", "expected"), [(False, 401), (True, 200)])
async def test_ta_02_a_hundred_requests_at_once_are_one_call(
    *, active: bool, expected: int
) -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": active, **good_claims()}
    verifier = opaque(issuer, time)
    for _again in range(2):
        sent = [answer(verifier, f"Bearer{' ' * (1 + n % 5)}one") for n in range(100)]
        assert await asyncio.gather(*sent) == [expected] * 100
        time.now += RECHECK
    assert len(issuer.requests) == 2


async def test_ta_02_one_that_is_cancelled_does_not_cost_the_others_their_call() -> None:
    issuer, time, go = Issuer(), Time(), asyncio.Event()
    issuer.said = {"active": True, **good_claims()}

    async def send(request: Any) -> HTTPResponse:
        await go.wait()
        return await issuer.send(request)

    verifier = opaque(issuer, time, send=send)
    tasks = [asyncio.create_task(answer(verifier, "Bearer one")) for _ in range(10)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*tasks[1:]) == [200] * 9
    assert len(issuer.requests) == 1


async def test_ta_02_tokens_that_are_made_up_cost_a_number_of_calls_per_second() -> None:
    issuer, time = Issuer(), Time()
    issuer.said = {"active": True, **good_claims()}
    verifier = opaque(issuer, time)
    assert await status(verifier, "good") == 200
    issuer.said, issuer.requests = {"active": False}, []
    time.now += 1
    statuses = await asyncio.gather(*(status(verifier, f"junk{n}") for n in range(300)))
    assert (statuses.count(401), statuses.count(503)) == (50, 250)
    assert len(issuer.requests) == 50
    for n in range(100):
        time.now += 0.1
        await status(verifier, f"more{n}")
        await status(verifier, f"even-more{n}")
    assert len(issuer.requests) == 50 + 200  # 20 in a second
    for n in range(60):
        await status(verifier, f"most{n}")
    with pytest.raises(AccessDeniedError) as caught:
        await verifier.authenticate(request_scope("Bearer another"))
    assert dict(verifier.challenge.headers(caught.value)) == {b"retry-after": b"1"}
    time.now += RECHECK
    for n in range(60):
        await status(verifier, f"last{n}")
    assert await status(verifier, "good") == 401  # it was valid, so it is asked about


async def test_ta_02_the_budget_is_the_programs_choice() -> None:
    issuer, time = Issuer(), Time()
    few = Introspection(ASKED.url, "api", "secret", calls_per_second=0.5)
    verifier = issuer.verifier(time, HYDRA, introspection=few)
    assert [await status(verifier, f"junk{n}") for n in range(3)] == [401, 503, 503]
    time.now += 2
    assert [await status(verifier, f"junk{n}") for n in range(3)] == [401, 401, 503]
    with pytest.raises(ValueError, match="calls_per_second"):
        Introspection(ASKED.url, "api", "secret", calls_per_second=0)


@pytest.mark.parametrize(
    "token", ["", "=", "a b", "a,b", "a=b", "é", "a\x00", '"a"', "a" * 16_385, "a" + "=" * 16_385]
)
async def test_ta_02_what_is_no_token_costs_no_call(token: str) -> None:
    issuer, time = Issuer(), Time()
    assert await answer(opaque(issuer, time), f"Bearer {token}") == 401
    assert issuer.requests == []


async def test_ta_09_a_jwt_has_no_other_forms() -> None:
    """Each would be another entry in the memory of the verifier."""
    issuer, time = Issuer(), Time()
    verifier = issuer.verifier(time)
    token = issuer.token()
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forms = [token[:-1] + letter for letter in last] + [f"{token}{'=' * n}" for n in range(4)]
    assert [await status(verifier, form) for form in forms].count(200) == 2  # with and without "="
    assert len(verifier._verified) == 1


def test_a_verifier_remembers_one_token_at_least() -> None:
    with pytest.raises(ValueError, match="size"):
        Issuer().verifier(Time(), size=0)


def test_ta_13_a_fetch_whose_event_loop_was_left_does_not_hold_up_verifiers_forever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loop that is closed, and not by `asyncio.run`, does not end its tasks."""
    issuer, time, hanging = Issuer(), Time(), [True]

    async def send(request: Any) -> HTTPResponse:
        if hanging[0]:
            await asyncio.Event().wait()
        return await issuer.send(request)

    for module in (drivers, single_flight):
        monkeypatch.setattr(module, "CUT_SHORT", 0.05)
    verifier = issuer.verifier(time, send=send)
    left = asyncio.new_event_loop()
    waiting = left.create_task(status(verifier, issuer.token()))
    left.run_until_complete(asyncio.sleep(0.01))
    left.close()
    hanging[0] = False
    outcomes = []
    for _ in range(2):
        time.now += COOLDOWN
        outcomes.append(asyncio.run(status(verifier, issuer.token())))
    assert outcomes[-1] == 200
    assert not waiting.done()
