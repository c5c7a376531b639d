"""A transport for tests that responds from a schema, without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec
from graphql import GraphQLSchema

from trunkline.compiler.cache import OperationCache
from trunkline.contracts.manifests import read_manifest
from trunkline.engine.run import run_sync
from trunkline.errors import DocumentNotFoundError, RequestError
from trunkline.mocking.schema import mock_schema
from trunkline.protocol.canonical import name_by_path
from trunkline.protocol.documents import document_id
from trunkline.protocol.media import GRAPHQL_RESPONSE, JSON
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.request import GraphQLRequest, named_document, read_json, read_query_string
from trunkline.protocol.response import PARTIAL
from trunkline.schema.load import parse_schema

__all__ = ["MockTransport", "RecordedCall"]

_NOT_FOUND = {
    "message": "PersistedQueryNotFound",
    "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
}


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One operation that was requested, and how: ``kind`` is ``query`` or ``mutation``."""

    name: str | None
    kind: str
    text: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str] = field(repr=False)


class MockTransport:
    """Responds to each operation with plausible data of the right types, blocking or not.

    ``schema`` is SDL, or a schema of graphql-core. The same ``seed`` gives the same data;
    ``values`` has values for single fields, by coordinate: ``{"Todo.title": "Milk"}``. ``calls``
    are the operations that were requested, in order.

    ``manifest`` is the file or the folder that the program publishes with ``trunkline publish``, in
    any of its formats. The transport then takes only the documents that are in it.

    A document or a variable that does not fit the schema, or is not in the manifest, raises
    ``RequestError`` here, where the test sees it, instead of the response that a server would send.
    If the program under test ignores it, leaving ``with transport:`` raises it again. A manifest
    that cannot be used raises ``PublicationError``.
    """

    url = "http://mock.example/graphql"
    identity = None  # nothing of a mock is cached

    def __init__(
        self,
        schema: GraphQLSchema | str,
        *,
        seed: int = 0,
        values: Mapping[str, Any] | None = None,
        manifest: str | Path | None = None,
    ) -> None:
        definition = parse_schema(schema) if isinstance(schema, str) else schema
        self._operations = OperationCache(mock_schema(definition, seed, values))
        self._documents: dict[str, str] = {}
        self._manifest = manifest
        if manifest is not None:
            self._documents |= read_manifest(Path(manifest)).documents
            self._documents |= {document_id(text): text for text in self._documents.values()}
        self._queues: dict[str | None, list[HTTPResponse | Exception]] = {}
        self.calls: list[RecordedCall] = []
        self.mistakes: list[RequestError] = []

    def __repr__(self) -> str:
        return f"MockTransport({len(self.calls)} calls)"

    def respond(
        self,
        operation: str | None = None,
        *,
        data: Any = msgspec.UNSET,
        errors: Sequence[Mapping[str, Any]] = (),
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send this response to the next call of an operation, or of any if none is named.

        Several are sent in order. ``status`` defaults to what GraphQL over HTTP says of the errors.
        """
        content: dict[str, Any] = {} if data is msgspec.UNSET else {"data": data}
        if errors:
            content["errors"] = list(errors)
        default = 400 if data is msgspec.UNSET else PARTIAL if errors else 200
        all_headers = {"content-type": GRAPHQL_RESPONSE, **(headers or {})}
        body = msgspec.json.encode(content) if content else b""
        response = HTTPResponse(status or default, body, all_headers)
        self._queues.setdefault(operation, []).append(response)

    def fail(self, error: Exception, operation: str | None = None) -> None:
        """Raise this at the next call of an operation, or of any if none is named."""
        self._queues.setdefault(operation, []).append(error)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Return the response to a request: of an operation, or of a list of them."""
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise NotImplementedError("A mock takes no files: test uploads with a real server.")
        if request.body.startswith(b"["):
            bodies: list[msgspec.Raw] = msgspec.json.decode(request.body, type=list[msgspec.Raw])
            responses = [self._execute(read_json(bytes(body)), request) for body in bodies]
            joined = b",".join(response.body for response in responses)
            return HTTPResponse(200, b"[" + joined + b"]", {"content-type": JSON})
        if request.method == "GET":
            content = read_query_string(request.query.encode())
        else:
            content = read_json(request.body)
        name_by_path(content, f"/{request.path}")
        if content.query:
            if self._manifest is None:
                self._documents[document_id(content.query)] = content.query
        else:
            content.query = self._documents.get(named_document(content) or "")
        if not content.query:
            return _response(404, {"errors": [_NOT_FOUND]})
        return self._execute(content, request)

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Return the response to a request."""
        return self.send(request)

    def close(self) -> None:
        """Do nothing: there is no connection."""

    async def close_async(self) -> None:
        """Do nothing: there is no connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self.mistakes:
            raise self.mistakes[0]

    def _execute(self, content: GraphQLRequest, request: HTTPRequest) -> HTTPResponse:
        text, variables = content.query or "", content.variables or {}
        try:
            self._check_registered(text)
            operation = self._operations.get(text, content.operation_name)
            name, kind = operation.name, operation.kind
            self.calls.append(RecordedCall(name, kind, text, variables, request.headers))
            queue = self._queues.get(name) or self._queues.get(None)
            if queue:
                response = queue.pop(0)
                if isinstance(response, Exception):
                    raise response
                return response
            result = run_sync(operation, variables)
        except RequestError as error:
            self.mistakes.append(error)
            raise
        if not result.errors:
            return _response(200, {"data": result.data})
        errors = [error.formatted for error in result.errors]
        return _response(PARTIAL, {"data": result.data, "errors": errors})

    def _check_registered(self, text: str) -> None:
        identifier = document_id(text)
        if self._manifest is None or identifier in self._documents:
            return
        raise DocumentNotFoundError.because(
            f"{self._manifest} does not have this document ({identifier}), so a server that takes"
            " only registered documents would refuse it. White space counts. Write the manifest"
            f" again, with `trunkline generate`, or add the document:\n{text}"
        )


def _response(status: int, content: Any) -> HTTPResponse:
    body = msgspec.json.encode(content)
    return HTTPResponse(status, body, {"content-type": GRAPHQL_RESPONSE})
