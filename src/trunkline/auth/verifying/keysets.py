"""An issuer's keys: fetched when they are needed, kept, renewed in the background.

What an issuer does not answer changes nothing: the keys that are there stay. A stranger who sends
tokens with made-up key ids causes one fetch per cooldown at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trunkline.auth.jose import AsymmetricKey, JWTError, read_public_key
from trunkline.auth.urls import check_issuer, check_secure, metadata_urls
from trunkline.auth.verifying.fetching import FetchError, Send, fetch_json
from trunkline.protocol.messages import HTTPRequest

__all__ = ["COOLDOWN", "KEPT", "REFRESH", "IssuerUnavailableError", "KeySet", "algorithm_of"]

logger = logging.getLogger("trunkline.auth")

REFRESH = 300.0
"""Seconds after which keys are fetched anew, in the background."""

COOLDOWN = 30.0
"""Seconds between two fetches at least, whatever tokens come and whatever the issuer answers."""

KEPT = 86_400.0
"""Seconds that keys are used for without a word from their issuer."""

_MAX_KEYS = 100
_RSA_BITS = 8_192  # larger ones cost more to check with than anybody needs

_KINDS = ("EC", "RSA", "OKP")  # no symmetric ones: who can check could sign

KeyId = tuple[str | None, str]


class IssuerUnavailableError(Exception):
    """The issuer's keys are not known, and it cannot be asked."""


class KeySet:
    """The keys of one issuer.

    ``jwks_url`` is where they are, if that is not to be found in the issuer's metadata. ``clock``
    gives seconds that only ever grow; ``on_removal`` is called when a key is there no more.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        send: Send,
        clock: Callable[[], float],
        on_removal: Callable[[], None],
    ) -> None:
        check_issuer(issuer)
        if jwks_url is not None:
            check_secure(jwks_url)
        self._issuer = issuer
        self._configured = jwks_url
        self._url = jwks_url
        self._send = send
        self._clock = clock
        self._on_removal = on_removal
        self._keys: dict[KeyId, AsymmetricKey] = {}
        self._confirmed = -KEPT  # when the issuer last gave its keys
        self._asked: float | None = None  # when it was last asked for them
        self._failures = 0
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> AsymmetricKey:
        """Return the key of an id for an algorithm; without an id, the only one there is for it.

        Raises ``JWTError`` where the issuer has no such key, ``IssuerUnavailableError`` where
        nobody knows.
        """
        if not self._keys or self._clock() - self._confirmed > KEPT:
            await self._renew()
            if not self._keys or self._clock() - self._confirmed > KEPT:
                raise IssuerUnavailableError(self._issuer)
        elif self._is_due(REFRESH):
            self._start()
        key = self._look_up(kid, algorithm)
        if key is None and (self._running() or self._is_due(COOLDOWN)):
            await self._renew()
            key = self._look_up(kid, algorithm)
        if key is None:
            raise JWTError("The issuer has no such key.")
        return key

    def _look_up(self, kid: str | None, algorithm: str) -> AsymmetricKey | None:
        if kid is not None:
            return self._keys.get((kid, algorithm))
        fitting = [key for (_, alg), key in self._keys.items() if alg == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _is_due(self, seconds: float) -> bool:
        """Say whether so long after the keys came, they may be fetched again."""
        now = self._clock()
        # An issuer that starts after us has no keys for anybody yet: it is asked again sooner.
        pause = COOLDOWN if self._keys else min(COOLDOWN, 2.0**self._failures / 2)
        cool = self._asked is None or now - self._asked >= pause
        return cool and now - self._confirmed >= seconds

    async def _renew(self) -> None:
        """Fetch the keys, with all others who wait for them, unless that was tried just now."""
        if self._running() is None and self._is_due(0.0):
            self._start()
        running = self._running()
        if running is not None:
            await asyncio.shield(running)

    def _start(self) -> None:
        if self._running() is None:
            self._asked = self._clock()
            self._fetch = asyncio.create_task(self._refresh())

    def _running(self) -> asyncio.Task[None] | None:
        """Return the fetch that is under way in this event loop."""
        task = self._fetch
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            return None
        return task

    async def _refresh(self) -> None:
        """Fetch the keys; whatever fails, those that are there stay."""
        try:
            url = self._url or await self._locate()
            found = await fetch_json(self._send, HTTPRequest("GET", _ACCEPT, b"", url))
            keys = dict(_usable(found))
        except (FetchError, ValueError) as error:
            self._url = self._configured  # they may have moved
            self._failures = min(self._failures + 1, 16)
            logger.warning("The keys of %s were not fetched: %s", self._issuer, error)
            return
        if not keys:
            logger.warning("%s: has no key that can be used; those before stay.", url)
            return
        self._url, self._confirmed, self._failures = url, self._clock(), 0
        before, self._keys = self._keys, keys
        if any(_thumbprint(keys.get(key_id)) != _thumbprint(key) for key_id, key in before.items()):
            self._on_removal()

    async def _locate(self) -> str:
        """Find where the keys are in the issuer's metadata (RFC 8414 §3)."""
        problem: FetchError | None = None
        for url in metadata_urls(self._issuer):
            try:
                found = await fetch_json(self._send, HTTPRequest("GET", _ACCEPT, b"", url))
            except FetchError as error:
                if not error.status:
                    raise
                problem = error
                continue
            if found.get("issuer") != self._issuer:
                raise FetchError(f"{url}: is another issuer's, by what it says.")
            jwks_url = str(found.get("jwks_uri"))
            check_secure(jwks_url)
            return jwks_url
        raise problem or FetchError(f"{self._issuer}: has no metadata.")


_ACCEPT: Mapping[str, str] = {"accept": "application/json"}


def algorithm_of(jwk: Mapping[str, Any]) -> str | None:
    """Return the one algorithm that a key is for (RFC 8725 §3.1); ``None`` if we know of none."""
    declared = jwk.get("alg")
    by_curve = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
    usual = "RS256" if jwk.get("kty") == "RSA" else by_curve.get(str(jwk.get("crv")))
    return declared if isinstance(declared, str) else usual


def _usable(found: Mapping[str, Any]) -> Iterator[tuple[KeyId, AsymmetricKey]]:
    """Yield the keys that we can use; others are none of our business (RFC 7517 §5)."""
    keys = found.get("keys")
    for jwk in keys[:_MAX_KEYS] if isinstance(keys, list) else ():
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        if jwk.get("kty") not in _KINDS:
            continue
        kid, algorithm = jwk.get("kid"), algorithm_of(jwk)
        if algorithm is None or not isinstance(kid, str | None):
            continue
        try:
            key = read_public_key(jwk)
        except JWTError:
            continue
        if key.key_type == "RSA" and key.public_key.key_size > _RSA_BITS:  # type: ignore[union-attr]
            continue
        yield (kid, algorithm), key


def _thumbprint(key: AsymmetricKey | None) -> str | None:
    return key.thumbprint() if key is not None else None
