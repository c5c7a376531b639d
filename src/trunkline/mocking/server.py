"""A server from a schema's files alone, so that clients can be built before the real one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route

from trunkline.asgi.requests import Receive, Scope, Send
from trunkline.auth.verifying.caller import Assumed, Caller
from trunkline.errors import PlaygroundNotBuiltError, SchemaError
from trunkline.mocking.schema import mock_schema
from trunkline.schema.load import load_schema, schema_files
from trunkline.server.endpoint import GraphQL
from trunkline.server.playground import Playground

__all__ = ["create_mock"]

logger = logging.getLogger("trunkline.schema")


def create_mock(
    sources: Sequence[str | Path], seed: int = 0, values: Path | None = None
) -> Starlette:
    """Make the application: GraphQL at ``/graphql``, a page to try it on at ``/playground``.

    ``sources`` are schema files, ``values`` is a file of values for single fields. When they
    change, the next response follows what they say then.

    Raises ``SchemaError`` if the files are wrong now.
    """
    routes: list[BaseRoute] = [Route("/graphql", _MockEndpoint(sources, seed, values))]
    try:
        routes.append(Mount("/playground", Playground("Mock", "/graphql")))
    except PlaygroundNotBuiltError as error:
        logger.warning("There is no playground: %s", error)
    else:
        routes.append(Route("/", RedirectResponse("/playground/")))
    return Starlette(routes=routes)


class _MockEndpoint:
    """An endpoint that follows its files, which are checked at every request.

    While they are wrong, it serves the schema from before, and the log says what is wrong.
    """

    def __init__(self, sources: Sequence[str | Path], seed: int, values: Path | None) -> None:
        self._sources = sources
        self._seed = seed
        self._values = values
        self._state = self._read_state()
        self._endpoint = self._open()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        try:
            state = self._read_state()
            if state != self._state:
                self._state = state
                self._endpoint = self._open()
                logger.info("The schema changed. The new one is served.")
        except SchemaError as error:
            logger.warning("The changed schema is wrong. The previous one is served:\n%s", error)
        await self._endpoint(scope, receive, send)

    def _read_state(self) -> object:
        """Return what changes when one of the files does. Raises ``SchemaError``."""
        state: list[object] = []
        for file in [*schema_files(*self._sources), *filter(None, [self._values])]:
            try:
                found = file.stat()
            except OSError:  # reading the file says why
                state.append((file, None))
            else:
                state.append((file, found.st_mtime_ns, found.st_size))
        return state

    def _open(self) -> GraphQL:
        """Serve the schema to everyone, as to a caller with all scopes. Raises ``SchemaError``."""
        values = {} if self._values is None else read_values_file(self._values)
        schema = mock_schema(load_schema(*self._sources), self._seed, values)
        required = schema.requirements.all
        scopes = frozenset[str]().union(*(way for each in required for way in each.any_of))
        caller = Caller("mock", scopes)
        return GraphQL(schema, auth=Assumed(caller), policies=lambda _caller, names: names)


def read_values_file(path: Path) -> dict[str, Any]:
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
        raise SchemaError(f"{path}: the content must be a table for each type.")
    values: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", content).items():
        if "." in name:
            values[name] = value
        elif isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            values |= {f"{name}.{field}": each for field, each in fields.items()}
        else:
            raise SchemaError(f"{path}: the value of {name} must be a table of its fields.")
    return values
