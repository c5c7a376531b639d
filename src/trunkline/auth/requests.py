"""Client credentials for programs that call with requests itself.

requests.get(url, auth=RequestsAuth(credentials))
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase

from trunkline.auth.calling.adapters import TIMEOUT, Conversation, issuer_headers, response_of
from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.auth.discovery import MAX_BYTES
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["RequestsAuth"]


class RequestsAuth(AuthBase):
    """Sends the credentials' token with each request, and requests it if there is none.

    ``options`` are requests' for the calls of the issuer: ``verify``, ``cert``, ``proxies``.
    """

    def __init__(self, credentials: ClientCredentials, **options: Any) -> None:
        self._credentials = credentials
        self._options: dict[str, Any] = {"timeout": TIMEOUT, **options, "allow_redirects": False}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add a token to the request, and handle its response if the token is rejected."""
        conversation = Conversation(self._credentials, request.method or "", request.url)
        first = run(conversation.next_headers(), self._send)
        request.headers.update(first or {})

        def send_again(response: Response, **sending: Any) -> Response:
            response.request.hooks["response"].remove(send_again)
            while True:
                headers = run(conversation.next_headers(response_of(response)), self._send)
                if headers is None:
                    return response
                response = _send_again(response, dict(headers), sending)

        request.hooks["response"].append(send_again)
        return request

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with Session() as session:
            session.auth = _without_netrc  # else requests adds what .netrc has
            response = session.request(
                request.method,
                request.url or "",
                data=request.body,
                headers=issuer_headers(request),
                stream=True,
                **self._options,
            )
            body = b""
            for piece in response.raw.stream(65_536, decode_content=False):
                body += piece
                if len(body) > MAX_BYTES:
                    break  # `TokenRequest` reports it
            return response_of(response, body)


def _send_again(response: Response, headers: dict[str, str], sending: dict[str, Any]) -> Response:
    """Send the request of a response once more, on the same connection."""
    response.close()  # unread: nobody knows how long it is
    request = response.request.copy()
    request.headers.update(headers)
    connection: Any = getattr(response, "connection")  # noqa: B009  # the stubs lack it
    again: Response = connection.send(request, **sending)
    again.history.append(response)
    again.request = request
    return again


def _without_netrc(request: PreparedRequest) -> PreparedRequest:
    return request
