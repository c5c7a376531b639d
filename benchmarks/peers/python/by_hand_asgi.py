"""The hand-written endpoint, as an ASGI application: what each answer costs without GraphQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from benchmarks.peers.python.by_hand import ANSWERS

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one request: JSON in, JSON out."""
    if dict(scope["headers"]).get(b"content-type") != b"application/json":
        await answer(send, 415, b'{"error":"The body must be application/json."}')
        return
    body = await read_body(receive)
    variables = orjson.loads(body)["variables"]
    await answer(send, 200, orjson.dumps(ANSWERS[scope["path"]](variables)))


async def read_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
