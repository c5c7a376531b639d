"""Doing what compiled code left for later: awaiting fields, calling batch resolvers.

Work that stands side by side runs at the same time, yet a task is made only for what really waits.
A *lane* is a task that takes one piece of work after the other. A piece that ends at its first step
costs no task. One that suspends keeps the lane in which its first step ran (``asyncio.timeout`` and
everything else that uses the current task depends on that), and a new lane takes the rest. Each
resolver has its own context variables, as if it had a task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator
from contextvars import Context, copy_context
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from trunkline.runtime.execution import Execution, Result
from trunkline.runtime.positions import FieldFailure
from trunkline.runtime.resume import resume
from trunkline.runtime.work import Agenda, Batch, Deferral, Later, Work

__all__ = ["Pending", "settle_sync"]

_OVER = object()


class Pending:
    """Awaits the result of an execution that has begun; ``steps`` are a mutation's fields."""

    __slots__ = ("_agenda", "_execution", "_steps")

    def __init__(
        self,
        execution: Execution,
        agenda: Agenda,
        steps: Generator[None, None, None] | None = None,
    ) -> None:
        self._execution = execution
        self._agenda = agenda
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Result]:
        return self._settle().__await__()

    async def _settle(self) -> Result:
        """Do what is left; run the fields of a mutation each to its end (GraphQL §6.3.2)."""
        execution, agenda, steps = self._execution, self._agenda, self._steps
        try:
            await _settle(execution, agenda)
            while steps is not None and not execution.is_abandoned:
                if next(steps, _OVER) is _OVER:
                    break
                await _settle(execution, agenda)
        except FieldFailure as failure:
            agenda.drop()
            execution.abandon(failure)
        finally:  # something is left if this is cancelled
            self.drop()
        return execution.result()

    def drop(self) -> None:
        """Give up what has not begun."""
        self._agenda.drop()
        if self._steps is not None:
            self._steps.close()


async def _settle(execution: Execution, agenda: Agenda) -> None:
    """Do what is left of an execution, and everything that it leads to.

    Cancelling this cancels every resolver that still runs.
    """
    work = agenda.take()
    while len(work) == 1:  # most operations await one thing at a time, without lanes
        suspended = _begin(execution, work[0])
        if suspended is not None:
            await _end(execution, work[0], *suspended)
        agenda.finish(work[0])
        work = agenda.take()
    if not work:
        return
    lanes = _Lanes(execution, agenda, work)
    try:
        async with asyncio.TaskGroup() as lanes.group:
            await lanes.run()
    except BaseExceptionGroup as failed:  # not an `Exception`: those became errors of fields
        raise failed.exceptions[0] from None
    finally:
        lanes.drop()


def settle_sync(execution: Execution, agenda: Agenda) -> None:
    """Do what is left of an execution none of whose resolvers is awaited."""
    while work := agenda.take():
        for batch in work:
            assert isinstance(batch, Batch)  # noqa: S101  # deferrals need `async`
            try:
                _complete_batch(execution, batch, _call_batch(execution, batch))
            except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
                _fail(execution, batch, error)
            agenda.finish(batch)


Suspended = tuple[Coroutine[Any, Any, Any], Any]
"""A coroutine that has begun, and the future that it waits for."""


