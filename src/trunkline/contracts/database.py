"""The store in a database.

Each method is one transaction, so a process that is killed leaves all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from trunkline.contracts.contract import Audience, Contract, UnknownDocument, UnknownRule
from trunkline.database import Database, Run

__all__ = ["DatabaseStore"]

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
_CHANNEL = "trunkline_documents"


class DatabaseStore:
    """A store in a database. Raises ``StoreError`` if it cannot be used."""

    keeps_unknown = True

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_TABLES)

    def __repr__(self) -> str:
        return f"DatabaseStore({self._database!r})"

    def watching(self) -> AbstractContextManager[Callable[[], bool]]:
        """Hear of changes."""
        return self._database.listening(_CHANNEL)

    def changed(self, run: Run) -> None:
        """Tell all processes that contracts or rules have changed."""
        run("UPDATE trunkline_revision SET number = number + 1")
        self._database.notify(run, _CHANNEL)

    def revision(self) -> object:
        """Return a number that grows with each change."""
        with self._database.transaction() as run:
            return run("SELECT number FROM trunkline_revision").fetchone()[0]

    def contracts(
        self,
        known: Collection[Contract] = (),
        needs_documents: Callable[[Contract], bool] = lambda _: True,
    ) -> list[Contract]:
        """Return all contracts; read the documents that are needed and not known."""
        documents = {(each.name, each.published): each.documents for each in known}
        contracts: list[Contract] = []
        with self._database.transaction() as run:
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
        with self._database.transaction() as run:
            return dict(run("SELECT client, rule FROM trunkline_rules").fetchall())

    def publish(self, contract: Contract) -> Contract | None:
        """Add a contract; return the one that is there already."""
        key = contract.client, contract.version
        with self._database.transaction() as run:
            done = run(
                f"INSERT INTO trunkline_contracts ({_COLUMNS}, documents)"  # noqa: S608  # ours
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                *key,
                _encoded(contract.audience),
                int(contract.is_proven),
                contract.published,
                contract.used,
                contract.retired,
                contract.checked,
                _encoded(contract.documents),
            )
            if done.rowcount == 1:
                self.changed(run)
                return None
            row = run(_SELECT_ONE, *key).fetchone()
        return msgspec.structs.replace(self._contract(row[:-1]), documents=_documents(row))

    def renew(self, contract: Contract) -> None:
        """Note that a contract was published again."""
        with self._database.transaction() as run:
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
        with self._database.transaction() as run:
            run(
                "UPDATE trunkline_contracts SET checked = ? WHERE client = ? AND version = ?",
                contract.checked,
                contract.client,
                contract.version,
            )

    def retire(self, client: str, version: str, now: float) -> bool:
        """Retire a contract; return whether it was active."""
        with self._database.transaction() as run:
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
        with self._database.transaction() as run:
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
        with self._database.transaction() as run:
            # in one order, so that no two processes wait in a circle
            run.many(
                "UPDATE trunkline_contracts SET used = ?"
                " WHERE client = ? AND version = ? AND used < ?",
                [(moment, *key, moment) for key, moment in sorted(used.items())],
            )
            run.many(
                "INSERT INTO trunkline_unknown (client, id, document, count, first, last)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (client, id) DO UPDATE SET"
                " count = trunkline_unknown.count + excluded.count, last = excluded.last",
                sorted(
                    (each.client, each.id, _encoded(each.text), each.count, each.first, each.last)
                    for each in unknown
                ),
            )
            run.many(
                "DELETE FROM trunkline_unknown WHERE client = ? AND id NOT IN (SELECT id FROM"
                " trunkline_unknown WHERE client = ? ORDER BY last DESC LIMIT ?)",
                [(each, each, _MOST_UNKNOWN) for each in sorted({each.client for each in unknown})],
            )
            run("DELETE FROM trunkline_unknown WHERE last < ?", since)
            run(
                "DELETE FROM trunkline_unknown WHERE last < (SELECT last FROM trunkline_unknown"
                " ORDER BY last DESC LIMIT 1 OFFSET ?)",
                _MOST_ROWS - 1,
            )

    def unknown(self, client: str) -> list[UnknownDocument]:
        """Return the unknown documents of a client."""
        with self._database.transaction() as run:
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


def _encoded(value: object) -> str:
    """Return JSON, in which a text has no NUL: PostgreSQL keeps none."""
    return msgspec.json.encode(value).decode()


def _documents(row: Sequence[Any]) -> dict[str, str]:
    return msgspec.json.decode(row[-1], type=dict[str, str])
