"""Directives around a batch resolver: a call for each parent, and one call for all that proceed."""

from __future__ import annotations

from asyncio import CancelledError, Future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

__all__ = ["FieldCall", "Level"]


class FieldCall(Struct, eq=False):
    """A field that is about to be resolved: what there is for its resolver and its directives.

    ``parents`` is empty where there is no parent object, or has it; ``variables`` are those of the
    operation. Of a batch, ``level`` has all that are resolved together, and ``is_decided`` says
    that this one is known to proceed, or not to.
    """

    parents: Sequence[Any]
    arguments: dict[str, Any]
    context: Any = None
    selection: Any = None
    variables: Sequence[Any] = ()
    caller: Any = None
    level: Level | None = None
    is_decided: bool = False

    @property
    def parent(self) -> Any:
        """The parent object; ``None`` at the root."""
        return self.parents[0] if self.parents else None

    def of(self, parent: Any, level: Level) -> FieldCall:
        """Return the call for one of a level's parents."""
        return replace(self, parents=(parent,), level=level)


class Level:
    """The parents of a batch resolver, each with directives around it.

    The resolver is called once all of them have come to it or ended without: so one call serves
    those that proceed. ``resolve`` takes a list of parents.
    """

    def __init__(self, resolve: Callable[[list[Any]], Any]) -> None:
        self._resolve = resolve
        self._undecided = 0
        self._waiting: list[tuple[Any, Future[Any]]] = []

    async def run(
        self, around: Callable[[FieldCall], Awaitable[Any]], calls: list[FieldCall]
    ) -> list[Any]:
        """Return a value, or an exception, for each parent."""
        self._undecided = len(calls)
        waits = (self._one(around, call) for call in calls)
        return await gather(*waits, return_exceptions=True)

    async def value(self, call: FieldCall) -> Any:
        """Return a parent's value, when the resolver has been called for all."""
        future: Future[Any] = get_running_loop().create_future()
        self._waiting.append((call.parent, future))
        await self._decide(call)
        return await future

    async def _one(self, around: Callable[[FieldCall], Awaitable[Any]], call: FieldCall) -> Any:
        try:
            return await around(call)
        finally:
            await self._decide(call)

    async def _decide(self, call: FieldCall) -> None:
        """Note that a parent has proceeded, or will not; resolve those that have, after the last.

        One that proceeds a second time when all is over is resolved by itself.
        """
        if not call.is_decided:
            call.is_decided = True
            self._undecided -= 1
        # where all this was cancelled, nobody waits any more
        waiting = [each for each in self._waiting if not each[1].done()]
        if self._undecided == 0 and waiting:
            self._waiting = []
            await self._answer(waiting)

    async def _answer(self, waiting: list[tuple[Any, Future[Any]]]) -> None:
        futures = [future for _, future in waiting]
        values: list[Any]
        try:
            values = await self._values([parent for parent, _ in waiting])
        except CancelledError:
            for future in futures:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # it is the fields'
            values = [error] * len(futures)
        for future, value in zip(futures, values, strict=True):
            if future.done():
                continue
            if isinstance(value, Exception):
                future.set_exception(value)
                future.exception()  # a directive need not look at it
            else:
                future.set_result(value)

    async def _values(self, parents: list[Any]) -> list[Any]:
        values = self._resolve(parents)
        values = list(await values if hasattr(values, "__await__") else values)
        if len(values) != len(parents):
            raise TypeError(
                f"The batch resolver was given {len(parents)} parents and returned {len(values)}"
                " values. It must return one for each, in their order."
            )
        return values
