"""One execution of an operation: its variables, its errors, the work that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from graphql import GraphQLError
from msgspec import Struct

from trunkline.runtime.positions import FieldFailure, Mark, NoRoomError, Path, mark_of
from trunkline.runtime.work import Agenda

__all__ = ["Execution", "Result", "SharedExecution", "SharedRoom"]

_FAILED = 4  # fields that cost as much as one that fails


class Result(Struct):
    """The result of an execution: ``data``, and the errors of fields (GraphQL §7.1).

    If there are more errors than `Limits.errors`, the last of the ``errors`` stands for the rest:
    these are ``omitted``. They have ``omitted_faults`` exceptions that are not for callers, beside
    those that are listed. ``room`` is how many more fields the response could have had; ``batches``
    is how often batch resolvers were called.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    omitted: int = 0
    omitted_faults: int = 0
    room: int | None = None
    batches: int = 0

    def __iter__(self) -> Iterator[Any]:
        """Let it be taken apart: ``data, errors = result``."""
        return iter((self.data, self.errors))


class Execution(Struct, eq=False):
    """The state that compiled code gets as its first argument.

    ``operation`` is the operation's title, ``query Todos``; ``failures`` are the errors so far, at
    most ``most_errors``; what comes after these is only counted. ``room`` is how many more fields
    the response may have; ``growth`` is how many bytes of functions may be made for object types
    that the operation meets for the first time. ``nulled`` are the positions that are null because
    of errors. ``bubbled`` are the newest of these that are above their error's own: work that waits
    below them is useless. ``batches`` counts the calls of batch resolvers. ``waits`` are those that
    took long, if the server wants to know them. ``takes_json``:
    `trunkline.engine.run_sync` says what it means. ``given`` is what code of the program has given
    to native code before this had a doubt, the last first: see `ask`.

    Compiled functions never await. They leave a field that must be awaited on the ``agenda`` and go
    on; the engine awaits it and calls back. So one text serves both, and a list of a thousand plain
    objects costs no coroutine. Operations that leave nothing for later have no agenda.
    """

    operation: str
    most_errors: int
    room: int
    growth: int
    variables: list[Any]
    context: Any
    agenda: Agenda | None
    root_value: Any = None
    caller: Any = None
    takes_json: bool = False
    given: list[tuple[str, object, Any, BaseException | None]] | None = None
    data: dict[str, Any] | None = None
    failures: list[FieldFailure] = []  # msgspec makes a new one for each
    omitted: int = 0
    omitted_faults: int = 0
    latest: Exception | None = None
    nulled: set[Path] | None = None
    bubbled: list[Path] = []
    batches: int = 0
    waits: dict[str, float] | None = None

    def locate(self, error: Exception, *indices: int) -> FieldFailure:
        """Place an error that was just caught in the compiled function that calls this.

        An error that was placed deeper keeps its place.
        """
        if isinstance(error, FieldFailure):
            return error
        return FieldFailure(error, mark_of(error), indices)

    def fail(self, error: Exception, *indices: int) -> None:
        """Record an error at a position that may be null; the caller puts the null there."""
        failure = self.locate(error, *indices)
        if not failure.position:  # no null is enough
            raise failure
        if self.agenda is not None:
            self.agenda.forget_below(failure.position)
        self._record(failure)

    def ask(self, what: str, function: Callable[[Any], Any], argument: Any) -> Any:
        """Return what code of the program gives, or has given to native code already.

        ``what`` is the name of an attribute or a scalar, or a field's coordinate. Both ask in the
        same order.
        """
        if not self.given or self.given[-1][0] != what or self.given[-1][1] is not argument:
            return function(argument)
        *_, value, error = self.given.pop()
        if error is not None:
            raise error
        return value

    def measured(self, values: Iterable[Any], weight: int) -> Iterable[Any]:
        """Return the items of what is not a ``list``; each has ``weight`` fields.

        Raises ``NoRoomError``, which makes the whole ``data`` null.
        """
        if isinstance(values, (list, tuple)):
            self._take_room(weight * len(values))
            return values
        return self._measured_one_by_one(values, weight)

    def _measured_one_by_one(self, values: Iterable[Any], weight: int) -> Iterator[Any]:
        for value in values:
            self._take_room(weight)
            yield value

    def _take_room(self, count: int) -> None:
        self.room -= count
        if self.room < 0:
            raise NoRoomError

    def result(self) -> Result:
        """Return the result, with every error in GraphQL's form.

        The execution forgets them: their tracebacks have it, and a cycle would keep all of it.
        """
        if self.failures:
            return self._result_with_errors()
        return Result(self.data, [], room=self.room, batches=self.batches)

    def _result_with_errors(self) -> Result:
        """Apart from `result`, because a closure there would slow down every operation."""
        variables, operation = self.variables, self.operation
        failures, self.failures, self.latest = self.failures, [], None
        errors = [failure.located(variables, operation) for failure in failures]
        if self.omitted:
            extensions = {"code": "MORE_ERRORS", "count": self.omitted}
            message = f"The response has {self.omitted} more errors, which are not listed."
            errors.append(GraphQLError(message, extensions=extensions))
        return Result(self.data, errors, self.omitted, self.omitted_faults, self.room, self.batches)

    def abandon(self, failure: FieldFailure) -> None:
        """Record an error that no position below ``data`` may be null for: ``data`` is null."""
        self._record(failure)
        self.bubbled.append(())
        self.data = None

    @property
    def is_abandoned(self) -> bool:
        """Whether an error has made the whole ``data`` null."""
        return self.nulled is not None and () in self.nulled

    def nullify(self, failure: FieldFailure) -> None:
        """Put the null of an awaited field's error where it belongs in the data so far.

        Does nothing if that place or one above it is null because of an earlier error.
        """
        position = failure.position
        if self.nulled is not None and self._is_null(position):
            return
        if not position:
            self.abandon(failure)
            return
        self._record(failure)
        if position != failure.path:
            self.bubbled.append(position)
        container: Any = self.data
        for key in position[:-1]:
            container = container[key]
        container[position[-1]] = None

    def is_dead(self, mark: Mark, indices: Sequence[Any]) -> bool:
        """Return whether an error has made this position, or one above it, null."""
        return self.nulled is not None and self._is_null(mark.fill(indices))

    def _is_null(self, path: Path) -> bool:
        nulled = self.nulled or ()
        return any(path[:length] in nulled for length in range(len(path) + 1))

    def _record(self, failure: FieldFailure) -> None:
        if failure.is_null:  # graphql-core's Undefined, which is null where null may be
            return
        if self.agenda is not None:  # else nothing is left that a null could make useless
            self.nulled = self.nulled or set()
            self.nulled.add(failure.position)
        if len(self.failures) < self.most_errors:
            self.failures.append(failure)
        else:
            self.omitted += 1
            self.room -= _FAILED
            # an exception that fails all fields of a batch is one
            self.omitted_faults += failure.is_fault and failure.original is not self.latest
        self.latest = failure.original

    def reject(self, error: Exception, *indices: int) -> None:
        """Put the null of an error, just caught in a compiled function, into the data so far."""
        failure = self.locate(error, *indices)
        if self.agenda is not None:
            self.agenda.forget_below(failure.position)
        self.nullify(failure)


class SharedRoom:
    """How many more fields the responses of a batch may have together."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


_own_room: Any = Execution.__dict__["room"]


class SharedExecution(Execution, eq=False):
    """The execution of one operation of a batch: its ``room`` is that of the whole batch."""

    shared: SharedRoom = SharedRoom(0)  # always given

    @property  # type: ignore[misc]  # compiled code counts as if it were an attribute
    def room(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """How many more fields the responses of the batch may have."""
        return self.shared.left

    @room.setter
    def room(self, left: int) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        _own_room.__set__(self, _own_room.__get__(self) - (self.shared.left - left))
        self.shared.left = left

    def result(self) -> Result:
        """Return the result; its ``room`` is what this operation alone would have left."""
        result = super().result()
        result.room = _own_room.__get__(self)
        return result
