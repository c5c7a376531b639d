"""The stores in databases: the same statements for SQLite and for PostgreSQL.

Each method is one transaction, so a process that is killed leaves all of it or nothing.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

import msgspec

from trunkline.contracts.contract import Audience, Contract, UnknownDocument, UnknownRule
from trunkline.contracts.polling import poll
from trunkline.errors import StoreError

__all__ = ["PostgreSQLStore", "SQLiteStore"]

_TABLES = (
    """CREATE TABLE IF NOT EXISTS trunkline_contracts (
    client VARCHAR(128), version VARCHAR(64), documents TEXT NOT NULL, audience TEXT NOT NULL,
    proven INTEGER NOT NULL, published DOUBLE PRECISION NOT NULL, used DOUBLE PRECISION NOT NULL,
    retired DOUBLE PRECISION, checked VARCHAR(64) NOT NULL, PRIMARY KEY (client, version))""",
    """CREATE TABLE IF NOT EXISTS trunkline_rules (
    client VARCHAR(128) PRIMARY KEY, rule VARCHAR(8) NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trunkline_unknown (
    client VARCHAR(128), id VARCHAR(80), document TEXT NOT NULL, count INTEGER NOT NULL,
    first DOUBLE PRECISION NOT NULL, last DOUBLE PRECISION NOT NULL, PRIMARY KEY (client, id))""",
    """CREATE TABLE IF NOT EXISTS trunkline_revision (
    only_row INTEGER PRIMARY KEY, number INTEGER NOT NULL)""",
    "INSERT INTO trunkline_revision VALUES (1, 1) ON CONFLICT DO NOTHING",
)
_COLUMNS = "client, version, audience, proven, published, used, retired, checked"
_SELECT_ALL = f"SELECT {_COLUMNS} FROM trunkline_contracts ORDER BY published"  # noqa: S608  # ours
_SELECT_ONE = (
    f"SELECT {_COLUMNS}, documents FROM trunkline_contracts"  # noqa: S608
    " WHERE client = ? AND version = ?"
)
_MOST_UNKNOWN = 500  # documents of one client that are kept
_MOST_ROWS = 50_000  # of unknown documents in all: clients without tokens may have many names
_TIMEOUT = 10  # seconds that a statement may wait

_Run: TypeAlias = Callable[..., Any]
"""Runs a statement; returns a cursor."""


class _Database(ABC):
    """What both databases do alike. ``url`` is for messages."""

    url: str
    keeps_unknown = True

    @abstractmethod
    def transaction(self) -> AbstractContextManager[_Run]:
        """Give what runs statements in one transaction. Raises ``StoreError``."""

    def changed(self, run: _Run) -> None:
        """Tell all processes that contracts or rules have changed."""
        run("UPDATE trunkline_revision SET number = number + 1")

    def create(self, run: _Run) -> None:
        """Create the tables that are missing."""
        for statement in _TABLES:
            run(statement)

    def revision(self) -> object:
        """Return a number that grows with each change."""
        with self.transaction() as run:
            return run("SELECT number FROM trunkline_revision").fetchone()[0]

    def contracts(
        self,
        known: Collection[Contract] = (),
        needs_documents: Callable[[Contract], bool] = lambda _: True,
    ) -> list[Contract]:
        """Return all contracts; read the documents that are needed and not known."""
        documents = {(each.name, each.published): each.documents for each in known}
        contracts: list[Contract] = []
        with self.transaction() as run:
            rows = run(_SELECT_ALL).fetchall()
            for row in rows:
                contract = self._contract(row)
                texts = documents.get((contract.name, contract.published), {})
                if not texts and needs_documents(contract):
                    found = run(_SELECT_ONE, contract.client, contract.version).fetchone()
                    texts = _documents(found)
                contracts.append(msgspec.structs.replace(contract, documents=texts))
        return contracts

    def rules(self) -> dict[str, UnknownRule]:
        """Return the rules of the clients that have one."""
        with self.transaction() as run:
            return dict(run("SELECT client, rule FROM trunkline_rules").fetchall())

    def publish(self, contract: Contract) -> Contract | None:
        """Add a contract; return the one that is there already."""
        key = contract.client, contract.version
        with self.transaction() as run:
            done = run(
                f"INSERT INTO trunkline_contracts ({_COLUMNS}, documents)"  # noqa: S608  # ours
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                *key,
                msgspec.json.encode(contract.audience).decode(),
                int(contract.is_proven),
                contract.published,
                contract.used,
                contract.retired,
                contract.checked,
                msgspec.json.encode(contract.documents).decode(),
            )
            if done.rowcount == 1:
                self.changed(run)
                return None
            row = run(_SELECT_ONE, *key).fetchone()
        return msgspec.structs.replace(self._contract(row[:-1]), documents=_documents(row))

    def renew(self, contract: Contract) -> None:
        """Note that a contract was published again."""
        with self.transaction() as run:
            run(
                "UPDATE trunkline_contracts SET used = ?, checked = ?"
                " WHERE client = ? AND version = ?",
                contract.used,
                contract.checked,
                contract.client,
                contract.version,
            )
            self.changed(run)

    def mark(self, contract: Contract) -> None:
        """Note for which schema a contract was checked."""
        with self.transaction() as run:
            run(
                "UPDATE trunkline_contracts SET checked = ? WHERE client = ? AND version = ?",
                contract.checked,
                contract.client,
                contract.version,
            )

    def retire(self, client: str, version: str, now: float) -> bool:
        """Retire a contract; return whether it was active."""
        with self.transaction() as run:
            done = run(
                "UPDATE trunkline_contracts SET retired = ?"
                " WHERE client = ? AND version = ? AND retired IS NULL",
                now,
                client,
                version,
            )
            self.changed(run)
            return bool(done.rowcount)

    def set_rule(self, client: str, rule: UnknownRule) -> None:
        """Set a client's rule."""
        with self.transaction() as run:
            run(
                "INSERT INTO trunkline_rules (client, rule) VALUES (?, ?)"
                " ON CONFLICT (client) DO UPDATE SET rule = excluded.rule",
                client,
                rule,
            )
            self.changed(run)

    def note(
        self,
        used: Mapping[tuple[str, str], float],
        unknown: Collection[UnknownDocument],
        since: float,
    ) -> None:
        """Note what was used, and which unknown documents were sent."""
        with self.transaction() as run:
            for key, moment in sorted(
                used.items()
            ):  # in one order, so that no two wait in a circle
                run(
                    "UPDATE trunkline_contracts SET used = ?"
                    " WHERE client = ? AND version = ? AND used < ?",
                    moment,
                    *key,
                    moment,
                )
            for each in sorted(unknown, key=lambda each: (each.client, each.id)):
                run(
                    "INSERT INTO trunkline_unknown (client, id, document, count, first, last)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (client, id) DO UPDATE SET"
                    " count = trunkline_unknown.count + excluded.count, last = excluded.last",
                    each.client,
                    each.id,
                    msgspec.json.encode(each.text).decode(),
                    each.count,
                    each.first,
                    each.last,
                )
            for client in sorted({each.client for each in unknown}):
                run(
                    "DELETE FROM trunkline_unknown WHERE client = ? AND id NOT IN (SELECT id FROM"
                    " trunkline_unknown WHERE client = ? ORDER BY last DESC LIMIT ?)",
                    client,
                    client,
                    _MOST_UNKNOWN,
                )
            run("DELETE FROM trunkline_unknown WHERE last < ?", since)
            run(
                "DELETE FROM trunkline_unknown WHERE last < (SELECT last FROM trunkline_unknown"
                " ORDER BY last DESC LIMIT 1 OFFSET ?)",
                _MOST_ROWS - 1,
            )

    def unknown(self, client: str) -> list[UnknownDocument]:
        """Return the unknown documents of a client."""
        with self.transaction() as run:
            rows = run(
                "SELECT id, document, count, first, last FROM trunkline_unknown"
                " WHERE client = ? ORDER BY last DESC",
                client,
            ).fetchall()
        return [
            UnknownDocument(client, id_, msgspec.json.decode(text), *times)
            for id_, text, *times in rows
        ]

    @staticmethod
    def _contract(row: Sequence[Any]) -> Contract:
        client, version, audience, proven, published, used, retired, checked = row
        return Contract(
            client=client,
            version=version,
            documents={},
            audience=msgspec.json.decode(audience, type=Audience | None),
            is_proven=bool(proven),
            published=published,
            used=used,
            retired=retired,
            checked=checked,
        )


def _documents(row: Sequence[Any]) -> dict[str, str]:
    return msgspec.json.decode(row[-1], type=dict[str, str])


class SQLiteStore(_Database):
    """A store in a file of SQLite, which several processes of one machine may share.

    Raises ``StoreError`` if the file cannot be used.
    """

    def __init__(self, path: str) -> None:
        if not path:
            raise StoreError("The URL of a store in SQLite names its file: sqlite:///documents.db.")
        self._path = path
        self.url = f"sqlite:///{path}"
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # others read while one writes
        with self.transaction() as run:
            self.create(run)

    def __repr__(self) -> str:
        return f"SQLiteStore({self._path!r})"

    @contextmanager
    def transaction(self) -> Generator[_Run]:
        """Run statements in one transaction."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")

            def run(statement: str, *values: object) -> Any:
                return connection.execute(statement, values)

            yield run
            connection.execute("COMMIT")

    @contextmanager
    def watching(self) -> Generator[Callable[[], bool]]:
        """Poll."""
        yield poll

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        connection = None
        try:
            connection = sqlite3.connect(self._path, _TIMEOUT, isolation_level=None)
            yield connection
        except sqlite3.Error as error:
            raise StoreError(f"The store {self.url} cannot be used: {error}.") from None
        finally:
            if connection is not None:
                connection.close()  # and roll back what is open


class PostgreSQLStore(_Database):
    """A store in PostgreSQL, whose processes hear of changes by ``NOTIFY``.

    Raises ``StoreError`` if the database cannot be used, or psycopg is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import psycopg  # noqa: PLC0415  # of an extra
        except ModuleNotFoundError:
            raise StoreError(
                "A store in PostgreSQL needs psycopg: pip install 'trunkline[postgresql]'."
            ) from None
        self._psycopg = psycopg
        self._secret_url = url
        place = url.partition("?")[0].removeprefix("postgresql://").rpartition("@")[2]
        self.url = f"postgresql://{place}"  # without the user, the password and the options
        with self.transaction() as run:
            run("SELECT pg_advisory_xact_lock(7414)")  # creating a table twice at once fails
            self.create(run)

    def __repr__(self) -> str:
        return f"PostgreSQLStore({self.url!r})"

    def changed(self, run: _Run) -> None:
        """Tell all processes, also those that listen."""
        super().changed(run)
        run("NOTIFY trunkline_documents")  # sent when the transaction is committed

    @contextmanager
    def transaction(self) -> Generator[_Run]:
        """Run statements in one transaction."""
        with self._connection() as connection, connection.transaction():

            def run(statement: str, *values: object) -> Any:
                return connection.execute(statement.replace("?", "%s"), values)

            yield run

    @contextmanager
    def watching(self) -> Generator[Callable[[], bool]]:
        """Wait for changes."""
        with self._connection() as connection:
            connection.execute("LISTEN trunkline_documents")
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
