"""Doing what compiled code left for later: awaiting fields, calling batch resolvers.

One rule says when work gets its turn: **everything on the agenda begins before the event loop gets
a turn**, and what a piece of work leads to begins when that piece ends. So a DataLoader, which
waits for one turn of the loop, sees the keys of all fields that stand side by side.

Work that waits has a task of its own. Its first step ran in that task, too, because
``asyncio.timeout`` and others ask for the current task. Work that ends at its first step costs no
task: the next piece begins in the task that was made for it. Resolvers that stand side by side have
their own context variables each; one that is awaited alone has its caller's.

An error can make work useless that is under way. Its coroutine is ended, but what that waits for is
not cancelled, because others may wait for the same (a DataLoader's key).
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import (  # documented, for implementers of tasks
    _enter_task,  # pyright: ignore[reportPrivateUsage]
    _leave_task,  # pyright: ignore[reportPrivateUsage]
)
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextvars import Context, copy_context
from inspect import isawaitable
from types import CoroutineType
from typing import Any

from trunkline.runtime.execution import Execution, Result
from trunkline.runtime.positions import FieldFailure, Path
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
    while len(work) == 1:  # most operations await one thing at a time: the caller's task is enough
        suspended = _begin(execution, work[0])
        if suspended is not None:
            await _end_alone(execution, work[0], *suspended)
        agenda.finish(work[0])
        work = agenda.take()
    if work:
        await _SideBySide(execution, agenda).run(work)


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


class _SideBySide:
    """The work of one execution that is under way at the same time, each piece in its task."""

    def __init__(self, execution: Execution, agenda: Agenda) -> None:
        self.execution = execution
        self.loop = asyncio.get_running_loop()
        self._agenda = agenda
        self._waiting: dict[Work, _Piece] = {}
        self._places: _Places | None = None  # made when the first error makes work useless
        self._all_ended: asyncio.Future[None] | None = None
        self._is_cancelled = False
        self._fatal: BaseException | None = None

    async def run(self, work: Sequence[Work]) -> None:
        """Do the work, and all that it leads to. If this is cancelled, end it all first."""
        cancelled: asyncio.CancelledError | None = None
        try:
            self._begin(work)
            while self._waiting:
                self._all_ended = self.loop.create_future()
                try:
                    await self._all_ended
                except asyncio.CancelledError as error:
                    cancelled = error
                    self.cancel()
        finally:  # this coroutine may also be closed
            self.cancel()
        if self._fatal is not None:
            raise self._fatal
        if cancelled is not None:
            raise cancelled

    def end(self, work: Work) -> None:
        """Go on with what the end of a piece leads to."""
        del self._waiting[work]
        if self._places is not None:
            self._places.remove(work)
        self._agenda.finish(work)
        try:
            self._begin(self._agenda.take())
        finally:
            if not self._waiting and self._all_ended is not None and not self._all_ended.done():
                self._all_ended.set_result(None)

    def _begin(self, work: Sequence[Work]) -> None:
        """Begin work, and what it leads to, before the event loop gets a turn."""
        queue = deque(work)
        try:
            while queue and not self._is_cancelled:
                piece = _Piece(self)
                with _CurrentTask(self.loop, piece.task):
                    self._begin_until_one_waits(piece, queue)
        except BaseException as error:  # noqa: BLE001  # the program is to end
            self.abort(error)
        finally:
            for each in queue:
                each.drop()
        if self.execution.bubbled:
            self._end_useless()

    def _begin_until_one_waits(self, piece: _Piece, queue: deque[Work]) -> None:
        execution, agenda = self.execution, self._agenda
        has_batches = agenda.has_batches
        # a resolver may cancel the current task, which is not for others then
        while queue and piece.work is None and not piece.task.cancelling():
            work = queue.popleft()
            context = copy_context()
            suspended = context.run(_begin, execution, work)
            if suspended is not None:
                piece.keep(work, suspended, context)
                self._add(work, piece)
            elif has_batches:
                agenda.finish(work)
            if has_batches or agenda.pending:
                queue.extend(agenda.take())

    def _add(self, work: Work, piece: _Piece) -> None:
        self._waiting[work] = piece
        if self._places is not None:
            self._places.add(work)

    def _end_useless(self) -> None:
        """End the work for positions that an error has taken out of the response."""
        if self._places is None:
            self._places = _Places()
            for work in self._waiting:
                self._places.add(work)
        bubbled, self.execution.bubbled = self.execution.bubbled, []
        for position in bubbled:
            for work in self._places.take_below(position):
                piece = self._waiting.pop(work)
                if piece.give_up():
                    self._agenda.finish(work)
                else:  # it does not end at once, because it cleans up
                    self._add(work, piece)
        if bubbled:
            self._begin(self._agenda.take())

    def abort(self, error: BaseException) -> None:
        """End everything, because of an exception that is not a resolver's error."""
        self.cancel()
        if isinstance(error, (KeyboardInterrupt, SystemExit)):  # the event loop ends at once
            raise error
        self._fatal = self._fatal or error  # `run` raises it

    def cancel(self) -> None:
        """End all work that waits, and begin none."""
        self._is_cancelled = True
        for piece in self._waiting.values():
            piece.task.cancel()


