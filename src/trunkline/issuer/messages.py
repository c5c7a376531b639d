"""Requests to the issuer and its responses: forms (RFC 6749 §3.2), JSON, and errors (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from trunkline.asgi.requests import Headers
from trunkline.asgi.responses import Response
from trunkline.auth.peers import Peer

__all__ = [
    "IssuerRequest",
    "OAuthError",
    "private_response",
    "public_response",
    "read_form",
]

_FORM = b"application/x-www-form-urlencoded"
_MOST_FIELDS = 100

_JSON = (b"content-type", b"application/json")
# Both of them, on success and on errors alike (RFC 6749 §5.1).
_NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class OAuthError(Exception):
    """An error response of the issuer (RFC 6749 §5.2).

    ``error`` is a code of that RFC or its extensions. ``description`` is for people. It contains
    no text of the request, because its characters are limited and machines read logs. ``reason``
    says more, for the audit log only. ``client_id`` is the sender, as far as that is known.
    """

    def __init__(
        self, error: str, description: str, status: int = 400, *headers: tuple[bytes, bytes]
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = headers
        self.reason = description
        self.client_id = ""

    def response(self) -> Response:
        """Return the response that reports the error."""
        body = {"error": self.error, "error_description": self.description}
        return private_response(body, self.status, *self.headers)


def private_response(body: Any, status: int = 200, *headers: tuple[bytes, bytes]) -> Response:
    """Return JSON for this client alone, which no cache may keep."""
    all_headers = (_JSON, *_NO_STORE, _NO_SNIFFING, *headers)
    return Response(status, msgspec.json.encode(body), all_headers)


def public_response(body: Any, seconds: int, media_type: bytes = b"application/json") -> Response:
    """Return JSON for everyone, which caches may keep for some seconds."""
    caching = (b"cache-control", b"public, max-age=%d" % seconds)
    headers = ((b"content-type", media_type), caching, _NO_SNIFFING)
    return Response(200, msgspec.json.encode(body), headers)


class IssuerRequest(NamedTuple):
    """A request to one of the endpoints.

    - ``form``: its parameters, except ``resource``.
    - ``resources``: the values of ``resource``, which may be repeated (RFC 8707 §2).
    - ``peer``: its sender.
    - ``now``: when it came, in seconds since 1970.
    """

    form: Mapping[str, str]
    resources: tuple[str, ...]
    headers: Headers
    peer: Peer
    now: float


def read_form(headers: Headers, body: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read a form; return its parameters and the values of ``resource``.

    A parameter without a value counts as absent (RFC 6749 §3.2). Raises ``OAuthError``
    (``invalid_request``).
    """
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != _FORM:
        raise OAuthError("invalid_request", f"The header Content-Type must be {_FORM.decode()}.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:  # of decoding, too
        message = f"The body is not a form in UTF-8 with {_MOST_FIELDS} parameters at most."
        raise OAuthError("invalid_request", message) from None
    values: dict[str, str] = {}
    resources: list[str] = []
    for name, value in pairs:
        if name == "resource":
            resources.append(value)
        elif name in values:
            message = "A parameter occurs twice; only 'resource' may be repeated."
            raise OAuthError("invalid_request", message)
        else:
            values[name] = value
    return values, tuple(dict.fromkeys(resources))
