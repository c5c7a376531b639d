"""One execution of an operation: its variables, its errors, what it still waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from graphql import GraphQLError

from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import Mark, Marks
from trunkline.runtime.work import Agenda, Path

__all__ = ["Execution", "Result"]


class Result(NamedTuple):
    """What an execution gave: ``data``, and the errors that were met (GraphQL §7.1)."""

    data: dict[str, Any] | None
    errors: list[GraphQLError]


_NONE: list[FieldFailure] = []


class Execution:
    """The state that compiled code is given as its first argument.

    ``operation`` is what people call the operation: ``query Todos``.

    Compiled functions never await. They leave a field that must be awaited on the ``agenda`` and go
    on; `schedule` awaits it and calls them back. So one text serves both, and a list of a thousand
    plain objects costs no coroutine. Operations that leave nothing for later have no agenda.
    """

    __slots__ = (
        "_nulled", "_operation", "agenda", "context", "data", "failures", "has_bubbled",
        "root_value", "variables",
    )  # fmt: skip

    def __init__(  # made by `Operation` alone, once per request
        self,
        operation: str,
        variables: list[Any],
        context: Any,
        agenda: Agenda | None,
        root_value: Any = None,
    ) -> None:
        self._operation = operation
        self.variables = variables
        self.context = context
        self.agenda = agenda
        self.root_value = root_value
        self.data: dict[str, Any] | None = None
        self.failures: list[FieldFailure] = _NONE  # until there is one
        self._nulled: set[Path] | None = None
        self.has_bubbled = False  # whether an error's null has reached a place above its own

    def locate(self, error: Exception, *indices: int) -> FieldFailure:
        """Place an error that was just caught in the compiled function that calls this.

        An error that was placed deeper keeps its place.
        """
        if isinstance(error, FieldFailure):
            return error
        traceback = error.__traceback__
        assert traceback is not None  # noqa: S101  # it was raised
        marks: Marks = traceback.tb_frame.f_globals["MARKS"]
        return FieldFailure(error, marks.at(traceback.tb_lineno), indices)

    def fail(self, error: Exception, *indices: int) -> None:
        """Record an error at a position that may be null; the caller puts the null there."""
        failure = self.locate(error, *indices)
        if self.agenda is not None:
            self.agenda.forget_below(failure.position)
        self._record(failure)

    def result(self) -> Result:
        """Return what was found, with every error in its GraphQL form."""
        if not self.failures:
            return Result(self.data, [])
        variables, operation = self.variables, self._operation
        errors = [failure.located(variables, operation) for failure in self.failures]
        return Result(self.data, errors)

    def abandon(self, failure: FieldFailure) -> None:
        """Record an error that met no position to be null in: the whole data is null."""
        self._record(failure)
        self.has_bubbled = True
        self.data = None

    @property
    def is_abandoned(self) -> bool:
        """Say whether an error has made the whole data null."""
        return self._nulled is not None and () in self._nulled

    def nullify(self, failure: FieldFailure) -> None:
        """Put the null of an awaited field's error where it belongs in what is there already.

        Nothing happens where that place or one above it is null by an earlier error.
        """
        position = failure.position
        if self._nulled is not None and self._is_null(position):
            return
        if not position:
            self.abandon(failure)
            return
        self._record(failure)
        self.has_bubbled = self.has_bubbled or position != failure.path
        container: Any = self.data
        for key in position[:-1]:
            container = container[key]
        container[position[-1]] = None

    def is_dead(self, mark: Mark, indices: Sequence[int]) -> bool:
        """Say whether an error has made this position, or one above it, null."""
        return self._nulled is not None and self._is_null(mark.fill(indices))

    def _is_null(self, path: Path) -> bool:
        nulled = self._nulled or ()
        return any(path[:length] in nulled for length in range(len(path) + 1))

    def _record(self, failure: FieldFailure) -> None:
        if failure.is_null:  # graphql-core's Undefined, which is null where null may be
            return
        if self._nulled is None:
            self._nulled, self.failures = set(), []
        self._nulled.add(failure.position)
        self.failures.append(failure)

    def reject(self, error: Exception, *indices: int) -> None:
        """Put the null of an error, just caught in a compiled function, into what is there."""
        failure = self.locate(error, *indices)
        if self.agenda is not None:
            self.agenda.forget_below(failure.position)
        self.nullify(failure)
