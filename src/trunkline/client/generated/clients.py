"""What generated clients inherit: how they are made, and how they call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Self, TypeVar, Unpack

from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.generated.answers import Result
from trunkline.client.generated.operation import Operation
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.errors import RequestError

__all__ = ["AsyncGeneratedClient", "GeneratedClient"]

Data = TypeVar("Data")

_SUBSCRIPTION = (
    "A subscription has many answers, and no transport of the client carries a stream yet;"
    " ask a query instead."
)


class GeneratedClient:
    """Calls one server's API. Make one and share it between threads.

    ``transport`` carries the bytes; a URL stands for httpx2's (``trunkline[client]``).
    ``auth`` gives requests their credentials; ``name`` and ``version`` are of the program that
    calls, for the server's log; ``timeout`` is in seconds and for a whole call, retries included.
    The client's other options are those of ``trunkline.Client``.
    """

    def __init__(self, transport: Transport | str, **options: Unpack[ConnectionOptions]) -> None:
        if isinstance(transport, str):
            from trunkline.client.transports.httpx2 import HTTPX2Transport  # noqa: PLC0415  # extra

            transport = HTTPX2Transport(transport)
        self._connection = Connection(transport, **options)
        self._connection.blocking()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.transport!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, each once no call uses it any more; a later call opens anew."""
        self._connection.close()

    def _execute(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> Data:
        encoded = operation.encode(variables)
        return self._connection.execute(operation.document, encoded, operation.read, options)

    def _execute_caught(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> Result[Data]:
        encoded = operation.encode(variables)
        read = operation.read_result
        return self._connection.execute(operation.document, encoded, read, options)

    def _subscribe(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> Iterator[Data]:
        del operation, variables, options
        raise RequestError.because(_SUBSCRIPTION)


class AsyncGeneratedClient:
    """Calls one server's API without blocking the event loop. Make one and share it.

    Its arguments are those of ``GeneratedClient``.
    """

    def __init__(
        self, transport: AsyncTransport | str, **options: Unpack[ConnectionOptions]
    ) -> None:
        if isinstance(transport, str):
            from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport  # noqa: PLC0415

            transport = AsyncHTTPX2Transport(transport)
        self._connection = Connection(transport, **options)
        self._connection.asynchronous()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.transport!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close_async()

    async def close_async(self) -> None:
        """Close the connections, each once no call uses it any more; a later call opens anew."""
        await self._connection.close_async()

    async def _execute(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> Data:
        encoded = operation.encode(variables)
        read = operation.read
        return await self._connection.execute_async(operation.document, encoded, read, options)

    async def _execute_caught(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> Result[Data]:
        encoded = operation.encode(variables)
        read = operation.read_result
        return await self._connection.execute_async(operation.document, encoded, read, options)

    def _subscribe(
        self,
        operation: Operation[Data],
        variables: Mapping[str, object],
        options: CallOptions | None,
    ) -> AsyncIterator[Data]:
        del operation, variables, options
        raise RequestError.because(_SUBSCRIPTION)
