"""The token of a request: in one `Authorization` header, and nowhere else (RFC 6750 §2.1)."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from trunkline.asgi.requests import Scope
from trunkline.errors import AccessDeniedError

__all__ = ["Credentials", "Scheme", "has_query_token", "read_credentials"]

Scheme: TypeAlias = Literal["Bearer", "DPoP"]

_SCHEMES: dict[str, Scheme] = {"bearer": "Bearer", "dpop": "DPoP"}
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,16384}=*")


class Credentials(NamedTuple):
    """A token, and the scheme that it came with."""

    scheme: Scheme
    token: str


def read_credentials(scope: Scope) -> Credentials:
    """Read a request's token.

    Cookies, forms and query strings are not looked at, save that a token in the latter beside one
    in the header is refused (RFC 6750 §2). Raises ``AccessDeniedError``.
    """
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) > 1 or (values and has_query_token(scope)):
        raise AccessDeniedError(400, "A request has one token, in one place.", "invalid_request")
    scheme, _, token = (values[0] if values else b"").decode("latin-1").partition(" ")
    known = _SCHEMES.get(scheme.lower())
    if known is None:
        raise AccessDeniedError(401, "This API takes a token, in the header Authorization.")
    token = token.strip(" ")
    if not _TOKEN.fullmatch(token):
        raise AccessDeniedError(401, "The token is malformed.", "invalid_token", scheme=known)
    return Credentials(known, token)


def has_query_token(scope: Scope) -> bool:
    """Say whether a token stands in the query string, which every log on the way has kept."""
    query: bytes = scope.get("query_string", b"")
    return query.startswith(b"access_token=") or b"&access_token=" in query
