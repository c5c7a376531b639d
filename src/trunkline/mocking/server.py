"""A stub server from a schema's files alone, so that clients can start before it is built."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route

from trunkline.asgi.requests import Receive, Scope, Send
from trunkline.auth.verifying.caller import Assumed, Caller
from trunkline.errors import PlaygroundNotBuiltError, SchemaError
from trunkline.mocking.resolvers import mock_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.load import load_schema, schema_files
from trunkline.server.endpoint import GraphQL
from trunkline.server.playground import Playground

__all__ = ["MockSource", "create_mock"]

logger = logging.getLogger("trunkline.schema")


class MockSource:
    """Where a mock comes from: schema files, a seed, and a file of values for single fields."""

    def __init__(
        self, sources: Sequence[str | Path], seed: int = 0, values: Path | None = None
    ) -> None:
        self._sources = sources
        self._seed = seed
        self._values = values

    def load(self) -> Schema:
        """Make the schema that answers. Raises ``SchemaError``."""
        values = {} if self._values is None else read_values(self._values)
        return mock_schema(load_schema(*self._sources), self._seed, values)

    def stamp(self) -> object:
        """Return what changes when one of the files does. Raises ``SchemaError``."""
        files = [*schema_files(*self._sources), *filter(None, [self._values])]
        return [(file, _state(file)) for file in files]


def _state(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except OSError:
        return None  # who reads it says what is wrong
    return state.st_mtime_ns, state.st_size


def create_mock(source: MockSource) -> Starlette:
    """Make the application: GraphQL at ``/graphql``, a page to try it on at ``/playground``.

    Raises ``SchemaError`` where the files are wrong as they are now; when they are changed later,
    the next request is answered from what they say then.
    """
    routes: list[BaseRoute] = [Route("/graphql", _Following(source))]
    try:
        routes.append(Mount("/playground", Playground("Mock", "/graphql")))
    except PlaygroundNotBuiltError as error:
        logger.warning("There is no playground: %s", error)
    else:
        routes.append(Route("/", RedirectResponse("/playground/")))
    return Starlette(routes=routes)


class _Following:
    """An endpoint that follows its files: they are looked at with every request.

    While they are wrong the schema before them answers, and the log says what is wrong.
    """

    def __init__(self, source: MockSource) -> None:
        self._source = source
        self._stamp = source.stamp()
        self._endpoint = _open(source.load())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        try:
            stamp = self._source.stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._endpoint = _open(self._source.load())
                logger.info("The schema has changed, and is served as it is now.")
        except SchemaError as error:
            logger.warning("The schema from before is served, for it is wrong now:\n%s", error)
        await self._endpoint(scope, receive, send)


def _open(schema: Schema) -> GraphQL:
    """Serve a schema to anybody, as to a caller who may have all of it."""
    demands = schema.requirements.all
    scopes = frozenset[str]().union(*(way for each in demands for way in each.any_of))
    caller = Caller("mock", scopes)
    return GraphQL(schema, auth=Assumed(caller), policies=lambda _caller, names: names)


def read_values(path: Path) -> dict[str, Any]:
    """Read values by coordinate from TOML or JSON: ``[Todo]`` and ``title = …``, or in one key.

    Raises ``SchemaError``.
    """
    read = msgspec.json.decode if path.suffix == ".json" else msgspec.toml.decode
    try:
        content = msgspec.to_builtins(read(path.read_bytes()))
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror}).") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: {error}.") from None
    if not isinstance(content, dict):
        raise SchemaError(f"{path}: must have a table for each type.")
    return dict(_by_coordinate(path, cast("dict[str, Any]", content)))


def _by_coordinate(path: Path, content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = []
    for name, value in content.items():
        if "." in name:
            values.append((name, value))
        elif isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            values += [(f"{name}.{field}", each) for field, each in fields.items()]
        else:
            raise SchemaError(f"{path}: {name} must have a table of its fields.")
    return values
