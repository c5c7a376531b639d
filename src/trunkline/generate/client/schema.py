"""Pass 1, continued: the schema of a client, from files or from the server itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import graphql
import msgspec

from trunkline.client.building import with_own_directives
from trunkline.client.connection import Connection
from trunkline.client.fetching import introspect
from trunkline.client.introspection import check_introspection
from trunkline.errors import ExecutionError, ProtocolError, SchemaError, TransportError
from trunkline.generate.elements import check_lists
from trunkline.schema.load import load_document, read_file, schema_files

if TYPE_CHECKING:
    from trunkline.auth.calling.credentials import ClientCredentials

__all__ = ["load_client_schema", "with_environment"]

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_REASONS = (
    *(graphql.GraphQLError, TypeError, ValueError, LookupError, AttributeError),
    RecursionError,  # lists in lists in lists
)


def load_client_schema(
    sources: Sequence[str | Path],
    headers: Mapping[str, str],
    credentials: ClientCredentials | None = None,
) -> graphql.GraphQLSchema:
    """Read a schema and take it as valid, because a client cannot correct its server.

    ``sources`` are files of SDL, one ``.json`` file with the response to an introspection query, or
    one URL to send that query to, with ``headers`` and ``credentials``. ``${NAME}`` in a header is
    replaced from the environment. Raises ``SchemaError``, and ``TokenError`` if the issuer gives no
    token.
    """
    schema = _load(sources, headers, credentials)
    check_lists(schema)
    return schema


def _load(
    sources: Sequence[str | Path],
    headers: Mapping[str, str],
    credentials: ClientCredentials | None,
) -> graphql.GraphQLSchema:
    if len(sources) == 1 and str(sources[0]).startswith(("http://", "https://")):
        return _fetch_schema(str(sources[0]), headers, credentials)
    paths = schema_files(*sources)
    if len(paths) == 1 and paths[0].suffix == ".json":
        return _read_introspection(paths[0])
    document = load_document(*paths)
    try:
        return graphql.build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except _REASONS as error:
        files = ", ".join(map(str, sources))
        raise SchemaError(f"{files}: The SDL is not a schema: {error}") from error


def _read_introspection(path: Path) -> graphql.GraphQLSchema:
    text = read_file(path)
    try:
        response: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
        data = response.get("data", response)
        check_introspection(msgspec.json.encode(data))
        return _build(data)
    except (*_REASONS, ProtocolError) as error:
        message = f"{path}: The file is not the response to an introspection query: {error}"
        raise SchemaError(message) from None


def _fetch_schema(
    url: str, headers: Mapping[str, str], credentials: ClientCredentials | None
) -> graphql.GraphQLSchema:
    from trunkline.client.transports.httpx2 import HTTPX2Transport  # noqa: PLC0415  # an extra

    try:
        transport = HTTPX2Transport(url, headers=with_environment(headers))
        connection = Connection(transport, auth=credentials, name="trunkline-generate")
        try:
            flow = introspect(connection, descriptions=True)
            stored = connection.run(lambda _deadline: flow, None)
        finally:
            connection.close()
        return _build(msgspec.json.decode(stored.introspection))
    except (ExecutionError, TransportError) as error:
        raise SchemaError(
            f"{url}: The schema cannot be fetched by introspection: {str(error).rstrip('.')}."
            " Give the URL of the endpoint, or its SDL as a file ('schema'), or credentials"
            " ('headers', --header)."
        ) from error
    except _REASONS as error:
        raise SchemaError(f"{url}: The schema cannot be fetched: {error}") from error


def _build(data: object) -> graphql.GraphQLSchema:
    told = cast("graphql.IntrospectionQuery", data)
    schema = graphql.build_client_schema(told, assume_valid=True)
    schema.directives = with_own_directives(schema.directives)
    return schema


def with_environment(headers: Mapping[str, str]) -> dict[str, str]:
    """Replace ``${NAME}`` by variables of the environment: tokens are not for configurations.

    Raises ``ValueError`` if there is no such variable.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ValueError(f"the environment variable {found[1]} is not set")
        return os.environ[found[1]]

    return {name: _VARIABLE.sub(value, text) for name, text in headers.items()}
