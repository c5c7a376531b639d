"""Doing what compiled code left for later: awaiting fields, calling batch resolvers.

One rule says when work gets its turn: **everything on the agenda begins before the event loop gets
a turn**, and what a piece of work leads to begins when that piece ends. So a DataLoader, which
waits for one turn of the loop, sees the keys of all fields that stand side by side.

Work that waits has a task of its own. Its first step ran in that task, too, because
``asyncio.timeout`` and others ask for the current task. Work that ends at its first step costs no
task: the next piece begins in the task that was made for it. Resolvers that stand side by side have
their own context variables each; one that is awaited alone has its caller's.

An error can make work useless that is under way. It ends by ``CancelledError`` in its next step,
but what it waits for is not cancelled, because others may wait for the same (a DataLoader's key).
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.tasks import (  # documented, for implementers of tasks
    _enter_task,  # pyright: ignore[reportPrivateUsage]
    _leave_task,  # pyright: ignore[reportPrivateUsage]
)
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from contextvars import Context, copy_context
from inspect import isawaitable
from time import perf_counter
from types import CoroutineType
from typing import Any

from trunkline.runtime.execution import Execution, Result
from trunkline.runtime.positions import FieldFailure, Path
from trunkline.runtime.resume import resume
from trunkline.runtime.waits import long_waits, note_wait
from trunkline.runtime.work import Agenda, Batch, Deferral, Later, Work, close_rest
from trunkline.schema.signatures import batch_values

__all__ = ["Pending", "settle_sync"]

_OVER = object()
_FUTURES = {asyncio.Future, asyncio.Task}
_NAME = "trunkline-field"  # of tasks: Python would make a number into a text for each


class Pending:
    """Awaits the result of an execution that has begun; ``steps`` are a mutation's fields."""

    __slots__ = ("_agenda", "_execution", "_steps")

    def __init__(
        self,
        execution: Execution,
        agenda: Agenda,
        steps: Generator[None, None, None] | None = None,
    ) -> None:
        execution.waits = long_waits.get()
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
        awaitable = _awaitable(execution, work[0])
        if awaitable is not None:
            await _do_alone(execution, work[0], awaitable)
        agenda.finish(work[0])
        work = agenda.take()
    if work:
        await _SideBySide(execution, agenda).run(work)


def settle_sync(execution: Execution, agenda: Agenda) -> None:
    """Do what is left of an execution none of whose resolvers is awaited."""
    while batches := agenda.take_batches():
        for batch in batches:
            try:
                _complete_batch(execution, batch, _call_batch(execution, batch))
            except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
                _fail(execution, batch, error)


