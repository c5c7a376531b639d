"""Requests to issuers, sent by libraries: read up to a size, and never decompressed."""

from __future__ import annotations

from typing import Any

from trunkline.auth.discovery import MAX_BYTES
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["issuer_headers", "response_of", "send_with", "send_with_async"]


def issuer_headers(request: HTTPRequest) -> dict[str, str]:
    """Return the headers of a request to the issuer, whose short response comes uncompressed."""
    return {**request.headers, "accept-encoding": "identity"}


def response_of(response: Any, body: bytes = b"") -> HTTPResponse:
    """Return our view of a library's response, whose body may not have been read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, body, headers)


def send_with(client: Any, request: HTTPRequest) -> HTTPResponse:
    """Send a request with a ``Client`` of httpx or of httpx2, whose interfaces are the same."""
    body = b""
    headers = issuer_headers(request)
    with client.stream(
        request.method, request.url, content=request.body, headers=headers
    ) as response:
        for piece in response.iter_raw():
            body += piece
            if len(body) > MAX_BYTES:
                break  # the reader of the response reports it
    return response_of(response, body)


async def send_with_async(client: Any, request: HTTPRequest) -> HTTPResponse:
    """Send a request with an ``AsyncClient`` of httpx or of httpx2."""
    body = b""
    headers = issuer_headers(request)
    async with client.stream(
        request.method, request.url, content=request.body, headers=headers
    ) as response:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_BYTES:
                break  # the reader of the response reports it
    return response_of(response, body)
