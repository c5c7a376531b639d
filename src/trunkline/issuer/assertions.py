"""Checking the JWT with which a client shows who it is (RFC 7521, 7523)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from trunkline.auth.jose import (
    ALGORITHMS,
    AsymmetricKey,
    JOSEProblem,
    Signed,
    read_key,
    read_signed,
)
from trunkline.issuer.clients import Client

__all__ = ["SKEW", "check_assertion", "unique_id"]

SKEW = 30
"""Seconds that clocks may differ."""

_LONGEST = 300  # seconds that an assertion may live, or be old
_TYPES = frozenset(
    {"", "jwt", "client-authentication+jwt"}
)  # not those that tokens and proofs have


def check_assertion(
    jwt: str, client: Client, audiences: Collection[str], now: float
) -> tuple[str, float]:
    """Check an assertion; return what must not come twice, and until when.

    ``audiences`` are the identifiers that it may be for: one of them, as a string by itself.
    Raises ``JOSEProblem``.
    """
    signed = _open(jwt, client)
    claims = signed.claims
    kind = signed.header.get("typ", "")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise JOSEProblem("It is of another type.")
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise JOSEProblem("Its issuer and its subject are not the client.")
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in audiences:
        raise JOSEProblem("Its audience is not this issuer.")
    expires = _check_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 256:
        raise JOSEProblem("It has no usable jti.")
    return unique_id("assertion", client.client_id, jti), expires + SKEW


def unique_id(*parts: str) -> str:
    """Name something by a digest of its parts, of one length whatever they are."""
    return sha256(msgspec.json.encode(parts)).hexdigest()


def _open(jwt: str, client: Client) -> Signed:
    """Check the signature with the keys that the client has registered, and no others."""
    problem = JOSEProblem("No key of the client fits.")
    for jwk in client.jwks:
        try:
            return read_signed(jwt, _only_if_named(jwk), _algorithms(jwk))
        except JOSEProblem as error:
            problem = error
    raise problem


def _only_if_named(jwk: dict[str, Any]) -> Any:
    def find(header: Mapping[str, Any]) -> AsymmetricKey:
        kid = header.get("kid")
        if kid is not None and kid != jwk.get("kid"):
            raise JOSEProblem("The kid names no key of the client.")
        return _parsed(msgspec.json.encode(jwk))

    return find


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    return (jwk["alg"],) if jwk.get("alg") in ALGORITHMS else ALGORITHMS


@lru_cache(maxsize=1000)
def _parsed(jwk: bytes) -> AsymmetricKey:
    return read_key(msgspec.json.decode(jwk))


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    expires = _time(claims, "exp")
    if expires is None:
        raise JOSEProblem("It has no end.")
    if not now - SKEW < expires <= now + _LONGEST + SKEW:
        raise JOSEProblem("It has ended, or ends too late.")
    starts, issued = _time(claims, "nbf"), _time(claims, "iat")
    if max(starts or 0, issued or 0) > now + SKEW:
        raise JOSEProblem("It is of the future.")
    if issued is not None and issued < now - _LONGEST - SKEW:
        raise JOSEProblem("It is too old.")
    return expires


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise JOSEProblem("A time is no number.")
    return min(float(value), 1e15)
