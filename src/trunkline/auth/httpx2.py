"""Client credentials for programs that call with httpx2 itself.

with httpx2.Client(auth=HTTPX2Auth(credentials)) as client: …
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx2

from trunkline.auth.calling.adapting import Conversation, drive, drive_async
from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["HTTPX2Auth"]

_TIMEOUT = 10.0


class HTTPX2Auth(httpx2.Auth):
    """Sends the credentials' token with each request, and gets it where there is none.

    ``options`` are httpx2's for the client that asks the issuer: ``verify``, ``cert``, ``proxy``.
    """

    requires_request_body = True  # it may be sent twice

    def __init__(self, credentials: ClientCredentials, **options: Any) -> None:
        self._credentials = credentials
        self._options: dict[str, Any] = {"timeout": _TIMEOUT, **options, "follow_redirects": False}

    def sync_auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Drive the credentials' flow; httpx2 sends what goes to the API."""
        talk = Conversation(self._credentials, request.method, str(request.url))
        while (headers := drive(talk, self._send)) is not None:
            request.headers.update(headers)
            talk.answered(_received((yield request), b""))

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Drive the credentials' flow in this task."""
        talk = Conversation(self._credentials, request.method, str(request.url))
        while (headers := await drive_async(talk, self._send_async)) is not None:
            request.headers.update(headers)
            talk.answered(_received((yield request), b""))

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with httpx2.Client(**self._options) as client:
            return _whole(client.send(_library_request(client, request)))

    async def _send_async(self, request: HTTPRequest) -> HTTPResponse:
        async with httpx2.AsyncClient(**self._options) as client:
            return _whole(await client.send(_library_request(client, request)))


def _library_request(
    client: httpx2.Client | httpx2.AsyncClient, request: HTTPRequest
) -> httpx2.Request:
    url, headers = request.url or "", dict(request.headers)
    return client.build_request(request.method, url, content=request.body, headers=headers)


def _whole(response: httpx2.Response) -> HTTPResponse:
    return _received(response, response.content)


def _received(response: httpx2.Response, body: bytes) -> HTTPResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, body, headers)
