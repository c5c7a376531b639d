"""Awaiting what compiled code deferred."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence

from trunkline.runtime.execution import Deferral, Execution
from trunkline.runtime.failures import FieldFailure

__all__ = ["run_serially", "settle_all"]


async def settle_all(execution: Execution, deferrals: Sequence[Deferral]) -> None:
    """Await fields that stand side by side, at the same time, and all that they lead to.

    A single one is awaited where we are: most operations await one thing at a time, and a task
    would cost more than they do. Cancelling this cancels every resolver that still runs.
    """
    if len(deferrals) == 1:
        await _settle(execution, deferrals[0])
    elif deferrals:
        async with asyncio.TaskGroup() as group:
            for deferral in deferrals:
                group.create_task(_settle(execution, deferral))


async def run_serially(execution: Execution, steps: Generator[None, None, None]) -> None:
    """Run the fields of a mutation one after the other, each to its end (GraphQL §6.3.2)."""
    try:
        for _ in steps:
            await settle_all(execution, execution.take_pending())
            if execution.data is None:  # a field that must not be null was: the rest is moot
                return
    except FieldFailure as failure:
        execution.drop_pending()
        execution.abandon(failure)
    finally:
        steps.close()


async def _settle(execution: Execution, deferral: Deferral) -> None:
    """Await one field, complete it, and go on with what was deferred below it."""
    if execution.is_dead(deferral.path):
        deferral.drop()
        return
    try:
        value = await deferral.awaitable
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
        execution.nullify(FieldFailure(error, deferral.mark, deferral.indices))
        return
    if execution.is_dead(deferral.path):
        return
    try:
        completed = deferral.complete(execution, value, *deferral.indices)
    except FieldFailure as failure:
        execution.drop_pending()
        execution.nullify(failure)
        return
    deferral.entry[deferral.key] = completed
    await settle_all(execution, execution.take_pending())
