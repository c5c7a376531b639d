"""Reading a request's body: as much as is allowed, as long as is allowed.

Nearly every body is there, whole, before anybody asks for it; then a deadline, which costs ten
times what reading does, is never set up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from trunkline.asgi.messages import ClientGone, Headers, HTTPProblem, Message, Receive
from trunkline.runtime.resume import resume

__all__ = ["read_body"]


async def read_body(headers: Headers, receive: Receive, limit: int, seconds: float) -> bytes:
    """Read a request's body of at most ``limit`` bytes, waiting at most ``seconds`` for all of it.

    ASGI servers limit neither. Raises ``HTTPProblem`` (413, 408), or ``ClientGone``.
    """
    if _declared_length(headers) > limit:
        raise _too_large(limit)
    steps: Any = receive().__await__()
    try:
        first: Awaitable[Message] = resume(steps, next(steps))
    except StopIteration as done:  # it had not to wait
        message = done.value
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            if len(body) <= limit:
                return body
        first = _given(message)
    try:
        async with asyncio.timeout(seconds):
            return await _read_chunks(first, receive, limit)
    except TimeoutError:
        raise HTTPProblem(408, f"The body did not come within {seconds:g} s.") from None


async def _read_chunks(first: Awaitable[Message], receive: Receive, limit: int) -> bytes:
    message = await first
    chunks = [_read_chunk(message)]
    size = len(chunks[0])
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        chunks.append(_read_chunk(message))
        size += len(chunks[-1])
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _read_chunk(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    chunk: bytes = message.get("body", b"")
    return chunk


def _declared_length(headers: Headers) -> int:
    """Read Content-Length, 0 where it says nothing usable: what comes is counted anyway."""
    length = headers.get(b"content-length", b"")
    return int(length[:19]) if length.isdigit() else 0  # 19 digits are more than any limit


def _too_large(limit: int) -> HTTPProblem:
    return HTTPProblem(413, f"The body is larger than {limit} bytes.")


async def _given(message: Message) -> Message:
    return message
