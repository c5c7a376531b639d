"""A database for what a server keeps: the same statements for SQLite and for PostgreSQL.

All methods block, and each transaction has a connection of its own. A process that is killed leaves
all of a transaction, or nothing.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trunkline.errors import StoreError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Database", "Run", "SQLite", "database_at", "poll"]

_TIMEOUT = 10  # seconds that a statement may wait
_POLLED_EVERY = 0.5  # seconds


class Run(Protocol):
    """Runs the statements of a transaction, in which ``?`` stands for a value."""

    def __call__(self, statement: str, *values: object) -> Any:
        """Run a statement; return its cursor."""
        ...

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        ...


class Database(ABC):
    """What is alike for both. ``url`` is for messages: it has no password."""

    url: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Run]:
        """Give what runs statements in one transaction. Raises ``StoreError``."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Run]:
        """Give what runs statements that only read. Raises ``StoreError``."""

    @abstractmethod
    def has(self, table: str) -> bool:
        """Tell whether there is a table of this name. Raises ``StoreError``."""

    def create(self, tables: Sequence[str]) -> None:
        """Run the statements that create what is missing. Raises ``StoreError``."""
        with self.transaction() as run:
            for statement in tables:
                run(statement)

    @abstractmethod
    def notify(self, run: Run, channel: str) -> None:
        """Wake the processes that listen to a channel, when the transaction is committed."""

    @abstractmethod
    def listening(self, channel: str) -> AbstractContextManager[Callable[[], bool]]:
        """Give a function that waits for a second at most; returns whether something may be new."""


def database_at(url: str) -> Database | None:
    """Return the database that a URL names: ``sqlite:///file.db``, ``postgresql://user@host/name``.

    ``None`` if the URL is of another kind. Raises ``StoreError`` if it cannot be used.
    """
    if url.startswith("sqlite:///"):
        return SQLite(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return PostgreSQL(url.replace("+psycopg", "", 1))
    return None


def poll() -> bool:
    """Wait for half a second; there may be something new then."""
    time.sleep(_POLLED_EVERY)
    return True


class SQLite(Database):
    """A file, which several processes of one machine may share."""

    def __init__(self, path: str) -> None:
        import sqlite3  # noqa: PLC0415  # most programs have no database here

        if path in {"", ":memory:"}:  # in memory, each connection has another database
            raise StoreError("The URL of a store in SQLite names its file: sqlite:///store.db.")
        self._sqlite3 = sqlite3
        self._path = path
        self.url = f"sqlite:///{path}"

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Generator[Run]:
        """Run statements in one transaction."""
        with self._connection() as connection:
            connection.execute(f"BEGIN {kind}")
            yield _RunSQLite(connection)
            connection.execute("COMMIT")

    def reading(self) -> AbstractContextManager[Run]:
        """Run statements that only read, also of a file that may only be read."""
        return self.transaction("DEFERRED")

    def has(self, table: str) -> bool:
        """Tell whether there is a table of this name; without a file there is none."""
        if not Path(self._path).exists():  # to connect would make it
            return False
        with self.reading() as run:
            return run("SELECT 1 FROM sqlite_master WHERE name = ?", table).fetchone() is not None

    def create(self, tables: Sequence[str]) -> None:
        """Create what is missing, also the file."""
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # others read while one writes
        super().create(tables)

    def notify(self, run: Run, channel: str) -> None:
        """Do nothing: the others poll."""

    @contextmanager
    def listening(self, channel: str) -> Generator[Callable[[], bool]]:  # noqa: ARG002  # see `notify`
        """Poll."""
        yield poll

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        connection = None
        try:
            connection = self._sqlite3.connect(self._path, _TIMEOUT, isolation_level=None)
            yield connection
        except self._sqlite3.Error as error:
            raise StoreError(f"The store {self.url} cannot be used: {error}.") from None
        finally:
            if connection is not None:
                connection.close()  # and roll back what is open


class _RunSQLite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __call__(self, statement: str, *values: object) -> Any:
        return self._connection.execute(statement, values)

    def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(statement, rows)


class PostgreSQL(Database):
    """A database of PostgreSQL, whose processes hear of changes by ``NOTIFY``.

    Raises ``StoreError`` if psycopg is not installed, or the URL is malformed.
    """

    def __init__(self, url: str) -> None:
        try:
            import psycopg  # noqa: PLC0415  # of an extra
            from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
        except ModuleNotFoundError:
            raise StoreError(
                "A store in PostgreSQL needs psycopg: pip install 'trunkline[postgresql]'."
            ) from None
        self._psycopg = psycopg
        self._secret_url = url
        try:
            parts: dict[str, Any] = conninfo_to_dict(url)
            path = url.removeprefix("postgresql://").partition("?")[0].partition("/")[2]
            if "@" in path:  # half of the password, which has a slash
                raise ValueError  # noqa: TRY301
        except (psycopg.Error, ValueError):  # their messages repeat what may be the password
            raise StoreError(
                "The URL of a store in PostgreSQL cannot be used: it must be"
                " postgresql://user:password@host:port/database, with the characters /, ? and @ of"
                " a password written as %2F, %3F and %40."
            ) from None
        host = parts.get("host", "").partition("/")[0]  # of a socket's folder nothing
        self.url = f"postgresql://{host}/{parts.get('dbname', '')}"

    @contextmanager
    def transaction(self) -> Generator[Run]:
        """Run statements in one transaction."""
        with self._connection() as connection, connection.transaction():
            yield _RunPostgreSQL(connection)

    def reading(self) -> AbstractContextManager[Run]:
        """Run statements that only read."""
        return self.transaction()

    def has(self, table: str) -> bool:
        """Tell whether there is a table of this name, also if this user may not read it."""
        with self.transaction() as run:
            return run("SELECT to_regclass(?)", table).fetchone()[0] is not None

    def create(self, tables: Sequence[str]) -> None:
        """Create what is missing, alone: creating a table twice at once fails."""
        super().create(("SELECT pg_advisory_xact_lock(7414)", *tables))

    def notify(self, run: Run, channel: str) -> None:
        """Wake those who listen."""
        run(f"NOTIFY {channel}")

    @contextmanager
    def listening(self, channel: str) -> Generator[Callable[[], bool]]:
        """Wait for notifications."""
        with self._connection() as connection:
            connection.execute(f"LISTEN {channel}")
            yield lambda: any(True for _ in connection.notifies(timeout=1.0, stop_after=1))

    @contextmanager
    def _connection(self) -> Generator[Any]:
        connection = None
        try:
            connection = self._psycopg.connect(
                self._secret_url,
                autocommit=True,
                connect_timeout=_TIMEOUT,
                tcp_user_timeout=_TIMEOUT * 1_000,
                options=f"-c statement_timeout={_TIMEOUT}s",
            )
            yield connection
        except self._psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise StoreError(f"The store {self.url} cannot be used: {reason}") from None
        finally:
            if connection is not None:
                connection.close()


class _RunPostgreSQL:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __call__(self, statement: str, *values: object) -> Any:
        return self._connection.execute(statement.replace("?", "%s"), values)

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), rows)
