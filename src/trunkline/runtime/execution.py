"""One execution of an operation: its variables, its errors, what it still waits for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLError

from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import Mark, Marks
from trunkline.runtime.work import Batch, Deferral, Path, Work

__all__ = ["Execution", "Result"]


class Result(NamedTuple):
    """What an execution gave: ``data``, and the errors that were met (GraphQL §7.1)."""

    data: dict[str, Any] | None
    errors: list[GraphQLError]


class Execution:
    """The state that compiled code is given as its first argument.

    Compiled functions never await. They leave a field that must be awaited as a ``Deferral``
    and go on; `schedule` awaits and calls them back. So one text serves both, and a list of a
    thousand plain objects costs no coroutine.
    """

    __slots__ = (
        "_batches",
        "_marks",
        "_nulled",
        "_pending",
        "_under_way",
        "context",
        "data",
        "failures",
        "variables",
    )

    def __init__(self, marks: Marks, variables: list[Any], context: Any) -> None:
        self._marks = marks
        self.variables = variables
        self.context = context
        self.data: dict[str, Any] | None = None
        self.failures: list[FieldFailure] = []
        self._nulled: set[Path] = set()
        self._pending: list[Deferral] = []
        self._batches: dict[int, Batch] = {}  # by the id of the mark, which is the module's
        self._under_way: dict[tuple[str | None, ...], int] = {}

    def locate(self, error: Exception, *indices: int) -> FieldFailure:
        """Place an error that was just caught in the compiled function that calls this.

        An error that was placed deeper keeps its place.
        """
        if isinstance(error, FieldFailure):
            return error
        traceback = error.__traceback__
        assert traceback is not None  # noqa: S101  # it was raised
        return FieldFailure(error, self._marks.at(traceback.tb_lineno), indices)

    def fail(self, error: Exception, *indices: int) -> None:
        """Record an error at a position that may be null; the caller puts the null there."""
        failure = self.locate(error, *indices)
        self._forget_below(failure.position)
        self._record(failure)

    def defer(
        self,
        awaitable: Awaitable[Any],
        complete: Callable[..., Any],
        entry: dict[str, Any],
        key: str,
        mark: Mark,
        *indices: int,
    ) -> None:
        """Leave the field ``key`` of ``entry`` for later: await it, complete it, put it there."""
        self._pending.append(Deferral(awaitable, complete, entry, key, mark, indices))

    def batch(
        self, call: Callable[..., Any], complete: Callable[..., None], mark: Mark
    ) -> list[tuple[Any, ...]]:
        """Return the list that takes the parents of a field that is resolved for all of them."""
        batch = self._batches.get(id(mark))
        if batch is None:
            batch = self._batches[id(mark)] = Batch(call, complete, mark)
        return batch.items

    def take_work(self) -> list[Work]:
        """Hand over what can be done now, and remember it as under way.

        That is all that was deferred since the last time, and each batch that nothing can add to
        any more: no field above it is under way.
        """
        work: list[Work] = list(self._pending)
        self._pending.clear()
        self._begin(work)
        if self._batches:
            ready = [batch for batch in self._batches.values() if self._is_whole(batch)]
            for batch in ready:
                del self._batches[id(batch.mark)]
            ready = [batch for batch in ready if batch.items]
            self._begin(ready)
            work.extend(ready)
        return work

    def finish(self, work: Work) -> None:
        """Forget work that was under way."""
        self._under_way[work.mark.path] -= 1

    def drop_pending(self) -> None:
        """Give up what was deferred and not begun."""
        for deferral in self._pending:
            deferral.drop()
        self._pending.clear()
        self._batches.clear()

    def _begin(self, work: Sequence[Work]) -> None:
        for each in work:
            path = each.mark.path
            self._under_way[path] = self._under_way.get(path, 0) + 1

    def _is_whole(self, batch: Batch) -> bool:
        path = batch.mark.path
        return not any(self._under_way.get(path[:length]) for length in range(len(path)))

    def result(self) -> Result:
        """Return what was found, with every error in its GraphQL form."""
        if not self.failures:
            return Result(self.data, [])
        return Result(self.data, [failure.located(self.variables) for failure in self.failures])

    def abandon(self, failure: FieldFailure) -> None:
        """Record an error that met no position to be null in: the whole data is null."""
        self._record(failure)
        self.data = None

    def nullify(self, failure: FieldFailure) -> None:
        """Put the null of an awaited field's error where it belongs in what is there already.

        Nothing happens where that place or one above it is null by an earlier error.
        """
        position = failure.position
        if self.is_dead(position):
            return
        if not position:
            self.abandon(failure)
            return
        self._record(failure)
        container: Any = self.data
        for key in position[:-1]:
            container = container[key]
        container[position[-1]] = None

    def is_dead(self, path: Path) -> bool:
        """Say whether an error has made this position, or one above it, null."""
        nulled = self._nulled
        return bool(nulled) and any(path[:length] in nulled for length in range(len(path) + 1))

    def _record(self, failure: FieldFailure) -> None:
        if failure.is_null:  # graphql-core's Undefined, which is null where null may be
            return
        self._nulled.add(failure.position)
        self.failures.append(failure)

    def reject(self, error: Exception, *indices: int) -> None:
        """Put the null of an error, just caught in a compiled function, into what is there."""
        failure = self.locate(error, *indices)
        self._forget_below(failure.position)
        self.nullify(failure)

    def _forget_below(self, position: Path) -> None:
        """Drop what was deferred below a position that is null now.

        Compiled code goes depth first, so what lies below the position was deferred last.
        """
        length = len(position)
        pending = self._pending
        while pending and pending[-1].path[:length] == position:
            pending.pop().drop()
        for batch in self._batches.values():
            items = batch.items
            while items and batch.mark.fill(items[-1][2:])[:length] == position:
                items.pop()
