"""The client's face: sync and async, over one core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NoReturn, Self, Unpack, overload

from graphql import GraphQLSchema

from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.conversions import Conversions
from trunkline.client.core import Asked, Core, data_of
from trunkline.client.document import Document, gql
from trunkline.client.fetching import fetcher_of
from trunkline.client.result import Result
from trunkline.client.schema_cache import DEFAULT_SCHEMA_CACHE, SchemaCache
from trunkline.client.schemas import SchemaSource, take_schema
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.errors import SubscriptionError
from trunkline.flow.drivers import run, run_async
from trunkline.schema.scalars import Scalar

__all__ = ["AsyncSession", "Client", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One operation of a batch: its document, its variables, and which operation if several."""

    document: Document | str
    variables: Mapping[str, object] | None = field(default=None, repr=False)
    operation_name: str | None = None


class Client:
    """Calls one server's GraphQL API. Make one and share it, between threads and tasks alike.

    ``transport`` carries the bytes, and says whether ``execute`` or ``execute_async`` is meant; a
    URL stands for a transport over httpx2 that does both.

    Mistakes in a document raise before anything is sent where the schema is known: give it as
    ``schema`` (SDL or graphql-core's), or have it fetched at the first call, by introspection with
    ``fetch_schema_from_transport=True``, or as SDL from ``schema_url``, which may be relative. What
    was fetched is kept by ``schema_cache``; ``None`` keeps nothing.

    ``scalars`` and ``enums`` say, by their names in the schema, what becomes of custom scalars and
    enums: a type that msgspec knows (``datetime``, ``UUID``, …) or a ``Scalar`` with two functions,
    and a Python enum. ``parse_results=True`` does so for the scalars whose names are known.

    The other options are those of ``ConnectionOptions``.

    Connections are opened at the first call and kept. ``close()``, or leaving ``with client:``,
    closes them; a later call opens new ones.
    """

    def __init__(  # noqa: PLR0913  # each has a name
        self,
        transport: Transport | AsyncTransport | str,
        *,
        schema: GraphQLSchema | str | None = None,
        fetch_schema_from_transport: bool = False,
        schema_url: str | None = None,
        schema_cache: SchemaCache | None = DEFAULT_SCHEMA_CACHE,
        scalars: Mapping[str, type | Scalar] | None = None,
        enums: Mapping[str, type[Enum]] | None = None,
        parse_results: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        fetch = fetch_schema_from_transport or schema_url is not None
        if schema is not None and fetch:
            raise ValueError("Give the schema, or have it fetched, not both.")
        conversions = Conversions(scalars, enums, known=parse_results)
        if conversions and schema is None and not fetch:
            raise ValueError("Scalars and enums are converted by the schema: give or fetch it.")
        self._connection = Connection(transport, **options)
        self.transport = self._connection.transport
        taken = None if schema is None else take_schema(schema)
        fetcher = fetcher_of(self._connection, options.get("auth"), schema_url) if fetch else None
        self._schemas = SchemaSource(taken, fetcher, schema_cache, conversions)
        self._core = Core(self._connection, self._schemas)

    def __repr__(self) -> str:
        return f"Client({self.transport!r})"

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema that documents are checked against; ``None`` before it was fetched."""
        return self._schemas.schema

    @overload
    def execute(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: Literal[False] = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any]: ...
    @overload
    def execute(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: Literal[True],
        options: CallOptions | None = None,
    ) -> Result: ...
    def execute(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: bool = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any] | Result:
        """Execute one operation and return its data.

        ``variables`` are the values by name, without the dollar sign; an ``Upload`` among them is
        sent as a file. ``operation_name`` is needed where the document has several operations.
        ``options`` are for this call alone. With ``get_execution_result=True`` the whole answer is
        returned, its errors too.

        Raises ``RequestError`` (a mistake of the caller, found before anything was sent),
        ``ExecutionError`` (the answer has errors; it keeps the data beside them) or
        ``TransportError`` (no answer that can be used).
        """
        send, deadline = self._connection.blocking().send, self._connection.deadline(options)
        asked = Asked(_document(document), variables, operation_name)
        result = run(self._core.execute(asked, deadline, options), send, deadline)
        return result if get_execution_result else data_of(result)

    @overload
    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: Literal[False] = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any]: ...
    @overload
    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: Literal[True],
        options: CallOptions | None = None,
    ) -> Result: ...
    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: bool = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any] | Result:
        """Do what ``execute`` does, without blocking the event loop."""
        send = self._connection.asynchronous().send_async
        deadline = self._connection.deadline(options)
        asked = Asked(_document(document), variables, operation_name)
        flow = self._core.execute(asked, deadline, options)
        result = await run_async(flow, send, deadline)
        return result if get_execution_result else data_of(result)

    def execute_batch(
        self, requests: Sequence[Request], *, options: CallOptions | None = None
    ) -> list[Result]:
        """Execute several operations by one HTTP request, and return an answer for each.

        The server must take lists. Errors of one operation do not raise: they are in its result.
        Raises what ``execute`` raises where a request is wrong or there is no usable answer.
        """
        send, deadline = self._connection.blocking().send, self._connection.deadline(options)
        return run(self._core.execute_batch(_asked(requests), deadline, options), send, deadline)

    async def execute_batch_async(
        self, requests: Sequence[Request], *, options: CallOptions | None = None
    ) -> list[Result]:
        """Do what ``execute_batch`` does, without blocking the event loop."""
        send = self._connection.asynchronous().send_async
        deadline = self._connection.deadline(options)
        flow = self._core.execute_batch(_asked(requests), deadline, options)
        return await run_async(flow, send, deadline)

    def subscribe(self, document: Document | str, *_: Any, **__: Any) -> NoReturn:  # noqa: ARG002
        """Raise ``SubscriptionError``: no transport streams yet."""
        raise SubscriptionError.because(
            f"{type(self.transport).__name__} carries one answer per request; a subscription needs"
            " a transport that streams, and there is none yet. Ask a query instead."
        )

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

    async def __aenter__(self) -> AsyncSession:
        self._connection.asynchronous()
        return AsyncSession(self)

    async def __aexit__(self, *exception: object) -> None:
        await self.close_async()


class AsyncSession:
    """A client within ``async with client as session:``, whose calls are all awaited."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.execute = client.execute_async
        self.execute_async = client.execute_async
        self.execute_batch = client.execute_batch_async
        self.subscribe = client.subscribe

    def __repr__(self) -> str:
        return f"AsyncSession({self.client!r})"

    @property
    def schema(self) -> GraphQLSchema | None:
        """The client's schema; ``None`` before it was fetched."""
        return self.client.schema


def _document(document: Document | str) -> Document:
    return document if isinstance(document, Document) else gql(document)


def _asked(requests: Sequence[Request]) -> list[Asked]:
    return [Asked(_document(one.document), one.variables, one.operation_name) for one in requests]
