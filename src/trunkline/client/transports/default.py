"""The transport of a client that was given a URL only: httpx2, blocking and for asyncio."""

from __future__ import annotations

from functools import cached_property

from trunkline.client.transports.addresses import checked_url, identity_of, shown_url
from trunkline.client.transports.httpx2 import AsyncHTTPX2Transport, HTTPX2Transport
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["DefaultTransport"]


class DefaultTransport:
    """Carries requests both ways over httpx2, each with connections of its own."""

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self.url)!r})"

    @property
    def identity(self) -> str:
        """What tells this transport's server from others, as a hash."""
        return identity_of(self.url, {})

    @cached_property
    def _blocking(self) -> HTTPX2Transport:
        return HTTPX2Transport(self.url)

    @cached_property
    def _asynchronous(self) -> AsyncHTTPX2Transport:
        return AsyncHTTPX2Transport(self.url)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Do what ``HTTPX2Transport.send`` does."""
        return self._blocking.send(request)

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Do what ``AsyncHTTPX2Transport.send_async`` does."""
        return await self._asynchronous.send_async(request)

    def close(self) -> None:
        """Close the connections of blocking calls."""
        self._blocking.close()

    async def close_async(self) -> None:
        """Close this event loop's connections."""
        await self._asynchronous.close_async()
