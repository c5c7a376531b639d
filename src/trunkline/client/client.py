"""The client's face: sync and async, over one core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from graphql import GraphQLSchema

from trunkline.client.core import Core
from trunkline.client.document import Document, gql
from trunkline.client.identity import request_headers
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
        transport: Transport | AsyncTransport,
        *,
        schema: GraphQLSchema | str | None = None,
        fetch_schema_from_transport: bool = False,
        name: str | None = None,
        version: str | None = None,
    ) -> None:
        if schema is not None and fetch_schema_from_transport:
            raise ValueError("Give the schema, or have it fetched, not both.")
        if not isinstance(transport, (Transport, AsyncTransport)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"A client needs a transport, not {type(transport).__name__}:"
                " RequestsHTTPTransport(url), say."
            )
        self.transport = transport
        taken = None if schema is None else take_schema(schema)
        headers = request_headers(name, version)
        self._core = Core(headers, taken, fetch=fetch_schema_from_transport)

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
    ) -> dict[str, Any]:
        """Execute one operation and return its data.

        ``variables`` are the values by name, without the dollar sign; ``operation_name`` is needed
        where the document has several operations.

        Raises ``RequestError`` (a mistake of the caller, found before anything was sent),
        ``ExecutionError`` (the answer has errors; it keeps the data beside them) or
        ``TransportError`` (no answer that can be used).
        """
        flow = self._core.execute(_document(document), variables, operation_name)
        return run(flow, self._blocking().send)

    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
    ) -> dict[str, Any]:
        """Do what ``execute`` does, without blocking the event loop."""
        flow = self._core.execute(_document(document), variables, operation_name)
        return await run_async(flow, self._asynchronous().send_async)

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        self._blocking().close()

    async def close_async(self) -> None:
        """Do what ``close`` does, for an asynchronous transport."""
        await self._asynchronous().close_async()

    def __enter__(self) -> Self:
        self._blocking()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self._asynchronous()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close_async()

    def _blocking(self) -> Transport:
        if isinstance(self.transport, Transport):
            return self.transport
        raise TypeError(
            f"{type(self.transport).__name__} is an asynchronous transport: use `await"
            " client.execute_async(…)` and `async with client:`, or give the client a blocking"
            " transport."
        )

    def _asynchronous(self) -> AsyncTransport:
        if isinstance(self.transport, AsyncTransport):
            return self.transport
        raise TypeError(
            f"{type(self.transport).__name__} is a blocking transport: use `client.execute(…)` and"
            " `with client:`, or give the client an asynchronous transport."
        )


def _document(document: Document | str) -> Document:
    return document if isinstance(document, Document) else gql(document)
