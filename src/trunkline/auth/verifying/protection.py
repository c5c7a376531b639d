"""Any ASGI application behind a verifier: a REST API with an audience of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from trunkline.asgi.messages import (
    Answer,
    HTTPProblem,
    Receive,
    Scope,
    Send,
    close_unread,
    messages_of,
    read_headers,
    refuse_socket,
)
from trunkline.auth.urls import is_resource
from trunkline.auth.verifying.caller import Authenticator, Caller
from trunkline.auth.verifying.verifier import Verifier
from trunkline.errors import AccessDeniedError

__all__ = ["Protected", "ResourceMetadata"]

Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Protected:
    """Lets requests through to an ASGI application whose token is good there.

    The application finds the `Caller` as ``scope["caller"]`` (``request.scope["caller"]`` in
    Starlette). Others are answered as RFC 6750 §3 says; WebSockets are refused. The events of an
    application's lifespan pass.
    """

    def __init__(self, application: Application, verifier: Authenticator) -> None:
        self._application = application
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "websocket":
            await refuse_socket(receive, send)
            return
        if scope["type"] == "http":
            try:
                scope = {**scope, "caller": await self._caller(scope)}
            except AccessDeniedError as denied:
                headers = self._verifier.challenge.headers(denied)
                await _answer(denied.status, str(denied), headers, scope, send)
                return
            except HTTPProblem as problem:
                await _answer(problem.status, problem.message, list(problem.headers), scope, send)
                return
        await self._application(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        known = self._verifier.recall(scope, read_headers(scope))
        return known or await self._verifier.authenticate(scope)


class ResourceMetadata:
    """Tells clients which issuers' tokens an API takes (RFC 9728).

    Route it to ``/.well-known/oauth-protected-resource``, followed by the path of the API.
    ``scopes`` are those that the API knows.
    """

    def __init__(self, verifier: Verifier, scopes: tuple[str, ...] = ()) -> None:
        resource = min(verifier.audiences)
        if not is_resource(resource):
            raise ValueError(f"{resource!r}: metadata is for an API whose audience is a URL.")
        metadata = {
            "resource": resource,
            "authorization_servers": [each.issuer for each in verifier.issuers],
            "bearer_methods_supported": ["header"],
        }
        if scopes:
            metadata["scopes_supported"] = sorted(scopes)
        self._body = msgspec.json.encode(metadata)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's
        """Serve one request (ASGI)."""
        if scope["method"] not in {"GET", "HEAD"}:
            allow = [(b"allow", b"GET, HEAD")]
            await _answer(405, "Metadata is read by GET.", allow, scope, send)
            return
        headers = ((b"content-type", b"application/json"), (b"cache-control", b"max-age=3600"))
        for message in messages_of(Answer(200, self._body, headers)):
            await send(message)


async def _answer(
    status: int, message: str, headers: list[tuple[bytes, bytes]], scope: Scope, send: Send
) -> None:
    """Answer with a problem (RFC 9457)."""
    body = msgspec.json.encode({"status": status, "detail": message})
    always = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    answer = Answer(status, body, (*always, *headers, *close_unread(scope)))
    for each in messages_of(answer):
        await send(each)
