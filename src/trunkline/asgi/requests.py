"""Reading HTTP requests: ASGI's types, headers, and bodies within limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from itertools import chain
from typing import Any, TypeAlias

from trunkline.runtime.resume import resume

__all__ = [
    "ASGIMessage",
    "BodyReader",
    "ClientGone",
    "HTTPProblem",
    "Headers",
    "Receive",
    "Scope",
    "Send",
    "WholeRequest",
    "check_method",
    "has_body",
    "read_headers",
]

ASGIMessage: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[ASGIMessage]]
Send: TypeAlias = Callable[[ASGIMessage], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

# Room for a long token and what proxies add; uvicorn on httptools has no limit of its own.
_HEADER_BYTES = 32_768
_UNFINISHED_BODIES = 32  # of the largest size, so many may be in memory
_HEADER_OVERHEAD = 32  # bytes per header, as HTTP/2 counts them (RFC 9113 §6.5.2)


class HTTPProblem(Exception):  # noqa: N818  # a response on its way out
    """The HTTP request cannot be served, whatever it contains.

    ``status`` is the response's status, ``message`` goes into its body, ``headers`` are added to
    its headers.
    """

    def __init__(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class ClientGone(Exception):  # noqa: N818
    """The client closed the connection before its request was complete or answered.

    A server may say so of a malformed body, too.
    """


def check_method(scope: Scope, *allowed: str) -> None:
    """Raise ``HTTPProblem`` (405) if the request's method is not one of those allowed."""
    if scope["method"] not in allowed:
        methods = ", ".join(allowed)
        message = f"The method {scope['method']} is not served here, only {methods}."
        raise HTTPProblem(405, message, (b"allow", methods.encode()))


def read_headers(scope: Scope) -> Headers:
    """Read a request's headers; repeated ones are joined with commas (RFC 9110 §5.3).

    Raises ``HTTPProblem`` (431) if they are too many or too long.
    """
    pairs = scope["headers"]
    if len(pairs) * _HEADER_OVERHEAD + len(b"".join(chain(*pairs))) > _HEADER_BYTES:
        raise HTTPProblem(431, f"The headers are larger than {_HEADER_BYTES} bytes.")
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    values: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(each) for name, each in values.items()}


def has_body(headers: Headers) -> bool:
    """Tell whether a request announces a body (RFC 9112 §6)."""
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


class WholeRequest:
    """ASGI's `receive` of a server that has collected a request before it calls the application.

    ``body`` is the whole body. An application may use it, and `respond`, instead of messages.
    """

    body = b""

    async def __call__(self) -> ASGIMessage:
        """Receive a message (ASGI)."""
        raise NotImplementedError

    def respond(self, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> bool:
        """Send a whole response, to which Content-Length is added; return whether it was sent.

        If not, it must be sent by messages.
        """
        raise NotImplementedError


class BodyReader:
    """Reads the bodies of an application's requests, within limits that ASGI servers do not have.

    A body has at most ``limit`` bytes, and must arrive within ``seconds``. All bodies that have
    arrived in part have together at most 32 times ``limit`` bytes, because many clients could fill
    the memory with bodies that they never finish.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._digits = len(str(limit))  # a Content-Length with fewer is smaller
        self._seconds = seconds
        self._room = _UNFINISHED_BODIES * limit  # bytes that unfinished bodies may still take

    async def read(self, headers: Headers, receive: Receive) -> bytes:
        """Read a request's body; raises ``HTTPProblem`` (413, 408, 503) or ``ClientGone``.

        Nearly every body is complete when it is asked for. Then no timeout is set up, because that
        costs ten times as much as reading.
        """
        if isinstance(receive, WholeRequest) and receive.body:
            if len(receive.body) > self._limit:
                raise self._too_large()
            return receive.body
        length = headers.get(b"content-length", b"")  # if it is not a number, the bytes are counted
        if len(length) >= self._digits and length.isdigit() and int(length[:19]) > self._limit:
            raise self._too_large()  # 19 digits: more than any limit
        steps: Any = receive().__await__()
        try:
            first: Awaitable[ASGIMessage] = resume(steps, next(steps))
        except StopIteration as done:  # the message was there already
            message = done.value
            if message["type"] == "http.request" and not message.get("more_body", False):
                body: bytes = message.get("body", b"")
                if len(body) <= self._limit:
                    return body
            first = _as_awaitable(message)
        body_so_far = bytearray()  # not a list, in which chunks of one byte would cost much more
        try:
            async with asyncio.timeout(self._seconds):
                await self._read_chunks(first, receive, body_so_far)
        except TimeoutError:
            message = f"The body did not arrive within {self._seconds:g} s."
            raise HTTPProblem(408, message) from None
        finally:
            self._room += len(body_so_far)
        return bytes(body_so_far)

    async def _read_chunks(
        self, first: Awaitable[ASGIMessage], receive: Receive, body: bytearray
    ) -> None:
        message = await first
        while message["type"] != "http.disconnect":
            chunk: bytes = message.get("body", b"")
            if len(body) + len(chunk) > self._limit:
                raise self._too_large()
            if len(chunk) > self._room:
                raise HTTPProblem(
                    503,
                    "The server is receiving too many bodies at once. Try again later.",
                    (b"retry-after", b"1"),
                )
            body += chunk
            self._room -= len(chunk)
            if not message.get("more_body", False):
                return
            message = await receive()
        raise ClientGone

    def _too_large(self) -> HTTPProblem:
        return HTTPProblem(413, f"The body is larger than {self._limit} bytes.")


async def _as_awaitable(message: ASGIMessage) -> ASGIMessage:
    return message
