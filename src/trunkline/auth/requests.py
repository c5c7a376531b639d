"""Client credentials for programs that call with requests itself.

requests.get(url, auth=RequestsAuth(credentials))
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase

from trunkline.auth.calling.adapters import TIMEOUT, APICredentials
from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.auth.discovery import MAX_BYTES
from trunkline.auth.sending import issuer_headers, response_of
from trunkline.flow.drivers import run
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["RequestsAuth"]


class RequestsAuth(AuthBase):
    """Sends the credentials' token with each request, and requests it if there is none.

    ``api`` is the URL of the API; the default is ``resource`` of the credentials. A request to
    another host raises ``ValueError``, so the token does not get there.
    After a redirect, proofs (``dpop``) and tokens in another ``header`` are not sent. One in
    ``Authorization`` is sent within the origin, or from http to https of one host.
    ``options`` are requests' for the calls of the issuer: ``verify``, ``cert``, ``proxies``.
    An empty ``verify`` raises ``TypeError``.
    """

    def __init__(
        self, credentials: ClientCredentials, *, api: str | None = None, **options: Any
    ) -> None:
        verify = options.get("verify")
        if not verify and verify is not None and verify is not False:
            raise TypeError(  # requests would accept any certificate
                "verify is True, False, or the path of a file with authorities; not an empty one."
            )
        self._credentials = APICredentials(credentials, api)
        self._options: dict[str, Any] = {"timeout": TIMEOUT, **options, "allow_redirects": False}

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add a token to the request, and handle its response if the token is rejected."""
        call = self._credentials.call(request.method or "", request.url)
        headers: dict[str, str] = {}
        run(call.next_request(headers), self._send)
        request.headers.update(headers)

        def send_again(response: Response, **sending: Any) -> Response:
            response.request.hooks["response"].remove(send_again)
            again = response.request.copy()
            while True:
                body = response.content if self._credentials.reads_bodies else b""
                if not run(
                    call.next_request(again.headers, response_of(response, body)), self._send
                ):
                    break
                response = _send_again(response, again, sending)
                again = again.copy()
            if response.is_redirect:  # the next request is a copy without `Authorization`
                for name in headers.keys() - {"authorization"}:
                    del request.headers[name]
            return response

        request.hooks["response"].append(send_again)
        return request

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with (
            Session() as session,
            session.request(
                request.method,
                request.url or "",
                data=request.body,
                headers=issuer_headers(request),
                auth=lambda prepared: prepared,  # else requests adds what .netrc has
                stream=True,
                **self._options,
            ) as response,
        ):
            body = b""
            for piece in response.raw.stream(65_536, decode_content=False):
                body += piece
                if len(body) > MAX_BYTES:
                    break  # `TokenRequest` reports it
            return response_of(response, body)


def _send_again(response: Response, request: PreparedRequest, sending: dict[str, Any]) -> Response:
    """Send a request in place of the one that got a response, over the same adapter."""
    response.close()  # unread: it may be long
    connection: Any = getattr(response, "connection")  # noqa: B009  # the stubs lack it
    again: Response = connection.send(request, **sending)
    again.history.append(response)
    again.request = request
    return again
