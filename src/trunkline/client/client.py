"""The client's face: sync and async, over one core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, Unpack

from graphql import GraphQLSchema

from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.core import Core
from trunkline.client.document import Document, gql
from trunkline.client.schemas import take_schema
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.protocol.flow import run, run_async

__all__ = ["Client"]


class Client:
    """Calls one server's GraphQL API. Make one and share it, between threads and tasks alike.

    ``transport`` carries the bytes, and says whether ``execute`` or ``execute_async`` is meant.
    Mistakes in a document raise before anything is sent where the schema is known: give it as
    ``schema`` (SDL or graphql-core's), or have it fetched at the first call with
    ``fetch_schema_from_transport=True``. ``name`` and ``version`` are of the program that calls;
    the server's log shows them.

    Connections are opened at the first call and kept. ``close()``, or leaving ``with client:``,
    closes them; a later call opens new ones.
    """

    def __init__(
        self,
        transport: Transport | AsyncTransport | str,
        *,
        schema: GraphQLSchema | str | None = None,
        fetch_schema_from_transport: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        if schema is not None and fetch_schema_from_transport:
            raise ValueError("Give the schema, or have it fetched, not both.")
        self._connection = Connection(transport, **options)
        self.transport = self._connection.transport
        taken = None if schema is None else take_schema(schema)
        self._core = Core(self._connection, taken, fetch=fetch_schema_from_transport)

    def __repr__(self) -> str:
        return f"Client({self.transport!r})"

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema that documents are checked against; ``None`` before it was fetched."""
        return self._core.schemas.schema

    def execute(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        options: CallOptions | None = None,
    ) -> dict[str, Any]:
        """Execute one operation and return its data.

        ``variables`` are the values by name, without the dollar sign; ``operation_name`` is needed
        where the document has several operations.

        Raises ``RequestError`` (a mistake of the caller, found before anything was sent),
        ``ExecutionError`` (the answer has errors; it keeps the data beside them) or
        ``TransportError`` (no answer that can be used).
        """
        send, deadline = self._connection.blocking().send, self._connection.deadline(options)
        read = _document(document)
        flow = self._core.execute(read, variables, operation_name, deadline, options)
        return run(flow, send, deadline)

    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        options: CallOptions | None = None,
    ) -> dict[str, Any]:
        """Do what ``execute`` does, without blocking the event loop."""
        send, deadline = (
            self._connection.asynchronous().send_async,
            self._connection.deadline(options),
        )
        read = _document(document)
        flow = self._core.execute(read, variables, operation_name, deadline, options)
        return await run_async(flow, send, deadline)

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        self._connection.close()

    async def close_async(self) -> None:
        """Do what ``close`` does, for an asynchronous transport."""
        await self._connection.close_async()

    def __enter__(self) -> Self:
        self._connection.blocking()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self._connection.asynchronous()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close_async()


def _document(document: Document | str) -> Document:
    return document if isinstance(document, Document) else gql(document)
