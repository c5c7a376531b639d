"""Where the client's schema comes from: given, fetched at the first use, or nowhere."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError, GraphQLSchema, build_schema

from trunkline.client.checks import Checker
from trunkline.errors import SchemaError
from trunkline.protocol.flow import Flow
from trunkline.protocol.single_flight import SingleFlight

__all__ = ["SchemaSource", "take_schema"]


class SchemaSource:
    """Gives the checker of the one schema, and fetches that schema if it must.

    ``fetch`` begins a flow that returns the schema; ``None`` if there is nothing to fetch.
    Threads and coroutines that come while it is fetched wait for the one fetch.
    """

    def __init__(
        self, schema: GraphQLSchema | None, fetch: Callable[[], Flow[GraphQLSchema]] | None
    ) -> None:
        self._fetch = fetch
        self._checker = None if fetch else Checker(schema)
        self._flight = SingleFlight()

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema, if it is known by now. Does no I/O."""
        return self._checker.schema if self._checker else None

    def checker(self) -> Flow[Checker]:
        """Return the checker, after the schema was fetched where that is wanted."""
        while self._checker is None:
            yield from self._flight.run(self._learn)
        return self._checker

    def _learn(self) -> Flow[None]:
        if self._checker is None and self._fetch:  # the flight before this one may have landed
            self._checker = Checker((yield from self._fetch()))


def take_schema(schema: GraphQLSchema | str) -> GraphQLSchema:
    """Take a schema, or the text of one in SDL, as valid; the one that was given is not changed.

    Published SDL is often not quite valid (GitHub's is not), which the server must mend and a
    client can live with. Raises ``SchemaError`` where no schema can be built from the text.
    """
    if isinstance(schema, str):
        return _build(schema)
    kwargs = schema.to_kwargs()
    kwargs["assume_valid"] = True
    return GraphQLSchema(**kwargs)


def _build(sdl: str) -> GraphQLSchema:
    try:
        return build_schema(sdl, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError, ValueError, LookupError) as error:
        raise SchemaError(f"The SDL that was given is no schema: {error}") from error
