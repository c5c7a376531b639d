"""The sink that counts: which version of which client asks what, and how that went."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from secrets import token_hex
from typing import TYPE_CHECKING, TypeAlias
from weakref import ref

import graphql
from msgspec.structs import replace

from trunkline.bounded import BoundedMapping
from trunkline.errors import StoreError
from trunkline.forks import renewed_in_children
from trunkline.observe.operations import OperationEvent, name_and_version
from trunkline.observe.slow import SlowRequests
from trunkline.observe.usage_counts import (
    BUCKETS,
    HOUR,
    OTHER_CLIENT,
    OTHER_OPERATION,
    Counts,
    UsageBatch,
    UsageClient,
    UsageOperation,
)
from trunkline.observe.usage_store import UsageStore
from trunkline.printable import printable

if TYPE_CHECKING:
    from trunkline.compiler.document import ChosenOperation
    from trunkline.compiler.operation import Operation

__all__ = ["Usage"]

logger = logging.getLogger("trunkline.usage")

_HALF_MILLISECONDS = 2_000  # in a second
_MOST_KEYS = 10_000  # that are counted between two flushes
_MOST_ROWS = 50_000  # that wait for a database that is away
_MOST_OPERATIONS = 5_000  # of these rows
_REMEMBERED = 1_000  # operations whose description is kept
_LONG_TEXT = 10_000  # characters of a document that is not kept
_MOST_CHARACTERS = 128  # of a client's name, and of its version

_Key: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None, frozenset[str]]
"""The client's id, what it calls itself; the document, the operation, and what that always uses.

