"""The verifier: finds the caller of a request by its access token, of any trusted issuer.

A token that was checked is remembered by its hash, so it costs only a look-up the next time. It is
checked again after `RECHECK` seconds, when it expires, or when an issuer removes a key. Requests
that come with a token while it is checked wait for that one check.
"""

from __future__ import annotations

import logging
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.discovery import IssuerError
from trunkline.auth.jose import ALGORITHMS, JWTError, peek, read_signed, read_time
from trunkline.auth.peers import certificate_of_connection
from trunkline.auth.verifying.caller import (
    Caller,
    Challenge,
    PresentedToken,
    has_query_token,
    read_token,
)
from trunkline.auth.verifying.claims import (
    Expectation,
    TokenRejectedError,
    UserTokenError,
    check_claims,
    check_type,
    read_binding,
)
from trunkline.auth.verifying.issuers import (
    CallBudget,
    KeySet,
    SendRequest,
    TrustedIssuer,
    introspect,
    new_sender,
    send_within_timeout,
)
from trunkline.auth.verifying.senders import CertificateOf, Replays, SenderCheck, default_origin
from trunkline.bounded import BoundedMapping
from trunkline.errors import AccessDeniedError
from trunkline.flow.calls import Flow
from trunkline.flow.drivers import run_async
from trunkline.flow.single_flight import SingleFlight

__all__ = ["RECHECK", "Clock", "TrustedIssuer", "Verifier"]

logger = logging.getLogger("trunkline.auth")

RECHECK = 60.0
"""Seconds after which a valid token is checked again."""

_STALE = 300.0  # seconds that an introspected token stays valid while its issuer is down
_INACTIVE = 5.0  # seconds that the response "not active" is remembered
_RETRY = 5  # seconds after which a client may try again when an issuer is down


class Clock(NamedTuple):
    """The time: ``wall`` in seconds since 1970, ``steady`` in seconds that only grow."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


SYSTEM_CLOCK = Clock()


class _Header(msgspec.Struct):
    """The part of a token's header that says with which key it is checked."""

    alg: str
    kid: str | None = None


_header_decoder = msgspec.json.Decoder(_Header)


class _VerifiedToken(NamedTuple):
    """A valid token. It is used until ``fresh_until``, until ``usable_until`` if issuers fail.

    Both are times of the steady clock. ``bound`` is its claim 'cnf'.
    """

    caller: Caller
    fresh_until: float
    usable_until: float
    bound: Mapping[str, Any] | None