class _SideBySide:
    """The work of one execution that is under way at the same time, each piece in its task."""

    def __init__(self, execution: Execution, agenda: Agenda) -> None:
        self.execution = execution
        self.loop = asyncio.get_running_loop()
        self._agenda = agenda
        self.task = asyncio.current_task()
        self.context = copy_context()
        self._waiting: dict[Work, _Piece | _Awaited] = {}
        self._places: _Places | None = None  # made when the first error makes work useless
        self._all_ended: asyncio.Future[None] | None = None
        self._is_cancelled = False
        self._fatal: BaseException | None = None

    async def run(self, work: Sequence[Work]) -> None:
        """Do the work, and all that it leads to. If this is cancelled, end it all first."""
        cancelled: asyncio.CancelledError | None = None
        try:
            self._begin(work)
            if self.execution.bubbled:
                self._end_useless()
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
        agenda = self._agenda
        try:
            if agenda.has_batches:
                agenda.finish(work)
                self._begin(agenda.take())
            elif agenda.pending:
                self._begin(agenda.take())
            if self.execution.bubbled:
                self._end_useless()
        finally:
            if not self._waiting and self._all_ended is not None and not self._all_ended.done():
                self._all_ended.set_result(None)

    def _begin(self, work: Sequence[Work]) -> None:
        """Begin work, and what it leads to, before the event loop gets a turn."""
        queue = deque(work)
        current = asyncio.current_task(self.loop)
        if current is not None:
            _leave_task(self.loop, current)
        try:
            while queue and not self._is_cancelled:
                if not self._await_future(queue):
                    self._begin_until_one_waits(queue)
        except BaseException as error:  # noqa: BLE001  # the program is to end
            self.abort(error)
        finally:
            if current is not None:
                _enter_task(self.loop, current)
            for each in queue:
                each.drop()

    def _await_future(self, queue: deque[Work]) -> bool:
        """Await the next work if it is a bare future, for which no task is needed."""
        work = queue[0]
        if not isinstance(work, Deferral) or type(work.awaitable) not in _FUTURES:
            return False
        future: asyncio.Future[Any] = work.awaitable  # type: ignore[assignment]
        execution = self.execution
        if future.done() or future.get_loop() is not self.loop:
            return False
        if execution.nulled is not None and execution.is_dead(work.mark, work.indices):
            return False
        self._add(queue.popleft(), _Awaited(self, work, future))
        return True

    def _begin_until_one_waits(self, queue: deque[Work]) -> None:
        context = self.context.copy()
        piece = _Piece(self, context)
        running = self._do_until_one_waits(queue, piece, context)
        _enter_task(self.loop, piece.task)
        try:
            waits_for = context.run(running.send, None)
        except StopIteration:
            pass
        else:
            piece.keep(running, waits_for)
            self._add(piece.work, piece)
        finally:
            _leave_task(self.loop, piece.task)
            if not piece.is_waiting:
                piece.end_unused()

    async def _do_until_one_waits(self, queue: deque[Work], piece: _Piece, context: Context) -> Any:
        """Do work in a task and its context; return the value of the first that waited.

        One coroutine for many, because ``await`` takes a value without an exception. A resolver may
        cancel the task, or set context variables. That is not for others, so they get a new task
        and context.
        """
        execution, agenda, before = self.execution, self._agenda, self.context
        has_batches = agenda.has_batches
        while queue and not piece.task.cancelling():
            work = piece.work = queue.popleft()
            awaitable = (
                work.awaitable
                if type(work) is Deferral and execution.nulled is None
                else _awaitable(execution, work)
            )
            if awaitable is not None:
                try:
                    value = await awaitable
                except (Exception, asyncio.CancelledError) as error:
                    if piece.is_waiting:
                        raise
                    _fail(execution, work, error)
                else:
                    if piece.is_waiting:
                        return value
                    _put(execution, work, value)
            if has_batches or agenda.pending:
                agenda.finish(work)
                queue.extend(agenda.take())
            try:
                if context != before:
                    break
            except Exception:  # noqa: BLE001  # of values that cannot be compared
                break
        return None

    def _add(self, work: Work, piece: _Piece | _Awaited) -> None:
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
                self._waiting[work].give_up()

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
            piece.stop()


