"""What an issuer keeps: clients, signing keys, ids that must not come twice, revoked tokens.

One store for SQLite and PostgreSQL, by SQLAlchemy Core. Its methods block; the issuer calls them
in threads. Several processes, and the command line, may work on one store at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sql
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from trunkline.auth.keys import SigningKey
from trunkline.errors import StoreError
from trunkline.issuer.clients import Client

__all__ = ["DEFAULT_STORE", "Store"]

DEFAULT_STORE = "sqlite:///issuer.db"

_FORMS = "A store's URL is sqlite:///issuer.db or postgresql://user@host/database."

_METADATA = sql.MetaData()
_CLIENTS = sql.Table(
    "trunkline_clients",
    _METADATA,
    sql.Column("client_id", sql.String(128), primary_key=True),
    sql.Column("version", sql.Integer, nullable=False),
    sql.Column("document", sql.LargeBinary, nullable=False),
)
_USES = sql.Table(
    "trunkline_secret_uses",
    _METADATA,
    sql.Column("client_id", sql.String(128), primary_key=True),
    sql.Column("secret_id", sql.String(16), primary_key=True),
    sql.Column("last_used", sql.Double, nullable=False),
)
_ONCE = sql.Table(  # an assertion's or a proof's id, or the id of a token that was revoked
    "trunkline_ids",
    _METADATA,
    sql.Column("id", sql.String(64), primary_key=True),
    sql.Column("expires", sql.Double, nullable=False, index=True),
)
_KEYS = sql.Table(
    "trunkline_signing_keys",
    _METADATA,
    sql.Column("kid", sql.String(64), primary_key=True),
    # A key has one successor, so that of several processes one makes it.
    sql.Column("follows", sql.String(64), nullable=False, unique=True),
    sql.Column("document", sql.LargeBinary, nullable=False),
)


class Store:
    """The store of an issuer.

    ``url`` is ``sqlite:///issuer.db``, or ``postgresql://user@host/database``; ``sqlite://`` is
    one in memory. Tables are made where they are missing, a file of SQLite for its owner alone:
    it has the private keys. Raises ``StoreError`` where the database cannot be used.
    """

    def __init__(self, url: str = DEFAULT_STORE) -> None:
        self._engine = _open(url)
        self._make_tables()

    def _make_tables(self) -> None:
        """Make what is missing; once more, if another process was making it too."""
        try:
            _METADATA.create_all(self._engine)
        except SQLAlchemyError:
            with self._begin() as connection:
                _METADATA.create_all(connection)

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)!r})"

    def client(self, client_id: str) -> Client | None:
        """Return a client as it is now."""
        found = self._versioned(client_id)
        return found and found[1]

    def clients(self) -> list[Client]:
        """Return all clients, those that were revoked too."""
        wanted = sql.select(_CLIENTS.c.document).order_by(_CLIENTS.c.client_id)
        with self._begin() as connection:
            return [_read_client(row.document) for row in connection.execute(wanted)]

    def add(self, client: Client) -> None:
        """Add a client; raises ``ValueError`` where the id is taken, or the client cannot work."""
        client.check()
        row = {"client_id": client.client_id, "version": 1, "document": _write(client)}
        if not self._insert(_CLIENTS, row):
            raise ValueError(f"There is a client {client.client_id!r} already.")

    def change(self, client_id: str, change: Callable[[Client], Client]) -> Client:
        """Put what ``change`` makes of a client in its place, as one step.

        ``change`` is called again where somebody else was faster. Raises ``KeyError`` where there
        is no such client, ``ValueError`` where the new one cannot work.
        """
        while True:
            found = self._versioned(client_id)
            if found is None:
                raise KeyError(client_id)
            version, client = found
            changed = change(client)
            changed.check()
            if self._replace(client_id, version, changed):
                return changed

    def note_use(self, client_id: str, secret_id: str, now: float) -> None:
        """Note when a secret was used, so that one sees which are idle."""
        key = {"client_id": client_id, "secret_id": secret_id}
        if not self._insert(_USES, {**key, "last_used": now}):
            same = (_USES.c.client_id == client_id) & (_USES.c.secret_id == secret_id)
            with self._begin() as connection:
                connection.execute(sql.update(_USES).where(same).values(last_used=now))

    def uses(self, client_id: str) -> dict[str, float]:
        """Return when each secret of a client was last used, about."""
        with self._begin() as connection:
            rows = connection.execute(sql.select(_USES).where(_USES.c.client_id == client_id))
            return {row.secret_id: row.last_used for row in rows}

    def claim(self, unique: str, expires: float) -> bool:
        """Keep an id until it expires; say whether it is the first time. Of many, one wins."""
        return self._insert(_ONCE, {"id": unique, "expires": expires})

    def is_claimed(self, unique: str) -> bool:
        """Say whether an id is kept."""
        with self._begin() as connection:
            wanted = sql.select(_ONCE.c.id).where(_ONCE.c.id == unique)
            return connection.execute(wanted).first() is not None

    def forget(self, now: float) -> None:
        """Drop the ids that have expired."""
        with self._begin() as connection:
            connection.execute(sql.delete(_ONCE).where(_ONCE.c.expires < now))

    def keys(self) -> list[SigningKey]:
        """Return the signing keys."""
        with self._begin() as connection:
            rows = connection.execute(sql.select(_KEYS.c.document))
            return [_DECODE_KEY.decode(row.document) for row in rows]

    def add_key(self, key: SigningKey, follows: SigningKey | None) -> bool:
        """Add a key after the one that was the newest; ``False`` if that one has a successor."""
        before = follows.kid if follows else f"none of {key.algorithm}"
        return self._insert(
            _KEYS, {"kid": key.kid, "follows": before, "document": msgspec.json.encode(key)}
        )

    def withdraw(self, keys: list[SigningKey]) -> None:
        """Publish keys no more: what they signed is worth nothing from now on."""
        with self._begin() as connection:
            for key in keys:
                document = msgspec.json.encode(msgspec.structs.replace(key, withdrawn=True))
                same = _KEYS.c.kid == key.kid
                connection.execute(sql.update(_KEYS).where(same).values(document=document))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _versioned(self, client_id: str) -> tuple[int, Client] | None:
        wanted = sql.select(_CLIENTS).where(_CLIENTS.c.client_id == client_id)
        with self._begin() as connection:
            row = connection.execute(wanted).first()
        return row and (row.version, _read_client(row.document))

    def _replace(self, client_id: str, version: int, client: Client) -> bool:
        unchanged = (_CLIENTS.c.client_id == client_id) & (_CLIENTS.c.version == version)
        values = {"version": version + 1, "document": _write(client)}
        with self._begin() as connection:
            done = connection.execute(sql.update(_CLIENTS).where(unchanged).values(**values))
            return done.rowcount == 1

    def _insert(self, table: sql.Table, row: dict[str, Any]) -> bool:
        try:
            with self._begin() as connection:
                connection.execute(sql.insert(table).values(**row))
        except IntegrityError:
            return False
        return True

    @contextmanager
    def _begin(self) -> Generator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise _unusable(self._engine.url.render_as_string(), error) from None


_DECODE_CLIENT = msgspec.json.Decoder(Client)
_DECODE_KEY = msgspec.json.Decoder(SigningKey)


def _read_client(document: bytes) -> Client:
    return _DECODE_CLIENT.decode(document)


def _write(client: Client) -> bytes:
    return msgspec.json.encode(client)


def _open(url: str) -> Engine:
    try:
        where = make_url(url)
    except SQLAlchemyError:
        raise StoreError(_FORMS) from None
    try:
        if where.get_backend_name() == "sqlite":
            return _open_sqlite(where)
        if where.get_backend_name() != "postgresql":
            raise StoreError(_FORMS)
        if where.drivername == "postgresql":
            where = where.set(drivername="postgresql+psycopg")
        return sql.create_engine(where, pool_pre_ping=True)
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise _unusable(where.render_as_string(), error) from None


def _open_sqlite(where: sql.URL) -> Engine:
    if not where.database or where.database == ":memory:":
        shared = {"check_same_thread": False}  # by one connection, which one thread has at a time
        return sql.create_engine(
            where, poolclass=sql.QueuePool, pool_size=1, max_overflow=0, connect_args=shared
        )
    os.close(os.open(Path(where.database), os.O_CREAT | os.O_RDWR, 0o600))
    engine = sql.create_engine(where, connect_args={"timeout": 10.0})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let others read while one writes, and survive a crash of the process."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _unusable(url: str, error: Exception) -> StoreError:
    """Say why without the statement's values, which have hashes and keys in them."""
    cause = getattr(error, "orig", None) or error
    return StoreError(f"The store {url} cannot be used: {type(cause).__name__}: {cause}")
