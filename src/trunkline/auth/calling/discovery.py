"""Finding the token endpoint in an issuer's metadata (RFC 8414)."""

from __future__ import annotations

import msgspec

from trunkline.auth.urls import check_secure, metadata_urls
from trunkline.errors import TokenError
from trunkline.flow.calls import Flow, send_request
from trunkline.protocol.messages import HTTPRequest

__all__ = ["find_token_url"]


class _Metadata(msgspec.Struct):
    issuer: str
    token_endpoint: str
    mtls_endpoint_aliases: dict[str, str] = {}


def find_token_url(issuer: str, *, mtls: bool) -> Flow[str]:
    """Return the URL of the token endpoint, the one for certificates where ``mtls`` says so.

    Raises ``TokenError`` where no metadata is found, or it is another issuer's (§3.3).
    """
    status = 0
    for url in metadata_urls(issuer):
        sent = HTTPRequest("GET", {"accept": "application/json"}, b"", url)
        response = yield from send_request(sent)
        if response.status == 200:
            return _token_url(issuer, response.body, mtls=mtls)
        status = response.status
    raise TokenError(f"{issuer}: no metadata; the last status is {status}.", status=status)


def _token_url(issuer: str, body: bytes, *, mtls: bool) -> str:
    try:
        found = msgspec.json.decode(body, type=_Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TokenError(f"{issuer}: its metadata cannot be read.", status=200) from None
    if found.issuer != issuer:
        raise TokenError(f"{issuer}: the metadata there is another issuer's.", status=200)
    aliases = found.mtls_endpoint_aliases if mtls else {}
    url = aliases.get("token_endpoint", found.token_endpoint)
    try:
        check_secure(url)
    except ValueError as error:
        raise TokenError(f"{issuer}: its token endpoint cannot be used. {error}") from None
    return url
