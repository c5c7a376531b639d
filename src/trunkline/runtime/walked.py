"""Lists with batches that native code writes: first all but the values of the batches, then these.

If there is a doubt about one of the values, or an error, the compiled function completes the list
from its start, and the batches that were called go on with what that has left for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any, Protocol, TypeAlias

from trunkline.runtime.execution import Execution
from trunkline.runtime.positions import FieldFailure, Mark
from trunkline.runtime.work import Agenda, Batch

__all__ = ["GappedWalk", "WalkedList", "with_batches"]

Called: TypeAlias = tuple[Callable[..., Any], Callable[..., None], Mark]
"""A field with a batch resolver, as `Agenda.batch` takes it."""


class GappedWalk(Protocol):
    """The walk of a list with batches; the extension has it as ``Walk``."""

    def begin(self, execution: Any, values: Any, /) -> tuple[Any, list[list[Any]], list[Any]]:
        """Write a list with gaps; return it or ``None``, the parents of each batch, and calls.

        These are what code of the program has given, as `Execution.ask` takes it.
        """
        ...

    def fill(self, execution: Any, gapped: Any, number: int, values: Any, /) -> bool:
        """Write the values of a batch; return whether there was no doubt."""
        ...

    def join(self, gapped: Any, /) -> Any:
        """Return the whole list as JSON if all its gaps are filled."""
        ...


def with_batches(
    walk: GappedWalk, function: Callable[..., Any], mark: Mark, batches: Sequence[Called]
) -> Callable[..., Any]:
    """Wrap the compiled ``function`` of a list at ``mark``, whose objects have these batches."""

    def complete(execution: Execution, values: Any, *indices: int) -> Any:
        room = execution.room
        gapped, parents, calls = walk.begin(execution, values)
        if not any(parents) or execution.agenda is None:  # a doubt, or nothing is to come
            execution.room = room
            return _complete(function, execution, values, indices, calls)
        list_ = WalkedList(walk, function, mark, batches, values, indices, gapped, parents, calls)
        list_.spent = room - execution.room
        for number, batch in enumerate(batches):
            execution.agenda.batch(*batch).walked.append((list_, number))
            if not parents[number]:
                list_.fill(execution, number, [])
        return None  # until the list is there

    return complete


def _complete(
    function: Callable[..., Any],
    execution: Execution,
    values: Any,
    indices: tuple[int, ...],
    calls: list[Any],
) -> Any:
    """Complete a list by the compiled function, which takes what native code was given."""
    if not calls:
        return function(execution, values, *indices)
    execution.given = calls
    try:
        return function(execution, values, *indices)
    finally:
        execution.given = None


class WalkedList:
    """A list that native code has written, but for the values of batches.

    ``parents`` are those of each batch; ``calls`` are those of the program's code; ``spent`` is
    what it has taken of the response's room.
    """

    __slots__ = (
        "_batches",
        "_calls",
        "_filled",
        "_function",
        "_gapped",
        "_mark",
        "_places",
        "_values",
        "_walk",
        "indices",
        "parents",
        "spent",
    )

    def __init__(  # noqa: PLR0913, PLR0917  # all that there is to know of a list
        self,
        walk: GappedWalk,
        function: Callable[..., Any],
        mark: Mark,
        batches: Sequence[Called],
        values: Any,
        indices: tuple[int, ...],
        gapped: Any,
        parents: list[list[Any]],
        calls: list[Any],
    ) -> None:
        self._walk = walk
        self._function = function
        self._mark = mark
        self._batches = batches
        self._values = values
        self.indices = indices
        self._gapped = gapped
        self.parents = parents
        self._calls = calls
        self.spent = 0
        self._filled: dict[int, list[Any]] = {}
        self._places: list[Batch] | None = None  # when the compiled function has completed it

    def fill(self, execution: Execution, number: int, values: list[Any]) -> bool:
        """Write the values of a batch; return whether there was no doubt."""
        room = execution.room
        if self._places is not None:
            return False
        if not self._walk.fill(execution, self._gapped, number, values):
            return False
        self.spent += room - execution.room
        self._filled[number] = values
        if len(self._filled) == len(self._batches):
            self._place(execution, self._walk.join(self._gapped))
        return True

    def places(self, execution: Execution, number: int) -> Iterator[tuple[Any, ...]]:
        """Return what `Batch.items` does, after the compiled function has completed the list."""
        if self._places is None:
            self._filled.pop(number, None)  # its values are completed by the caller
            self._places = self._complete(execution)
        return self._places[number].items()

    def _complete(self, execution: Execution) -> list[Batch]:
        """Complete the list by the compiled function, and the values that are there already."""
        before, takes_json = execution.agenda, execution.takes_json
        agenda = execution.agenda = Agenda(has_batches=True)
        execution.takes_json = False
        execution.room += self.spent
        failure: FieldFailure | None = None
        result = None
        try:
            result = _complete(self._function, execution, self._values, self.indices, self._calls)
        except FieldFailure as error:
            failure = error
        finally:
            execution.agenda, execution.takes_json = before, takes_json
        batches = [agenda.batch(*batch) for batch in self._batches]
        if [batch.count for batch in batches] != [len(parents) for parents in self.parents]:
            changed = RuntimeError("A list was changed while a batch resolver had its items.")
            failure = failure or FieldFailure(changed, self._mark, self.indices)
        if failure is not None:
            execution.nullify(failure)
            return [*map(self._lost, self._batches, self.parents)]
        self._place(execution, result)
        for number, values in self._filled.items():
            batches[number].complete(execution, batches[number].places(values))
        return batches

    def _lost(self, called: Called, parents: list[Any]) -> Batch:
        """Return a batch whose values go nowhere, because its list is null."""
        batch = Agenda(has_batches=True).batch(*called)
        indices = (*self.indices, *repeat(0, batch.mark.index_count - len(self.indices)))
        for parent in parents:
            batch.flat += (parent, {}, *indices)
        return batch

    def _place(self, execution: Execution, value: Any) -> None:
        """Put the list into the response, if no error has made its place null."""
        if execution.is_dead(self._mark, self.indices):
            return
        *above, last = self._mark.fill(self.indices)
        container: Any = execution.data
        for key in above:
            container = container[key]
        container[last] = value
