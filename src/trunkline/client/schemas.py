"""Where the client's schema comes from: given, kept on disk, fetched at the first use, or nowhere.

A schema that was kept may be older than the server's. So a mistake that it shows is believed only
after the server was asked again, and a server that says in its answers that its schema changed is
asked at the next call.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from graphql import GraphQLError, GraphQLSchema, build_schema

from trunkline.client.checks import Checker
from trunkline.client.conversions import Conversions
from trunkline.client.schema_cache import SchemaCache, StoredSchema
from trunkline.errors import ExecutionError, ProtocolError, SchemaError, TransportError
from trunkline.flow.calls import Flow
from trunkline.flow.single_flight import SingleFlight

__all__ = ["Fetched", "SchemaFetcher", "SchemaSource", "take_schema"]

_BELIEVED = 10.0  # seconds for which a schema that was just fetched is not asked for again
_SPARED = 30.0  # seconds for which a server that could not tell its new schema is not asked again

logger = logging.getLogger("trunkline.schema")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A schema and what is to be kept of it."""

    schema: GraphQLSchema
    stored: StoredSchema


class SchemaFetcher(Protocol):
    """Gets the schema of a server; ``key`` is of its URL and of who asks, ``None`` to keep none."""

    @property
    def key(self) -> str | None:
        """Under which name the schema is kept."""
        ...

    def fetch(self, known: StoredSchema | None) -> Flow[Fetched | None]:
        """Ask for the schema; ``None`` where the server says that the known one is still it."""
        ...

    def build(self, stored: StoredSchema) -> GraphQLSchema:
        """Build the schema that was kept. Raises ``ProtocolError`` where it is none."""
        ...


class SchemaSource:
    """Gives the checker of the schema as it is now.

    Threads and coroutines that come while it is fetched wait for the one fetch.
    """

    def __init__(
        self,
        schema: GraphQLSchema | None,
        fetcher: SchemaFetcher | None,
        cache: SchemaCache | None,
        conversions: Conversions,
    ) -> None:
        self._conversions = conversions
        self._fetcher = fetcher
        self._cache = cache if fetcher and fetcher.key else None
        self._checker = None if fetcher else Checker(schema, conversions)
        self._stored: StoredSchema | None = None
        self._asked = -_BELIEVED  # monotonic
        self._spared_until = -_SPARED  # monotonic
        self._version: str | None = None
        self._outdated = False
        self._flight = SingleFlight()

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema, if it is known by now. Does no I/O."""
        return self._checker.schema if self._checker else None

    @property
    def fetched(self) -> bool:
        """Whether the schema is the server's affair, not given."""
        return self._fetcher is not None

    def checker(self) -> Flow[Checker]:
        """Return the checker, after the schema was fetched where that is wanted."""
        while self._checker is None:
            yield from self._flight.run(self._learn)
        if self._outdated:
            yield from self._flight.run(self._renew)
        return self._checker

    def newer(self, checker: Checker) -> Flow[Checker | None]:
        """Ask the server whether its schema changed; ``None`` where the checker's is still it."""
        if self._fetcher is None:
            return None
        if self._checker is checker and monotonic() - self._asked > _BELIEVED:
            yield from self._flight.run(self._renew)
        return None if self._checker is checker else self._checker

    def heard(self, version: str | None) -> None:
        """Take note of the schema that an answer was made with."""
        if version is None or version == self._version or monotonic() < self._spared_until:
            return
        self._outdated = self._version is not None
        self._version = version

    def _learn(self) -> Flow[None]:
        if self._checker is not None or self._fetcher is None:
            return  # the flight before this one has landed
        stored = self._read()
        if stored and self._cache and self._cache.is_fresh(stored):
            try:
                self._take(self._fetcher.build(stored), stored)
            except ProtocolError:
                pass  # somebody wrote into the file
            else:
                return
        yield from self._ask(stored)

    def _renew(self) -> Flow[None]:
        """Ask for a schema of which there is one already, and which will do if this fails."""
        if not self._outdated and monotonic() - self._asked <= _BELIEVED:
            return
        before = self._stored.version if self._stored else None
        try:
            yield from self._ask(self._stored)
        except (TransportError, ExecutionError) as error:
            logger.warning("The schema changed, or may have, and could not be fetched: %s", error)
            self._asked, self._outdated, self._version = monotonic(), False, before
            self._spared_until = monotonic() + _SPARED

    def _ask(self, known: StoredSchema | None) -> Flow[None]:
        assert self._fetcher is not None  # noqa: S101  # as whoever begins a flight made sure
        fetched = yield from self._fetcher.fetch(known)
        self._asked, self._outdated = monotonic(), False
        if fetched is None:
            assert known is not None  # noqa: S101  # there is no 304 without it
            if self._checker is None:
                self._take(self._fetcher.build(known), known)
            self._keep(None)
        elif self._stored is None or fetched.stored.introspection != self._stored.introspection:
            self._take(fetched.schema, fetched.stored)
            self._keep(fetched.stored)
        elif fetched.stored.etag != self._stored.etag:  # a scope changed, which clients do not use
            self._stored = fetched.stored
            self._keep(fetched.stored)
        else:
            self._keep(None)

    def _take(self, schema: GraphQLSchema, stored: StoredSchema) -> None:
        self._checker = Checker(schema, self._conversions)
        self._stored = stored
        self._version = stored.version or self._version

    def _read(self) -> StoredSchema | None:
        if self._cache and self._fetcher and self._fetcher.key:
            return self._cache.read(self._fetcher.key)
        return None

    def _keep(self, stored: StoredSchema | None) -> None:
        if not (self._cache and self._fetcher and self._fetcher.key):
            return
        if stored is None:
            self._cache.confirm(self._fetcher.key)
        else:
            self._cache.write(self._fetcher.key, stored)


def take_schema(schema: GraphQLSchema | str) -> GraphQLSchema:
    """Take a schema, or the text of one in SDL, as valid; the one that was given is not changed.

    Published SDL is often not quite valid (GitHub's is not), which the server must mend and a
    client can live with. Raises ``SchemaError`` where no schema can be built from the text.
    """
    if isinstance(schema, str):
        return build_leniently(schema)
    kwargs = schema.to_kwargs()
    kwargs["assume_valid"] = True
    return GraphQLSchema(**kwargs)


def build_leniently(sdl: str) -> GraphQLSchema:
    """Build a schema from SDL, as far as it is one. Raises ``SchemaError``."""
    try:
        return build_schema(sdl, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError, ValueError, LookupError) as error:
        raise SchemaError(f"The SDL that was given is no schema: {error}") from error
