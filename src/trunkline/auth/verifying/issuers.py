"""Requests of a verifier to its issuers: for their keys, and whether a token is active.

Keys are fetched when the first token comes, and again in the background. A failure changes nothing:
the keys that are there stay. Tokens with made-up key ids cause one fetch per cooldown at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec

from trunkline.auth.discovery import (
    ACCEPT_JSON,
    IssuerError,
    basic_authorization,
    fetch_json,
    find_endpoint,
)
from trunkline.auth.jose import AsymmetricKey, JWTError, algorithm_of, read_public_key
from trunkline.auth.sending import send_with_async
from trunkline.auth.urls import check_issuer, check_secure
from trunkline.auth.verifying.token_formats import RFC_9068, TokenFormat
from trunkline.flow.calls import Flow
from trunkline.flow.single_flight import SingleFlight
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = [
    "COOLDOWN",
    "KEPT",
    "REFRESH",
    "CallBudget",
    "Introspection",
    "KeySet",
    "SendRequest",
    "TrustedIssuer",
    "introspect",
    "new_sender",
    "send_within_timeout",
]

logger = logging.getLogger("trunkline.auth")

REFRESH = 300.0
"""Seconds after which keys are fetched again, in the background."""

COOLDOWN = 30.0
"""Seconds between two fetches at least, whatever tokens come and however the issuer responds."""

KEPT = 86_400.0
"""Seconds for which keys are used while their issuer cannot be reached."""

_SECONDS = 5.0
_MAX_KEYS = 100

SendRequest: TypeAlias = Callable[[HTTPRequest], Awaitable[HTTPResponse]]
"""Sends a request to its URL. It may raise any exception, and is cancelled after the timeout."""


class Introspection(msgspec.Struct, frozen=True):
    """The introspection endpoint of an issuer (RFC 7662).

    - ``url``: where it is.
    - ``client_id`` and ``client_secret``: those of the API, which authenticates by HTTP Basic
      (§2.1).
    - ``calls_per_second``: for opaque tokens that were not valid before. Anyone can make such
      tokens up. When there are more of them, their requests get 503.

    Raises ``ValueError`` for a URL that the secret must not be sent to.
    """

    url: str
    client_id: str
    client_secret: str
    calls_per_second: float = 50.0

    def __post_init__(self) -> None:
        """Check that the URL is secure, and that calls are allowed."""
        check_secure(self.url)
        if not self.calls_per_second > 0:
            raise ValueError("calls_per_second must be more than 0.")

    def __repr__(self) -> str:
        return f"Introspection({self.url!r}, {self.client_id!r}, …)"


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer whose tokens are accepted.

    - ``issuer``: its identifier, exactly the claim ``iss`` of its tokens.
    - ``token_format``: what its tokens look like.
    - ``jwks_url``: where its keys are; without it, its metadata says so.
    - ``introspection``: the endpoint that is asked about each of its tokens. Opaque tokens need
      it, and it makes revoked JWTs invalid.
    """

    issuer: str
    token_format: TokenFormat = RFC_9068
    jwks_url: str | None = None
    introspection: Introspection | None = None


