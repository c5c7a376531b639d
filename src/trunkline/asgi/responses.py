"""Sending HTTP responses, and the base of the applications that do it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from trunkline.asgi.requests import (
    ClientGone,
    HTTPProblem,
    Receive,
    Scope,
    Send,
    WholeRequest,
    has_body,
)

__all__ = [
    "Application",
    "HTTPApplication",
    "HTTPOnly",
    "Response",
    "body_ended_early",
    "close_unread",
]

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Response(msgspec.Struct):
    """A complete HTTP response. It is an ASGI application that sends itself.

    Content-Length is added. The body is not sent as the response to ``HEAD`` (RFC 9110 §9.3.2).
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def is_taken_by(self, receive: Receive) -> bool:
        """Send the response as a whole, if the server takes it so; return whether it does."""
        return isinstance(receive, WholeRequest) and receive.respond(
            self.status, self.headers, self.body
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI
        """Send the response."""
        headers = [(b"content-length", b"%d" % len(self.body)), *self.headers]
        if self.status in (204, 304):  # neither may say a length of its own (RFC 9110 §8.6)
            del headers[0]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


class HTTPOnly(ABC):
    """An ASGI application that serves HTTP and nothing else.

    WebSockets are rejected. The lifespan, which a server tells only to the application that it
    runs, ends with `stop`. Other scopes raise ``RuntimeError``.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        if scope["type"] == "http":
            await self.serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})  # before it is accepted: the server sends 403
        elif scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.stop()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            raise RuntimeError(f"{type(self).__name__} serves HTTP only, not {scope['type']!r}.")

    @abstractmethod
    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

    async def stop(self) -> None:  # noqa: B027  # most have nothing to do
        """Do what is left to do when all requests are served."""


class HTTPApplication(HTTPOnly):
    """An ASGI application of two functions: from a request to a response, and from an error."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: find its response, and send it."""
        try:
            response = await self.respond(scope, receive)
        except ClientGone:
            response = body_ended_early(scope)
        except Exception as error:  # noqa: BLE001  # `explain` raises what it does not know
            response = self.explain(error, scope)
        await response(scope, receive, send)

    @abstractmethod
    async def respond(self, scope: Scope, receive: Receive) -> Application:
        """Return the response to a request, or another application that will send one."""

    def explain(self, error: Exception, scope: Scope) -> Response:
        """Return the response for an exception of `respond`, or raise the exception again.

        This writes an ``HTTPProblem`` as problem details (RFC 9457).
        """
        if not isinstance(error, HTTPProblem):
            raise error
        body = msgspec.json.encode({"status": error.status, "detail": error.message})
        headers = (
            (b"content-type", b"application/problem+json"),
            (b"cache-control", b"no-store"),
            *error.headers,
            *close_unread(scope),
        )
        return Response(error.status, body, headers)


def body_ended_early(scope: Scope) -> Response:
    """Return the response for a client that is gone, or whose body could not be read to its end.

    ASGI has one message for both. A client that is gone gets nothing, whatever is sent.
    """
    return Response(400, headers=close_unread(scope))


def close_unread(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    """Return the header that ends the connection if the request has a body that was not read.

    Without it the ASGI server reads the rest of the body to find the next request, however long
    the body is and however slowly it arrives. HTTP/2 ends a stream by itself, and forbids the
    header (RFC 9113 §8.2.2).
    """
    if has_body(dict(scope["headers"])) and scope["http_version"].startswith("1"):
        return ((b"connection", b"close"),)
    return ()
