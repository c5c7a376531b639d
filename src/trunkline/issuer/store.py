"""The store of an issuer: clients, signing keys, ids that may occur only once, revoked tokens.

One store for SQLite and PostgreSQL, with SQLAlchemy Core. Its methods block, so the issuer calls
them in threads. Several processes, and the command line, may use one store at the same time.
"""

from __future__ import annotations

import logging
import os
from asyncio import to_thread
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sql
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from trunkline.bounded import BoundedMapping
from trunkline.errors import StoreError
from trunkline.issuer.clients import RegisteredClient
from trunkline.issuer.keys import SigningKey
from trunkline.issuer.secrets import is_chosen

__all__ = ["ClientDirectory", "Store", "unique_id"]

logger = logging.getLogger("trunkline.issuer")

_URL_FORMS = "The URL of a store must be sqlite:///issuer.db or postgresql://user@host/database."
_REMEMBERED = 1.0  # seconds after which a running issuer sees that a client was revoked
_NOTED_EVERY = 60.0
_LOOKED_EVERY = 60.0
_SWEPT_EVERY = 60.0
_MOST_KEPT = 10_000

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
_ONCE = sql.Table(  # ids of assertions and proofs that were used, and of tokens that were revoked
    "trunkline_ids",
    _METADATA,
    sql.Column("id", sql.String(64), primary_key=True),
    sql.Column("expires", sql.Double, nullable=False, index=True),
)
_KEYS = sql.Table(
    "trunkline_signing_keys",
    _METADATA,
    sql.Column("kid", sql.String(64), primary_key=True),
    # A key has one successor, so that only one of several processes makes it.
    sql.Column("follows", sql.String(64), nullable=False, unique=True),
    sql.Column("document", sql.LargeBinary, nullable=False),
)

_client_decoder = msgspec.json.Decoder(RegisteredClient)
_key_decoder = msgspec.json.Decoder(SigningKey)


def unique_id(*parts: str) -> str:
    """Return a digest of some parts, which has the same length whatever they are."""
    return sha256(msgspec.json.encode(parts)).hexdigest()


class Store:
    """The store of an issuer.

    ``url`` is ``sqlite:///issuer.db``, or ``postgresql://user@host/database``; ``sqlite://`` is a
    store in memory. Missing tables are created. A file of SQLite must be its owner's only, because
    it contains private keys; a new one is. Raises ``StoreError`` if the database cannot be used.
    """

    def __init__(self, url: str = "sqlite:///issuer.db") -> None:
        self._engine = _open(url)
        try:
            _METADATA.create_all(self._engine)
        except SQLAlchemyError:  # another process may have created them at the same time
            with self._begin() as connection:
                _METADATA.create_all(connection)

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)!r})"

    def client(self, client_id: str) -> RegisteredClient | None:
        """Return a client as it is now."""
        found = self._versioned(client_id)
        return found and found[1]

    def clients(self) -> list[RegisteredClient]:
        """Return all clients, the revoked ones too."""
        query = sql.select(_CLIENTS.c.document).order_by(_CLIENTS.c.client_id)
        with self._begin() as connection:
            return [_client_decoder.decode(row.document) for row in connection.execute(query)]

    def add(self, client: RegisteredClient) -> None:
        """Add a client; raises ``ValueError`` if its id is taken, or if it can never work."""
        client.check()
        document = msgspec.json.encode(client)
        row = {"client_id": client.client_id, "version": 1, "document": document}
        if not self._insert(_CLIENTS, row):
            raise ValueError(f"There is already a client with the id {client.client_id!r}.")

    def change(
        self, client_id: str, change: Callable[[RegisteredClient], RegisteredClient]
    ) -> RegisteredClient:
        """Replace a client with the result of ``change``, as one step; return the new one.

        ``change`` is called again if another process was faster. Raises ``KeyError`` if there is
        no such client, ``ValueError`` if the new one can never work.
        """
        while True:
            found = self._versioned(client_id)
            if found is None:
                raise KeyError(client_id)
            version, client = found
            changed = change(client)
            changed.check()
            unchanged = (_CLIENTS.c.client_id == client_id) & (_CLIENTS.c.version == version)
            values = {"version": version + 1, "document": msgspec.json.encode(changed)}
            with self._begin() as connection:
                done = connection.execute(sql.update(_CLIENTS).where(unchanged).values(**values))
                if done.rowcount == 1:
                    return changed

    def note_use(self, client_id: str, secret_id: str, now: float) -> None:
        """Note when a secret was used, so that idle ones can be found."""
        key = {"client_id": client_id, "secret_id": secret_id}
        if not self._insert(_USES, {**key, "last_used": now}):
            same = (_USES.c.client_id == client_id) & (_USES.c.secret_id == secret_id)
            with self._begin() as connection:
                connection.execute(sql.update(_USES).where(same).values(last_used=now))

    def uses(self, client_id: str) -> dict[str, float]:
        """Return when each secret of a client was last used, to the minute."""
        with self._begin() as connection:
            rows = connection.execute(sql.select(_USES).where(_USES.c.client_id == client_id))
            return {row.secret_id: row.last_used for row in rows}

    def claim(self, unique: str, expires: float) -> bool:
        """Keep an id until it expires. Returns whether it is new; of many callers one wins."""
        return self._insert(_ONCE, {"id": unique, "expires": expires})

    def is_claimed(self, unique: str) -> bool:
        """Tell whether an id is kept."""
        with self._begin() as connection:
            query = sql.select(_ONCE.c.id).where(_ONCE.c.id == unique)
            return connection.execute(query).first() is not None

    def forget(self, now: float) -> None:
        """Drop the ids that have expired."""
        with self._begin() as connection:
            connection.execute(sql.delete(_ONCE).where(_ONCE.c.expires < now))

    def keys(self) -> list[SigningKey]:
        """Return the signing keys."""
        with self._begin() as connection:
            rows = connection.execute(sql.select(_KEYS.c.document))
            return [_key_decoder.decode(row.document) for row in rows]

    def add_key(self, key: SigningKey, follows: SigningKey | None) -> bool:
        """Add a key after the newest one. Returns ``False`` if that one has a successor already."""
        before = follows.kid if follows else f"none of {key.algorithm}"
        return self._insert(
            _KEYS, {"kid": key.kid, "follows": before, "document": msgspec.json.encode(key)}
        )

    def withdraw(self, keys: list[SigningKey]) -> None:
        """Stop publishing keys, so that the tokens that they signed are not valid any more."""
        with self._begin() as connection:
            for key in keys:
                document = msgspec.json.encode(msgspec.structs.replace(key, withdrawn=True))
                same = _KEYS.c.kid == key.kid
                connection.execute(sql.update(_KEYS).where(same).values(document=document))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _versioned(self, client_id: str) -> tuple[int, RegisteredClient] | None:
        query = sql.select(_CLIENTS).where(_CLIENTS.c.client_id == client_id)
        with self._begin() as connection:
            row = connection.execute(query).first()
        return row and (row.version, _client_decoder.decode(row.document))

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


