"""The schema that a client is generated from: files, or what a server tells of itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    IntrospectionQuery,
    Source,
    build_ast_schema,
    build_client_schema,
    get_introspection_query,
    parse,
)

from trunkline.client.connection import Connection
from trunkline.client.responses import execution_error, read_valid_response
from trunkline.errors import ExecutionError, SchemaError, TransportError
from trunkline.protocol.documents import RegisteredDocument
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN, GraphQLResponse
from trunkline.schema.load import schema_files

__all__ = ["load_client_schema"]

_QUERY = RegisteredDocument(
    get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        input_value_deprecation=True,
        one_of=True,
    ),
    "query",
    "IntrospectionQuery",
)
_OLD_QUERY = RegisteredDocument(get_introspection_query(), "query", "IntrospectionQuery")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_REASONS = (GraphQLError, TypeError, ValueError, LookupError, AttributeError)


def load_client_schema(sources: Sequence[str | Path], headers: Mapping[str, str]) -> GraphQLSchema:
    """Read a schema, and take it as valid: it is the server's, and a client cannot mend it.

    One URL is asked by introspection, with ``headers``, in which ``${NAME}`` stands for what the
    environment has. Files are SDL, or one ``.json`` with the answer to an introspection query.
    Raises ``SchemaError``.
    """
    if len(sources) == 1 and str(sources[0]).startswith(("http://", "https://")):
        return _asked(str(sources[0]), headers)
    paths = list(schema_files(*sources))
    if len(paths) == 1 and paths[0].suffix == ".json":
        return _from_json(paths[0])
    documents = [_parsed(path) for path in paths]
    definitions = tuple(each for document in documents for each in document.definitions)
    try:
        document = DocumentNode(definitions=definitions)
        return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except _REASONS as error:
        shown = ", ".join(map(str, sources))
        raise SchemaError(f"{shown}: no schema can be built from it: {error}") from error


def _parsed(path: Path) -> DocumentNode:
    try:
        return parse(Source(path.read_text(encoding="utf-8-sig"), str(path)))
    except GraphQLError as error:
        where = "".join(f":{place.line}:{place.column}" for place in error.locations or ())
        raise SchemaError(f"{path}{where}: {error.message}") from None
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path}: is not UTF-8 (byte {error.start}).") from None


def _from_json(path: Path) -> GraphQLSchema:
    try:
        answer: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        return _built(answer.get("data", answer))
    except (*_REASONS, OSError) as error:
        raise SchemaError(f"{path}: is not the answer to an introspection query: {error}") from None


def _asked(url: str, headers: Mapping[str, str]) -> GraphQLSchema:
    from trunkline.client.transports.httpx2 import HTTPX2Transport  # noqa: PLC0415  # an extra

    try:
        transport = HTTPX2Transport(url, headers=_with_environment(headers))
        connection = Connection(transport, name="trunkline generate")
        try:
            return _built(_introspected(connection))
        finally:
            connection.close()
    except (TransportError, *_REASONS) as error:
        raise SchemaError(f"{url}: its schema cannot be fetched: {error}") from error
    except ExecutionError as error:
        raise SchemaError(
            f"{url}: the server does not tell its schema: {str(error).rstrip('.')}. Give its SDL as"
            " a file, or credentials as headers."
        ) from error


def _introspected(connection: Connection) -> dict[str, Any]:
    """Ask for all that September 2025 knows; if the server is older, for what June 2018 knew."""
    try:
        return connection.execute(_QUERY, b"", _data_of)
    except ExecutionError:
        return connection.execute(_OLD_QUERY, b"", _data_of)


def _data_of(response: HTTPResponse) -> dict[str, Any]:
    result: GraphQLResponse[dict[str, Any]] = read_valid_response(response, PLAIN)
    if result.errors:
        raise execution_error(result, response)
    return cast("dict[str, Any]", result.data)


def _built(data: Any) -> GraphQLSchema:
    return build_client_schema(cast("IntrospectionQuery", data), assume_valid=True)


def _with_environment(headers: Mapping[str, str]) -> dict[str, str]:
    """Put in what the environment has: tokens do not stand in a configuration."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            raise ValueError(f"the environment has no variable {found[1]}")
        return os.environ[found[1]]

    return {name: _VARIABLE.sub(value, text) for name, text in headers.items()}
