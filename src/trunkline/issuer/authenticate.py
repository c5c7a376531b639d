"""Finding out which client sent a request, and refusing all others alike."""

from __future__ import annotations

from asyncio import Semaphore, to_thread
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes

from cryptography.x509 import Certificate as Authority

from trunkline.asgi.requests import Headers
from trunkline.auth.certificates import chains_to, names_subject, read_certificate
from trunkline.auth.jose import JOSEProblem
from trunkline.auth.peers import Peer
from trunkline.issuer.answers import Refusal
from trunkline.issuer.assertions import check_assertion
from trunkline.issuer.clients import Client, Secret
from trunkline.issuer.credentials import (
    Assertion,
    Certificate,
    Credentials,
    Password,
    find_credentials,
)
from trunkline.issuer.directory import Directory
from trunkline.issuer.forms import Form
from trunkline.issuer.limits import FailureLimits
from trunkline.issuer.secrets import (
    hash_secret,
    is_chosen,
    is_generated,
    make_secret,
    matches,
)
from trunkline.issuer.store import Store

__all__ = ["Authenticated", "Authenticator"]

_UNKNOWN = Secret("", hash_secret(make_secret()), 0.0)
_CHALLENGE = (b"www-authenticate", b'Basic realm="clients", charset="UTF-8"')
_SLOW_AT_ONCE = 2  # argon2 takes a core and 19 MiB each time
_MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who sent a request, how that was shown, and by which of its secrets."""

    client: Client
    method: str
    secret: str = ""


class _Wrong(Exception):  # noqa: N818
    """The credentials are wrong; the message is for the audit log."""


class Authenticator:
    """Checks credentials, whatever they are.

    ``audiences`` are what assertions may be for: the issuer itself, and for clients that were
    allowed so its token URL. ``authorities`` vouch for certificates of ``tls_client_auth``.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        limits: FailureLimits,
        audiences: tuple[str, str],
        authorities: Sequence[Authority],
    ) -> None:
        self._store = store
        self._directory = directory
        self._limits = limits
        self._issuer, self._token_url = audiences
        self._authorities = authorities
        self._slow = Semaphore(_SLOW_AT_ONCE)
        self._slow_known: OrderedDict[bytes, None] = OrderedDict()
        self._pepper = token_bytes(32)

    async def authenticate(
        self, form: Form, headers: Headers, peer: Peer, now: float
    ) -> Authenticated:
        """Find out which client sent a request; raises ``Refusal``."""
        try:
            credentials = find_credentials(form, headers, peer)
        except Refusal as refusal:
            refusal.headers += (_CHALLENGE,) if refusal.status == 401 else ()
            raise
        client_id = credentials.client_id
        guessable = isinstance(credentials, Password) and not is_generated(credentials.secret)
        wait = self._limits.wait(client_id, peer.address, now, guessable=guessable)
        if wait:
            raise _slow_down(wait, client_id)
        try:
            found = await self._check(credentials, now)
        except _Wrong as wrong:
            self._limits.failed(client_id, peer.address, now, guessable=guessable)
            raise _invalid_client(client_id, str(wrong)) from None
        self._limits.succeeded(client_id, peer.address)
        return found

    async def _check(self, credentials: Credentials, now: float) -> Authenticated:
        """Check with what is remembered of the client; if that fails, with what the store has."""
        known = await self._directory.client(credentials.client_id, now)
        try:
            return await self._check_with(known, credentials, now)
        except _Wrong:
            fresh = await self._directory.fresh(credentials.client_id, now)
            if fresh == known:
                raise
            return await self._check_with(fresh, credentials, now)

    async def _check_with(
        self, client: Client | None, credentials: Credentials, now: float
    ) -> Authenticated:
        if isinstance(credentials, Password):
            return await self._check_password(client, credentials, now)
        if client is None:
            raise _Wrong("There is no such client.")
        if isinstance(credentials, Assertion):
            return await self._check_assertion(client, credentials, now)
        return await to_thread(self._check_certificate, client, credentials)

    async def _check_password(
        self, client: Client | None, password: Password, now: float
    ) -> Authenticated:
        # Always two comparisons, so that the time says neither whether the client is known nor
        # how many secrets it has.
        for secret in (*_living(client, now), _UNKNOWN, _UNKNOWN)[:2]:
            if await self._matches(password.secret, secret.hash, now) and client:
                await self._directory.note_use(client.client_id, secret.id, now)
                return Authenticated(client, password.method, secret.id)
        raise _Wrong("The secret is wrong, or has ended." if client else "There is no such client.")

    async def _matches(self, given: str, stored: str, now: float) -> bool:
        if is_generated(given):
            return matches(given, stored)
        if not is_chosen(stored) and not await self._directory.has_chosen_secrets(now):
            return False  # nobody's time would be told from anybody else's
        mark = blake2b(given.encode() + stored.encode(), key=self._pepper).digest()
        if mark in self._slow_known:
            return True
        async with self._slow:
            fits = await to_thread(matches, given, stored)
        if fits:
            self._slow_known[mark] = None
            if len(self._slow_known) > _MOST_KEPT:
                self._slow_known.popitem(last=False)
        return fits

    async def _check_assertion(
        self, client: Client, assertion: Assertion, now: float
    ) -> Authenticated:
        if client.method != "private_key_jwt":
            raise _Wrong("The client authenticates otherwise.")
        audiences = {self._issuer}
        if client.accepts_token_url:
            audiences.add(self._token_url)
        try:
            unique, expires = check_assertion(assertion.jwt, client, audiences, now)
        except JOSEProblem as problem:
            raise _Wrong(f"The assertion cannot be accepted. {problem}") from None
        if not await to_thread(self._store.claim, unique, expires):
            raise _Wrong("The assertion was used before.")
        return Authenticated(client, "private_key_jwt")

    def _check_certificate(self, client: Client, certificate: Certificate) -> Authenticated:
        if client.method == "self_signed_tls_client_auth":
            if any(
                read_certificate(pem.encode()) == certificate.der for pem in client.certificates
            ):
                return Authenticated(client, client.method)
        elif client.method == "tls_client_auth" and client.subject:
            known = chains_to(certificate.der, self._authorities)
            if known and names_subject(certificate.der, *client.subject):
                return Authenticated(client, client.method)
        raise _Wrong("The certificate is not the client's.")


def _living(client: Client | None, now: float) -> list[Secret]:
    if client is None or client.method != "client_secret":
        return []
    return [secret for secret in client.secrets if secret.lives(now)]


def _invalid_client(client_id: str, reason: str) -> Refusal:
    """Say the same of every failure: strangers learn nothing (RFC 6749 §10.10)."""
    message = "The client is unknown, or its credentials are wrong."
    refusal = Refusal("invalid_client", message, 401, _CHALLENGE)
    refusal.reason, refusal.client_id = reason, client_id
    return refusal


def _slow_down(wait: int, client_id: str) -> Refusal:
    after = (b"retry-after", b"%d" % wait)
    message = "Too many failures; see Retry-After."
    refusal = Refusal("temporarily_unavailable", message, 429, after)
    refusal.client_id = client_id
    return refusal
