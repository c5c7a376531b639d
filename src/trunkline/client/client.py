"""The dynamic client: checks documents against the schema, and executes them, sync and async."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Literal, NoReturn, Self, TypeVar, Unpack, overload

from graphql import GraphQLSchema

from trunkline.client.building import load_schema
from trunkline.client.calls import BatchedOperation, CallOptions
from trunkline.client.checks import DocumentChecker, PreparedOperation, rules_without
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.conversions import Conversions
from trunkline.client.document import Document, gql
from trunkline.client.fetching import fetcher_of
from trunkline.client.responses import ExecutionResult, read_batch, read_result
from trunkline.client.schema_cache import DEFAULT_SCHEMA_CACHE, SchemaCache
from trunkline.client.schemas import SchemaSource
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.errors import ExecutionError, SubscriptionError, ValidationError
from trunkline.flow.calls import Deadline, Flow
from trunkline.protocol.messages import SCHEMA_VERSION, HTTPResponse
from trunkline.schema.scalars import Scalar

__all__ = ["AsyncSession", "Client", "Request"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One operation of a batch: its document, its variables, and its name if there are several."""

    document: Document | str
    variables: Mapping[str, object] | None = field(default=None, repr=False)
    operation_name: str | None = None


class Client:
    """Calls one server's GraphQL API. Make one and share it between threads and tasks.

    - ``transport``: sends the requests. It decides whether the client has ``execute`` or
      ``execute_async``; a URL stands for a transport over httpx2 that does both.
    - ``schema``: SDL, or a schema of graphql-core. A client that knows the schema raises mistakes
      in a document before anything is sent.
    - ``fetch_schema_from_transport=True``: fetches the schema by introspection at the first call.
    - ``schema_url``: fetches it as SDL instead; the URL may be relative.
    - ``schema_cache``: keeps fetched schemas; ``None`` keeps none.
    - ``scalars`` and ``enums``: by their names in the schema, how custom scalars and enums are
      converted: by a type that msgspec knows (``datetime``, ``UUID``, …), a ``Scalar`` with two
      functions, or a Python enum.
    - ``ignore_rules``: names of GraphQL's validation rules by which documents are not checked, for
      servers that are less strict, such as ``OverlappingFieldsCanBeMergedRule``.
    - ``absent_is_null=True``: puts back nulls that the server leaves out of its responses. Needs a
      schema.
    - ``client_directives``: names of directives that are for the client alone, such as Apollo's
      ``client`` and ``connection``. They are not sent, and fields with ``@client`` are not, either.
    - ``parse_results=True``: converts the scalars that ``@specifiedBy`` describes, and without it
      ``DateTime``, ``Date``, ``Decimal`` and ``UUID``, whose names say what they are.

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
        ignore_rules: Collection[str] = (),
        client_directives: Collection[str] = (),
        absent_is_null: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        fetch = fetch_schema_from_transport or schema_url is not None
        if schema is not None and fetch:
            raise ValueError("Give the schema or let it be fetched, not both.")
        conversions = Conversions(scalars, enums, known=parse_results)
        if conversions and schema is None and not fetch:
            raise ValueError("Scalars and enums are converted by the schema: give or fetch it.")
        if absent_is_null and schema is None and not fetch:
            raise ValueError("Which fields may be null is in the schema: give or fetch it.")
        check_by = partial(
            DocumentChecker,
            conversions=conversions,
            rules=rules_without(ignore_rules),
            client_directives=frozenset(client_directives),
            absent_is_null=absent_is_null,
        )
        self._connection = Connection(transport, **options)
        self.transport = self._connection.transport
        if fetch:
            fetcher, key = fetcher_of(self._connection, schema_url)
            self._schemas = SchemaSource(None, check_by, fetcher, schema_cache, key)
        else:
            loaded = None if schema is None else load_schema(schema)
            self._schemas = SchemaSource(loaded, check_by)

    def __repr__(self) -> str:
        return f"Client({self.transport!r})"

    @property
    def schema(self) -> GraphQLSchema | None:
        """The schema that documents are checked against; ``None`` before it is fetched."""
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
    ) -> ExecutionResult: ...
    def execute(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: bool = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any] | ExecutionResult:
        """Execute one operation and return its data.

        - ``variables``: the values by name, without the dollar sign. ``Upload`` sends a file.
        - ``operation_name``: needed if the document has several operations.
        - ``options``: for this call alone.
        - ``get_execution_result=True``: returns the whole result instead, with its errors.

        Raises ``RequestError`` (a mistake of the caller, found before anything was sent),
        ``ExecutionError`` (the response has errors; it keeps the data beside them) or
        ``TransportError`` (no response that can be used).
        """
        request = Request(document, variables, operation_name)
        result = self._connection.run(partial(self._flow, request, options), options)
        return result if get_execution_result else _data_of(result)

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
    ) -> ExecutionResult: ...
    async def execute_async(
        self,
        document: Document | str,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        *,
        get_execution_result: bool = False,
        options: CallOptions | None = None,
    ) -> dict[str, Any] | ExecutionResult:
        """Do what ``execute`` does, without blocking the event loop."""
        request = Request(document, variables, operation_name)
        flow = partial(self._flow, request, options)
        result = await self._connection.run_async(flow, options)
        return result if get_execution_result else _data_of(result)

    def execute_batch(
        self, requests: Sequence[Request], *, options: CallOptions | None = None
    ) -> list[ExecutionResult]:
        """Execute several operations in one HTTP request, and return a result for each.

        The server must accept lists. Errors of one operation do not raise: they are in its result.
        Raises what ``execute`` raises if a request is wrong or there is no usable response.
        """
        return self._connection.run(partial(self._batch_flow, requests, options), options)

    async def execute_batch_async(
        self, requests: Sequence[Request], *, options: CallOptions | None = None
    ) -> list[ExecutionResult]:
        """Do what ``execute_batch`` does, without blocking the event loop."""
        flow = partial(self._batch_flow, requests, options)
        return await self._connection.run_async(flow, options)

    def validate(self, document: Document | str) -> None:
        """Check a document against the schema, which is fetched first if necessary.

        ``execute`` does so, too. Raises ``ValidationError`` with all mistakes, and ``ValueError``
        if the client was given no schema and fetches none.
        """
        self._connection.run(partial(self._validate_flow, document), None)

    async def validate_async(self, document: Document | str) -> None:
        """Do what ``validate`` does, without blocking the event loop."""
        await self._connection.run_async(partial(self._validate_flow, document), None)

    def _flow(
        self, request: Request, options: CallOptions | None, deadline: Deadline | None
    ) -> Flow[ExecutionResult]:
        operation = yield from self._prepare(request)
        variables, files = operation.variables(request.variables)
        read = self._noting_version(partial(read_result, decoder=operation.decoder))
        result = yield from self._connection.flow(
            operation.registered, variables, read, deadline, options, files
        )
        return operation.completed(result, request.variables)

    def _batch_flow(
        self, requests: Sequence[Request], options: CallOptions | None, deadline: Deadline | None
    ) -> Flow[list[ExecutionResult]]:
        operations: list[PreparedOperation] = []
        batch: list[BatchedOperation] = []
        for request in requests:
            operation = yield from self._prepare(request)
            variables, files = operation.variables(request.variables)
            if files:
                raise TypeError("A batch cannot contain files: execute their operation by itself.")
            operations.append(operation)
            batch.append(BatchedOperation(operation.registered, variables))
        if not batch:
            return []
        decoders = [operation.decoder for operation in operations]
        read = self._noting_version(partial(read_batch, decoders=decoders))
        results = yield from self._connection.batch(batch, read, deadline, options)
        return [
            operation.completed(result, request.variables)
            for operation, result, request in zip(operations, results, requests, strict=True)
        ]

    def _prepare(self, request: Request) -> Flow[PreparedOperation]:
        return self._checked(lambda by: by.operation(gql(request.document), request.operation_name))

    def _validate_flow(self, document: Document | str, deadline: Deadline | None) -> Flow[None]:
        del deadline  # the driver keeps it
        if self.schema is None and not self._schemas.is_fetched:
            raise ValueError("Documents are validated against the schema: give or fetch it.")
        return (yield from self._checked(lambda by: by.validate(gql(document))))

    def _checked(self, check: Callable[[DocumentChecker], T]) -> Flow[T]:
        """Check something. Before a mistake raises, a schema that may be stale is fetched again."""
        checker = yield from self._schemas.checker()
        try:
            return check(checker)
        except ValidationError:
            newer = yield from self._schemas.newer_checker(checker)
            if newer is None:
                raise
        return check(newer)

    def _noting_version(self, read: Callable[[HTTPResponse], T]) -> Callable[[HTTPResponse], T]:
        """Let responses say that the server's schema changed, if the schema is fetched."""
        if not self._schemas.is_fetched:
            return read

        def note_and_read(response: HTTPResponse) -> T:
            self._schemas.note_version(response.headers.get(SCHEMA_VERSION))
            return read(response)

        return note_and_read

    def subscribe(self, document: Document | str, *_: Any, **__: Any) -> NoReturn:  # noqa: ARG002
        """Raise ``SubscriptionError``: no transport can stream yet."""
        raise SubscriptionError.because(
            f"{type(self.transport).__name__} carries one response per request. A subscription"
            " needs a transport that streams, which does not exist yet. Send a query instead."
        )

    def close(self) -> None:
        """Close the connections, each after the last call that uses it."""
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
    """A client within ``async with client as session:``, in which every call is awaited."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.execute = client.execute_async
        self.execute_async = client.execute_async
        self.execute_batch = client.execute_batch_async
        self.validate = client.validate_async
        self.subscribe = client.subscribe

    def __repr__(self) -> str:
        return f"AsyncSession({self.client!r})"

    @property
    def schema(self) -> GraphQLSchema | None:
        """The client's schema; ``None`` before it is fetched."""
        return self.client.schema


def _data_of(result: ExecutionResult) -> dict[str, Any]:
    """Return the data of a result, or raise ``ExecutionError`` if it has errors."""
    if result.errors or result.data is None:
        raise ExecutionError(
            result.errors,
            result.data,
            result.extensions or None,
            result.status,
            retry_after=result.retry_after,
            headers=result.headers,
        )
    return result.data
