"""A token's claims, checked: what it is, from whom, for whom, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from trunkline.auth.verifying.caller import Caller
from trunkline.auth.verifying.profiles import Claims, Profile, texts_of

__all__ = [
    "ClaimsProblem",
    "Expectation",
    "NotAClientError",
    "check_claims",
    "check_type",
    "confirmations",
    "expiry",
]

_END_OF_TIME = 1e12  # seconds since 1970; infinity is beyond it, and what is no number too
_MAX_WORDS = 1_000  # scopes of one token


class ClaimsProblem(Exception):  # noqa: N818  # what it becomes depends on who asked
    """The token is not good here; the message says why, and has nothing of its text."""


class NotAClientError(ClaimsProblem):
    """The token is good, but a person's; ``caller`` is what it says."""


class Expectation(NamedTuple):
    """What a token must be: whose, for whom, and by which clock.

    ``leeway`` is how many seconds the clocks of issuer and API may differ by; a token may live
    ``max_lifetime`` seconds.
    """

    issuer: str
    profile: Profile
    audiences: frozenset[str]
    leeway: float
    max_lifetime: float
    users: bool


def check_type(header: Claims, profile: Profile) -> None:
    """Hold a token to the type that access tokens have (RFC 9068 §4, RFC 8725 §3.11)."""
    type_ = header.get("typ", "")
    if not isinstance(type_, str):
        raise ClaimsProblem("Its type is none.")
    if type_.lower().removeprefix("application/") not in profile.types:
        raise ClaimsProblem("It is no access token by its type.")


def check_claims(claims: Claims, expected: Expectation, now: float) -> Caller:
    """Check what a token says that was signed by the issuer, or vouched for by it.

    Raises ``ClaimsProblem``.
    """
    profile = expected.profile
    if claims.get("iss") != expected.issuer:
        raise ClaimsProblem("It is from another issuer.")
    for name in profile.required:
        if name not in claims:
            raise ClaimsProblem(f"It lacks the claim {name!r}.")
    for name in ("sub", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise ClaimsProblem(f"Its claim {name!r} is no text.")
    for name, values in profile.fixed.items():
        if claims.get(name) not in values:
            raise ClaimsProblem(f"It is no access token by its claim {name!r}.")
    _check_times(claims, expected, now)
    if not profile.is_for(claims, expected.audiences):
        raise ClaimsProblem("It is for another audience.")
    caller = Caller(_client_of(claims, profile), _scopes_of(claims, expected), claims)
    if not expected.users and not profile.is_client(claims, caller.client_id):
        raise NotAClientError("It was given to a user, and this API is for programs only.")
    return caller


def expiry(claims: Claims) -> float:
    """Return when a token ends, in seconds since 1970."""
    return _number(claims, "exp")


def _check_times(claims: Claims, expected: Expectation, now: float) -> None:
    ends = _number(claims, "exp")
    if ends <= now - expected.leeway:
        raise ClaimsProblem("It has expired.")
    if "nbf" in claims and _number(claims, "nbf") > now + expected.leeway:
        raise ClaimsProblem("It is not good yet.")
    if "iat" in claims:
        issued = _number(claims, "iat")
        if issued > now + expected.leeway:
            raise ClaimsProblem("It was issued in the future.")
        if ends - issued > expected.max_lifetime:
            raise ClaimsProblem("It lives longer than this API lets tokens live.")


def _number(claims: Claims, name: str) -> float:
    """Read a time; JSON's infinities and texts that look like numbers are none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClaimsProblem(f"Its claim {name!r} is no time.")
    if not abs(value) < _END_OF_TIME:
        raise ClaimsProblem(f"Its claim {name!r} is no time.")
    return float(value)


def _client_of(claims: Claims, profile: Profile) -> str:
    name = next((name for name in profile.client if name in claims), None)
    client = claims[name] if name else None
    if not isinstance(client, str) or not client:
        raise ClaimsProblem("It names no client.")
    return client


def _scopes_of(claims: Claims, expected: Expectation) -> frozenset[str]:
    name = next((name for name in expected.profile.scopes if name in claims), None)
    value = claims[name] if name else ""
    words = frozenset(value.split(" ")) - {""} if isinstance(value, str) else texts_of(value)
    if words is None or len(words) > _MAX_WORDS:
        raise ClaimsProblem("Its scopes are none.")
    if not expected.profile.scopes_have_audience:
        return words
    prefixes = [f"{audience}/" for audience in expected.audiences]
    return frozenset(
        word[len(prefix) :] for word in words for prefix in prefixes if word.startswith(prefix)
    )


def confirmations(claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what a token is bound to (RFC 7800 §3.1), ``None`` where it is not."""
    bound = claims.get("cnf")
    if bound is None:
        return None
    if not isinstance(bound, dict) or not bound:
        raise ClaimsProblem("Its claim 'cnf' is none.")
    return bound
