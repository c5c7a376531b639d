"""Checking access tokens, whoever issued them: what an API asks before it does anything else.

A token that was checked is remembered by its hash, so that it costs a look-up when it comes again.
For how long is bounded: by its own end, by `RECHECK`, and by the removal of the key that signed it.
"""

from __future__ import annotations

import logging
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.dpop import PROOF_ALGORITHMS
from trunkline.auth.jose import JWTError, read_signed
from trunkline.auth.verifying.bearer import Credentials, has_query_token, read_credentials
from trunkline.auth.verifying.caller import Caller
from trunkline.auth.verifying.challenge import Challenge
from trunkline.auth.verifying.claims import (
    ClaimsProblem,
    Expectation,
    NotAClientError,
    check_claims,
    check_type,
    confirmations,
    expiry,
)
from trunkline.auth.verifying.fetching import FetchError, Send, new_sender
from trunkline.auth.verifying.introspection import Introspection, introspect
from trunkline.auth.verifying.keysets import IssuerUnavailableError, KeySet
from trunkline.auth.verifying.profiles import RFC_9068, Profile
from trunkline.auth.verifying.senders import (
    CertificateOf,
    Replays,
    SenderCheck,
    certificate_of_connection,
    origin_of,
)
from trunkline.errors import AccessDeniedError

__all__ = ["RECHECK", "Clock", "TrustedIssuer", "Verifier"]

logger = logging.getLogger("trunkline.auth")

RECHECK = 60.0
"""Seconds after which a token that was found good is checked again."""

_STALE = 300.0  # seconds that an introspected token stays good without a word from its issuer
_REFUSED_FOR = 5.0  # seconds that an issuer's "not active" is remembered
_PAUSE = 5  # seconds after which a client may try again when an issuer was not there


class Clock(NamedTuple):
    """What time it is: ``wall`` in seconds since 1970, ``steady`` in seconds that only grow."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


SYSTEM_CLOCK = Clock()


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer whose tokens are taken.

    ``issuer`` is its identifier, to the letter what its tokens have as ``iss``. ``profile`` says
    what they look like. Its keys are found by its metadata, or are at ``jwks_url``. With
    ``introspection`` it is asked about each of its tokens: that is the only way for opaque ones,
    and lets revoked JWTs be refused.
    """

    issuer: str
    profile: Profile = RFC_9068
    jwks_url: str | None = None
    introspection: Introspection | None = None


class _Peek(msgspec.Struct):
    """What of a token's header says by which key it may be checked."""

    alg: str
    kid: str | None = None


class _Issued(msgspec.Struct):
    iss: str = ""


class _Known(NamedTuple):
    """A token that was found good, until when it need not be looked at again, and could be used."""

    caller: Caller
    fresh_until: float
    usable_until: float
    bound: Mapping[str, Any] | None


