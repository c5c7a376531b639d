"""AS-21 and AS-07: guessing is slowed down, and nobody is locked out or told apart by it."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median
from typing import Any

import pytest
from argon2 import PasswordHasher
from joserfc.jwk import ECKey
from tests.issuer.asking import API, Desk, assertion, basic, unlimited

from trunkline.auth import Proxies
from trunkline.errors import StoreError
from trunkline.issuer import Store
from trunkline.issuer.authentication import ASSERTION_TYPE
from trunkline.issuer.limits import FailureLimits, WrongCredentialsError
from trunkline.issuer.secrets import make_secret

ASK = {"grant_type": "client_credentials", "resource": API}
HERE, THERE = ("192.0.2.1", 1), ("198.51.100.7", 1)


def status(desk: Desk, client_id: str, secret: str, client: tuple[str, int] = HERE) -> int:
    return desk.ask(ASK, basic(client_id, secret), client=client).status


def fail(
    limits: FailureLimits, client_id: str, address: str, now: float, *, guessable: bool
) -> None:
    """Fail once at a limit, without an event loop: nothing has to wait."""

    async def attempt() -> None:
        async with limits.attempt(client_id, address, now, guessable=guessable):
            raise WrongCredentialsError

    with pytest.raises(WrongCredentialsError):
        attempt().send(None)


def test_as_21_after_some_failures_a_client_waits_at_its_address(desk: Desk) -> None:
    secret = desk.add()
    assert [status(desk, "web", make_secret()) for _ in range(11)] == [401] * 10 + [429]
    answer = desk.ask(ASK, basic("web", secret))
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["cache-control"] == "no-store"
    desk.now += 60
    assert status(desk, "web", secret) == 200


def test_as_21_nobody_is_locked_out_from_another_address(desk: Desk) -> None:
    secret = desk.add()
    for _ in range(30):
        status(desk, "web", make_secret())
    assert status(desk, "web", secret, THERE) == 200


def test_as_21_an_address_that_tries_many_clients_waits(desk: Desk) -> None:
    good = desk.add("good")
    new = desk.add("new")
    assert status(desk, "good", good) == 200
    statuses = [status(desk, f"client{n}", make_secret()) for n in range(110)]
    assert statuses == [401] * 100 + [429] * 10
    assert status(desk, "good", good) == 200  # known here, and not to blame
    assert status(desk, "new", new) == 429
    assert status(desk, "new", new, THERE) == 200


def test_as_21_many_addresses_do_not_guess_what_people_chose(desk: Desk) -> None:
    chosen, made = "correct horse battery staple", desk.add("made")
    desk.add("chosen", chosen=chosen)
    assert status(desk, "chosen", chosen, THERE) == 200
    limits = desk.issuer._authenticator._limits
    for n in range(100):
        for client_id in ("chosen", "made"):
            fail(limits, client_id, f"203.0.113.{n}", desk.now, guessable=client_id == "chosen")
    assert status(desk, "chosen", "incorrect horse battery", HERE) == 429
    assert status(desk, "chosen", chosen, THERE) == 200  # known there
    assert status(desk, "made", made, HERE) == 200  # 256 bits are not guessed


def test_a_success_forgets_the_failures(desk: Desk) -> None:
    secret = desk.add()
    for _ in range(9):
        status(desk, "web", make_secret())
    assert status(desk, "web", secret) == 200
    assert [status(desk, "web", make_secret()) for _ in range(10)] == [401] * 10


def test_what_is_counted_is_bounded() -> None:
    limits = FailureLimits()
    for n in range(10_000):  # three counts for each
        fail(limits, f"client{n}", f"10.0.{n // 256}.{n % 256}", 0.0, guessable=True)
    assert len(limits._counts) <= 20_000


def at_once(desk: Desk, pairs: list[tuple[str, str]], addresses: list[str]) -> list[int]:
    """Ask with ids and secrets, all at the same time and in turn from some addresses."""

    async def ask() -> list[int]:
        asked = [
            desk.ask_async(ASK, basic(*pair), client=(addresses[n % len(addresses)], n))
            for n, pair in enumerate(pairs)
        ]
        return [answer.status for answer in await asyncio.gather(*asked)]

    return asyncio.run(ask())


@pytest.mark.parametrize("chosen", ["", "correct horse battery staple"])
def test_as_21_guesses_at_once_are_as_few_as_guesses_in_turn(desk: Desk, chosen: str) -> None:
    secret = desk.add("web", chosen)
    guesses = [("web", f"{secret[:-3]}{n:03}") for n in range(300)]
    guesses[150] = ("web", secret)
    statuses = at_once(desk, guesses, ["192.0.2.1"])
    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) == 10
    desk.now += 60
    assert status(desk, "web", secret) == 200


def test_as_21_many_clients_at_once_from_one_address(desk: Desk) -> None:
    statuses = at_once(desk, [(f"client{n}", make_secret()) for n in range(300)], ["192.0.2.1"])
    assert (statuses.count(401), statuses.count(429)) == (100, 200)


def test_as_21_many_addresses_at_once_do_not_guess_what_people_chose() -> None:
    desk = Desk(limits=FailureLimits(per_client=20))
    chosen = desk.add("web", "correct horse battery staple")
    guesses = [("web", f"incorrect horse {n}") for n in range(40)]
    guesses[30] = ("web", chosen)
    statuses = at_once(desk, guesses, [f"203.0.113.{n}" for n in range(40)])
    assert (statuses.count(401), statuses.count(429)) == (20, 20)


def test_as_21_a_client_that_is_right_may_ask_a_thousand_times_at_once(desk: Desk) -> None:
    secret = desk.add()
    assert at_once(desk, [("web", secret)] * 1000, ["192.0.2.1"]) == [200] * 1000


@pytest.mark.parametrize("seed", range(10))
def test_as_21_nobody_waits_for_a_place_that_does_not_come(seed: int) -> None:
    """Attempts of a few clients succeed, fail, raise and are cancelled, as chance will have it."""
    chance = random.Random(seed)  # noqa: S311  # not a secret
    limits = FailureLimits(5, 20, 20)

    async def attempt() -> None:
        await asyncio.sleep(chance.random() * 0.01)
        client_id, address = f"client{chance.randrange(4)}", f"10.0.0.{chance.randrange(3)}"
        async with limits.attempt(client_id, address, 0.0, guessable=chance.random() < 0.5):
            await asyncio.sleep(chance.random() * 0.003)
            outcome = chance.random()
            if outcome < 0.15:
                raise WrongCredentialsError if outcome < 0.1 else ValueError

    async def attempt_all() -> None:
        tasks = [asyncio.create_task(attempt()) for _ in range(300)]
        for task in chance.sample(tasks, 40):
            await asyncio.sleep(chance.random() * 0.0005)
            task.cancel()
        done, waiting = await asyncio.wait(tasks, timeout=60)
        assert (len(done), len(waiting)) == (300, 0)

    asyncio.run(attempt_all())
    assert all(count._free == count._left or not count._left for count in kept(limits))


def kept(limits: FailureLimits) -> list[Any]:
    return list(limits._counts._entries.values())


def test_an_issuer_may_be_asked_in_one_event_loop_after_another(desk: Desk) -> None:
    secret = desk.add()
    for _ in range(2):
        assert at_once(desk, [("web", secret)] * 100, ["192.0.2.1"]) == [200] * 100
        desk.now += 31  # the keys are read again, by one of those who come at once


def test_as_21_assertions_at_once(desk: Desk) -> None:
    key = ECKey.generate_key("P-256")
    jwks = [dict(ECKey.generate_key("P-256").as_dict(private=False))]
    desk.add("signer", method="private_key_jwt", jwks=jwks)

    async def ask() -> list[int]:
        form = {**ASK, "client_assertion_type": ASSERTION_TYPE}
        asked = [
            desk.ask_async({**form, "client_assertion": assertion(key, desk.now)}, path=path)
            for path in ("/token", "/introspect", "/revoke")
            for _ in range(30)
        ]
        return [answer.status for answer in await asyncio.gather(*asked)]

    statuses = asyncio.run(ask())
    assert (statuses.count(401), statuses.count(429)) == (10, 80)


def test_as_21_a_store_that_fails_is_nobodys_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = desk.add()

    def fails(_store: object, client_id: str) -> None:
        raise StoreError(client_id)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "client", fails)
        assert at_once(desk, [("web", secret)] * 30, ["192.0.2.1"]) == [503] * 30
    assert status(desk, "web", secret) == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("192.0.2.1:1111", "192.0.2.1:2222"),
        ("[2001:db8::1]:1111", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("no address", "neither"),
    ],
)
def test_as_21_an_address_is_what_one_computer_cannot_change(first: str, second: str) -> None:
    desk = Desk(proxies=Proxies(["10.0.0.1"]))
    secret = desk.add()
    for _ in range(11):
        assert forwarded(desk, make_secret(), first) in {401, 429}
    assert forwarded(desk, secret, second) == 429
    assert forwarded(desk, secret, "2001:db8:0:1::1") == 200


def forwarded(desk: Desk, secret: str, address: str) -> int:
    headers = (("x-forwarded-for", address), ("x-forwarded-proto", "https"))
    return desk.ask(ASK, basic("web", secret), *headers, client=("10.0.0.1", 1)).status


def test_ta_01_strangers_leave_nothing_in_memory(desk: Desk) -> None:
    """Ids that no client can have are refused before anything remembers them."""
    desk.add()
    secret = make_secret()
    long = "x" * 20_000
    limits = desk.issuer._authenticator._limits
    directory = desk.issuer._authenticator._directory
    status(desk, "web", secret)
    for n in range(20):
        client = (f"203.0.113.{n}", 1)
        assert desk.ask(ASK, basic(f"{n}{long}", secret), client=client).status == 401
        form = {**ASK, "client_id": f"{n}{long}", "client_secret": secret}
        assert desk.ask(form, client=client).status == 401
    assert len(directory._clients) == 2  # "web", and one for all that cannot be
    assert max(len(part) for key in limits._counts._entries for part in key) < 20


def test_ta_01_what_is_remembered_of_strangers_ends(desk: Desk) -> None:
    for n in range(60):
        status(desk, f"client{n}", make_secret(), (f"203.0.113.{n % 40}", 1))
    limits = desk.issuer._authenticator._limits
    directory = desk.issuer._authenticator._directory
    assert len(limits._counts) == 60 + 40
    assert len(directory._clients) == 60
    desk.now += 61
    status(desk, "one", make_secret())
    assert len(limits._counts) == 2
    assert len(directory._clients) == 1


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
def test_ta_01_a_body_has_64_kib_at_most(desk: Desk, path: str) -> None:
    body = "client_id=" + "x" * 65_536
    answer = desk.ask(body, path=path)
    assert (answer.status, answer.error) == (413, "invalid_request")
    answer = desk.ask(body, ("transfer-encoding", "chunked"), ("content-length", "?"), path=path)
    assert (answer.status, answer.error) == (413, "invalid_request")


def test_as_07_unknown_clients_take_as_long_as_known_ones() -> None:
    """Interleaved, 2,000 times each; the medians differ by less than they scatter."""
    desk = unlimited()
    desk.add()
    wrong = [basic("web", make_secret()), basic("nob", make_secret())]
    times: list[list[float]] = [[], []]

    async def measure() -> None:
        for n in range(4000):
            begun = time.perf_counter()
            assert (await desk.ask_async(ASK, wrong[n % 2])).status == 401
            times[n % 2].append(time.perf_counter() - begun)

    asyncio.run(measure())
    known, unknown = map(median, times)
    scatter = sorted(times[0])[len(times[0]) * 3 // 4] - sorted(times[0])[len(times[0]) // 4]
    assert abs(known - unknown) < max(scatter, 0.2 * known)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what is hashed slowly, to be compared with what the store has."""
    hashed: list[str] = []
    verify = PasswordHasher.verify

    def collect(hasher: PasswordHasher, stored: str, given: str) -> bool:
        hashed.append(given)
        return verify(hasher, stored, given)

    monkeypatch.setattr(PasswordHasher, "verify", collect)
    return hashed


