"""Client credentials for programs that call with requests itself.

requests.get(url, auth=RequestsAuth(credentials))
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase

from trunkline.auth.calling.adapting import Conversation, drive
from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["RequestsAuth"]

_TIMEOUT = 10.0


class RequestsAuth(AuthBase):
    """Sends the credentials' token with each request, and gets it where there is none.

    ``options`` are requests' for what goes to the issuer: ``verify``, ``cert``, ``proxies``.
    """

    def __init__(self, credentials: ClientCredentials, **options: Any) -> None:
        self._credentials = credentials
        self._options: dict[str, Any] = {"timeout": _TIMEOUT, **options, "allow_redirects": False}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Give the request a token, and see to the answer where it is refused."""
        talk = Conversation(self._credentials, request.method or "", request.url or "")
        request.headers.update(drive(talk, self._send) or {})

        def again(response: Response, **sending: Any) -> Response:
            response.request.hooks["response"].remove(again)
            talk.answered(_received(response, b""))
            while (headers := drive(talk, self._send)) is not None:
                response = _resent(response, dict(headers), sending)
                talk.answered(_received(response, b""))
            return response

        request.hooks["response"].append(again)
        return request

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with Session() as session:
            session.auth = _unchanged  # not what .netrc has
            response = session.request(
                request.method,
                request.url or "",
                data=request.body,
                headers=dict(request.headers),
                **self._options,
            )
            return _received(response, response.content)


def _resent(response: Response, headers: dict[str, str], sending: dict[str, Any]) -> Response:
    """Send a request once more, on the connection that it was sent on."""
    _ = response.content  # so that the connection is free
    response.close()
    request = response.request.copy()
    request.headers.update(headers)
    connection: Any = getattr(response, "connection")  # noqa: B009  # the stubs lack it
    again: Response = connection.send(request, **sending)
    again.history.append(response)
    again.request = request
    return again


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    return request


def _received(response: Response, body: bytes) -> HTTPResponse:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HTTPResponse(response.status_code, body, headers)
