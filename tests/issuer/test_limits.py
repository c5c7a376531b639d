"""AS-21 and AS-07: guessing is slowed down, and nobody is locked out or told apart by it."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from tests.issuer.asking import API, Desk, basic

from trunkline.issuer.limits import FailureLimits
from trunkline.issuer.secrets import make_secret

ASK = {"grant_type": "client_credentials", "resource": API}
HERE, THERE = ("192.0.2.1", 1), ("198.51.100.7", 1)


def status(desk: Desk, client_id: str, secret: str, client: tuple[str, int] = HERE) -> int:
    return desk.ask(ASK, basic(client_id, secret), client=client).status


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
            limits.failed(client_id, f"203.0.113.{n}", desk.now, guessable=client_id == "chosen")
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
    for n in range(50_000):
        limits.failed(f"client{n}", f"10.0.{n // 256}.{n % 256}", 0.0, guessable=True)
    assert len(limits._counts) <= 20_000


def test_as_07_unknown_clients_take_as_long_as_known_ones() -> None:
    """Interleaved, 2,000 times each; the medians differ by less than they scatter."""
    desk = Desk(limits=FailureLimits(10**6, 10**6, 10**6))
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


def test_as_07_a_chosen_secrets_slow_hash_is_paid_for_unknown_clients_too() -> None:
    desk = Desk(limits=FailureLimits(10**6, 10**6, 10**6))
    desk.add("chosen", chosen="correct horse battery staple")
    desk.add("made")
    wrong = "incorrect horse battery"
    times = {}
    for client_id in ("chosen", "made", "nobody"):
        status(desk, client_id, wrong)
        begun = time.process_time()
        for _ in range(3):
            status(desk, client_id, wrong)
        times[client_id] = time.process_time() - begun
    assert max(times.values()) < 3 * min(times.values())


def test_without_chosen_secrets_nobody_makes_the_issuer_hash_slowly() -> None:
    desk = Desk(limits=FailureLimits(10**6, 10**6, 10**6))
    desk.add()
    status(desk, "web", "not one of ours")
    begun = time.process_time()
    for _ in range(50):
        assert status(desk, "web", "not one of ours") == 401
    assert (time.process_time() - begun) / 50 < 0.01  # argon2 takes 0.02 and more
