"""The types of ASGI, and the few things that we do with it ourselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = [
    "Answer",
    "ClientGone",
    "HTTPProblem",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "header",
    "read_body",
    "send_answer",
]

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


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


@dataclass(slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])


def header(scope: Scope, name: bytes) -> str:
    """Return a request header's value; several of one name are joined (RFC 9110 §5.3)."""
    return b", ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


async def read_body(scope: Scope, receive: Receive, limit: int, seconds: float) -> bytes:
    """Read a request's body of at most ``limit`` bytes, waiting at most ``seconds`` for all of it.

    ASGI servers limit neither. Raises ``HTTPProblem`` (413, 408), or ``ClientGone``.
    """
    close = (b"connection", b"close")  # what is left of the body is not read
    too_large = HTTPProblem(413, f"The body is larger than {limit} bytes.", close)
    if _declared_length(scope) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > limit:
                    raise too_large
                chunks.append(chunk)
                more = message.get("more_body", False)
    except TimeoutError:
        raise HTTPProblem(408, f"The body did not come within {seconds:g} s.", close) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _declared_length(scope: Scope) -> int:
    length = header(scope, b"content-length")
    return int(length) if length.isdigit() else 0  # the ASGI server has seen to its form


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer with its length."""
    headers = [(b"content-length", b"%d" % len(answer.body)), *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