def test_as_07_a_chosen_secrets_slow_hash_is_paid_for_unknown_clients_too(
    desk: Desk, hashed: list[str]
) -> None:
    desk.add("chosen", chosen="correct horse battery staple")
    desk.add("made")
    for client_id in ("chosen", "made", "nobody"):
        assert status(desk, client_id, f"incorrect for {client_id}") == 401
        assert hashed == [f"incorrect for {client_id}"] * 2
        hashed.clear()


def test_as_07_it_is_paid_before_it_is_known_what_secrets_there_are(
    desk: Desk, hashed: list[str]
) -> None:
    desk.add("chosen", chosen="correct horse battery staple")
    guesses = [(f"client{n}", "incorrect horse battery") for n in range(3)]
    assert at_once(desk, guesses, ["192.0.2.1"]) == [401] * 3
    assert len(hashed) == 2 * 3


def test_without_chosen_secrets_nobody_makes_the_issuer_hash_slowly(
    desk: Desk, hashed: list[str]
) -> None:
    desk.add()
    assert status(desk, "web", "not one of ours") == 401
    assert hashed == []
    desk.add("chosen", chosen="correct horse battery staple")
    desk.now += 60  # it is seen a minute later
    assert status(desk, "web", "not one of ours") == 401
    assert hashed == ["not one of ours"] * 2
