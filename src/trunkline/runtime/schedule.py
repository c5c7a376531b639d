"""Doing what compiled code left for later: awaiting fields, calling batch resolvers."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from inspect import isawaitable
from typing import Any

from trunkline.runtime.execution import Execution
from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.work import Agenda, Batch, Deferral, Work

__all__ = ["run_serially", "settle", "settle_sync"]


async def settle(execution: Execution, agenda: Agenda) -> None:
    """Do what is left of an execution, and all that it leads to.

    Cancelling this cancels every resolver that still runs.
    """
    await _do_all(execution, agenda, agenda.take())


def settle_sync(execution: Execution, agenda: Agenda) -> None:
    """Do what is left of an execution none of whose resolvers is awaited."""
    while work := agenda.take():
        for batch in work:
            assert isinstance(batch, Batch)  # noqa: S101  # nothing else waits without `async`
            parents = _parents(execution, batch)
            try:
                _complete(execution, batch, batch.call(execution, parents))
            except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
                _reject(execution, batch, error)
            agenda.finish(batch)


async def run_serially(
    execution: Execution, agenda: Agenda, steps: Generator[None, None, None]
) -> None:
    """Run the fields of a mutation one after the other, each to its end (GraphQL §6.3.2)."""
    try:
        for _ in steps:
            await settle(execution, agenda)
            if execution.data is None:  # a field that must not be null was: the rest is moot
                return
    except FieldFailure as failure:
        agenda.drop()
        execution.abandon(failure)
    finally:
        steps.close()


async def _do_all(execution: Execution, agenda: Agenda, work: Sequence[Work]) -> None:
    """Do pieces of work that stand side by side, at the same time.

    A single one is done where we are: most operations await one thing at a time, and a task would
    cost more than they do.
    """
    if len(work) == 1:
        await _do(execution, agenda, work[0])
    elif work:
        try:
            async with asyncio.TaskGroup() as group:
                for each in work:
                    group.create_task(_do(execution, agenda, each))
        except BaseExceptionGroup as failed:  # no `Exception`: those became errors of fields
            raise failed.exceptions[0] from None


async def _do(execution: Execution, agenda: Agenda, work: Work) -> None:
    """Do one piece of work, and go on with what can be done after it."""
    if isinstance(work, Batch):
        await _do_batch(execution, work)
    else:
        await _do_deferral(execution, work)
    agenda.finish(work)
    await _do_all(execution, agenda, agenda.take())


async def _do_deferral(execution: Execution, deferral: Deferral) -> None:
    """Await one field, complete its value and put it in its place."""
    if execution.is_dead(deferral.path):
        deferral.drop()
        return
    try:
        value = await deferral.awaitable
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
        execution.nullify(FieldFailure(error, deferral.mark, deferral.indices))
        return
    except asyncio.CancelledError as error:
        execution.nullify(FieldFailure(_not_ours(error), deferral.mark, deferral.indices))
        return
    if execution.is_dead(deferral.path):
        return
    try:
        deferral.entry[deferral.key] = deferral.complete(execution, value, *deferral.indices)
    except FieldFailure as failure:
        execution.reject(failure)


async def _do_batch(execution: Execution, batch: Batch) -> None:
    """Resolve a field for all its parents, complete the values and put them in their places."""
    parents = _parents(execution, batch)
    try:
        values = batch.call(execution, parents)
        if isawaitable(values):
            values = await values
        _complete(execution, batch, values)
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
        _reject(execution, batch, error)
    except asyncio.CancelledError as error:
        _reject(execution, batch, _not_ours(error))


def _not_ours(cancelled: asyncio.CancelledError) -> Exception:
    """Return the error of a resolver that waited for something which was cancelled elsewhere.

    If it is we who are cancelled, that goes on.
    """
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise cancelled
    error = RuntimeError("What a resolver waited for was cancelled.")
    error.__cause__ = cancelled
    return error


def _parents(execution: Execution, batch: Batch) -> list[Any]:
    """Return the parents, without those that an error has taken out of the answer."""
    batch.items = [
        item
        for item, path in zip(batch.items, batch.paths(), strict=True)
        if not execution.is_dead(path)
    ]
    return [item[0] for item in batch.items]


def _complete(execution: Execution, batch: Batch, values: Any) -> None:
    values = list(values)
    if len(values) != len(batch.items):
        raise TypeError(
            f"The batch resolver of {batch.mark.coordinate} was given {len(batch.items)} parents"
            f" and returned {len(values)} values. It must return one for each, in their order."
        )
    batch.complete(execution, batch.items, values)


def _reject(execution: Execution, batch: Batch, error: Exception) -> None:
    for item in batch.items:
        execution.nullify(FieldFailure(error, batch.mark, item[2:]))
