"""Credentials that do not change: a bearer token, an API key."""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from trunkline.client.transports.rules import check_headers
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["APIKey", "BearerToken"]


class APIKey:
    """Sends a key in a header with every request.

    Over plain http it goes only to this machine, unless ``allow_http``.
    """

    def __init__(self, key: str, *, header: str = "x-api-key", allow_http: bool = False) -> None:
        self.allow_http = allow_http
        self._headers = check_headers({header: key})
        self.identity = sha256(f"{header}:{key}".encode()).hexdigest()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send the request with the key."""
        return send_request(replace(request, headers={**request.headers, **self._headers}))


class BearerToken(APIKey):
    """Sends a token that the program has already (RFC 6750 §2.1).

    Over plain http it goes only to this machine, unless ``allow_http``.
    """

    def __init__(self, token: str, *, allow_http: bool = False) -> None:
        super().__init__(f"Bearer {token}", header="authorization", allow_http=allow_http)
