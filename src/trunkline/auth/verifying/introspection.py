"""Asking the issuer about a token (RFC 7662): opaque ones, and those that may be revoked."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from trunkline.auth.urls import check_secure
from trunkline.auth.verifying.fetching import Send, fetch_json
from trunkline.protocol.messages import HTTPRequest

__all__ = ["Introspection", "introspect"]


class Introspection(msgspec.Struct, frozen=True):
    """Where an issuer is asked about tokens, and as whom.

    ``client_id`` and ``client_secret`` are the API's own, with which it authenticates by HTTP Basic
    (RFC 7662 §2.1).
    """

    url: str
    client_id: str
    client_secret: str

    def __post_init__(self) -> None:
        """Refuse a URL that the secret must not be sent to."""
        check_secure(self.url)

    def __repr__(self) -> str:
        return f"Introspection({self.url!r}, {self.client_id!r}, …)"


async def introspect(
    asked: Introspection, token: str, issuer: str, send: Send
) -> Mapping[str, Any] | None:
    """Return what the issuer says of a token, ``None`` where it is not active.

    Raises ``FetchError`` where it says nothing.
    """
    pair = f"{quote_plus(asked.client_id)}:{quote_plus(asked.client_secret)}"  # RFC 6749 §2.3.1
    headers = {
        "accept": "application/json",
        "authorization": "Basic " + b64encode(pair.encode()).decode("ascii"),
        "content-type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"token": token, "token_type_hint": "access_token"}).encode()
    found = await fetch_json(send, HTTPRequest("POST", headers, body, asked.url))
    if found.get("active") is not True:
        return None
    if found.get("token_use", "access_token") not in {"access_token", "access"}:
        return None  # a refresh token, which Hydra tells of too
    return {"iss": issuer, **found}