class Verifier:
    """Checks the access tokens of requests to one API.

    ``issuers`` is the identifier of the one issuer whose tokens are taken (RFC 9068 ones), a
    ``TrustedIssuer``, or several. ``audience`` is the API's own identifier, which tokens must be
    for: give every API another one. Tokens that were given to users are refused unless ``users``
    says otherwise. ``scopes`` are needed by every request.

    ``origin`` is where clients reach the API, for tokens that are bound to keys (DPoP); it is that
    of the audience where that is a URL. ``certificate_of`` finds a client's certificate, for tokens
    that are bound to one: by default as the ASGI server gives it.

    Clocks may differ by ``leeway`` seconds; a token may live ``max_lifetime`` seconds; ``size``
    tokens are remembered. ``metadata_url`` is named to those who are refused (RFC 9728 §5.1).
    ``send`` makes the requests to issuers, ``clock`` tells the time.
    """

    def __init__(  # noqa: PLR0913  # all by name
        self,
        issuers: str | TrustedIssuer | Sequence[TrustedIssuer],
        *,
        audience: str | Collection[str],
        users: bool = False,
        scopes: Collection[str] = (),
        origin: str | None = None,
        certificate_of: CertificateOf = certificate_of_connection,
        leeway: float = 10.0,
        max_lifetime: float = 86_400.0,
        size: int = 10_000,
        metadata_url: str | None = None,
        send: Send | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        trusted = _trusted(issuers)
        audiences = frozenset([audience] if isinstance(audience, str) else audience)
        if not audiences or not all(audiences) or not trusted:
            raise ValueError("A verifier needs an issuer and an audience: whose tokens, for what.")
        self.issuers = trusted
        self.audiences = audiences
        self.scopes = frozenset(scopes)
        self._send = send or new_sender()
        self._wall, self._steady = clock
        self._expected = {
            each.issuer: Expectation(
                each.issuer, each.profile, audiences, leeway, max_lifetime, users
            )
            for each in trusted
        }
        self._keys = {
            each.issuer: KeySet(each.issuer, each.jwks_url, self._send, self._steady, self.forget)
            for each in trusted
        }
        self._known: dict[bytes, _Known] = {}
        self._inactive: dict[bytes, float] = {}
        self._size = size
        first = min(audiences)
        origin = origin or origin_of(first)
        self._senders = SenderCheck(origin, certificate_of, Replays(self._steady))
        self.challenge = Challenge(first, metadata_url, PROOF_ALGORITHMS if origin else ())

    def forget(self) -> None:
        """Forget which tokens were found good; each is checked again when it comes."""
        self._known.clear()

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return the caller of a token that was found good just now, and is bound to nobody."""
        value = headers.get(b"authorization")
        if value is None or (scope["query_string"] and has_query_token(scope)):
            return None
        known = self._known.get(sha256(value).digest())
        if known is None or known.bound is not None or known.fresh_until <= self._steady():
            return None
        return known.caller

    async def authenticate(self, scope: Scope) -> Caller:
        """Find out who sent a request; raises ``AccessDeniedError``."""
        credentials = read_credentials(scope)
        value = next(value for name, value in scope["headers"] if name == b"authorization")
        digest = sha256(value).digest()
        known = self._known.get(digest)
        if known is None or known.fresh_until <= self._steady():
            known = await self._check(credentials, digest, known)
        self._senders.check(known.bound, credentials, scope, self._wall())
        return known.caller

    async def _check(self, credentials: Credentials, digest: bytes, known: _Known | None) -> _Known:
        """Check a token from the start, and remember it if it is good."""
        self._known.pop(digest, None)
        try:
            found = await self._verified(credentials.token, digest)
        except (JWTError, ClaimsProblem) as problem:
            raise _refusal(problem, credentials) from None
        except (IssuerUnavailableError, FetchError) as error:
            logger.warning("A token could not be checked: %s", error)
            now = self._steady()
            if known is None or known.usable_until <= now:
                message = "The issuer of the token cannot be asked."
                raise AccessDeniedError(503, message, retry_after=_PAUSE) from None
            found = known._replace(fresh_until=min(known.usable_until, now + _PAUSE))
        if not self.scopes <= found.caller.scopes:
            message = "The token lacks a scope that this API needs."
            scheme = credentials.scheme
            raise AccessDeniedError(
                403, message, "insufficient_scope", scopes=self.scopes, scheme=scheme
            )
        self._remember(digest, found)
        return found

    def _remember(self, digest: bytes, found: _Known) -> None:
        if len(self._known) >= self._size:
            now = self._steady()
            self._known = {key: each for key, each in self._known.items() if each.fresh_until > now}
            while len(self._known) >= self._size:
                del self._known[next(iter(self._known))]  # the oldest
        self._known[digest] = found

    async def _verified(self, token: str, digest: bytes) -> _Known:
        """Check a token; raises what says that it is not good, or that nobody knows."""
        peek = _peek(token)
        if peek is None:
            return await self._ask(token, digest, self.issuers)
        trusted = self._issuer_of(token)
        expected = self._expected[trusted.issuer]
        if peek.alg not in trusted.profile.algorithms:
            raise JWTError("The algorithm is not an accepted one.")
        key = await self._keys[trusted.issuer].find(peek.kid, peek.alg)
        signed = read_signed(token, lambda _header: key, (peek.alg,))
        check_type(signed.header, trusted.profile)
        caller = check_claims(signed.claims, expected, self._wall())
        if trusted.introspection is not None:
            await self._ask(token, digest, (trusted,))
            return self._good(caller, expected, _STALE)
        return self._good(caller, expected, None)

    def _issuer_of(self, token: str) -> TrustedIssuer:
        """Find whose token it is, by what it says itself; its key and claims are held to that."""
        if len(self.issuers) == 1:
            return self.issuers[0]
        name = _peek_issuer(token)
        for trusted in self.issuers:
            if trusted.issuer == name:
                return trusted
        raise ClaimsProblem("It is from another issuer.")

    async def _ask(self, token: str, digest: bytes, issuers: Sequence[TrustedIssuer]) -> _Known:
        """Ask those issuers about a token that can be asked."""
        if self._inactive.get(digest, 0.0) > self._steady():
            raise ClaimsProblem("It is not active.")
        asked = [each for each in issuers if each.introspection is not None]
        if not asked:
            raise ClaimsProblem("It is no signed JWT.")
        for trusted in asked:
            assert trusted.introspection is not None  # noqa: S101  # as above
            claims = await introspect(trusted.introspection, token, trusted.issuer, self._send)
            if claims is not None:
                expected = self._expected[trusted.issuer]
                return self._good(check_claims(claims, expected, self._wall()), expected, _STALE)
        if len(self._inactive) >= self._size:
            self._inactive.clear()
        self._inactive[digest] = self._steady() + _REFUSED_FOR
        raise ClaimsProblem("It is not active.")

    def _good(self, caller: Caller, expected: Expectation, usable_for: float | None) -> _Known:
        now = self._steady()
        ends = now + expiry(caller.claims) + expected.leeway - self._wall()
        usable_until = ends if usable_for is None else min(ends, now + usable_for)
        bound = confirmations(caller.claims)
        return _Known(caller, min(ends, now + RECHECK), usable_until, bound)


_headers = msgspec.json.Decoder(_Peek)
_payloads = msgspec.json.Decoder(_Issued)


def _trusted(issuers: str | TrustedIssuer | Sequence[TrustedIssuer]) -> tuple[TrustedIssuer, ...]:
    if isinstance(issuers, str):
        return (TrustedIssuer(issuer=issuers),)
    if isinstance(issuers, TrustedIssuer):
        return (issuers,)
    return tuple(issuers)


def _peek(token: str) -> _Peek | None:
    """Read what says how a JWT is to be checked; ``None`` where it is none."""
    if token.count(".") != 2:
        return None
    try:
        return _headers.decode(_decoded(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return None


def _peek_issuer(token: str) -> str:
    try:
        return _payloads.decode(_decoded(token.split(".")[1])).iss
    except (ValueError, RecursionError):
        return ""


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _refusal(problem: Exception, credentials: Credentials) -> AccessDeniedError:
    reason = str(problem)
    logger.info("A token was refused. %s", reason)
    message = f"The token was refused: {reason[:1].lower()}{reason[1:]}"
    scheme = credentials.scheme
    if isinstance(problem, NotAClientError):
        return AccessDeniedError(403, message, "insufficient_scope", scheme=scheme)
    return AccessDeniedError(401, message, "invalid_token", scheme=scheme)