def introspect(trusted: TrustedIssuer, token: str) -> Flow[Mapping[str, Any] | None]:
    """Return what the issuer says about a token, ``None`` if it is not active.

    Raises ``IssuerError`` if the issuer sends no usable response.
    """
    endpoint = trusted.introspection
    assert endpoint is not None  # noqa: S101  # callers check it
    headers = {
        **ACCEPT_JSON,
        "authorization": basic_authorization(endpoint.client_id, endpoint.client_secret),
        "content-type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"token": token, "token_type_hint": "access_token"}).encode()
    request = HTTPRequest("POST", headers, body, endpoint.url, timeout=_SECONDS)
    claims = yield from fetch_json(request)
    is_access_token = claims.get("token_use", "access_token") in ("access_token", "access")
    # Hydra describes refresh tokens, too.
    if claims.get("active") is not True or not is_access_token:
        return None
    return {"iss": trusted.issuer, **claims}


class CallBudget:
    """How many calls an issuer may get: so many per second, and as many at once."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = self._most = max(1.0, per_second)
        self._counted = clock()

    def take(self) -> bool:
        """Take one call; tells whether there was one."""
        now = self._clock()
        passed, self._counted = now - self._counted, now
        self._left = min(self._most, self._left + passed * self._per_second)
        if self._left < 1:
            return False
        self._left -= 1
        return True


class KeySet:
    """The keys of one issuer.

    ``clock`` returns seconds that only grow; ``on_removal`` is called when a key was removed.
    """

    def __init__(
        self, trusted: TrustedIssuer, clock: Callable[[], float], on_removal: Callable[[], None]
    ) -> None:
        check_issuer(trusted.issuer)
        if trusted.jwks_url is not None:
            check_secure(trusted.jwks_url)
        self._trusted = trusted
        self._url = trusted.jwks_url
        self._clock = clock
        self._on_removal = on_removal
        self._keys: dict[tuple[str | None, str], AsymmetricKey] = {}
        self._confirmed = -KEPT  # when the issuer last sent its keys
        self._tried: float | None = None  # when a fetch last began
        self._failures = 0
        self._flight = SingleFlight()

    def find(self, kid: str | None, algorithm: str) -> Flow[AsymmetricKey]:
        """Return the key of an id for an algorithm; without an id, the only key for it.

        Raises ``JWTError`` if the issuer has no such key, ``IssuerError`` if its keys are unknown.
        """
        if self._are_known():
            if self._may_fetch(REFRESH):
                yield from self._fetch()
        elif not (yield from self.get_known()):
            raise IssuerError(f"{self._trusted.issuer}: the keys of the issuer are not known.")
        key = self._look_up(kid, algorithm)
        if key is None and (self._flight.is_running() or self._may_fetch(COOLDOWN)):
            yield from self._fetch_and_wait()
            key = self._look_up(kid, algorithm)
        if key is None:
            if kid is not None:
                raise JWTError("The header 'kid' names no key of the issuer.")
            raise JWTError(f"The header 'kid' is missing, and {algorithm} does not tell the key.")
        return key

    def get_known(self) -> Flow[bool]:
        """Fetch the keys if they are not known; return whether they are."""
        if not self._are_known():
            yield from self._fetch_and_wait()
        return self._are_known()

    def _look_up(self, kid: str | None, algorithm: str) -> AsymmetricKey | None:
        if kid is not None:
            return self._keys.get((kid, algorithm))
        fitting = [key for (_, alg), key in self._keys.items() if alg == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _are_known(self) -> bool:
        return bool(self._keys) and self._clock() - self._confirmed <= KEPT

    def _may_fetch(self, age: float) -> bool:
        """Tell whether keys older than ``age`` seconds may be fetched again now."""
        now = self._clock()
        # An issuer that starts after us sends no keys at first, so the next attempt is earlier.
        pause = COOLDOWN if self._keys else min(COOLDOWN, 2.0**self._failures / 2)
        is_cool = self._tried is None or now - self._tried >= pause
        return is_cool and now - self._confirmed >= age

    def _fetch_and_wait(self) -> Flow[None]:
        """Fetch the keys and wait for them, unless that was tried just now."""
        if self._may_fetch(0.0):
            yield from self._fetch()
        yield from self._flight.wait()

    def _fetch(self) -> Flow[None]:
        """Begin to fetch the keys, in the background: a caller that is cancelled does not stop it.

        Whatever fails, the keys that are there stay.
        """
        self._tried = self._clock()
        yield from self._flight.start(self._update)

    def _update(self) -> Flow[None]:
        issuer = self._trusted.issuer
        try:
            url = self._url or (yield from find_endpoint(issuer, "jwks_uri", timeout=_SECONDS))
            request = HTTPRequest("GET", ACCEPT_JSON, b"", url, timeout=_SECONDS)
            keys = dict(_read_keys((yield from fetch_json(request)).get("keys")))
        except IssuerError as error:
            self._url = self._trusted.jwks_url  # the keys may have moved
            self._failures = min(self._failures + 1, 16)
            logger.warning("The keys of %s were not fetched: %s", issuer, error)
            return
        if not keys:
            logger.warning("%s: the key set has no usable key; the earlier ones stay.", url)
            return
        self._url, self._confirmed, self._failures = url, self._clock(), 0
        before, self._keys = self._keys, keys
        for key_id, key in before.items():
            if key_id not in keys or keys[key_id].thumbprint() != key.thumbprint():
                self._on_removal()
                break


def _read_keys(jwks: object) -> Iterator[tuple[tuple[str | None, str], AsymmetricKey]]:
    """Yield the keys that can be used; others are ignored (RFC 7517 §5)."""
    for jwk in jwks[:_MAX_KEYS] if isinstance(jwks, list) else ():
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        kid, algorithm = jwk.get("kid"), algorithm_of(jwk)
        if algorithm is None or not isinstance(kid, str | None):
            continue
        try:
            key = read_public_key(jwk)
        except JWTError:
            continue
        yield (kid, algorithm), key


def new_sender() -> SendRequest:
    """Return a function that sends requests with httpx2, each with its own connection.

    Requests to issuers are minutes apart, so a kept connection would be closed by then. It follows
    no redirects.
    """
    try:
        import httpx2  # noqa: PLC0415  # only programs with a verifier need it
    except ModuleNotFoundError as error:
        raise ImportError(
            "A verifier needs the library httpx2: pip install 'trunkline[auth,client]'"
        ) from error

    async def send(request: HTTPRequest) -> HTTPResponse:
        async with httpx2.AsyncClient(follow_redirects=False, timeout=request.timeout) as client:
            return await send_with_async(client, request)

    return send


async def send_within_timeout(send: SendRequest, request: HTTPRequest) -> HTTPResponse:
    """Send a request; raises ``IssuerError`` for every failure, also if its timeout passes."""
    try:
        async with asyncio.timeout(request.timeout):
            return await send(request)
    except TimeoutError:
        raise IssuerError(f"{request.url}: no response within {request.timeout:g} s.") from None
    except Exception as error:
        raise IssuerError(f"{request.url}: {type(error).__name__}.") from error
