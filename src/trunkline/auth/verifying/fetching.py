"""Asking an issuer over HTTP: little time, little room, no redirects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["FetchError", "Send", "fetch_json", "new_sender"]

Send: TypeAlias = Callable[[HTTPRequest], Awaitable[HTTPResponse]]
"""Sends a request to the URL that it has; what goes wrong is raised."""

_MAX_BYTES = 1_048_576
_SECONDS = 5.0


class FetchError(Exception):
    """The issuer gave no answer that can be used; ``status`` is its HTTP status, or 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


async def fetch_json(send: Send, request: HTTPRequest) -> dict[str, Any]:
    """Send a request and read the JSON object that is answered; raises ``FetchError``."""
    try:
        async with asyncio.timeout(_SECONDS):
            response = await send(request)
    except TimeoutError:
        raise FetchError(f"{request.url}: no answer within {_SECONDS:g} s.") from None
    except FetchError:
        raise
    except Exception as error:
        raise FetchError(f"{request.url}: {type(error).__name__}.") from error
    if response.status != 200:
        raise FetchError(f"{request.url}: answered {response.status}.", response.status)
    try:
        found = msgspec.json.decode(response.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FetchError(f"{request.url}: answered no JSON object.", response.status)
    return found


def new_sender() -> Send:
    """Return what sends over httpx2, with connections of its own for each request.

    Issuers are asked once in minutes: what would be kept open is closed by then.
    """
    try:
        import httpx2  # noqa: PLC0415  # only who asks an issuer needs it
    except ModuleNotFoundError as error:
        raise ImportError(
            "Asking an issuer needs the library httpx2: pip install 'trunkline[auth,client]'"
        ) from error

    async def send(request: HTTPRequest) -> HTTPResponse:
        async with (
            httpx2.AsyncClient(follow_redirects=False, timeout=_SECONDS) as client,
            client.stream(
                request.method, request.url or "", content=request.body, headers=request.headers
            ) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise FetchError(f"{request.url}: answered more than {_MAX_BYTES} bytes.")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HTTPResponse(response.status_code, bytes(body), headers)

    return send