class _Piece(Coroutine[Any, None, None]):
    """A piece of work that waits, in a task of its own.

    It is the task's coroutine, and does the steps of the work. To the task it is also the first
    future that the work waits for (``asyncio.isfuture``). So it learns by which callback futures
    wake the task, and can end the work without cancelling the future, which others may share.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_began",
        "_is_held",
        "_running",
        "_shown",
        "_waits_for",
        "_wake",
        "_whole",
        "is_waiting",
        "task",
        "work",
    )

    work: Work  # the latest of those that began in the task
    task: asyncio.Task[None]
    _running: Coroutine[Any, Any, Any]
    _shown: Coroutine[Any, Any, Any]
    _waits_for: Any

    def __init__(self, whole: _SideBySide, context: Context) -> None:
        self._whole = whole
        self._is_held = False
        self.is_waiting = False  # `work` has not ended at its first step
        self._wake: tuple[Callable[[Any], None], Context] | None = None
        self._asyncio_future_blocking = False
        # not made by the loop, whose factory may run the first step at once
        self.task = asyncio.Task(self, loop=whole.loop, name=_NAME, context=context)

    def keep(self, running: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        """Keep ``work``, whose first step was done in this task, to do its next ones."""
        self.is_waiting = True
        self._began = perf_counter()
        self._running = running
        awaited = getattr(running, "cr_await", None)
        self._shown = awaited if type(awaited) is CoroutineType else running
        self._instead_of(waits_for)
        self._is_held = True  # the task's first step gets what it waits for

    def end_unused(self) -> None:
        """End the task, in which no work waits; until its turn it keeps nothing else alive."""
        self.task.cancel()
        del self._whole, self.work

    def stop(self) -> None:
        """Cancel the work, and what it waits for."""
        self.task.cancel()

    def give_up(self) -> None:
        """End the work, but not what it waits for."""
        if self._wake is not None and asyncio.isfuture(self._waits_for):
            wake, context = self._wake
            if self._waits_for.remove_done_callback(wake):
                cancelled: asyncio.Future[None] = self._whole.loop.create_future()
                cancelled.cancel()
                self._whole.loop.call_soon(wake, cancelled, context=context)
                return
        self.task.cancel()  # it has a step before it anyway

    # -- as the coroutine of the task -------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        """Show tools that look at tasks the name and the frame of the work."""
        if name in self.__slots__:
            raise AttributeError(name)
        return getattr(self._shown, name)

    def __await__(self) -> Generator[Any, None, None]:
        raise TypeError("The work of an execution is awaited by its own task.")

    def send(self, _value: None, /) -> Any:
        """Do the next step; futures wake a task without a value."""
        return next(self)

    def __iter__(self) -> _Piece:
        return self

    def __next__(self) -> Any:
        """Do the next step; return what the task is to wait for."""
        if self._is_held:
            self._is_held = False
            return self if self._asyncio_future_blocking else self._waits_for
        try:
            waits_for = self._waits_for = self._running.send(None)
        except BaseException as error:  # noqa: BLE001  # the end is one, too
            self._end(error)
        else:
            if waits_for is None or self._wake is not None:  # None: `asyncio.sleep(0)`
                return waits_for
            return self._instead_of(waits_for)
        raise StopIteration

    def throw(self, error: Any, *_: Any) -> Any:
        """Raise an exception where the work waits, as a step."""
        if not self.is_waiting:  # everything that began in the task ended at its first step
            del self.task
            try:
                raise error
            finally:
                del error  # its traceback has this frame
        self._is_held = False
        try:
            waits_for = self._running.throw(error)
        except BaseException as raised:  # noqa: BLE001  # as above
            self._end(raised)
        else:
            return self._instead_of(waits_for)
        finally:
            del error  # its traceback has this frame
        raise StopIteration

    def close(self) -> None:
        """Let the work clean up; the event loop has ended."""
        self._running.close()

    def _end(self, error: BaseException) -> None:
        """Put the work's value, or its error, in its place, and go on with what follows."""
        whole, work = self._whole, self.work
        note_wait(whole.execution.waits, work, self._began)
        try:
            if isinstance(error, StopIteration):
                _put(whole.execution, work, error.value)
            elif isinstance(error, (Exception, asyncio.CancelledError)):
                _fail(whole.execution, work, error)
            else:
                whole.abort(error)
        except BaseException as fatal:  # noqa: BLE001  # the program is to end
            whole.abort(fatal)
        finally:
            del self.task, self._wake  # which have this object
            whole.end(work)

    # -- as the future that the task waits for ----------------------------------------------------

    def _instead_of(self, waits_for: Any) -> Any:
        """Stand in for what the work waits for, if that is a future.

        The sign by which ``await`` tells a task to wait for the future is taken at once. A task
        does so in the step in which it gets the future. The first step was done before the task has
        one, and meanwhile others may begin to wait for the same future.
        """
        self._waits_for = waits_for
        if waits_for is None or not asyncio.isfuture(waits_for):
            return waits_for
        waits_for._asyncio_future_blocking = False  # noqa: SLF001
        self._asyncio_future_blocking = True
        return self

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the future's event loop."""
        return self._waits_for.get_loop()  # type: ignore[no-any-return]

    def add_done_callback(self, wake: Callable[[Any], None], *, context: Context) -> None:
        """Let the future wake the task."""
        self._wake = wake, context
        self._waits_for.add_done_callback(wake, context=context)

    def cancel(self, msg: Any = None) -> bool:
        """Cancel the future."""
        return self._waits_for.cancel(msg=msg)  # type: ignore[no-any-return]


