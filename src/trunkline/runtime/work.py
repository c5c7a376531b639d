"""The work that an execution leaves for later: single fields, and fields of whole levels.

Compiled code only notes it here; `trunkline.engine` does it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from inspect import iscoroutine
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from trunkline.runtime.positions import Mark, Path

if TYPE_CHECKING:
    from trunkline.runtime.walked import WalkedList

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
    indices: tuple[Any, ...]

    @property
    def pattern(self) -> tuple[str | None, ...]:
        """The path with ``None`` in the places of indices."""
        return self.mark.pattern(self.indices)

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

    ``call`` resolves a list of parents, ``complete`` puts the values in their places. ``flat`` has
    for each parent in turn: the parent, the entry that the value goes into, the indices of its
    path. It is one list, because a thousand tuples keep the garbage collector busy. The items of
    whole lists come by `add_list`, which costs a tenth of that. ``walked`` are lists that native
    code writes, each with the number that the batch has there. ``place`` is given if the mark is
    one of a shared selection; ``key`` is what the agenda knows the batch by.
    """

    __slots__ = (
        "_columns",
        "call",
        "complete",
        "flat",
        "key",
        "mark",
        "place",
        "walked",
    )

    def __init__(
        self,
        call: Callable[..., Any],
        complete: Callable[..., None],
        mark: Mark,
        place: tuple[Mark, ...],
        key: object,
    ) -> None:
        self.call = call
        self.complete = complete
        self.mark = mark
        self.place = place
        self.key = key
        self.flat: list[Any] = []
        # of the items of lists: the parents, the entries, each index
        self._columns: list[list[Any]] = [[] for _ in range(2 + mark.index_count)]
        self.walked: list[tuple[WalkedList, int]] = []

    @property
    def pattern(self) -> tuple[str | None, ...]:
        """The path with ``None`` in the places of indices."""
        return self.mark.pattern(self.place)

    def add_list(self, parents: Sequence[Any], entries: Sequence[Any], *indices: int) -> None:
        """Add all items of a list; ``indices`` are those of the list."""
        first, second, *above, last = self._columns
        first += parents
        second += entries
        for column, index in zip(above, indices, strict=True):
            column.extend(repeat(index, len(entries)))
        last += range(len(entries))

    @property
    def count(self) -> int:
        """The number of parents."""
        count = len(self.flat) // len(self._columns) + len(self._columns[0])
        for list_, number in self.walked:
            count += len(list_.parents[number])
        return count

    @property
    def parents(self) -> list[Any]:
        """The parents: first those of ``flat``, last those of ``walked``."""
        parents = [*self._all(0)]
        for list_, number in self.walked:
            parents += list_.parents[number]
        return parents

    def fill(self, execution: Any, values: Sequence[Any]) -> bool:
        """Let native code write the values; return whether it has written all of them."""
        if not self.walked or self._all(0):
            return False
        rest = iter(values)
        return all(
            list_.fill(execution, number, [*islice(rest, len(list_.parents[number]))])
            for list_, number in self.walked
        )

    def unwalk(self, execution: Any) -> None:
        """Make the parents in lists that native code writes parents like others."""
        for list_, number in self.walked:
            for item in list_.places(execution, number):
                for column, value in zip(self._columns, item, strict=True):
                    column.append(value)
        self.walked = []

    def items(self) -> Iterator[tuple[Any, ...]]:
        """Return a tuple per parent: the parent, the entry, the indices. None may be `walked`."""
        return zip(*map(self._all, range(len(self._columns))), strict=True)

    def places(self, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Return a tuple per parent: the entry, the indices, and the parent's one of the values."""
        return zip(*map(self._all, range(1, len(self._columns))), values, strict=True)

    def _all(self, number: int) -> list[Any]:
        column = self._columns[number]
        return self.flat[number :: len(self._columns)] + column if self.flat else column

    def forget_below(self, position: Path) -> None:
        """Give up the parents below a position, which came last."""
        length, fill, depth = len(position), self.mark.fill, len(self._columns) - 2
        place = self.place
        while self.flat and fill((*place, *self.flat[-depth:]))[:length] == position:
            del self.flat[-2 - depth :]
        _, entries, *indices = self._columns
        while entries and fill((*place, *(each[-1] for each in indices)))[:length] == position:
            for column in self._columns:
                column.pop()
        below = [-1] * depth  # more than enough: `fill` leaves surplus ones out
        while (
            self.walked and fill((*place, *self.walked[-1][0].indices, *below))[:length] == position
        ):
            self.walked.pop()

    def forget(self, is_dead: Callable[[Mark, Sequence[Any]], bool]) -> None:
        """Give up the parents whose place is dead."""
        mark, place = self.mark, self.place
        alive = [item for item in self.items() if not is_dead(mark, (*place, *item[2:]))]
        self.flat = [each for item in alive for each in item]
        self._columns = [[] for _ in self._columns]

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
        self._batches: dict[object, Batch] = {}  # by the ids of marks, which are the module's
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
        self, call: Callable[..., Any], complete: Callable[..., None], mark: Mark, *place: Mark
    ) -> Batch:
        """Return what takes the parents of a field that is resolved for all of them.

        ``place`` is given if the mark is one of a shared selection.
        """
        key = (id(mark), id(place[0])) if place else id(mark)
        batch = self._batches.get(key)
        if batch is None:
            batch = self._batches[key] = Batch(call, complete, mark, place, key)
        return batch

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
                del self._batches[batch.key]
            ready = [batch for batch in ready if batch.count]
            self._begin(ready)
            work.extend(ready)
        return work

    def take_batches(self) -> list[Batch]:
        """Return all batches: where nothing is awaited, nothing is ever under way."""
        batches = [batch for batch in self._batches.values() if batch.count]
        self._batches.clear()
        return batches

    def _is_complete(self, batch: Batch) -> bool:
        """Return whether nothing above a batch is under way, which could add to it."""
        under_way, path = self._under_way, batch.pattern
        return not under_way or not any(path[:length] in under_way for length in range(len(path)))

    def finish(self, work: Work) -> None:
        """Note that work is not under way any more."""
        if self.has_batches:
            path = work.pattern
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
            batch.forget_below(position)

    def _begin(self, work: Sequence[Work]) -> None:
        for each in work:
            path = each.pattern
            self._under_way[path] = self._under_way.get(path, 0) + 1
