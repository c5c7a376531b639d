"""One caller does the work of many: by key, in threads and in coroutines."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from trunkline.errors import DeadlineExceededError
from trunkline.flow.calls import Background, Flow, Pause
from trunkline.flow.drivers import run, run_async
from trunkline.flow.single_flight import SingleFlight


class Work:
    """Counts how often it is done, and fails if it should."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.done = 0

    def __call__(self) -> Flow[None]:
        yield Pause(0.05)
        self.done += 1
        if self.failure:
            raise self.failure


def send(_: Any) -> Any:
    raise AssertionError("nothing is sent")


def in_threads(flight: SingleFlight, work: Work, keys: list[str]) -> list[str]:
    together = Barrier(len(keys))

    def call(key: str) -> str:
        together.wait()
        try:
            run(flight.run(work, key), send)
        except ValueError as error:
            return str(error)
        return "ok"

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(call, keys))


def in_tasks(flight: SingleFlight, work: Work, keys: list[str]) -> list[str]:
    async def call(key: str) -> str:
        try:
            await run_async(flight.run(work, key), send)
        except ValueError as error:
            return str(error)
        return "ok"

    async def all_calls() -> list[str]:
        return list(await asyncio.gather(*map(call, keys)))

    return asyncio.run(all_calls())


@pytest.mark.parametrize("calls", [in_threads, in_tasks])
def test_callers_of_one_key_share_the_work(calls: Any) -> None:
    work = Work()
    assert calls(SingleFlight(), work, ["a"] * 4) == ["ok"] * 4
    assert work.done == 1


@pytest.mark.parametrize("calls", [in_threads, in_tasks])
def test_each_key_has_its_own_work(calls: Any) -> None:
    work = Work()
    assert calls(SingleFlight(), work, ["a", "b", "a", "b"]) == ["ok"] * 4
    assert work.done == 2


@pytest.mark.parametrize("calls", [in_threads, in_tasks])
def test_a_failure_is_raised_to_all_who_waited(calls: Any) -> None:
    work, flight = Work(ValueError("down")), SingleFlight()
    assert calls(flight, work, ["a"] * 4) == ["down"] * 4
    assert work.done == 1
    work.failure = None
    assert calls(flight, work, ["a"]) == ["ok"]
    assert not flight.is_running("a")


def test_a_caller_whose_deadline_is_over_does_not_fail_the_others() -> None:
    flight = SingleFlight()
    leader = flight.run(Work())
    assert isinstance(next(leader), Pause)
    waiter = flight.run(Work())
    future: Any = next(waiter)
    with pytest.raises(DeadlineExceededError):
        leader.throw(DeadlineExceededError("too late"))
    assert future.result(0) is None
    assert list(waiter) == []


def test_work_in_the_background_is_begun_once() -> None:
    flight, work = SingleFlight(), Work()
    (step,) = flight.start(work)
    assert isinstance(step, Background)
    assert flight.is_running()
    assert list(flight.start(work)) == []
    waiter = flight.wait()
    future: Any = next(waiter)
    assert not future.done()
    run(step.flow, send)
    assert future.done()
    assert list(flight.wait()) == []
    assert work.done == 1