class _Awaited:
    """A piece of work that is a future. It is completed in the task that awaits the execution."""

    __slots__ = ("_began", "_future", "_whole", "_work")

    def __init__(self, whole: _SideBySide, work: Deferral, future: asyncio.Future[Any]) -> None:
        self._whole = whole
        self._work = work
        self._future = future
        self._began = perf_counter()
        future.add_done_callback(self._complete, context=whole.context.copy())

    def stop(self) -> None:
        """Cancel the future."""
        self._future.cancel()

    def give_up(self) -> None:
        """End the work, but not the future."""
        if self._future.remove_done_callback(self._complete):
            self._whole.loop.call_soon(self._whole.end, self._work)

    def _complete(self, future: asyncio.Future[Any]) -> None:
        whole, work = self._whole, self._work
        note_wait(whole.execution.waits, work, self._began)
        if whole.task is not None:
            _enter_task(whole.loop, whole.task)
        try:
            try:
                value = future.result()
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # a resolver's
                _fail(whole.execution, work, error)
            else:
                _put(whole.execution, work, value)
        except BaseException as error:  # noqa: BLE001  # the program is to end
            whole.abort(error)
        finally:
            try:
                whole.end(work)
            finally:
                if whole.task is not None:
                    _leave_task(whole.loop, whole.task)


class _Places:
    """The fields that wait, by their places in the response, so that all below a place are found.

    A tree of dictionaries. A field that waits has nothing below it yet.
    """

    def __init__(self) -> None:
        self._root: dict[Any, Any] = {}

    def add(self, work: Work) -> None:
        """Add a field. A batch has many places; it ends by itself."""
        if isinstance(work, Deferral):
            *above, last = work.path
            node = self._root
            for key in above:
                node = node.setdefault(key, {})
            node[last] = work

    def remove(self, work: Work) -> None:
        """Remove a field, if it is there."""
        if isinstance(work, Deferral):
            *above, last = work.path
            self._node(above).pop(last, None)

    def take_below(self, position: Path) -> Iterator[Deferral]:
        """Remove and yield the fields at a position and below it."""
        if position:
            *above, last = position
            found = [self._node(above).pop(last, {})]
        else:
            found, self._root = [self._root], {}
        while found:
            each = found.pop()
            if isinstance(each, dict):
                found += each.values()
            else:
                yield each

    def _node(self, path: Sequence[str | int]) -> dict[Any, Any]:
        node = self._root
        for key in path:
            node = node.get(key, {})
        return node


def _awaitable(execution: Execution, work: Work) -> Any:
    """Return what a piece of work awaits, ``None`` if it is done without waiting."""
    if type(work) is Deferral:
        if execution.nulled is None or not execution.is_dead(work.mark, work.indices):
            return work.awaitable
        work.drop()
        return None
    assert isinstance(work, Batch)  # noqa: S101  # the other kind
    try:
        awaitable = _call_batch(execution, work)
        if isawaitable(awaitable):
            return awaitable
        _complete_batch(execution, work, awaitable)
    except Exception as error:  # noqa: BLE001  # a resolver's error becomes the fields'
        _fail(execution, work, error)
    return None


async def _do_alone(execution: Execution, work: Work, awaitable: Any) -> None:
    """Do a piece of work, the only one under way, in the caller's task."""
    running: Any
    if type(awaitable) is CoroutineType:
        running = awaitable
    elif isinstance(awaitable, asyncio.Future):
        running = awaitable.__await__()
    else:
        running = _coroutine(awaitable)
    steps: _Alone | None = None
    began = perf_counter()
    try:
        try:
            waits_for = running.send(None)
        except StopIteration as done:
            value = done.value
        else:
            steps = _Alone(running)
            value = await resume(steps, waits_for)
    except (Exception, asyncio.CancelledError) as error:
        note_wait(execution.waits, work, began)
        if steps is not None and steps.is_asked_to_end(error):
            raise
        _fail(execution, work, error)
    else:
        note_wait(execution.waits, work, began)
        _put(execution, work, value)
    finally:
        if steps is not None:
            steps.take_back()


async def _coroutine(awaitable: Any) -> Any:
    return await awaitable


