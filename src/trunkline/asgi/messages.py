"""The types of ASGI, and the few things that we do with it ourselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias

import msgspec

__all__ = [
    "Answer",
    "ClientGone",
    "HTTPProblem",
    "Headers",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "close_unread",
    "has_body",
    "messages_of",
    "read_headers",
    "refuse_socket",
]

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Mapping[bytes, bytes]

# Room for a long token and what proxies add; uvicorn on httptools has no limit of its own.
_HEADER_BYTES = 32_768
_HEADER_OVERHEAD = 32  # bytes per header, as HTTP/2 counts them (RFC 9113 §6.5.2)


class HTTPProblem(Exception):  # noqa: N818  # an answer on its way out
    """The HTTP request cannot be served, whatever GraphQL it holds.

    ``status`` is the answer's, ``message`` goes into its body, ``headers`` are added to it.
    """

    def __init__(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class ClientGone(Exception):  # noqa: N818
    """The client went away before its request was whole."""


class Answer(msgspec.Struct):
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def read_headers(scope: Scope) -> Headers:
    """Read a request's headers; several of one name are joined (RFC 9110 §5.3).

    Raises ``HTTPProblem`` (431) where they are too many or too long.
    """
    pairs = scope["headers"]
    size = len(pairs) * _HEADER_OVERHEAD
    for name, value in pairs:
        size += len(name) + len(value)
    if size > _HEADER_BYTES:
        raise HTTPProblem(431, f"The headers are larger than {_HEADER_BYTES} bytes.")
    headers = dict(pairs)
    return headers if len(headers) == len(pairs) else _join_repeated(pairs)


def _join_repeated(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(each) for name, each in values.items()}


def has_body(headers: Headers) -> bool:
    """Say whether a request announces a body (RFC 9112 §6)."""
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def close_unread(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the header that ends the connection, for an answer to a body that was not read.

    Else the ASGI server reads the rest to find the next request: however long the body is, and
    however slowly it comes. HTTP/2 ends a stream by itself, and forbids the header (RFC 9113
    §8.2.2).
    """
    if has_body(dict(scope["headers"])) and scope["http_version"].startswith("1"):
        return [(b"connection", b"close")]
    return []


async def refuse_socket(receive: Receive, send: Send) -> None:
    """Refuse a WebSocket's handshake; the ASGI server makes a 403 of it."""
    await receive()
    await send({"type": "websocket.close"})


def messages_of(answer: Answer) -> tuple[Message, Message]:
    """Return the messages that send an answer with its length."""
    headers = [(b"content-length", b"%d" % len(answer.body)), *answer.headers]
    return (
        {"type": "http.response.start", "status": answer.status, "headers": headers},
        {"type": "http.response.body", "body": answer.body},
    )
