"""Reading HTTP requests: ASGI's types, headers, and bodies within limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from trunkline.runtime.resume import resume

__all__ = [
    "ASGIMessage",
    "ClientGone",
    "HTTPProblem",
    "Headers",
    "Receive",
    "Scope",
    "Send",
    "check_method",
    "has_body",
    "read_body",
    "read_headers",
]

ASGIMessage: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[ASGIMessage]]
Send: TypeAlias = Callable[[ASGIMessage], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

# Room for a long token and what proxies add; uvicorn on httptools has no limit of its own.
_HEADER_BYTES = 32_768
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
    """The client closed the connection before its request was complete or answered."""


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
    size = len(pairs) * _HEADER_OVERHEAD
    for name, value in pairs:
        size += len(name) + len(value)
    if size > _HEADER_BYTES:
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


async def read_body(headers: Headers, receive: Receive, limit: int, seconds: float) -> bytes:
    """Read a request's body of at most ``limit`` bytes, waiting at most ``seconds`` for all of it.

    ASGI servers limit neither. Nearly every body is complete when it is asked for. Then no timeout
    is set up, because that costs ten times as much as reading.

    Raises ``HTTPProblem`` (413, 408), or ``ClientGone``.
    """
    length = headers.get(b"content-length", b"")  # if it is not a number, the bytes are counted
    if length.isdigit() and int(length[:19]) > limit:  # 19 digits are more than any limit
        raise _too_large(limit)
    steps: Any = receive().__await__()
    try:
        first: Awaitable[ASGIMessage] = resume(steps, next(steps))
    except StopIteration as done:  # the message was there already
        message = done.value
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            if len(body) <= limit:
                return body
        first = _as_awaitable(message)
    try:
        async with asyncio.timeout(seconds):
            return await _read_chunks(first, receive, limit)
    except TimeoutError:
        raise HTTPProblem(408, f"The body did not arrive within {seconds:g} s.") from None


async def _read_chunks(first: Awaitable[ASGIMessage], receive: Receive, limit: int) -> bytes:
    message = await first
    chunks: list[bytes] = []
    size = 0
    while message["type"] != "http.disconnect":
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise ClientGone


async def _as_awaitable(message: ASGIMessage) -> ASGIMessage:
    return message


def _too_large(limit: int) -> HTTPProblem:
    return HTTPProblem(413, f"The body is larger than {limit} bytes.")
