"""The connection pools that an httpx2 client makes: straight to servers, and by proxies.

httpx2 takes proxies and authorities from the environment, and makes pools of httpcore2 of them. It
gives neither away: only this module knows how the two are put together.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import httpcore2
import httpx2

from trunkline.client.transports.httpx2_messages import Place
from trunkline.client.transports.httpx2_sockets import keeping_to_the_deadline

__all__ = ["AsyncPools", "BlockingPools"]

Client = TypeVar("Client", httpx2.Client, httpx2.AsyncClient)


class _Pools(Generic[Client]):
    """The pools of one client, and the place that most requests go to."""

    def __init__(self, client: Client, url: str) -> None:
        self._client: Client = client
        self._accept_encoding = client.headers["accept-encoding"]  # what this httpx2 can decode
        self.place = self.elsewhere(url)

    def elsewhere(self, url: str) -> Place:
        """Return another place."""
        return Place(url, self._accept_encoding)

    def _pool(self, place: Place) -> Any:
        inner: Any = self._client
        return inner._transport_for_url(place.url)._pool  # noqa: SLF001  # see the head


class BlockingPools(_Pools[httpx2.Client]):
    """Pools whose sockets keep to the deadline of the thread that uses them."""

    def __init__(self, client: httpx2.Client, url: str) -> None:
        super().__init__(client, url)
        inner: Any = client
        for transport in (inner._transport, *inner._mounts.values()):  # noqa: SLF001  # see the head
            if transport is not None:  # a host that no proxy is for
                pool = transport._pool  # noqa: SLF001  # see the head
                backend = pool._network_backend  # noqa: SLF001  # httpx2 passes none through
                pool._network_backend = keeping_to_the_deadline(backend)  # noqa: SLF001

    def to(self, place: Place) -> httpcore2.ConnectionPool:
        """Return the pool for requests to a place."""
        pool: httpcore2.ConnectionPool = self._pool(place)
        return pool

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


class AsyncPools(_Pools[httpx2.AsyncClient]):
    """Pools of an event loop."""

    def to(self, place: Place) -> httpcore2.AsyncConnectionPool:
        """Return the pool for requests to a place."""
        pool: httpcore2.AsyncConnectionPool = self._pool(place)
        return pool

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
