"""The schema of a client: given, kept on disk, fetched at the first use, or none.

A schema that was kept may be older than the server's. So before an error that it shows is raised,
the schema is fetched again; and if a response says that the server's schema changed, it is fetched
again at the next call.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from graphql import GraphQLSchema

from trunkline.client.checks import DocumentChecker
from trunkline.client.fetching import Fetch, build_stored
from trunkline.client.schema_cache import SchemaCache, StoredSchema
from trunkline.errors import ExecutionError, ProtocolError, TransportError
from trunkline.flow.calls import Flow
from trunkline.flow.single_flight import SingleFlight
from trunkline.observe.log import safe_logger

__all__ = ["SchemaSource"]

_FRESH = 10.0  # seconds after a fetch in which the schema is not fetched again
_PAUSE = 30.0  # seconds after a failed fetch in which a new version does not cause another

logger = safe_logger("trunkline.schema")


class SchemaSource:
    """Provides the checker of the current schema.

    The schema is given, or fetched and kept in ``cache`` under ``key``. Threads and coroutines that
    need it while it is fetched wait for the one fetch. ``check_by`` makes the checker of a schema.
    """

    def __init__(
        self,
        schema: GraphQLSchema | None,
        check_by: Callable[[GraphQLSchema | None], DocumentChecker],
        fetch: Fetch | None = None,
        cache: SchemaCache | None = None,
        key: str | None = None,
    ) -> None:
        self._check_by = check_by
        self._fetch = fetch
        self._cache = cache if key else None
        self._key = key or ""
        self._checker = None if fetch else check_by(schema)
        self._stored: StoredSchema | None = None
        self._asked = -_FRESH  # monotonic
        self._paused_until = -_PAUSE  # monotonic
        self._version: str | None = None
        self._outdated = False
        self._flight = SingleFlight()

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema, or ``None`` before it is fetched. Does no I/O."""
        return self._checker.schema if self._checker else None

    @property
    def is_fetched(self) -> bool:
        """Whether the schema comes from the server, not from the program."""
        return self._fetch is not None

    def checker(self) -> Flow[DocumentChecker]:
        """Return the checker, after the schema was fetched if necessary."""
        while self._checker is None:
            yield from self._flight.run(self._load)
        if self._outdated:
            yield from self._flight.run(self._renew)
        return self._checker

    def newer_checker(self, checker: DocumentChecker) -> Flow[DocumentChecker | None]:
        """Ask the server for a newer schema than the checker's; ``None`` if there is none."""
        if self._fetch is None:
            return None
        if self._checker is checker and monotonic() - self._asked > _FRESH:
            yield from self._flight.run(self._renew)
        return None if self._checker is checker else self._checker

    def note_version(self, version: str | None) -> None:
        """Note the version of the schema that a response names."""
        if version is None or version == self._version or monotonic() < self._paused_until:
            return
        self._outdated = self._version is not None
        self._version = version

    def _load(self) -> Flow[None]:
        """Use the schema that was kept, or fetch it."""
        if self._checker is not None:
            return  # the caller before this one has loaded it
        stored = self._cache.read(self._key) if self._cache else None
        if stored and self._cache and self._cache.is_fresh(stored):
            try:
                self._use(build_stored(stored), stored)
            except ProtocolError:
                pass  # the cached file is not a valid schema (edited?): fetch it again
            else:
                return
        yield from self._update(stored)

    def _renew(self) -> Flow[None]:
        """Fetch the schema again; if that fails, the old one stays."""
        if not self._outdated and monotonic() - self._asked <= _FRESH:
            return
        before = self._stored.version if self._stored else None
        try:
            yield from self._update(self._stored)
        except (TransportError, ExecutionError) as error:
            logger.warning("The schema may have changed, but could not be fetched: %s", error)
            self._asked, self._outdated, self._version = monotonic(), False, before
            self._paused_until = monotonic() + _PAUSE

    def _update(self, known: StoredSchema | None) -> Flow[None]:
        """Fetch the schema, if it is not the one that is known; use it and keep it."""
        assert self._fetch is not None  # noqa: S101  # else there is a checker
        fetched = yield from self._fetch(known)
        self._asked, self._outdated = monotonic(), False
        if fetched is None and known is not None and self._checker is None:
            self._use(build_stored(known), known)
        elif fetched is not None:
            schema, stored = fetched
            if self._stored is None or stored.introspection != self._stored.introspection:
                self._use(schema, stored)
                if self._cache:
                    self._cache.write(self._key, stored)
                return
        if self._cache:
            self._cache.confirm(self._key)

    def _use(self, schema: GraphQLSchema, stored: StoredSchema) -> None:
        self._checker = self._check_by(schema)
        self._stored = stored
        self._version = stored.version or self._version
