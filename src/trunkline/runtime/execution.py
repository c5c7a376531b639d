"""One execution of an operation: its variables, its errors, what it still waits for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLError

from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import Mark, Marks

__all__ = ["Deferral", "Execution", "Result"]

Path: TypeAlias = tuple[str | int, ...]


class Result(NamedTuple):
    """What an execution gave: ``data``, and the errors that were met (GraphQL §7.1)."""

    data: dict[str, Any] | None
    errors: list[GraphQLError]


class Deferral:
    """A field whose value is awaited, and where it goes when it is there."""

    __slots__ = ("awaitable", "complete", "entry", "indices", "key", "mark")

    def __init__(  # noqa: PLR0913, PLR0917  # made by `Execution.defer` alone, once per field
        self,
        awaitable: Awaitable[Any],
        complete: Callable[..., Any],
        entry: dict[str, Any],
        key: str,
        mark: Mark,
        indices: tuple[int, ...],
    ) -> None:
        self.awaitable = awaitable
        self.complete = complete
        self.entry = entry
        self.key = key
        self.mark = mark
        self.indices = indices

    @property
    def path(self) -> Path:
        """The field's path in the response."""
        return self.mark.fill(self.indices)

    def drop(self) -> None:
        """Give the field up without awaiting it."""
        close = getattr(self.awaitable, "close", None)
        if close is not None:  # a coroutine that nobody awaits would warn
            close()


class Execution:
    """The state that compiled code is given as its first argument.

    Compiled functions never await. They leave a field that must be awaited as a ``Deferral``
    and go on; `schedule` awaits and calls them back. So one text serves both, and a list of a
    thousand plain objects costs no coroutine.
    """

    __slots__ = ("_marks", "_nulled", "context", "data", "failures", "pending", "variables")

    def __init__(self, marks: Marks, variables: list[Any], context: Any) -> None:
        self._marks = marks
        self.variables = variables
        self.context = context
        self.data: dict[str, Any] | None = None
        self.failures: list[FieldFailure] = []
        self._nulled: set[Path] = set()
        self.pending: list[Deferral] = []

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
        self.pending.append(Deferral(awaitable, complete, entry, key, mark, indices))

    def take_pending(self) -> list[Deferral]:
        """Hand over what was deferred since the last time."""
        pending, self.pending = self.pending, []
        return pending

    def drop_pending(self) -> None:
        """Give up what was deferred and not begun."""
        for deferral in self.take_pending():
            deferral.drop()

    def result(self) -> Result:
        """Return what was found, with every error in its GraphQL form."""
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
        self._nulled.add(failure.position)
        self.failures.append(failure)

    def _forget_below(self, position: Path) -> None:
        """Drop what was deferred below a position that is null now.

        Compiled code goes depth first, so what lies below the position was deferred last.
        """
        pending = self.pending
        while pending:
            last = pending[-1]
            if last.path[: len(position)] != position:
                return
            pending.pop().drop()