class _Alone:
    """The steps of a coroutine in the caller's task.

    It tells by which ``CancelledError`` that task was asked to end. ``task.cancelling()`` alone
    does not: a ``TaskGroup`` that fails inside the coroutine asks, too, and up to Python 3.12 the
    count stays at 1. What the coroutine leaves there is taken back, because a timeout around all of
    this would not know itself again.
    """

    __slots__ = ("_before", "_known", "_new", "_request", "_send", "_task", "_throw")

    def __init__(self, running: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # this runs in one
        self._send = running.send
        self._throw = running.throw
        self._task = task
        self._before = self._known = task.cancelling()  # requests that the coroutine knows of
        self._request: BaseException | None = None
        self._new = 0  # the requests that the last one stands for

    def send(self, value: Any) -> Any:
        """Do the next step of the coroutine."""
        return self._step(self._send, value)

    def throw(self, error: BaseException) -> Any:
        """Raise an exception in the coroutine."""
        requests = self._task.cancelling()
        if requests > self._known:
            self._request, self._new = error, requests - self._known
        self._known = requests
        return self._step(self._throw, error)

    def _step(self, step: Callable[[Any], Any], given: Any) -> Any:
        try:
            return step(given)
        finally:  # the coroutine may have taken requests back
            self._known = min(self._known, self._task.cancelling())
            if sys.version_info >= (3, 13):  # what the count has is meant, and asked again
                self._known = self._before

    def is_asked_to_end(self, error: BaseException) -> bool:
        """Return whether the task was asked to end by this error, or one that led to it."""
        if not isinstance(error, asyncio.CancelledError):
            return False
        if self._request is None or self._request not in (error, error.__context__):
            return False
        self._known -= self._new  # these are the caller's
        return True

    def take_back(self) -> None:
        """Take back the requests that the coroutine knew of, and went on."""
        for _ in range(self._known - self._before):
            self._task.uncancel()


def _put(execution: Execution, work: Work, value: Any) -> None:
    """Complete a value that was awaited, and put it in its place."""
    try:
        if type(work) is not Deferral:
            assert isinstance(work, Batch)  # noqa: S101  # the other kind
            _complete_batch(execution, work, value)
        elif execution.nulled is None or not execution.is_dead(work.mark, work.indices):
            result = work.complete(execution, value, *work.indices)
            if type(result) is not Later:
                work.entry[work.key] = result
            elif execution.agenda is not None:
                execution.agenda.place(result, work.entry, work.key, work.mark, *work.indices)
        else:
            close_rest(value)
    except Exception as error:  # noqa: BLE001  # an error of completing is the field's
        _fail(execution, work, error)


def _fail(execution: Execution, work: Work, error: Exception | asyncio.CancelledError) -> None:
    """Put the nulls of a resolver's error where they belong."""
    if isinstance(error, asyncio.CancelledError):
        cancelled, error = error, RuntimeError("What a resolver waited for was cancelled.")
        error.__cause__ = cancelled
    _forget_own_frames(error)
    if isinstance(work, Deferral):
        located = isinstance(error, FieldFailure)
        execution.reject(error if located else FieldFailure(error, work.mark, work.indices))
        return
    work.unwalk(execution)
    for item in work.items():
        execution.nullify(FieldFailure(error, work.mark, (*work.place, *item[2:])))


def _forget_own_frames(error: Exception) -> None:
    """Let a traceback begin with the resolver: the frames above it keep the whole execution."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    BaseException.with_traceback(error, traceback)  # the class may refuse to set attributes


def _call_batch(execution: Execution, batch: Batch) -> Any:
    """Call a batch resolver with its parents, without those below a null of an error."""
    if execution.failures:
        batch.unwalk(execution)
        batch.forget(execution.is_dead)
    execution.batches += 1
    return batch.call(execution, batch.parents)


def _complete_batch(execution: Execution, batch: Batch, given: Any) -> None:
    name = f"The batch resolver of {batch.mark.coordinate}"
    values = batch_values(given, batch.count, name)
    if not batch.fill(execution, values):
        batch.unwalk(execution)
        batch.complete(execution, batch.places(values), *batch.place)