class _Piece(Coroutine[Any, Any, None]):
    """A piece of work that waits, as the coroutine of its own task."""

    __slots__ = ("_context", "_has_begun", "_running", "_waits_for", "_whole", "task", "work")

    def __init__(self, whole: _SideBySide) -> None:
        self._whole = whole
        self._running: Coroutine[Any, Any, Any] | None = None
        self._has_begun = False
        self.work: Work | None = None
        # not made by the loop, whose factory may run the first step at once
        self.task = asyncio.Task(self, loop=whole.loop)

    def keep(self, work: Work, suspended: Suspended, context: Context) -> None:
        """Take a piece of work that has begun in this task."""
        self.work = work
        self._running, self._waits_for = suspended
        self._context = context
        _set_awaited(self._waits_for, is_awaited=False)

    def give_up(self) -> bool:
        """End the coroutine without its future; return whether it has ended.

        Its task then ends when the future does.
        """
        running, before = self._running, self._waits_for
        assert running is not None  # noqa: S101  # it waits
        try:
            with _CurrentTask(self._whole.loop, self.task):
                self._waits_for = self._context.run(running.throw, asyncio.CancelledError())
        except (StopIteration, Exception, asyncio.CancelledError):  # noqa: BLE001  # useless, too
            self._running = None
            # A future that is never done is not an error to log. asyncio itself does the same.
            setattr(self.task, "_log_destroy_pending", False)  # noqa: B010
            return True
        except BaseException as error:  # noqa: BLE001  # the program is to end
            self._running = None
            self._whole.abort(error)
            return True
        _set_awaited(self._waits_for, is_awaited=False)
        if self._has_begun and asyncio.isfuture(before) and not before.done():
            self._wake(before)
        self._has_begun = False
        return False

    def _wake(self, future: asyncio.Future[Any]) -> None:
        """Let the task do its next step without the future that it waits for."""
        done: asyncio.Future[None] = self._whole.loop.create_future()
        done.set_result(None)
        for callback, context in getattr(future, "_callbacks", None) or ():
            if getattr(callback, "__self__", None) is self.task:
                future.remove_done_callback(callback)
                self._whole.loop.call_soon(callback, done, context=context)

    def send(self, value: Any) -> Any:
        """Do the next step."""
        if self._running is None:  # no work was left for this task, or it was given up
            raise StopIteration
        if not self._has_begun:  # the step before was done by the scheduler
            self._has_begun = True
            _set_awaited(self._waits_for, is_awaited=True)
            return self._waits_for
        return self._step(self._running.send, value)

    def throw(self, error: BaseException, *_: Any) -> Any:  # type: ignore[override]
        """Raise an exception where the work waits."""
        if self._running is None:
            raise StopIteration
        if not self._has_begun and not isinstance(error, asyncio.CancelledError):
            return self.send(None)  # the error of what was given up
        self._has_begun = True
        return self._step(self._running.throw, error)

    def close(self) -> None:
        """End the coroutine, if its event loop has ended without it."""
        if self._running is not None:
            self._running.close()

    def __await__(self) -> Generator[Any, Any, None]:
        raise TypeError("A piece of work is for its task alone.")

    def _step(self, step: Callable[[Any], Any], argument: Any) -> Any:
        work, execution = self.work, self._whole.execution
        assert work is not None  # noqa: S101  # there is a coroutine for it
        fatal: BaseException | None = None
        try:
            self._waits_for = self._context.run(step, argument)
        except StopIteration as done:
            _put(execution, work, done.value)
        except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
            _fail(execution, work, error)
        except asyncio.CancelledError as error:
            _fail(execution, work, _cancelled_elsewhere(error))
        except BaseException as error:  # noqa: BLE001  # the program is to end
            fatal = error
        else:
            return self._waits_for
        self._running = None
        try:
            if fatal is not None:
                self._whole.abort(fatal)
        finally:
            self._whole.end(work)
        raise StopIteration