def _open(url: str) -> Engine:
    try:
        where = make_url(url)
    except SQLAlchemyError:
        raise StoreError(_URL_FORMS) from None
    try:
        if where.get_backend_name() == "sqlite":
            return _open_sqlite(where)
        if where.get_backend_name() != "postgresql":
            raise StoreError(_URL_FORMS)
        if where.drivername == "postgresql":
            where = where.set(drivername="postgresql+psycopg")
        return sql.create_engine(where, pool_pre_ping=True)
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise _unusable(where.render_as_string(), error) from None


def _open_sqlite(where: sql.URL) -> Engine:
    if not where.database or where.database == ":memory:":
        shared = {"check_same_thread": False}  # one connection, which one thread has at a time
        return sql.create_engine(
            where, poolclass=sql.QueuePool, pool_size=1, max_overflow=0, connect_args=shared
        )
    descriptor = os.open(where.database, os.O_CREAT | os.O_RDWR, 0o600)
    mode = os.fstat(descriptor).st_mode
    os.close(descriptor)
    if os.name == "posix" and mode & 0o077:
        raise StoreError(
            f"Others may use the file {where.database}, which has private keys: chmod 600 it."
        )
    engine = sql.create_engine(where, connect_args={"timeout": 10.0})

    def prepare(connection: Any, _record: object) -> None:
        """Let others read while one writes, and survive a crash of the process."""
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(engine, "connect", prepare)
    return engine


def _unusable(url: str, error: Exception) -> StoreError:
    """Return an error without the values of the statement, which contain hashes and keys."""
    cause = getattr(error, "orig", None) or error
    return StoreError(f"The store {url} cannot be used: {type(cause).__name__}: {cause}")


class ClientDirectory:
    """Looks clients up: in memory for a second, then in the store.

    Unknown ids are remembered too, so that looking them up takes as long as looking up clients.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._clients = BoundedMapping[str, tuple[float, RegisteredClient | None]](_MOST_KEPT)
        self._noted = BoundedMapping[tuple[str, str], float](_MOST_KEPT)
        self._swept = self._looked = float("-inf")
        self._has_chosen = True  # until that is known

    async def client(self, client_id: str, now: float) -> RegisteredClient | None:
        """Return a client as it was at most a second ago; ``None`` if unknown or revoked."""
        kept = self._clients.get(client_id)
        if kept is not None and 0 <= now - kept[0] < _REMEMBERED:
            return kept[1]
        return await self.fresh(client_id, now)

    async def fresh(self, client_id: str, now: float) -> RegisteredClient | None:
        """Return a client as it is now: for credentials that do not fit the remembered one."""
        client = await to_thread(self._store.client, client_id)
        if client is not None and client.revoked is not None:
            client = None
        if now - self._swept >= _SWEPT_EVERY:
            self._swept = now
            self._clients.remove_where(lambda _id, kept: now - kept[0] >= _REMEMBERED)
        self._clients.put(client_id, (now, client))
        return client

    async def has_chosen_secrets(self, now: float) -> bool:
        """Tell whether any client had a secret chosen by a person, at most a minute ago."""
        if now - self._looked >= _LOOKED_EVERY:
            self._looked = now
            clients = await to_thread(self._store.clients)
            hashes = (secret.hash for client in clients for secret in client.secrets)
            self._has_chosen = any(map(is_chosen, hashes))
        return self._has_chosen

    async def note_use(self, client_id: str, secret_id: str, now: float) -> None:
        """Note in the store when a secret was used, at most once a minute."""
        key = (client_id, secret_id)
        if now - (self._noted.get(key) or 0.0) >= _NOTED_EVERY:
            self._noted.put(key, now)
            try:
                await to_thread(self._store.note_use, client_id, secret_id, now)
            except StoreError as error:  # no token depends on it
                logger.warning("The use of a secret was not noted. %s", error)
