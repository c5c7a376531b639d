"""The work that an execution leaves for later: single fields, and fields of whole levels.

Compiled code only notes it here; `trunkline.engine` does it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from inspect import iscoroutine
from typing import Any, TypeAlias

from msgspec import Struct

from trunkline.runtime.positions import Mark, Path

__all__ = ["Agenda", "Batch", "Deferral", "Later", "Work", "close_rest"]


class Later:
    """Stands in for a completed value: what must be awaited first, and what completes it then."""

    __slots__ = ("awaitable", "complete")

    def __init__(
        self, awaitable: Awaitable[Any], complete: Callable[..., Any] | None = None
    ) -> None:
        self.awaitable = awaitable
        self.complete = complete

    def then(self, complete: Callable[..., Any]) -> Later:
        """Set the function that completes the value."""
        self.complete = complete
        return self


class Deferral(Struct, eq=False):
    """A value that is awaited, and its place: ``key`` of ``entry``, an object or a list."""

    awaitable: Awaitable[Any]
    complete: Callable[..., Any]
    entry: Any
    key: str | int
    mark: Mark
    indices: tuple[int, ...]

    @property
    def path(self) -> Path:
        """The field's path in the response."""
        return self.mark.fill(self.indices)

    def drop(self) -> None:
        """Give the field up without awaiting it."""
        close = getattr(self.awaitable, "close", None)
        if close is not None:  # a coroutine that is never awaited warns
            close()


class Batch:
    """A field that one call resolves for all its parents.

    ``flat`` has for each parent in turn: the parent, the entry that the value goes into, the
    indices of its path. It is one list, because a thousand tuples keep the garbage collector busy.
    ``call`` resolves a list of parents, ``complete`` puts the values in their places.
    """

    __slots__ = ("_stride", "call", "complete", "flat", "mark")

    def __init__(self, call: Callable[..., Any], complete: Callable[..., None], mark: Mark) -> None:
        self.call = call
        self.complete = complete
        self.mark = mark
        self.flat: list[Any] = []
        self._stride = 2 + mark.path.count(None)

    @property
    def count(self) -> int:
        """The number of parents."""
        return len(self.flat) // self._stride

    @property
    def parents(self) -> list[Any]:
        """The parents, in the order in which they came."""
        return self.flat[:: self._stride]

    def items(self) -> Iterator[tuple[Any, ...]]:
        """Yield a tuple per parent: the parent, the entry, the indices."""
        stride = self._stride
        return zip(*(self.flat[start::stride] for start in range(stride)), strict=True)

    def places(self, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield a tuple per parent: the entry, the indices, and the parent's one of the values."""
        stride = self._stride
        return zip(*(self.flat[start::stride] for start in range(1, stride)), values, strict=True)

    def path_of_last(self) -> Path:
        """Return the field's path below the parent that came last."""
        return self.mark.fill(self.flat[2 - self._stride :])

    def forget_last(self) -> None:
        """Give up the parent that came last."""
        del self.flat[-self._stride :]

    def drop(self) -> None:
        """Give the fields up: nothing has been called for them yet."""


def close_rest(values: Any, done: int = 0) -> None:
    """Close the coroutines of a list that is given up, or those behind an error.

    A coroutine that is never awaited warns.
    """
    if isinstance(values, (list, tuple)):
        for value in values[done:]:  # pyright: ignore[reportUnknownVariableType]
            if iscoroutine(value):
                value.close()


Work: TypeAlias = Deferral | Batch


class Agenda:
    """The work that was left for later, and the work that is under way.

    ``has_batches`` is set if some work must wait until nothing can add to it any more.
    """

    __slots__ = ("_batches", "_under_way", "has_batches", "pending")

    def __init__(self, *, has_batches: bool) -> None:
        self.has_batches = has_batches
        self.pending: list[Deferral] = []
        self._batches: dict[int, Batch] = {}  # by the id of the mark, which is the module's
        self._under_way: dict[tuple[str | None, ...], int] = {}

    def defer(
        self,
        awaitable: Awaitable[Any],
        complete: Callable[..., Any],
        entry: Any,
        key: str | int,
        mark: Mark,
        *indices: int,
    ) -> None:
        """Leave ``key`` of ``entry`` for later: await its value, complete it, put it there.

        Returns ``None``, which stands in the place until then.
        """
        self.pending.append(Deferral(awaitable, complete, entry, key, mark, indices))

    def place(self, later: Later, entry: Any, key: str | int, mark: Mark, *indices: int) -> None:
        """Leave ``key`` of ``entry`` for later, because completing it awaits something."""
        assert later.complete is not None  # noqa: S101  # compiled code has set it
        self.defer(later.awaitable, later.complete, entry, key, mark, *indices)

    def batch(
        self, call: Callable[..., Any], complete: Callable[..., None], mark: Mark
    ) -> list[Any]:
        """Return the list that takes the parents of a field that is resolved for all of them.

        Each with the entry that the value goes into, and the indices of its path.
        """
        batch = self._batches.get(id(mark))
        if batch is None:
            batch = self._batches[id(mark)] = Batch(call, complete, mark)
        return batch.flat

    def take(self) -> list[Work]:
        """Return the work that can be done now, and note it as under way.

        That is all that was deferred since the last time, and each batch that nothing can add to
        any more, because no field above it is under way.
        """
        work: list[Work] = []
        if self.pending:
            work, self.pending = self.pending, []  # type: ignore[assignment]
        if not self.has_batches:
            return work
        self._begin(work)
        if self._batches:
            ready = [batch for batch in self._batches.values() if self._is_complete(batch)]
            for batch in ready:
                del self._batches[id(batch.mark)]
            ready = [batch for batch in ready if batch.flat]
            self._begin(ready)
            work.extend(ready)
        return work

    def _is_complete(self, batch: Batch) -> bool:
        """Return whether nothing above a batch is under way, which could add to it."""
        under_way, path = self._under_way, batch.mark.path
        return not under_way or not any(path[:length] in under_way for length in range(len(path)))

    def finish(self, work: Work) -> None:
        """Note that work is not under way any more."""
        if self.has_batches:
            path = work.mark.path
            self._under_way[path] -= 1
            if not self._under_way[path]:
                del self._under_way[path]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was left for later."""
        return not self.pending and not self._batches

    def drop(self) -> None:
        """Give up what was left and has not begun."""
        for deferral in self.pending:
            deferral.drop()
        self.pending.clear()
        self._batches.clear()

    def forget_below(self, position: Path) -> None:
        """Give up what was left below a position that is null now.

        Compiled code goes depth first, so what lies below the position was left last.
        """
        length = len(position)
        pending = self.pending
        while pending and pending[-1].path[:length] == position:
            pending.pop().drop()
        for batch in self._batches.values():
            while batch.flat and batch.path_of_last()[:length] == position:
                batch.forget_last()

    def _begin(self, work: Sequence[Work]) -> None:
        for each in work:
            path = each.mark.path
            self._under_way[path] = self._under_way.get(path, 0) + 1
