"""The base classes of generated clients: how they are made, and how they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, Self, TypeAlias, TypeVar, Unpack

from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.generated.operation import GeneratedOperation, TypedResult
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.errors import RequestError

__all__ = ["AsyncGeneratedClient", "GeneratedClient"]

Data = TypeVar("Data")
_Variables: TypeAlias = Mapping[str, object]
_Options: TypeAlias = CallOptions | None


class _Client:
    """The part that blocking and asynchronous clients share."""

    _connection: Connection

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._connection.transport!r})"

    def _subscribe(self, operation: object, variables: _Variables, options: _Options) -> NoReturn:
        del operation, variables, options
        raise RequestError.because(
            "A subscription has many responses, and no transport of the client carries a stream"
            " yet. Send a query instead."
        )


class GeneratedClient(_Client):
    """Calls one server's API. Make one client and share it between threads.

    ``transport`` carries the bytes; a URL stands for a transport over httpx2
    (``trunkline[client]``). The options are those of ``trunkline.Client``: ``auth`` gives requests
    their credentials; ``name`` and ``version`` of the calling program go to the server's log;
    ``timeout`` is in seconds, for a whole call with its retries.

    Raises ``TypeError`` where the transport is asynchronous.
    """

    def __init__(self, transport: Transport | str, **options: Unpack[ConnectionOptions]) -> None:
        self._connection = Connection(transport, **options)
        self._connection.blocking()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close each connection when no call uses it any more. A later call opens new ones."""
        self._connection.close()

    def _execute(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> Data:
        encoded = operation.encode(variables)
        return self._connection.execute(operation.document, encoded, operation.read, options)

    def _execute_caught(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> TypedResult[Data]:
        encoded = operation.encode(variables)
        return self._connection.execute(operation.document, encoded, operation.read_result, options)


class AsyncGeneratedClient(_Client):
    """Calls one server's API without blocking the event loop. Make one client and share it.

    The arguments are those of ``GeneratedClient``. Raises ``TypeError`` where the transport blocks.
    """

    def __init__(
        self, transport: AsyncTransport | str, **options: Unpack[ConnectionOptions]
    ) -> None:
        self._connection = Connection(transport, **options)
        self._connection.asynchronous()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close_async()

    async def close_async(self) -> None:
        """Close each connection when no call uses it any more. A later call opens new ones."""
        await self._connection.close_async()

    async def _execute(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> Data:
        encoded, read = operation.encode(variables), operation.read
        return await self._connection.execute_async(operation.document, encoded, read, options)

    async def _execute_caught(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> TypedResult[Data]:
        encoded, read = operation.encode(variables), operation.read_result
        return await self._connection.execute_async(operation.document, encoded, read, options)
