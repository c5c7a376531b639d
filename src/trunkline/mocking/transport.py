"""A transport that answers from a schema, without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
from graphql import GraphQLSchema

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.operation import Operation
from trunkline.engine.run import run_sync
from trunkline.errors import RequestError
from trunkline.mocking.reading import Registry, read_requests
from trunkline.mocking.resolvers import mock_schema
from trunkline.protocol.media import GRAPHQL_RESPONSE
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.protocol.response import PARTIAL
from trunkline.schema.load import parse_schema

__all__ = ["MockTransport", "RecordedCall"]


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One operation that was asked for, and how: ``kind`` is ``query`` or ``mutation``."""

    name: str | None
    kind: str
    text: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class _Answers:
    """What a test wants instead of plausible data, by the operation's name, in order."""

    queued: dict[str | None, list[HTTPResponse | Exception]] = field(
        default_factory=dict[str | None, list["HTTPResponse | Exception"]]
    )

    def add(self, name: str | None, answer: HTTPResponse | Exception) -> None:
        self.queued.setdefault(name, []).append(answer)

    def take(self, name: str | None) -> HTTPResponse | Exception | None:
        waiting = self.queued.get(name) or self.queued.get(None)
        return waiting.pop(0) if waiting else None


class MockTransport:
    """Answers each operation with plausible data of the right types, blocking or not.

    ``schema`` is SDL, or graphql-core's. The same ``seed`` gives the same data; ``values`` has what
    is wanted instead, by coordinate: ``{"Todo.title": "Milk"}``. ``calls`` are the operations that
    were asked for, in order.

    A document or a variable that does not fit the schema raises ``RequestError`` here, where the
    test sees it, and not the answer that a server would give. If the program under test swallows
    it, leaving ``with transport:`` raises it again.
    """

    url = "http://mock.example/graphql"
    identity = None  # nothing of a mock is kept

    def __init__(
        self,
        schema: GraphQLSchema | str,
        *,
        seed: int = 0,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        definition = parse_schema(schema) if isinstance(schema, str) else schema
        self._operations = OperationCache(mock_schema(definition, seed, values))
        self._registry = Registry()
        self._answers = _Answers()
        self.calls: list[RecordedCall] = []
        self.mistakes: list[RequestError] = []

    def __repr__(self) -> str:
        return f"MockTransport({len(self.calls)} calls)"

    def answer(
        self,
        operation: str | None = None,
        *,
        data: Any = msgspec.UNSET,
        errors: Sequence[Mapping[str, Any]] = (),
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Give this answer to the next call of an operation, or of any if none is named.

        Several are given in order. ``status`` is 200, or what GraphQL over HTTP says of the errors.
        """
        answer: dict[str, Any] = {} if data is msgspec.UNSET else {"data": data}
        if errors:
            answer["errors"] = list(errors)
        usual = 400 if data is msgspec.UNSET else PARTIAL if errors else 200
        named = {"content-type": GRAPHQL_RESPONSE, **(headers or {})}
        body = msgspec.json.encode(answer) if answer else b""
        self._answers.add(operation, HTTPResponse(status or usual, body, named))

    def fail(self, error: Exception, operation: str | None = None) -> None:
        """Raise this at the next call of an operation, or of any if none is named."""
        self._answers.add(operation, error)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Answer a request."""
        asked = read_requests(request, self._registry)
        if isinstance(asked, HTTPResponse):
            return asked
        answers = [self._answer(one.query or "", one, request) for one in asked.requests]
        if not asked.is_batch:
            return answers[0]
        bodies = b",".join(answer.body for answer in answers)
        return HTTPResponse(200, b"[" + bodies + b"]", {"content-type": "application/json"})

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Answer a request."""
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

    def _answer(self, text: str, asked: Any, request: HTTPRequest) -> HTTPResponse:
        variables = asked.variables or {}
        try:
            operation = self._operations.get(text, asked.operation_name)
            self._record(operation, text, variables, request)
            given = self._answers.take(operation.name)
            if isinstance(given, Exception):
                raise given
            return given or _executed(operation, variables)
        except RequestError as error:
            self.mistakes.append(error)
            raise

    def _record(
        self, operation: Operation, text: str, variables: Mapping[str, Any], request: HTTPRequest
    ) -> None:
        kind = operation.kind
        self.calls.append(RecordedCall(operation.name, kind, text, variables, request.headers))


def _executed(operation: Operation, variables: Mapping[str, Any]) -> HTTPResponse:
    result = run_sync(operation, variables)
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    status = PARTIAL if result.errors else 200
    return HTTPResponse(status, msgspec.json.encode(answer), {"content-type": GRAPHQL_RESPONSE})