The hashes of all of them are kept by Python, and none keeps the operation's code in memory.
"""

_NOTHING = frozenset[str]()
_OTHER: _Key = (None, OTHER_CLIENT.name, None, None, None, _NOTHING)


class _Counted(Counts, gc=False):
    """What is counted between two flushes, and what was asked."""

    operation: ref[Operation] | None = None


class Usage:
    """Counts every operation in a database: ``GraphQL(…, sinks=[access_log, Usage(store)])``.

    - ``store``: ``sqlite:///usage.db``, or ``postgresql://user@host/database``. Any number of
      processes and endpoints may share it.
    - ``every``: seconds between two flushes.
    - ``keep``: days after which counts are removed, at least 1. The hours are removed after 62 days
      at the latest; the sums of days and months stay.

    An operation is counted for the client that its token proves, else for the one that it says it
    is, with the version that it says (the headers ``GraphQL-Client-Name`` and
    ``GraphQL-Client-Version``). `trunkline usage` shows what was counted.

    The slowest requests of each operation and hour are kept for a week. After one that was slow,
    some later requests of that operation are profiled (`OperationEvent.profile`), and the slowest
    of these are kept, too. `Console` shows them.

    A thread writes the counts. While the database is away they are kept, and written when it is
    back. `close` writes what is left; it is called when the interpreter ends, and by an endpoint
    that hears of its server's shutdown (`GraphQL.lifespan`). A process that is killed loses what it
    counted since the last flush.

    Raises ``StoreError`` if the database cannot be used at the start, and ``ValueError`` if
    ``every`` or ``keep`` is too small.
    """

    def __init__(self, store: str, *, every: float = 5.0, keep: float = 400.0) -> None:
        if not (every > 0 and keep >= 1):
            raise ValueError("Usage needs every= of more than 0 s, and keep= of 1 day or more.")
        self._store = UsageStore(store)
        self._every = every
        self._keep = keep
        self.after_fork()
        renewed_in_children(self)

    def __repr__(self) -> str:
        return f"Usage({self._store!r})"

    def after_fork(self) -> None:
        """Begin anew what belongs to a process: its locks, its thread, and what it counted."""
        self._lock = threading.RLock()
        self._hour, self._hour_ends = 0, 0.0
        self._counts: dict[_Key, _Counted] = {}
        self._slow = SlowRequests()
        self._past: list[tuple[int, dict[_Key, _Counted]]] = []  # of hours that are over
        self._closed: threading.Event | None = None
        # what follows is for those who hold `_writing`
        self._writing = threading.RLock()
        self._waiting = UsageBatch()
        self._batch: UsageBatch | None = None
        self._writer, self._number = token_hex(16), 0
        self._operations = BoundedMapping[object, UsageOperation](_REMEMBERED)
        self._fault = ""
        self._told_of_others = self._forgot = 0  # hours

    def __call__(self, event: OperationEvent) -> None:
        """Count an operation."""
        if event.name != "graphql.request":
            return
        operation, outcome, duration = event.operation, event.outcome, event.duration
        always = _NOTHING if operation is None else operation.coordinates
        now = time.time()
        with self._lock:
            if now >= self._hour_ends:
                self._begin_hour(now)
            key: _Key = (
                event.client_id,
                event.client,
                event.document_id,
                event.operation_kind,
                event.operation_name,
                always,
            )
            counts = self._counts.get(key)
            if counts is None:
                key, counts = self._first(key, operation)
            counts.count += 1
            counts.last = now
            counts.seconds += duration
            bucket = int(duration * _HALF_MILLISECONDS).bit_length()
            counts.buckets[bucket if bucket < BUCKETS else -1] += 1
            if outcome != "ok":
                counts.failures[outcome] = counts.failures.get(outcome, 0) + 1
            if event.coordinates is not key[-1]:
                for each in event.coordinates - key[-1]:
                    counts.by_variables[each] = counts.by_variables.get(each, 0) + 1
            slow = self._slow
            bound = slow.bounds.get(event.operation_name or event.document_id or "", slow.bound)
            if duration > bound or event.profile is not None:
                slow.note(event, now)

    def wants_profile(self, event: OperationEvent) -> bool:
        """Say whether an earlier request of the operation was slow, and has no profile."""
        return self._slow.wants_profile(event)

    def _begin_hour(self, now: float) -> None:
        self._past.append((self._hour, self._counts))
        self._counts = {}
        self._slow.begin_hour()
        self._hour = int(now) // HOUR
        self._hour_ends = (self._hour + 1) * HOUR

    def _first(self, key: _Key, operation: Operation | None) -> tuple[_Key, _Counted]:
        """Begin to count what was not counted since the last flush; return as what."""
        if self._closed is None:
            self._closed = closed = threading.Event()
            threading.Thread(
                target=self._follow, args=(closed,), name="trunkline-usage", daemon=True
            ).start()
            atexit.register(self.close)
        if len(self._counts) >= _MOST_KEYS:
            return _OTHER, self._counts.setdefault(_OTHER, _Counted())
        counts = self._counts[key] = _Counted()
        if operation is not None:
            counts.operation = ref(operation)
        return key, counts

    # -- writing --

    def close(self) -> None:
        """Write what is not written yet, and end the thread. A later event starts another one."""
        closed, self._closed = self._closed, None
        if closed is not None:
            closed.set()
            atexit.unregister(self.close)
        with self._writing:
            self.flush()
            left = [each for each in (self._batch, self._waiting) if each is not None]
            requests = sum(counts.count for each in left for counts in each.counts.values())
            if requests:
                logger.error("%d requests are not counted. %s", requests, self._fault)

    def _follow(self, closed: threading.Event) -> None:
        while not closed.wait(self._every):
            try:
                self.flush()
            except Exception:
                logger.exception("Counts of usage were not written.")

    def flush(self) -> None:
        """Write what was counted. If the database is away, that is logged once, and kept."""
        with self._writing:
            self._collect()
            try:
                while batch := self._next_batch():
                    if not self._store.write(batch, self._writer, self._number):
                        self._tell_of_others()
                    self._batch = None
                self._forget()
            except StoreError as error:
                if not self._fault:
                    logger.error(  # noqa: TRY400  # the message says it
                        "Counts of usage are kept until the store is back. %s", error
                    )
                self._fault = str(error)
            else:
                if self._fault:
                    logger.warning("The store of usage is back.")
                self._fault = ""

    def _collect(self) -> None:
        """Add what was counted since the last time to what waits to be written."""
        with self._lock:
            taken = [*self._past, (self._hour, self._counts)]
            self._past, self._counts = [], {}
            slow = self._slow.take()
        self._waiting.keep_slow(slow)
        for hour, all_counts in taken:
            for key, counts in all_counts.items():
                if key is _OTHER:
                    self._add_to_others(hour, counts)
                    continue
                client, operation = _client(*key[:2]), self._operation(key, counts)
                if self._has_room(hour, client, operation):
                    self._waiting.add(hour, client, operation, counts)
                else:
                    self._add_to_others(hour, counts.without(operation))

    def _add_to_others(self, hour: int, counts: Counts) -> None:
        self._tell_of_others()
        self._waiting.add(hour, OTHER_CLIENT, OTHER_OPERATION, counts)

    def _operation(self, key: _Key, counts: _Counted) -> UsageOperation:
        """Describe an operation."""
        _, _, document_id, kind, name, coordinates = key
        known = self._operations.get(key[2:])
        if known is None:
            known = UsageOperation(
                name or "", kind or "", document_id or "", tuple(sorted(coordinates))
            )
            operation = None if counts.operation is None else counts.operation()
            if operation is not None:
                known = replace(known, text=_without_literals(operation.read()))
                self._operations.put(key[2:], known)
        return known

    def _has_room(self, hour: int, client: UsageClient, operation: UsageOperation) -> bool:
        """Say whether a row can wait, while the database is away."""
        waiting, id_ = self._waiting, operation.id
        if (hour, client.id, id_) in waiting.counts:
            return True
        has_room = id_ in waiting.operations or len(waiting.operations) < _MOST_OPERATIONS
        return has_room and len(waiting.counts) < _MOST_ROWS

    def _next_batch(self) -> UsageBatch | None:
        """Return the batch that was not written, or the next one."""
        if self._batch is None and self._waiting.counts:
            self._batch, self._waiting = self._waiting, UsageBatch()
            self._number += 1
        return self._batch

    def _forget(self) -> None:
        """Once an hour, remove what is too old."""
        hour = int(time.time()) // HOUR
        if hour != self._forgot:
            self._store.forget(self._keep)
            self._forgot = hour

    def _tell_of_others(self) -> None:
        """Once an hour, say that clients or operations are counted under another name."""
        hour = int(time.time()) // HOUR
        if hour != self._told_of_others:
            self._told_of_others = hour
            logger.warning(
                "There are too many clients or operations: requests are counted as those of"
                " %s. `trunkline usage` shows which there are.",
                OTHER_CLIENT.name,
            )


def _client(client_id: str | None, said: str | None) -> UsageClient:
    """Return who is counted: the client that a token proves, else who it says it is."""
    name, version = name_and_version(said)
    name, version = (printable(each)[:_MOST_CHARACTERS] for each in (client_id or name, version))
    return UsageClient(name, version, client_id is not None)


class _HideLiterals(graphql.Visitor):
    """Replaces numbers and strings, which may be personal."""

    @staticmethod
    def enter_int_value(*_: object) -> graphql.IntValueNode:
        return graphql.IntValueNode(value="0")

    @staticmethod
    def enter_float_value(*_: object) -> graphql.FloatValueNode:
        return graphql.FloatValueNode(value="0")

    @staticmethod
    def enter_string_value(*_: object) -> graphql.StringValueNode:
        return graphql.StringValueNode(value="")


def _without_literals(chosen: ChosenOperation) -> str:
    """Return the text of an operation and its fragments, without numbers and strings.

    A long one is not kept: the result is empty.
    """
    document = graphql.DocumentNode(definitions=(chosen.node, *chosen.fragments.values()))
    text = graphql.print_ast(graphql.visit(document, _HideLiterals()))
    return text if len(text) <= _LONG_TEXT else ""
