"""The header and the claims of a token, checked: what it is, from whom, for whom, how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from trunkline.auth.jose import read_time
from trunkline.auth.verifying.caller import Caller
from trunkline.auth.verifying.token_formats import Claims, TokenFormat, read_strings

__all__ = [
    "Expectation",
    "TokenRejectedError",
    "UserTokenError",
    "check_claims",
    "check_type",
    "read_binding",
]

_MAX_SCOPES = 1_000


class TokenRejectedError(Exception):
    """The token is not valid here. The message says why, and contains nothing of its text."""


class UserTokenError(TokenRejectedError):
    """The token is valid, but a user's, and the API is for programs."""


class Expectation(NamedTuple):
    """What a token must be.

    - ``audiences``: it must be for one of them.
    - ``leeway``: seconds that the clocks of issuer and API may differ by.
    - ``max_lifetime``: seconds from its issue to its expiry, at most.
    - ``users``: whether tokens of users are accepted.
    """

    issuer: str
    token_format: TokenFormat
    audiences: frozenset[str]
    leeway: float
    max_lifetime: float
    users: bool


def check_type(header: Claims, token_format: TokenFormat) -> None:
    """Check the header 'typ', which tells access tokens from others (RFC 9068 §4, 8725 §3.11)."""
    type_ = header.get("typ", "")
    if not isinstance(type_, str):
        raise TokenRejectedError("The header 'typ' is not a string.")
    if type_.lower().removeprefix("application/") not in token_format.types:
        types = _alternatives(each for each in sorted(token_format.types) if each)
        raise TokenRejectedError(f"The header 'typ' is not that of an access token ({types}).")


def check_claims(claims: Claims, expected: Expectation, now: float) -> Caller:
    """Check the claims of a token that the issuer signed or described; return its caller.

    ``now`` is in seconds since 1970. Raises ``TokenRejectedError``.
    """
    token_format = expected.token_format
    if claims.get("iss") != expected.issuer:
        raise TokenRejectedError("Claim 'iss' is not the issuer that this API trusts.")
    for name in token_format.required:
        if name not in claims:
            raise TokenRejectedError(f"Claim '{name}' is missing.")
    for name in ("sub", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise TokenRejectedError(f"Claim '{name}' is not a string.")
    for name, values in token_format.fixed.items():
        if claims.get(name) not in values:
            wanted = _alternatives(values)
            raise TokenRejectedError(f"Claim '{name}' is not that of an access token ({wanted}).")
    _check_times(claims, expected, now)
    if not token_format.is_for(claims, expected.audiences):
        audiences = _alternatives(sorted(expected.audiences))
        raise TokenRejectedError(f"The token is not for the audience {audiences}.")
    client = _read_client(claims, token_format)
    if not expected.users and not token_format.is_client(claims, client):
        raise UserTokenError("The token is a user's, and this API accepts only those of programs.")
    return Caller(client, _read_scopes(claims, expected), claims)


def _read_client(claims: Claims, token_format: TokenFormat) -> str:
    name = next((name for name in token_format.client if name in claims), token_format.client[0])
    client = claims.get(name)
    if not isinstance(client, str) or not client:
        raise TokenRejectedError(f"Claim '{name}' does not name a client.")
    return client


def _check_times(claims: Claims, expected: Expectation, now: float) -> None:
    expires = read_time(claims, "exp")
    if expires <= now - expected.leeway:
        raise TokenRejectedError("The token has expired: 'exp' is in the past.")
    if "nbf" in claims and read_time(claims, "nbf") > now + expected.leeway:
        raise TokenRejectedError("The token is not valid yet: 'nbf' is in the future.")
    if "iat" in claims:
        issued = read_time(claims, "iat")
        if issued > now + expected.leeway:
            raise TokenRejectedError("Claim 'iat' is in the future.")
        if expires - issued > expected.max_lifetime:
            raise TokenRejectedError(
                f"The token is valid for longer than {expected.max_lifetime:g} s, "
                "the most that this API accepts."
            )


def _read_scopes(claims: Claims, expected: Expectation) -> frozenset[str]:
    token_format = expected.token_format
    value = next((claims[name] for name in token_format.scopes if name in claims), "")
    words = frozenset(value.split(" ")) - {""} if isinstance(value, str) else read_strings(value)
    if words is None:
        raise TokenRejectedError("The scopes are neither a string nor a list of strings.")
    if len(words) > _MAX_SCOPES:
        raise TokenRejectedError(f"The token has more than {_MAX_SCOPES} scopes.")
    if not token_format.scopes_have_audience:
        return words
    prefixes = [f"{audience}/" for audience in expected.audiences]
    return frozenset(
        word[len(prefix) :] for word in words for prefix in prefixes if word.startswith(prefix)
    )


def read_binding(claims: Claims) -> Mapping[str, Any] | None:
    """Return what a token is bound to (RFC 7800 §3.1), ``None`` if it is not bound."""
    bound = claims.get("cnf")
    if bound is None:
        return None
    if not isinstance(bound, dict) or not bound:
        raise TokenRejectedError("Claim 'cnf' is not a JSON object with a member.")
    return bound


def _alternatives(values: Iterable[str]) -> str:
    return " or ".join(f"'{value}'" for value in values)