class Verifier:
    """Checks the access tokens of requests to one API.

    - ``issuers``: whose tokens are accepted: the identifier of an issuer that follows RFC 9068, a
      ``TrustedIssuer``, or several.
    - ``audience``: the API's own identifier, which tokens must be for. Each API needs its own.
    - ``users``: also accepts tokens that were given to users.
    - ``scopes``: those that every request needs.
    - ``origin``: where clients reach the API, for tokens that are bound to keys (DPoP). The default
      is that of the audience if it is a URL.
    - ``certificate_of``: finds the client's certificate, for tokens that are bound to one. The
      default is the certificate of the connection (ASGI's TLS extension).
    - ``leeway``: seconds that the clocks of issuers and API may differ by.
    - ``max_lifetime``: seconds for which a token may be valid.
    - ``size``: how many tokens are remembered.
    - ``metadata_url``: named in ``WWW-Authenticate`` (RFC 9728 §5.1); see ``ResourceMetadata``.
    - ``send``: sends the requests to issuers.
    - ``on_check``: is told the result of each check, except of tokens that are remembered:
      ``"valid"``, ``"missing"``, ``"unavailable"`` if the issuer does not respond, or the error of
      RFC 6750 or RFC 9449 (``"invalid_token"``, ``"insufficient_scope"``, …).
    - ``clock``: the time.

    Raises ``ValueError`` without issuer or audience, for URLs that are not https, and for a
    ``size`` below 1.
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
        send: SendRequest | None = None,
        on_check: Callable[[str], None] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if isinstance(issuers, str):
            issuers = TrustedIssuer(issuer=issuers)
        self.issuers = (issuers,) if isinstance(issuers, TrustedIssuer) else tuple(issuers)
        self.audiences = frozenset([audience] if isinstance(audience, str) else audience)
        if not self.audiences or not all(self.audiences) or not self.issuers:
            raise ValueError("A verifier needs an issuer and an audience, which are not empty.")
        if size < 1:
            raise ValueError("A verifier must remember one token at least: give size= 1 or more.")
        self.scopes = frozenset(scopes)
        self._on_check = on_check
        self._send = partial(send_within_timeout, send or new_sender())
        self._wall, self._steady = clock
        self._expected = {
            each.issuer: Expectation(
                each.issuer, each.token_format, self.audiences, leeway, max_lifetime, users
            )
            for each in self.issuers
        }
        self._keys = {each.issuer: KeySet(each, self._steady, self.forget) for each in self.issuers}
        self._budgets = {
            each.issuer: CallBudget(each.introspection.calls_per_second, self._steady)
            for each in self.issuers
            if each.introspection is not None
        }
        self._flight = SingleFlight()
        self._verified = BoundedMapping[bytes, _VerifiedToken](size)
        self._inactive = BoundedMapping[bytes, float](size)
        first = min(self.audiences)
        origin = origin or default_origin(first)
        self._senders = SenderCheck(origin, certificate_of, Replays(self._steady))
        self.challenge = Challenge(first, metadata_url, ALGORITHMS if origin else ())

    def forget(self) -> None:
        """Forget the valid tokens, so that each is checked again."""
        self._verified.clear()

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return the caller of a token that was verified lately and is not bound to a sender."""
        value = headers.get(b"authorization")
        if value is None or (scope["query_string"] and has_query_token(scope)):
            return None
        scheme, _, token = value.partition(b" ")
        known = self._verified.get(sha256(token).digest())
        if known is None or known.bound is not None or known.fresh_until <= self._steady():
            return None
        return known.caller if scheme.lower() == b"bearer" else None

    async def authenticate(self, scope: Scope) -> Caller:
        """Return the caller of a request; raises ``AccessDeniedError``."""
        try:
            caller = await self._authenticate(scope)
        except AccessDeniedError as denied:
            self._tell(denied.error or ("unavailable" if denied.status == 503 else "missing"))
            raise
        self._tell("valid")
        return caller

    def _tell(self, result: str) -> None:
        if self._on_check is None:
            return
        try:
            self._on_check(result)
        except Exception:  # what counts does not decide who may call
            logger.exception("The function on_check of a verifier failed: %r", self._on_check)

    async def _authenticate(self, scope: Scope) -> Caller:
        presented = read_token(scope)
        digest = sha256(presented.token.encode("ascii")).digest()
        known = self._verified.get(digest)
        while known is None or known.fresh_until <= self._steady():
            check = partial(self._check, presented, digest, known)
            # A check that asks no issuer is over before another request can begin the same one.
            flow = self._flight.run(check, digest) if self._budgets else check()
            await run_async(flow, self._send)
            known = self._verified.get(digest)
        self._senders.check(known.caller, known.bound, presented, scope, self._wall())
        return known.caller

    async def check_keys(self) -> str | None:
        """Return whose keys are not known, ``None`` if all are: a check for a server's `Health`.

        Keys that are not known are fetched. Those of issuers with an introspection endpoint are not
        looked at, because opaque tokens need none.
        """
        unknown = [
            each.issuer
            for each in self.issuers
            if each.introspection is None
            and not await run_async(self._keys[each.issuer].get_known(), self._send)
        ]
        return f"The keys of {', '.join(unknown)} are not known." if unknown else None

    def _check(
        self, presented: PresentedToken, digest: bytes, known: _VerifiedToken | None
    ) -> Flow[None]:
        """Verify a token and remember it; if an issuer is down, ``known`` stays valid a while."""
        scheme = presented.scheme
        try:
            verified = yield from self._verify(presented.token, digest, is_new=known is None)
        except UserTokenError as error:
            self._verified.remove(digest)
            raise AccessDeniedError(403, str(error), "insufficient_scope", scheme=scheme) from None
        except (JWTError, TokenRejectedError) as error:
            self._verified.remove(digest)
            logger.info("An access token is not valid. %s", error)
            message = f"The access token is not valid. {error}"
            raise AccessDeniedError(401, message, "invalid_token", scheme=scheme) from None
        except IssuerError as error:
            logger.warning("A token could not be checked: %s", error)
            now = self._steady()
            if known is None or known.usable_until <= now:
                message = "The issuer of the token does not respond: try again later."
                raise AccessDeniedError(503, message, retry_after=_RETRY) from None
            verified = known._replace(fresh_until=min(known.usable_until, now + _RETRY))
        if not self.scopes <= verified.caller.scopes:
            self._verified.remove(digest)
            message = "The token lacks a scope that this API needs for every request."
            raise AccessDeniedError(
                403,
                message,
                "insufficient_scope",
                scopes=self.scopes,
                scheme=scheme,
                client_id=verified.caller.client_id,
            )
        self._verified.put(digest, verified)

    def _verify(self, token: str, digest: bytes, *, is_new: bool) -> Flow[_VerifiedToken]:
        """Verify a token: its header, key, signature, type and claims.

        Raises ``JWTError`` or ``TokenRejectedError`` if it is not valid, ``IssuerError`` if its
        issuer is down.
        """
        header = _read_header(token)
        if header is None:
            return (yield from self._introspect(token, digest, self.issuers, counts=is_new))
        trusted = self.issuers[0]
        if len(self.issuers) > 1:  # the key and the claims are checked against the named issuer
            name = peek(token, "iss")
            found = next((each for each in self.issuers if each.issuer == name), None)
            if found is None:
                raise TokenRejectedError("Claim 'iss' is not an issuer that this API trusts.")
            trusted = found
        if header.alg not in trusted.token_format.algorithms:
            accepted = ", ".join(trusted.token_format.algorithms)
            raise JWTError(f"The header 'alg' is not one of {accepted}.")
        key = yield from self._keys[trusted.issuer].find(header.kid, header.alg)
        signed = read_signed(token, lambda _header: key, (header.alg,))
        check_type(signed.header, trusted.token_format)
        expected = self._expected[trusted.issuer]
        caller = check_claims(signed.claims, expected, self._wall())
        if trusted.introspection is None:
            return self._new_verified(caller, expected, None)
        yield from self._introspect(token, digest, (trusted,), counts=False)
        return self._new_verified(caller, expected, _STALE)

    def _introspect(
        self, token: str, digest: bytes, issuers: Sequence[TrustedIssuer], *, counts: bool
    ) -> Flow[_VerifiedToken]:
        """Verify a token by asking those of the issuers that have an introspection endpoint.

        A call for a token that anyone may have made up ``counts``: there is a budget for these.
        """
        message = "The issuer of the token says that it is not active."
        if (self._inactive.get(digest) or 0.0) > self._steady():
            raise TokenRejectedError(message)
        asked = [each for each in issuers if each.introspection is not None]
        if not asked:
            raise TokenRejectedError("The token is not a signed JWT, which this API needs.")
        for trusted in asked:
            if counts and not self._budgets[trusted.issuer].take():
                message = "The API receives too many unknown tokens: try again later."
                raise AccessDeniedError(503, message, retry_after=1)
            claims = yield from introspect(trusted, token)
            if claims is not None:
                expected = self._expected[trusted.issuer]
                caller = check_claims(claims, expected, self._wall())
                return self._new_verified(caller, expected, _STALE)
        self._inactive.put(digest, self._steady() + _INACTIVE)
        raise TokenRejectedError(message)

    def _new_verified(
        self, caller: Caller, expected: Expectation, usable_for: float | None
    ) -> _VerifiedToken:
        now = self._steady()
        ends = now + read_time(caller.claims, "exp") + expected.leeway - self._wall()
        usable_until = ends if usable_for is None else min(ends, now + usable_for)
        bound = read_binding(caller.claims)
        return _VerifiedToken(caller, min(ends, now + RECHECK), usable_until, bound)


def _read_header(token: str) -> _Header | None:
    """Read the header of a JWT, which is not checked yet; ``None`` if the token is not a JWT."""
    if token.count(".") != 2:
        return None
    part = token.partition(".")[0]
    try:
        return _header_decoder.decode(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
