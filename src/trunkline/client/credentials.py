"""Credentials that do not change, a bearer token or an API key; and several at once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from msgspec.structs import replace

from trunkline.client.transports.rules import check_headers
from trunkline.flow.calls import AuthScheme, Flow, send_request, through
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["APIKey", "BearerToken", "SeveralSchemes"]


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


class SeveralSchemes:
    """Gives each request the credentials of several schemes, such as an API key and a token."""

    def __init__(self, schemes: Sequence[AuthScheme]) -> None:
        self._schemes = tuple(schemes)
        self.allow_http = all(getattr(each, "allow_http", False) for each in schemes)

    @property
    def identity(self) -> str | None:
        """A hash that identifies the credentials; ``None`` if those of one scheme are not known."""
        known = [getattr(each, "identity", None) for each in self._schemes]
        return None if None in known else sha256("\n".join(map(str, known)).encode()).hexdigest()

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send the request with the credentials of all schemes."""
        return self._send(request, 0)

    def _send(self, request: HTTPRequest, at: int) -> Flow[HTTPResponse]:
        if at == len(self._schemes):
            return (yield from send_request(request))
        flow = self._schemes[at].auth_flow(request)
        return (yield from through(flow, lambda sent: self._send(sent, at + 1), request.url))
