"""Credentials for libraries that send the API's requests themselves: httpx, httpx2 and requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.auth.discovery import MAX_BYTES
from trunkline.flow.calls import Flow
from trunkline.flow.drivers import run, run_async
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["TIMEOUT", "Conversation", "HTTPXFamilyAuth", "issuer_headers", "response_of"]

TIMEOUT = 10.0
"""Seconds that the issuer may take by default."""

_CREDENTIALS = ("authorization", "dpop")


class Conversation:
    """The credentials' flow of one call. The library sends the API's requests of it."""

    def __init__(self, credentials: ClientCredentials, method: str, url: object) -> None:
        self._url = str(url)
        self._flow = credentials.auth_flow(HTTPRequest(method, {}, b"", self._url))

    def next_headers(self, response: HTTPResponse | None = None) -> Flow[Mapping[str, str] | None]:
        """Go on to the API's next request, and return the headers to add; ``None`` at the end.

        ``response`` is the API's response to the request before. Requests to the issuer are steps
        of this flow.
        """
        flow = self._flow
        try:
            step = next(flow) if response is None else flow.send(response)
            while not (isinstance(step, HTTPRequest) and step.url == self._url):
                try:
                    outcome = yield step
                except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration:
            return None
        return {name: value for name, value in step.headers.items() if name in _CREDENTIALS}


class HTTPXFamilyAuth:
    """An ``Auth`` of httpx or of httpx2, whose interfaces are the same.

    ``library`` is the module.
    """

    requires_request_body = True  # it may be sent twice
    library: Any

    def __init__(self, credentials: ClientCredentials, **options: Any) -> None:
        self._credentials = credentials
        self._options: dict[str, Any] = {"timeout": TIMEOUT, **options, "follow_redirects": False}

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Add the credentials to the API's requests, in this thread."""
        conversation = Conversation(self._credentials, request.method, request.url)
        headers = run(conversation.next_headers(), self._send)
        while headers is not None:
            request.headers.update(headers)
            response = response_of((yield request))
            headers = run(conversation.next_headers(response), self._send)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Add the credentials to the API's requests, in this task."""
        conversation = Conversation(self._credentials, request.method, request.url)
        headers = await run_async(conversation.next_headers(), self._send_async)
        while headers is not None:
            request.headers.update(headers)
            response = response_of((yield request))
            headers = await run_async(conversation.next_headers(response), self._send_async)

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        body = b""
        with (
            self.library.Client(**self._options) as client,
            client.stream(
                request.method,
                request.url,
                content=request.body,
                headers=issuer_headers(request),
            ) as response,
        ):
            for piece in response.iter_raw():
                body += piece
                if len(body) > MAX_BYTES:
                    break  # `TokenRequest` reports it
        return response_of(response, body)

    async def _send_async(self, request: HTTPRequest) -> HTTPResponse:
        body = b""
        async with (
            self.library.AsyncClient(**self._options) as client,
            client.stream(
                request.method,
                request.url,
                content=request.body,
                headers=issuer_headers(request),
            ) as response,
        ):
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MAX_BYTES:
                    break  # `TokenRequest` reports it
        return response_of(response, body)


def issuer_headers(request: HTTPRequest) -> dict[str, str]:
    """Return the headers of a request to the issuer, whose short response comes uncompressed."""
    return {**request.headers, "accept-encoding": "identity"}


def response_of(response: Any, body: bytes = b"") -> HTTPResponse:
    """Return our view of a library's response, whose body may not have been read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, body, headers)
