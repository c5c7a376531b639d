"""A transport that calls an ASGI application in this process, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from trunkline.client.transports import rules
from trunkline.client.transports.interface import DEFAULT_MAX_RESPONSE_BYTES, AsyncTransport
from trunkline.errors import ConnectionFailedError, ResponseTooLargeError
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["ASGITransport"]

Application: TypeAlias = Callable[
    [Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]


class ASGITransport(rules.HTTPTransport):
    """Sends requests to an ASGI application (ASGI 3.0) in this process, for tests for example.

    ``url`` is the URL that the application sees; ``headers`` go with every request. Requests to
    other servers, such as an issuer of tokens, are sent to them, with httpx2. The transport
    does not start or stop the application (lifespan). What it raises is raised here.
    ``max_response_bytes`` is the size up to which a response is read.
    """

    def __init__(
        self,
        application: Application,
        url: str = "http://testserver/graphql",
        *,
        headers: Mapping[str, str] | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
    ) -> None:
        super().__init__(url, headers, max_response_bytes)
        self._application = application
        self._elsewhere: AsyncTransport | None = None

    def __repr__(self) -> str:
        return f"ASGITransport({self._application!r}, {self.url!r})"

    @property
    def is_private(self) -> bool:
        """``True``: there is no network."""
        return True

    @property
    def identity(self) -> str | None:
        """``None``: the URL does not tell one application from another."""
        return None

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        """Call the application and return its complete response, whatever its status.

        Raises ``ConnectionFailedError`` if it ends without one.
        """
        url = self.request_url(request)
        if urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            return await self._network(url).send_async(request)
        parts = urlsplit(url)
        exchange = _Exchange(request.body, rules.ReceivedBody(url, {}, self._max_response_bytes))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        headers = {"host": parts.netloc.rpartition("@")[2], **self.request_headers(request)}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": parts.scheme,
            "path": unquote(parts.path or "/"),
            "raw_path": (parts.path or "/").encode("ascii"),
            "query_string": parts.query.encode("ascii"),
            "root_path": "",
            "headers": [(key.encode(), value.encode("latin-1")) for key, value in headers.items()],
            "server": (parts.hostname, port),
            "client": ("127.0.0.1", 123),
        }
        try:
            await self._application(scope, exchange.receive, exchange.send)
        except Exception:
            if exchange.failure is None:
                raise
        return exchange.response()

    def _network(self, url: str) -> AsyncTransport:
        """Return what sends requests to other servers, such as an issuer of tokens."""
        if self._elsewhere is None:
            from trunkline.client.transports.httpx2 import (  # noqa: PLC0415  # httpx2 may be missing
                AsyncHTTPX2Transport,
            )

            self._elsewhere = AsyncHTTPX2Transport(url, max_response_bytes=self._max_response_bytes)
        return self._elsewhere

    async def close_async(self) -> None:
        """Close the connections to other servers; to the application there is none."""
        if self._elsewhere is not None:
            await self._elsewhere.close_async()


class _Exchange:
    """One request as the application receives it, and the response as it sends it."""

    def __init__(self, body: bytes, received: rules.ReceivedBody) -> None:
        self._messages: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
        self._start: dict[str, Any] | None = None
        self._body = received
        self.failure: ResponseTooLargeError | None = None
        self._whole = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop()
        await self._whole.wait()  # the client stays until it has its response
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            try:
                self._body.add(message.get("body", b""))
            except ResponseTooLargeError as error:
                self.failure = error
                raise
            if not message.get("more_body"):
                self._whole.set()

    def response(self) -> HTTPResponse:
        if self.failure is not None:
            raise self.failure
        if self._start is None or not self._whole.is_set():
            raise ConnectionFailedError("The application ended before its response was complete.")
        headers = rules.headers_of(self._start.get("headers", ()))
        return HTTPResponse(self._start["status"], self._body.whole(), headers)
