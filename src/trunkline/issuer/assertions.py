"""Checking the JWT with which a client authenticates (RFC 7521, RFC 7523)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from trunkline.auth.jose import (
    ALGORITHMS,
    AsymmetricKey,
    JWTError,
    SignedJWT,
    read_jti,
    read_public_key,
    read_signed,
    read_time,
)
from trunkline.issuer.clients import RegisteredClient

__all__ = ["check_assertion"]

_SKEW = 30  # seconds that clocks may differ
_LONGEST = 300  # seconds that an assertion may live, or be old
_TYPES = frozenset({"", "jwt", "client-authentication+jwt"})  # not those of tokens and proofs


def check_assertion(
    jwt: str, client: RegisteredClient, audiences: Collection[str], now: float
) -> tuple[str, float]:
    """Check an assertion; return its ``jti`` and until when that may not occur again.

    ``audiences`` are the identifiers of this issuer; ``aud`` must be one of them, as a string.
    Raises ``JWTError``.
    """
    signed = _check_signature(jwt, client)
    claims = signed.claims
    kind = signed.header.get("typ", "")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise JWTError("The header 'typ' is not 'JWT' or 'client-authentication+jwt'.")
    for name in ("iss", "sub"):
        if claims.get(name) != client.client_id:
            raise JWTError(f"Claim '{name}' is not the client id.")
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in audiences:
        raise JWTError("Claim 'aud' is not a string with the identifier of this issuer.")
    expires = _check_times(claims, now)
    return read_jti(claims), expires + _SKEW


def _check_signature(jwt: str, client: RegisteredClient) -> SignedJWT:
    """Check the signature with the keys that the client has registered, and no others."""
    last = JWTError("The client has no key.")
    for jwk in client.jwks:

        def find(header: Mapping[str, Any], jwk: dict[str, Any] = jwk) -> AsymmetricKey:
            if header.get("kid") not in (None, jwk.get("kid")):
                raise JWTError("The header 'kid' names no key of the client.")
            return _read_key(msgspec.json.encode(jwk))

        try:
            algorithms = (jwk["alg"],) if jwk.get("alg") in ALGORITHMS else ALGORITHMS
            return read_signed(jwt, find, algorithms)
        except JWTError as error:
            last = error
    raise last


@lru_cache(maxsize=1000)
def _read_key(jwk: bytes) -> AsymmetricKey:
    return read_public_key(msgspec.json.decode(jwk))


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """Check when the assertion is valid; return when it expires."""
    expires = read_time(claims, "exp")
    if expires <= now - _SKEW:
        raise JWTError("The assertion has expired: 'exp' is in the past.")
    if expires > now + _LONGEST + _SKEW:
        raise JWTError(f"Claim 'exp' is more than {_LONGEST} s ahead.")
    for name in ("nbf", "iat"):
        if name in claims and read_time(claims, name) > now + _SKEW:
            raise JWTError(f"The assertion is not valid yet: '{name}' is in the future.")
    if "iat" in claims and read_time(claims, "iat") < now - _LONGEST - _SKEW:
        raise JWTError(f"The assertion is too old: 'iat' is more than {_LONGEST} s ago.")
    return expires
