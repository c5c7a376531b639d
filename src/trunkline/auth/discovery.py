"""Requests for JSON of an issuer, and its metadata (RFC 8414): where its tokens and keys are.

These are flows: clients run them to find the token endpoint, verifiers to find the keys.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Literal
from urllib.parse import quote_plus, urlsplit

import msgspec

from trunkline.auth.urls import check_secure, metadata_urls
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest

__all__ = [
    "ACCEPT_JSON",
    "MAX_BYTES",
    "IssuerError",
    "basic_authorization",
    "fetch_json",
    "find_endpoint",
]

ACCEPT_JSON = {"accept": "application/json"}

MAX_BYTES = 1_048_576
"""The size up to which a response of an issuer is read."""


class IssuerError(Exception):
    """The issuer sent no usable response. ``status`` is its HTTP status, or 0 without one."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def basic_authorization(client_id: str, secret: str) -> str:
    """Return the header ``Authorization`` of a client for HTTP Basic.

    Both are encoded as in a form, and then together (RFC 6749 §2.3.1, appendix B).
    """
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + b64encode(pair.encode()).decode("ascii")


def fetch_json(request: HTTPRequest) -> Flow[dict[str, Any]]:
    """Send a request and return the JSON object of its response; raises ``IssuerError``."""
    response = yield from send_request(request)
    if response.status != 200:
        message = f"{request.url}: the status of the response is {response.status}, not 200."
        raise IssuerError(message, response.status)
    if len(response.body) > MAX_BYTES:
        raise IssuerError(f"{request.url}: the response has more than {MAX_BYTES} bytes.", 200)
    try:
        decoded = msgspec.json.decode(response.body)
    except (ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict):
        raise IssuerError(f"{request.url}: the response is not a JSON object.", 200)
    return decoded


def find_endpoint(
    issuer: str,
    name: Literal["token_endpoint", "jwks_uri"],
    *,
    mtls: bool = False,
    timeout: float | None = None,
    allow_http: bool = False,
) -> Flow[str]:
    """Return a URL of an issuer's metadata, with ``mtls`` the one for client certificates.

    ``timeout`` of each request is in seconds. Raises ``IssuerError`` if there is no metadata, or
    it is another issuer's (§3.3), or the URL is missing, or is http although the issuer is https or
    this is another machine. ``allow_http`` accepts http everywhere.
    """
    status, reason = 0, ""
    for url in metadata_urls(issuer):
        try:
            request = HTTPRequest("GET", ACCEPT_JSON, b"", url, timeout=timeout)
            metadata = yield from fetch_json(request)
        except IssuerError as error:
            if not error.status:
                raise
            status, reason = error.status, str(error)
            continue
        if (named := metadata.get("issuer")) != issuer:
            shown = repr(named)[:300]
            message = f"{url}: the metadata is that of another issuer: {shown}, not {issuer!r}."
            raise IssuerError(message, 200)
        aliases = metadata.get("mtls_endpoint_aliases") if mtls else None
        endpoint = aliases.get(name) if isinstance(aliases, dict) else None
        endpoint = endpoint or metadata.get(name)
        if not isinstance(endpoint, str):
            raise IssuerError(f"{url}: the metadata has no '{name}'.", 200)
        try:
            scheme = check_secure(endpoint, allow_http=allow_http).scheme
        except ValueError as error:
            raise IssuerError(f"{url}: its '{name}' cannot be used. {error}", 200) from None
        if scheme == "http" and urlsplit(issuer).scheme == "https" and not allow_http:
            raise IssuerError(f"{url}: its '{name}' is not https, but the issuer is.", 200)
        return endpoint
    raise IssuerError(f"{issuer}: the metadata was not found. {reason}", status)
