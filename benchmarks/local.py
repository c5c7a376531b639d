"""Contestants in this process: functions, coroutine functions, and functions in a fresh fork."""

from __future__ import annotations

import asyncio
import gc
import os
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from benchmarks.race import Spent

__all__ = ["Async", "Forked", "Sync"]


class _Clock:
    """Started when it is made, with the litter of whoever had the turn before collected."""

    def __init__(self) -> None:
        gc.collect()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def spent(self) -> Spent:
        cpu = time.process_time() - self._cpu
        return Spent(cpu, time.perf_counter() - self._wall)


@dataclass(frozen=True, slots=True)
class Sync:
    """A function."""

    function: Callable[[], bytes | None]

    def answer(self) -> bytes | None:  # noqa: D102  # as `Contestant` says
        return self.function()

    def spend(self, times: int) -> Spent:  # noqa: D102  # as `Contestant` says
        function = self.function
        clock = _Clock()
        for _ in range(times):
            function()
        return clock.spent()


@dataclass(frozen=True, slots=True)
class Async:
    """A coroutine function, awaited again and again in one event loop."""

    function: Callable[[], Awaitable[bytes | None]]

    def answer(self) -> bytes | None:  # noqa: D102  # as `Contestant` says
        async def once() -> bytes | None:
            return await self.function()

        return asyncio.run(once())

    def spend(self, times: int) -> Spent:  # noqa: D102  # as `Contestant` says
        return asyncio.run(self._spend(times))

    async def _spend(self, times: int) -> Spent:
        function = self.function
        clock = _Clock()
        for _ in range(times):
            await function()
        return clock.spent()


@dataclass(frozen=True, slots=True)
class Forked:
    """A function that is called once in each of so many forks of this process.

    For what happens once in a process's life: nothing is warm, and nothing is left behind.
    """

    function: Callable[[], object]

    def answer(self) -> bytes | None:  # noqa: D102  # as `Contestant` says
        return None

    def spend(self, times: int) -> Spent:  # noqa: D102  # as `Contestant` says
        spent = [self._spend_one() for _ in range(times)]
        return Spent(sum(each.cpu for each in spent), sum(each.wall for each in spent))

    def _spend_one(self) -> Spent:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._report(writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            report = pipe.read()
        os.waitpid(child, 0)
        if not report:
            raise AssertionError("the fork failed; what it wrote stands above")
        return msgspec.json.decode(report, type=Spent)

    def _report(self, writing: int) -> None:
        try:
            clock = _Clock()
            self.function()
            os.write(writing, msgspec.json.encode(clock.spent()))
        except BaseException:  # noqa: BLE001  # the fork ends here, whatever it is
            traceback.print_exc()
        finally:
            os._exit(0)