def _set_awaited(future: Any, *, is_awaited: bool) -> None:
    """Set or take the sign by which ``await`` tells a task to wait for a future (asyncio.futures).

    A task takes it in the step in which it gets the future. A piece of work begins before its task
    has a step, and meanwhile others may begin to wait for the same future.
    """
    if asyncio.isfuture(future):  # `asyncio.sleep(0)` yields nothing
        future._asyncio_future_blocking = is_awaited  # noqa: SLF001


class _Places:
    """The work that waits, by its place in the response, so that all below a place is found."""

    def __init__(self) -> None:
        self._root: dict[Any, Any] = {}

    def add(self, work: Work) -> None:
        """Add a field. A batch has many places; it ends by itself."""
        if isinstance(work, Deferral):
            node = self._root
            for key in work.path:
                node = node.setdefault(key, {})
            node[_WORK] = work

    def remove(self, work: Work) -> None:
        """Remove a field, if it is there."""
        if isinstance(work, Deferral):
            node = self._root
            for key in work.path:
                node = node.get(key, {})
            node.pop(_WORK, None)

    def take_below(self, position: Path) -> Iterator[Deferral]:
        """Remove and yield the fields at a position and below it."""
        node: dict[Any, Any] | None = self._root
        if not position:
            self._root = {}
        else:
            for key in position[:-1]:
                node = node.get(key, {}) if node else {}
            node = node.pop(position[-1], None) if node else None
        nodes = [node] if node else []
        while nodes:
            for key, value in nodes.pop().items():
                if key is _WORK:
                    yield value
                else:
                    nodes.append(value)


_WORK = object()


class _CurrentTask:
    """Makes a task the current one for a while."""

    __slots__ = ("_before", "_loop", "_task")

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self._loop = loop
        self._task = task

    def __enter__(self) -> None:
        self._before = asyncio.current_task(self._loop)
        if self._before is not None:
            _leave_task(self._loop, self._before)
        _enter_task(self._loop, self._task)

    def __exit__(self, *_: object) -> None:
        _leave_task(self._loop, self._task)
        if self._before is not None:
            _enter_task(self._loop, self._before)


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


async def _end_alone(
    execution: Execution, work: Work, running: Coroutine[Any, Any, Any], waits_for: Any
) -> None:
    """Do the rest of a piece of work, the only one under way, in the caller's task."""
    steps = _Alone(running)
    try:
        value = await resume(steps, waits_for)
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the field's
        _fail(execution, work, error)
    except asyncio.CancelledError as error:
        if steps.request is not None and steps.request in (error, error.__context__):
            raise
        _fail(execution, work, _cancelled_elsewhere(error))
    else:
        _put(execution, work, value)


class _Alone:
    """The steps of a coroutine in the caller's task.

    ``request`` is the ``CancelledError`` by which that task was asked to end. ``task.cancelling()``
    alone does not tell, because a ``TaskGroup`` that failed inside the coroutine leaves it at 1 up
    to Python 3.12.
    """

    __slots__ = ("_requests", "_task", "_throw", "request", "send")

    def __init__(self, running: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # this runs in one
        self.send = running.send
        self._throw = running.throw
        self._task = task
        self._requests = task.cancelling()
        self.request: BaseException | None = None

    def throw(self, error: BaseException) -> Any:
        """Raise an exception in the coroutine."""
        if self._task.cancelling() > self._requests:
            self.request = error
        self._requests = self._task.cancelling()
        return self._throw(error)


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
    """Return the error of a field whose awaitable was cancelled by other code."""
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