class _Lanes:
    """The lanes of one execution, and the work that no lane has taken yet."""

    group: asyncio.TaskGroup

    def __init__(self, execution: Execution, agenda: Agenda, work: list[Work]) -> None:
        self._execution = execution
        self._agenda = agenda
        self._queue = deque(work)
        self._waiting: dict[Work, asyncio.Task[Any]] = {}

    async def run(self) -> None:
        """Take work until none is left."""
        execution, agenda, queue = self._execution, self._agenda, self._queue
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # this coroutine runs in one
        before = task.cancelling()
        while queue:
            work = queue.popleft()
            context = copy_context()
            suspended = context.run(_begin, execution, work)
            if suspended is not None:
                if queue:
                    self.group.create_task(self.run())
                await self._wait(work, *suspended, context)
            if task.cancelling() > before:  # although the awaited one has ended
                raise asyncio.CancelledError
            if agenda.has_batches:
                agenda.finish(work)
            if agenda.pending or agenda.has_batches:
                queue.extend(agenda.take())
            if execution.has_bubbled:
                execution.has_bubbled = False
                asyncio.get_running_loop().call_soon(self._cancel_dead)

    async def _wait(
        self, work: Work, running: Coroutine[Any, Any, Any], waits_for: Any, context: Context
    ) -> None:
        """Do the rest of a piece of work, unless an error elsewhere makes it useless."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # this coroutine runs in one
        self._waiting[work] = task
        try:
            await _end(self._execution, work, running, waits_for, context)
        except asyncio.CancelledError:
            if work in self._waiting or task.uncancel() > 0:
                raise
        else:
            if work not in self._waiting:  # it was cancelled, but has ended well
                task.uncancel()
        self._waiting.pop(work, None)

    def drop(self) -> None:
        """Give up the work that no lane has taken."""
        for work in self._queue:
            work.drop()

    def _cancel_dead(self) -> None:
        """Cancel what is awaited for positions that an error has taken out of the response."""
        for work, task in list(self._waiting.items()):
            if isinstance(work, Deferral) and self._execution.is_dead(work.mark, work.indices):
                del self._waiting[work]
                task.cancel()


def _begin(execution: Execution, work: Work) -> Suspended | None:
    """Do a piece of work, or as much of it as is possible without waiting."""
    if isinstance(work, Batch):
        try:
            awaitable = _call_batch(execution, work)
            if not isawaitable(awaitable):
                _complete_batch(execution, work, awaitable)
                return None
        except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
            _fail(execution, work, error)
            return None
    elif execution.nulled is not None and execution.is_dead(work.mark, work.indices):
        work.drop()
        return None
    else:
        awaitable = work.awaitable
    running: Any = awaitable if type(awaitable) is CoroutineType else _coroutine(awaitable)
    try:
        return running, running.send(None)
    except StopIteration as done:
        _put(execution, work, done.value)
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
        _fail(execution, work, error)
    except asyncio.CancelledError as error:
        _fail(execution, work, _cancelled_elsewhere(error))
    return None


async def _coroutine(awaitable: Any) -> Any:
    return await awaitable


async def _end(
    execution: Execution,
    work: Work,
    running: Coroutine[Any, Any, Any],
    waits_for: Any,
    context: Context | None = None,
) -> None:
    """Do the rest of a piece of work that has begun, in the context that it has begun in."""
    try:
        value = await resume(running, waits_for, context)
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
        _fail(execution, work, error)
    except asyncio.CancelledError as error:
        _fail(execution, work, _cancelled_elsewhere(error))
    else:
        _put(execution, work, value)


def _put(execution: Execution, work: Work, value: Any) -> None:
    """Complete a value that was awaited, and put it in its place."""
    try:
        if isinstance(work, Batch):
            _complete_batch(execution, work, value)
        elif execution.nulled is None or not execution.is_dead(work.mark, work.indices):
            result = work.complete(execution, value, *work.indices)
            if type(result) is not Later:
                work.entry[work.key] = result
            elif execution.agenda is not None:
                execution.agenda.place(result, work.entry, work.key, work.mark, *work.indices)
    except Exception as error:  # noqa: BLE001  # an error of completing is the field's
        _fail(execution, work, error)


def _fail(execution: Execution, work: Work, error: Exception) -> None:
    """Put the nulls of an error where they belong."""
    if isinstance(work, Deferral):
        located = isinstance(error, FieldFailure)
        execution.reject(error if located else FieldFailure(error, work.mark, work.indices))
        return
    for item in work.items():
        execution.nullify(FieldFailure(error, work.mark, item[2:]))


def _cancelled_elsewhere(cancelled: asyncio.CancelledError) -> Exception:
    """Return the error of a field whose awaitable was cancelled by other code.

    If it is this task that is cancelled, the cancellation goes on.
    """
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise cancelled
    error = RuntimeError("What a resolver waited for was cancelled.")
    error.__cause__ = cancelled
    return error


def _call_batch(execution: Execution, batch: Batch) -> Any:
    """Call a batch resolver with its parents, without those below a null of an error."""
    if execution.failures:
        is_dead, mark = execution.is_dead, batch.mark
        alive = [item for item in batch.items() if not is_dead(mark, item[2:])]
        batch.flat = [each for item in alive for each in item]
    return batch.call(execution, batch.parents)


def _complete_batch(execution: Execution, batch: Batch, values: Any) -> None:
    values = list(values)
    given = len(batch.parents)
    if len(values) != given:
        raise TypeError(
            f"The batch resolver of {batch.mark.coordinate} was given {given} parents"
            f" and returned {len(values)} values. It must return one for each, in their order."
        )
    batch.complete(execution, batch.items(), values)
