"""The base classes of generated clients: how they are made, and how they call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NoReturn, Self, TypeAlias, TypeVar, Unpack

from trunkline.client.calls import CallOptions
from trunkline.client.connection import Connection, ConnectionOptions
from trunkline.client.generated.operation import GeneratedOperation, TypedResult
from trunkline.client.transports.interface import AsyncTransport, Transport
from trunkline.errors import ProtocolError, RequestError

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


def _next_page(data: object, place: str, last: str) -> str | None:
    """Return the cursor of a connection's next page, whose page info is at ``place`` in the data.

    Raises ``ProtocolError`` if the page ends where the last one ended, which would never end.
    """
    info: Any = data
    for name in place.split("."):
        info = getattr(info, name, None)
    if info is None or not info.has_next_page or info.end_cursor is None:
        return None
    if info.end_cursor == last:
        raise ProtocolError(f"{place}: The server returned the same page again (endCursor).")
    end: str = info.end_cursor
    return end


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
        encoded, files = operation.encode_with_files(variables)
        return self._connection.execute(operation.document, encoded, operation.read, options, files)

    def _execute_caught(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> TypedResult[Data]:
        (encoded, files), read = operation.encode_with_files(variables), operation.read_result
        return self._connection.execute(operation.document, encoded, read, options, files)

    def _pages(
        self,
        operation: GeneratedOperation[Data],
        variables: _Variables,
        cursor: str,
        place: str,
        options: _Options,
    ) -> Iterator[Data]:
        end: str | None = ""
        while end is not None:
            data = self._execute(operation, variables, options)
            yield data
            end = _next_page(data, place, end)
            variables = {**variables, cursor: end}


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
        (encoded, files), read = operation.encode_with_files(variables), operation.read
        document, connection = operation.document, self._connection
        return await connection.execute_async(document, encoded, read, options, files)

    async def _execute_caught(
        self, operation: GeneratedOperation[Data], variables: _Variables, options: _Options
    ) -> TypedResult[Data]:
        (encoded, files), read = operation.encode_with_files(variables), operation.read_result
        document, connection = operation.document, self._connection
        return await connection.execute_async(document, encoded, read, options, files)

    async def _pages(
        self,
        operation: GeneratedOperation[Data],
        variables: _Variables,
        cursor: str,
        place: str,
        options: _Options,
    ) -> AsyncIterator[Data]:
        end: str | None = ""
        while end is not None:
            data = await self._execute(operation, variables, options)
            yield data
            end = _next_page(data, place, end)
            variables = {**variables, cursor: end}
