"""The counts of usage in a database: what processes add, and what is read of it.

A row counts what a version of a client asked with an operation, within an hour, a day, a third of
a month or a month (of UTC). Each flush adds to all of these, so a year is read from its months.
It also adds to the sums of an operation and of a client, which are few where the rows are many.
Fields need no rows, because an operation uses the same ones each time; only what the values of
variables use beside these (fields of input types, values of enums) has a row of its own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, get_args

import msgspec

from trunkline.database import Run, database_at
from trunkline.errors import StoreError
from trunkline.observe.operations import OperationOutcome
from trunkline.observe.slow import KEPT_OF_HOUR, KEPT_OF_OPERATION, SlowRequest
from trunkline.observe.usage_counts import (
    BUCKETS,
    HOUR,
    Counts,
    Span,
    UsageBatch,
    UsageClient,
    UsageOperation,
    UsageRow,
)

__all__ = ["SeenSchema", "UsageStore"]

_READ_BY_HOUR = 48 * HOUR  # a shorter time is read hour by hour
_HOURS_KEPT = 62 * 24
_HOURS_OF_SLOW = 7 * 24  # that slow requests are kept for
_NEVER = 2**31 - 1  # an hour
_MOST_REMOVED = 200  # starts of spans that are removed at a time


class SeenSchema(msgspec.Struct):
    """A version of a schema, its SDL, and when it was seen first, in seconds since 1970."""

    version: str
    text: str
    seen: float


_FAILURES: tuple[str, ...] = tuple(each for each in get_args(OperationOutcome) if each != "ok")
_BUCKET_NAMES = tuple(f"b{number}" for number in range(BUCKETS))
_FEW_SUMS = ("count", "seconds", *_FAILURES)
_SUMS = (*_FEW_SUMS, *_BUCKET_NAMES)
_KEY = "span, start, client, operation"
_COUNTED_BY = {
    "trunkline_usage": ("client", "operation"),
    "trunkline_usage_by_operation": ("operation",),
    "trunkline_usage_by_client": ("client",),
}
_TABLES = (
    """CREATE TABLE IF NOT EXISTS trunkline_usage_clients (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, proven INTEGER NOT NULL,
    seen INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trunkline_usage_operations (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, document TEXT NOT NULL,
    text TEXT NOT NULL, seen INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trunkline_usage_coordinates (
    coordinate TEXT, operation BIGINT, PRIMARY KEY (coordinate, operation))""",
    *(
        f"""CREATE TABLE IF NOT EXISTS {table} (
    span SMALLINT, start INTEGER, {" BIGINT, ".join(key)} BIGINT, count BIGINT NOT NULL,
    last DOUBLE PRECISION NOT NULL, seconds DOUBLE PRECISION NOT NULL,
    {", ".join(f"{name} BIGINT NOT NULL" for name in (*_FAILURES, *_BUCKET_NAMES))},
    PRIMARY KEY (span, start, {", ".join(key)}))"""
        for table, key in _COUNTED_BY.items()
    ),
    f"""CREATE TABLE IF NOT EXISTS trunkline_usage_variables (
    span SMALLINT, start INTEGER, client BIGINT, operation BIGINT, coordinate TEXT,
    count BIGINT NOT NULL, last DOUBLE PRECISION NOT NULL, PRIMARY KEY ({_KEY}, coordinate))""",
    """CREATE TABLE IF NOT EXISTS trunkline_usage_schemas (
    version TEXT PRIMARY KEY, text TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trunkline_usage_slow (
    id TEXT PRIMARY KEY, start INTEGER NOT NULL, kind TEXT NOT NULL, operation TEXT NOT NULL,
    profiled SMALLINT NOT NULL, duration DOUBLE PRECISION NOT NULL, told TEXT NOT NULL)""",
    """CREATE INDEX IF NOT EXISTS trunkline_usage_slow_start ON trunkline_usage_slow (start)""",
    """CREATE TABLE IF NOT EXISTS trunkline_usage_writers (
    id TEXT PRIMARY KEY, batch INTEGER NOT NULL, seen INTEGER NOT NULL)""",
)
_BY_TIME = (*_COUNTED_BY, "trunkline_usage_variables")


def _adding(table: str, key: str, *sums: str) -> str:
    """Return the statement that adds a row to the one with its key."""
    columns = (*key.split(", "), "last", *sums)
    sets = [f"{name} = {table}.{name} + excluded.{name}" for name in sums]
    last = f"CASE WHEN excluded.last > {table}.last THEN excluded.last ELSE {table}.last END"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # ours
        f" ON CONFLICT ({key}) DO UPDATE SET {', '.join([f'last = {last}', *sets])}"
    )


_NAME_CLIENT = (
    "INSERT INTO trunkline_usage_clients (id, name, version, proven, seen)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen"
)
_NAME_OPERATION = (
    "INSERT INTO trunkline_usage_operations (id, name, kind, document, text, seen)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen,"
    " text = CASE excluded.text WHEN '' THEN trunkline_usage_operations.text"
    " ELSE excluded.text END"
)
_WRITTEN = (
    "INSERT INTO trunkline_usage_writers (id, batch, seen) VALUES (?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, seen = excluded.seen"
)
_KEEP_SLOW = (
    "INSERT INTO trunkline_usage_slow (id, start, kind, operation, profiled, duration, told)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_FASTER = f"""SELECT id FROM (SELECT id,
    ROW_NUMBER() OVER (PARTITION BY kind, operation, profiled
    ORDER BY duration DESC) AS of_operation,
    ROW_NUMBER() OVER (ORDER BY duration DESC) AS of_hour
    FROM trunkline_usage_slow WHERE start = ?) AS ranked
    WHERE of_operation > {KEPT_OF_OPERATION} OR of_hour > {KEPT_OF_HOUR} ORDER BY id"""  # noqa: S608  # ours
_ADD = {
    table: _adding(table, f"span, start, {', '.join(key)}", *_SUMS)
    for table, key in _COUNTED_BY.items()
}
_ADD_BY_VARIABLES = _adding("trunkline_usage_variables", f"{_KEY}, coordinate", "count")


class UsageStore:
    """Counts in SQLite or PostgreSQL: ``sqlite:///usage.db``, ``postgresql://user@host/name``.

    ``creates`` says whether tables that are missing are created; without it, reading says that they
    are missing.

    Every method raises ``StoreError`` if the database cannot be used.
    """

    def __init__(self, url: str, *, creates: bool = True) -> None:
        database = database_at(url)
        if database is None:
            raise StoreError(
                "The store of usage must be sqlite:///usage.db or postgresql://user@host/database."
            )
        self._database = database
        self._has_tables = creates
        if creates:
            database.create(_TABLES)

    def __repr__(self) -> str:
        return f"UsageStore({self._database!r})"

    def _check_tables(self) -> None:
        if not self._has_tables and not self._database.has("trunkline_usage"):
            raise StoreError(
                f"The store {self._database.url} has no counts yet. The first server that counts"
                " there makes its tables: GraphQL(…, sinks=[Usage(…)])."
            )
        self._has_tables = True

    # -- writing --

    def write(self, batch: UsageBatch, writer: str, number: int) -> bool:
        """Add the counts of a batch; return whether their clients and operations have names.

        Those that are too many for the database do not: they are counted as others.
        A process has a name of its own as the ``writer``, and numbers its batches. So it can write
        one again if it does not know whether that was done: the number says so.
        """
        now = int(time.time())
        with self._database.transaction() as run:
            row = run("SELECT batch FROM trunkline_usage_writers WHERE id = ?", writer).fetchone()
            if row is not None and row[0] >= number:
                return True
            run(_WRITTEN, writer, number, now)
            there = _ids(run, "operations")
            named = batch.bounded(_ids(run, "clients"), there)
            run.many(
                _NAME_CLIENT,
                [
                    (id_, each.name, each.version, int(each.is_proven), now)
                    for id_, each in sorted(named.clients.items())
                ],
            )
            run.many(
                _NAME_OPERATION,
                [
                    (id_, each.name, each.kind, each.document_id, each.text, now)
                    for id_, each in sorted(named.operations.items())
                ],
            )
            run.many(
                "INSERT INTO trunkline_usage_coordinates (coordinate, operation) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                sorted(
                    (coordinate, id_)
                    for id_, each in named.operations.items()
                    if id_ not in there
                    for coordinate in each.coordinates
                ),
            )
            # in one order, so that no two processes wait in a circle
            counts = sorted(named.counts.items())
            by_operation = _by_hour(
                (hour, operation, each) for (hour, _, operation), each in counts
            )
            by_client = _by_hour((hour, client, each) for (hour, client, _), each in counts)
            for span in Span:
                run.many(_ADD["trunkline_usage"], _rows(span, counts))
                run.many(_ADD["trunkline_usage_by_operation"], _rows(span, by_operation))
                run.many(_ADD["trunkline_usage_by_client"], _rows(span, by_client))
                run.many(_ADD_BY_VARIABLES, _rows_by_variables(span, counts))
            _write_slow(run, batch.slow)
        return named is batch

    def forget(self, days: float) -> None:
        """Remove what is older than some days, and the hours that are older than two months.

        ``days`` may be infinite.
        """
        self._check_tables()
        now = int(time.time()) // HOUR
        oldest = int(max(0.0, now - days * 24))
        for span in Span:
            before = span.start(oldest)
            if span is Span.HOUR:
                before = max(before, now - _HOURS_KEPT)
            if not all(self._forget_before(table, span, before) for table in _BY_TIME):
                return
        with self._database.transaction() as run:
            seen = (oldest - 31 * 24) * HOUR  # those of a month that is kept have their names
            run(
                "DELETE FROM trunkline_usage_slow WHERE start < ?",
                max(oldest, now - _HOURS_OF_SLOW),
            )
            for table in ("clients", "operations", "writers"):
                run(f"DELETE FROM trunkline_usage_{table} WHERE seen < ?", seen)  # noqa: S608  # ours
            run(
                "DELETE FROM trunkline_usage_coordinates WHERE operation NOT IN"
                " (SELECT id FROM trunkline_usage_operations)"
            )

    def _forget_before(self, table: str, span: Span, before: int) -> bool:
        """Remove rows in transactions that do not keep others waiting; return whether all went."""
        for _ in range(_MOST_REMOVED):
            with self._database.transaction() as run:
                first = run(
                    f"SELECT MIN(start) FROM {table} WHERE span = ?",  # noqa: S608  # ours
                    int(span),
                ).fetchone()[0]
                if first is None or first >= before:
                    return True
                run(f"DELETE FROM {table} WHERE span = ? AND start = ?", int(span), first)  # noqa: S608  # ours
        return False

    # -- reading --

    @contextmanager
    def _reading(self) -> Generator[Run]:
        self._check_tables()
        with self._database.reading() as run:
            yield run

    def rows(
        self,
        since: float = 0.0,
        client: str | None = None,
        coordinate: str | None = None,
        operation: UsageOperation | None = None,
        *,
        with_buckets: bool = False,
    ) -> list[UsageRow]:
        """Return what was counted since a time, in seconds since 1970; the last used first.

        A time of more than two days ago is taken as the start of its day (in UTC). ``client`` is
        a client's name; ``coordinate`` what the operations use, such as ``Todo.text``;
        ``operation`` stands for all that are like it. To read the ``buckets`` takes half as long
        again.
        """
        where, values = _since(since)
        if client is not None:
            where += " AND client IN (SELECT id FROM trunkline_usage_clients WHERE name = ?)"
            values.append(client)
        if operation is not None:
            like, named = _among_like(operation)
            where, values = where + like, [*values, *named]
        if coordinate is not None:
            values.append(coordinate)
        names = _SUMS if with_buckets else _FEW_SUMS
        found: dict[tuple[int, int], Counts] = {}
        with self._reading() as run:
            for table, sums, of_field in _tables_of(coordinate, names):
                for client_id, operation_id, *numbers in run(
                    f"SELECT client, operation, MAX(last), {sums} FROM {table}"  # noqa: S608  # ours
                    f" WHERE {where}{of_field} GROUP BY client, operation",
                    *values,
                ).fetchall():
                    ids, counts = (client_id, operation_id), _counts(numbers)
                    if ids in found:
                        found[ids].add(counts)
                    else:
                        found[ids] = counts
            clients, operations = _clients(run), _operations(run)
        rows = [
            UsageRow(
                client=clients[client_id],
                operation=operations[operation_id],
                **msgspec.structs.asdict(counts),
            )
            for (client_id, operation_id), counts in found.items()
        ]
        return sorted(rows, key=lambda row: row.last, reverse=True)

    def by_operation(self, since: float) -> list[tuple[UsageOperation, Counts]]:
        """Return what all clients asked since a time, as `rows` takes it."""
        with self._reading() as run:
            found = _read_sums(run, "trunkline_usage_by_operation", since)
            names = _operations(run)
        return [(names[id_], counts) for id_, counts in found]

    def by_client(self, since: float) -> list[tuple[UsageClient, Counts]]:
        """Return what the versions of clients asked since a time, as `rows` takes it."""
        with self._reading() as run:
            found = _read_sums(run, "trunkline_usage_by_client", since)
            names = _clients(run)
        return [(names[id_], counts) for id_, counts in found]

    def over_time(
        self, since: float, span: Span, operation: UsageOperation | None = None
    ) -> dict[int, Counts]:
        """Return what was counted in each span since a time, by the hour in which the span starts.

        With ``operation``, it is that of the operations which are like it.
        """
        where, names = ("", []) if operation is None else _among_like(operation)
        sums = ", ".join(f"SUM({name})" for name in _SUMS)
        with self._reading() as run:
            rows = run(
                f"SELECT start, MAX(last), {sums} FROM trunkline_usage_by_operation"  # noqa: S608  # ours
                f" WHERE span = ? AND start >= ?{where} GROUP BY start ORDER BY start",
                *(int(span), span.start(int(since) // HOUR), *names),
            ).fetchall()
        return {start: _counts(numbers) for start, *numbers in rows}

    def texts(self, operation: UsageOperation) -> dict[str, str]:
        """Return the texts of the operations like one, by the ids of their documents.

        These have its kind and its name, or if it has no name, its document.
        """
        same, names = _like(operation)
        with self._reading() as run:
            return dict(
                run(
                    f"SELECT document, text FROM trunkline_usage_operations WHERE {same}"  # noqa: S608  # ours
                    " AND text <> '' ORDER BY seen DESC",
                    *names,
                ).fetchall()
            )

    def coordinates(self, since: float) -> dict[str, tuple[int, float]]:
        """Return how often each coordinate was used since a time, and when last."""
        where, values = _since(since)
        found: dict[str, tuple[int, float]] = {}
        with self._reading() as run:
            always = run(
                "SELECT coordinate, SUM(n), MAX(last) FROM trunkline_usage_coordinates JOIN"  # noqa: S608  # ours
                " (SELECT operation AS id, SUM(count) AS n, MAX(last) AS last"
                f" FROM trunkline_usage_by_operation WHERE {where} GROUP BY operation) AS used"
                " ON used.id = operation GROUP BY coordinate",
                *values,
            ).fetchall()
            by_variables = run(
                "SELECT coordinate, SUM(count), MAX(last) FROM trunkline_usage_variables"  # noqa: S608  # ours
                f" WHERE {where} GROUP BY coordinate",
                *values,
            ).fetchall()
        for coordinate, count, last in (*always, *by_variables):
            there = found.get(coordinate, (0, 0.0))
            found[coordinate] = there[0] + int(count), max(there[1], last)
        return found

    def slow(self, since: float, most: int = 200) -> list[SlowRequest]:
        """Return the slowest request of each operation since a time, and the slowest profile.

        The slowest requests come first.
        """
        return self._slow(
            "id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER"
            " (PARTITION BY kind, operation, profiled ORDER BY duration DESC) AS place"
            " FROM trunkline_usage_slow WHERE start >= ?) AS ranked WHERE place = 1)",
            [int(since) // HOUR],
            most,
        )

    def slow_of(self, operation: UsageOperation, since: float, most: int) -> list[SlowRequest]:
        """Return slow requests of the operations like one since a time, the slowest first."""
        name = operation.name or operation.document_id
        where = "start >= ? AND kind = ? AND operation = ?"
        return self._slow(where, [int(since) // HOUR, operation.kind, name], most)

    def _slow(self, where: str, values: Sequence[object], most: int) -> list[SlowRequest]:
        with self._reading() as run:
            rows = run(
                f"SELECT told FROM trunkline_usage_slow WHERE {where}"  # noqa: S608  # ours
                " ORDER BY duration DESC LIMIT ?",
                *(*values, most),
            ).fetchall()
        return [msgspec.json.decode(told, type=SlowRequest) for (told,) in rows]

    def slow_request(self, id_: str) -> SlowRequest | None:
        """Return a slow request by its id."""
        with self._reading() as run:
            row = run("SELECT told FROM trunkline_usage_slow WHERE id = ?", id_).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=SlowRequest)

    def saw_schema(self, version: str, text: str) -> None:
        """Note a version of a schema, if it is new; the last 50 are kept."""
        self._check_tables()
        with self._database.transaction() as run:
            run(
                "INSERT INTO trunkline_usage_schemas (version, text, seen) VALUES (?, ?, ?)"
                " ON CONFLICT (version) DO NOTHING",
                *(version, text, time.time()),
            )
            run(
                "DELETE FROM trunkline_usage_schemas WHERE version NOT IN (SELECT version"
                " FROM trunkline_usage_schemas ORDER BY seen DESC LIMIT 50)"
            )

    def schemas(self) -> list[SeenSchema]:
        """Return the versions of the schema that were noted, the last one first."""
        with self._reading() as run:
            rows = run(
                "SELECT version, text, seen FROM trunkline_usage_schemas ORDER BY seen DESC"
            ).fetchall()
        return [SeenSchema(*row) for row in rows]

    def hours(self, first: int, end: int) -> list[int]:
        """Return the hours since 1970 in which something was counted, from one up to another."""
        with self._reading() as run:
            rows = run(
                "SELECT DISTINCT start FROM trunkline_usage_by_operation"
                " WHERE span = ? AND start >= ? AND start < ? ORDER BY start",
                *(int(Span.HOUR), first, end),
            ).fetchall()
        return [hour for (hour,) in rows]

    def hour(self, hour: int) -> UsageBatch:
        """Return everything that was counted in an hour since 1970."""
        batch = UsageBatch()
        values = int(Span.HOUR), hour
        with self._reading() as run:
            rows = run(
                f"SELECT client, operation, last, {', '.join(_SUMS)}"  # noqa: S608  # ours
                " FROM trunkline_usage WHERE span = ? AND start = ? ORDER BY client, operation",
                *values,
            ).fetchall()
            if rows:
                batch.clients, batch.operations = _clients(run), _operations(run, with_all=True)
            for client, operation, *numbers in rows:
                batch.counts[hour, client, operation] = _counts(numbers)
            for client, operation, coordinate, count in run(
                "SELECT client, operation, coordinate, count FROM trunkline_usage_variables"
                " WHERE span = ? AND start = ?",
                *values,
            ).fetchall():
                batch.counts[hour, client, operation].by_variables[coordinate] = count
        return batch

    def sent(self, receiver: str) -> int | None:
        """Return the last hour that was sent to a receiver."""
        with self._reading() as run:
            row = run("SELECT batch FROM trunkline_usage_writers WHERE id = ?", receiver).fetchone()
        return None if row is None else row[0]

    def has_sent(self, receiver: str, hour: int) -> None:
        """Note that an hour was sent to a receiver."""
        with self._database.transaction() as run:
            run(_WRITTEN, receiver, hour, int(time.time()))


def _by_hour(counts: Iterable[tuple[int, int, Counts]]) -> list[tuple[tuple[int, ...], Counts]]:
    """Add up counts by hour and id, in one order."""
    found: dict[tuple[int, ...], Counts] = {}
    for hour, id_, each in counts:
        found.setdefault((hour, id_), Counts()).add(each)
    return sorted(found.items())


def _write_slow(run: Run, requests: Iterable[SlowRequest]) -> None:
    """Keep the slowest of these and of those that other processes wrote."""
    rows = [
        (
            each.id,
            int(each.at) // HOUR,
            each.kind,
            each.operation,
            int(each.profile is not None),
            each.duration,
            msgspec.json.encode(each).decode(),
        )
        for each in requests
    ]
    run.many(_KEEP_SLOW, rows)
    for start in sorted({start for _, start, *_ in rows}):
        # in one order, too
        run.many("DELETE FROM trunkline_usage_slow WHERE id = ?", run(_FASTER, start).fetchall())


def _rows(
    span: Span, counts: Iterable[tuple[tuple[int, ...], Counts]]
) -> Iterator[Sequence[object]]:
    for (hour, *ids), each in counts:
        failures = (each.failures.get(name, 0) for name in _FAILURES)
        key = int(span), span.start(hour), *ids
        yield (*key, each.last, each.count, each.seconds, *failures, *each.buckets)


def _rows_by_variables(
    span: Span, counts: Sequence[tuple[tuple[int, int, int], Counts]]
) -> Iterator[Sequence[object]]:
    for (hour, client, operation), each in counts:
        key = int(span), span.start(hour), client, operation
        for coordinate, count in sorted(each.by_variables.items()):
            yield (*key, coordinate, each.last, count)


def _like(operation: UsageOperation) -> tuple[str, list[object]]:
    """Return the condition for operations of one kind and name; without a name, of one document."""
    values: list[object] = [operation.kind, operation.name]
    if operation.name:
        return "kind = ? AND name = ?", values
    return "kind = ? AND name = ? AND document = ?", [*values, operation.document_id]


def _among_like(operation: UsageOperation) -> tuple[str, list[object]]:
    like, values = _like(operation)
    return f" AND operation IN (SELECT id FROM trunkline_usage_operations WHERE {like})", values  # noqa: S608  # ours


def _tables_of(coordinate: str | None, names: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the tables that are to be read, what is summed up in each, and its condition."""
    sums = ", ".join(f"SUM({name})" for name in names)
    if coordinate is None:
        return [("trunkline_usage", sums, "")]
    always = "SELECT operation FROM trunkline_usage_coordinates WHERE coordinate = ?"
    return [
        ("trunkline_usage", sums, f" AND operation IN ({always})"),
        (
            "trunkline_usage_variables",
            f"SUM(count){', 0' * (len(names) - 1)}",
            " AND coordinate = ?",
        ),
    ]


def _ranges(since: float, now: float) -> list[tuple[Span, int, int]]:
    """Return the spans to read, each with the first hour, and the one that ends it."""
    start = int(since) // HOUR
    if now - since <= _READ_BY_HOUR:
        return [(Span.HOUR, start, _NEVER)]
    start = Span.DAY.start(start)
    ranges: list[tuple[Span, int, int]] = []
    for span, longer in ((Span.DAY, Span.THIRD), (Span.THIRD, Span.MONTH)):
        end = start
        while longer.start(end) < end:
            end += 24
        if end > int(now) // HOUR:
            return [*ranges, (span, start, _NEVER)]
        ranges.append((span, start, end))
        start = end
    return [*ranges, (Span.MONTH, start, _NEVER)]


def _since(since: float) -> tuple[str, list[object]]:
    """Return the condition for the rows since a time."""
    ranges = _ranges(since, time.time())
    condition = " OR ".join(["(span = ? AND start >= ? AND start < ?)"] * len(ranges))
    return f"({condition})", [int(each) for numbers in ranges for each in numbers]


def _read_sums(run: Run, table: str, since: float) -> list[tuple[int, Counts]]:
    where, values = _since(since)
    sums = ", ".join(f"SUM({name})" for name in _SUMS)
    key = _COUNTED_BY[table][0]
    rows = run(
        f"SELECT {key}, MAX(last), {sums} FROM {table} WHERE {where} GROUP BY {key}",  # noqa: S608  # ours
        *values,
    )
    return [(id_, _counts(numbers)) for id_, *numbers in rows.fetchall()]


def _counts(numbers: Sequence[Any]) -> Counts:
    """Return the counts whose numbers are the last time and the sums."""
    last, count, seconds, *rest = numbers
    failures = {name: int(each) for name, each in zip(_FAILURES, rest, strict=False) if each}
    return Counts(
        int(count), last, seconds, failures, [int(each) for each in rest[len(_FAILURES) :]]
    )


def _ids(run: Run, table: str) -> set[int]:
    rows = run(f"SELECT id FROM trunkline_usage_{table}").fetchall()  # noqa: S608  # ours
    return {id_ for (id_,) in rows}


def _clients(run: Run) -> dict[int, UsageClient]:
    rows = run("SELECT id, name, version, proven FROM trunkline_usage_clients").fetchall()
    return {id_: UsageClient(name, version, bool(proven)) for id_, name, version, proven in rows}


def _operations(run: Run, *, with_all: bool = False) -> dict[int, UsageOperation]:
    """Return the operations by their ids, also with their coordinates and texts."""
    coordinates: defaultdict[int, list[str]] = defaultdict(list)
    text = "text" if with_all else "''"
    if with_all:
        for coordinate, id_ in run(
            "SELECT coordinate, operation FROM trunkline_usage_coordinates ORDER BY coordinate"
        ).fetchall():
            coordinates[id_].append(coordinate)
    rows = run(f"SELECT id, name, kind, document, {text} FROM trunkline_usage_operations")  # noqa: S608  # ours
    return {
        id_: UsageOperation(name, kind, document, tuple(coordinates[id_]), text)
        for id_, name, kind, document, text in rows.fetchall()
    }
