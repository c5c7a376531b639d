"""JWT access tokens as RFC 9068 has them, made for one client and one audience."""

from __future__ import annotations

from secrets import token_urlsafe

import msgspec

from trunkline.auth.jose import sign_encoded
from trunkline.auth.keys import SigningKey

__all__ = ["AccessToken", "issue_token"]


class AccessToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims of an access token (RFC 9068 §2.2); ``sub`` is the client itself (§5).

    ``cnf`` binds it to its sender: ``x5t#S256`` to a certificate (RFC 8705 §3.1), ``jkt`` to a
    key that proofs are made with (RFC 9449 §6.1).
    """

    iss: str
    aud: str
    sub: str
    client_id: str
    exp: int
    iat: int
    jti: str
    scope: str = ""
    cnf: dict[str, str] | None = None


def issue_token(  # noqa: PLR0913  # as many as the specification has claims
    key: SigningKey,
    *,
    issuer: str,
    client_id: str,
    audience: str,
    scope: str,
    lifetime: int,
    now: float,
    cnf: dict[str, str] | None = None,
) -> tuple[str, AccessToken]:
    """Sign a token that lives ``lifetime`` seconds; return it with its claims."""
    issued = int(now)
    claims = AccessToken(
        issuer,
        audience,
        client_id,
        client_id,
        issued + lifetime,
        issued,
        token_urlsafe(16),
        scope,
        cnf,
    )
    return sign_encoded(key.token_header, claims, key.algorithm, key.private), claims
