"""One call of the dynamic client, without I/O: check, encode, have it sent, read the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from trunkline.client.answers import result_of
from trunkline.client.batches import read_batch
from trunkline.client.calls import Batched, CallOptions
from trunkline.client.checks import Operation
from trunkline.client.connection import Connection
from trunkline.client.decoding import Decoder
from trunkline.client.document import Document
from trunkline.client.result import Result
from trunkline.client.schemas import SchemaSource
from trunkline.errors import ExecutionError, ValidationError
from trunkline.flow.calls import Deadline, Flow
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.schema_version import SCHEMA_VERSION

__all__ = ["Asked", "Core", "data_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation that is asked for: a document, its variables, and which operation of it."""

    document: Document
    variables: Mapping[str, object] | None
    operation_name: str | None


class Core:
    """What a client does, as flows that others drive. Safe to share between threads."""

    def __init__(self, connection: Connection, schemas: SchemaSource) -> None:
        self._connection = connection
        self._schemas = schemas

    def execute(
        self, asked: Asked, deadline: Deadline | None, options: CallOptions | None
    ) -> Flow[Result]:
        """Execute one operation of a document."""
        operation = yield from self._operation(asked)
        variables, files = operation.variables(asked.variables)
        read = self._heeding(partial(result_of, decoder=operation.decoder))
        return (
            yield from self._connection.flow(
                operation.registered, variables, read, deadline, options, files
            )
        )

    def execute_batch(
        self, batch: Sequence[Asked], deadline: Deadline | None, options: CallOptions | None
    ) -> Flow[list[Result]]:
        """Execute several operations by one request."""
        if not batch:
            return []
        decoders: list[Decoder] = []
        calls: list[Batched] = []
        for asked in batch:
            operation = yield from self._operation(asked)
            variables, files = operation.variables(asked.variables)
            if files:
                raise TypeError("Files cannot go in a batch: execute their operation by itself.")
            decoders.append(operation.decoder)
            calls.append(Batched(operation.registered, variables))
        read = self._heeding(partial(read_batch, decoders=decoders))
        return (yield from self._connection.batch(calls, read, deadline, options))

    def _operation(self, asked: Asked) -> Flow[Operation]:
        """Find what is asked for; a mistake is believed when the schema is known to be new."""
        checker = yield from self._schemas.checker()
        try:
            return checker.operation(asked.document, asked.operation_name)
        except ValidationError:
            newer = yield from self._schemas.newer(checker)
            if newer is None:
                raise
        return newer.operation(asked.document, asked.operation_name)

    def _heeding(self, read: Callable[[HTTPResponse], T]) -> Callable[[HTTPResponse], T]:
        """Let answers say that the server's schema changed, where it is the server's affair."""
        if not self._schemas.fetched:
            return read

        def heed(response: HTTPResponse) -> T:
            self._schemas.heard(response.headers.get(SCHEMA_VERSION))
            return read(response)

        return heed


def data_of(result: Result) -> dict[str, Any]:
    """Return the data of a result without errors.

    Raises ``ExecutionError`` where it has errors; it keeps the data beside them.
    """
    if result.errors or result.data is None:
        raise ExecutionError(
            result.errors,
            result.data,
            result.extensions or None,
            result.status,
            retry_after=result.retry_after,
        )
    return result.data
