"""Run a flow: in a thread that blocks, or in a coroutine. Both keep the flow's deadline."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from threading import Thread
from typing import TYPE_CHECKING, TypeVar, cast

from trunkline.errors import ConnectionFailedError
from trunkline.flow.calls import CUT_SHORT, Background, Deadline, Flow, Outcome, Pause, Step
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

if TYPE_CHECKING:  # blocking programs do without asyncio, whose import costs more than all of this
    import asyncio
    from concurrent.futures import Future

__all__ = ["run", "run_async"]

_ROUNDING = 0.001  # seconds between making a request and sending it

T = TypeVar("T")


def run(
    flow: Flow[T],
    send: Callable[[HTTPRequest], HTTPResponse],
    deadline: Deadline | None = None,
) -> T:
    """Run a flow in this thread, which blocks while the flow waits.

    ``send`` sends one request. Raises what the flow raises, and ``DeadlineExceededError`` if the
    flow waits when its deadline comes.
    """
    try:
        step = next(flow)
        while True:
            try:
                outcome = _do(step, send, deadline)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                failure = error
            else:
                step = flow.send(outcome)
                continue
            step = flow.throw(failure)  # here, so that its own errors are not chained to this one
    except StopIteration as end:
        result: T = end.value
        return result


def _do(
    step: Step, send: Callable[[HTTPRequest], HTTPResponse], deadline: Deadline | None
) -> Outcome:
    if isinstance(step, HTTPRequest):
        if deadline is None:
            return send(step)
        try:
            return send(_with_timeout(step, deadline))
        except ConnectionFailedError as error:
            if deadline.left() > 0:
                raise
            raise deadline.error(never_sent=error.never_sent) from error
    if isinstance(step, Pause):
        time.sleep(_pause_seconds(step, deadline))
    elif isinstance(step, Background):
        Thread(target=run, args=(step.flow, send), daemon=True).start()
    else:
        try:
            step.result(_wait_seconds(deadline))
        except TimeoutError:
            if step.done():
                raise  # the other's failure
            if deadline is not None and deadline.left() <= 0:
                raise deadline.error(never_sent=True) from None
    return None


_background_tasks: set[asyncio.Task[None]] = set()  # an event loop keeps only weak references


async def run_async(
    flow: Flow[T],
    send: Callable[[HTTPRequest], Awaitable[HTTPResponse]],
    deadline: Deadline | None = None,
) -> T:
    """Run a flow in this task. If the task is cancelled, the flow can clean up.

    Otherwise like ``run``.
    """
    try:
        step = next(flow)
        while True:
            try:
                outcome = await _do_async(step, send, deadline)
            except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                failure = error
            else:
                step = flow.send(outcome)
                continue
            step = flow.throw(failure)  # as in `run`
    except StopIteration as end:
        result: T = end.value
        return result


async def _do_async(
    step: Step, send: Callable[[HTTPRequest], Awaitable[HTTPResponse]], deadline: Deadline | None
) -> Outcome:
    import asyncio  # noqa: PLC0415  # see the imports above

    if isinstance(step, Pause):
        await asyncio.sleep(_pause_seconds(step, deadline))
        return None
    if isinstance(step, Background):
        task = asyncio.create_task(run_async(step.flow, send))
        _background_tasks.add(task)
        task.add_done_callback(_background_tasks.discard)
        return None
    if isinstance(step, HTTPRequest):
        if deadline is None:
            return await send(step)
        waiting: Awaitable[Outcome] = send(_with_timeout(step, deadline))
        timer = asyncio.timeout(deadline.left())
    else:
        waiting = asyncio.wrap_future(cast("Future[Outcome]", step))
        timer = asyncio.timeout(_wait_seconds(deadline))
    try:
        async with timer:
            return await waiting
    except ConnectionFailedError as error:
        if deadline is None or deadline.left() > 0:
            raise
        raise deadline.error(never_sent=error.never_sent) from error
    except TimeoutError:
        if not timer.expired():
            raise
        if deadline is None or deadline.left() > 0:
            return None  # the caller that does the work has gone
        late = deadline.error()
    raise late  # without the frames that were cut short, whose locals have the credentials


def _with_timeout(request: HTTPRequest, deadline: Deadline) -> HTTPRequest:
    """Return the request with no more time than is left."""
    left = deadline.left()
    if left <= 0:
        raise deadline.error(never_sent=True)
    if request.timeout is not None and request.timeout < left + _ROUNDING:
        return request
    return HTTPRequest(
        request.method,
        request.headers,
        request.body,
        request.url,
        request.path,
        request.query,
        left,
        request.repeatable,
    )


def _wait_seconds(deadline: Deadline | None) -> float:
    return CUT_SHORT if deadline is None else min(CUT_SHORT, deadline.left())


def _pause_seconds(pause: Pause, deadline: Deadline | None) -> float:
    if deadline is not None and pause.seconds >= deadline.left():
        raise deadline.error(never_sent=True)
    return pause.seconds
