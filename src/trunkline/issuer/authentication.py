"""Authenticating the client that sent a request, and rejecting all others alike (RFC 6749 §2.3)."""

from __future__ import annotations

import re
from asyncio import get_running_loop, to_thread
from base64 import b64decode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_bytes
from urllib.parse import unquote_plus

from cryptography.x509 import Certificate

from trunkline.auth.certificates import chains_to, names_subject, read_certificate
from trunkline.auth.jose import JWTError, peek
from trunkline.bounded import BoundedMapping
from trunkline.issuer.assertions import check_assertion
from trunkline.issuer.clients import RegisteredClient, RegisteredSecret, is_client_id
from trunkline.issuer.limits import FailureLimits, TooManyFailuresError, WrongCredentialsError
from trunkline.issuer.messages import IssuerRequest, OAuthError
from trunkline.issuer.secrets import hash_secret, is_chosen, is_generated, make_secret, matches
from trunkline.issuer.store import ClientDirectory, Store, unique_id

__all__ = ["ASSERTION_TYPE", "AuthenticatedClient", "ClientAuthenticator"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_UNKNOWN = RegisteredSecret("", hash_secret(make_secret()), 0.0)
_CHALLENGE = (b"www-authenticate", b'Basic realm="clients", charset="UTF-8"')
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SLOW_AT_ONCE = 2  # argon2 takes a core and 19 MiB each time
_MOST_KEPT = 1000
_LONGEST_SHOWN = 128  # characters of an id in the audit log


@dataclass(frozen=True, slots=True)
class PresentedCredentials:
    """The credentials of a request, not checked yet: one of a secret, a JWT and a certificate.

    ``client_id`` is what the request claims; ``method`` tells where the secret was; ``assertion``
    is a JWT (RFC 7523); ``certificate`` is that of the connection, in DER (RFC 8705).
    """

    client_id: str
    method: str = ""
    secret: str | None = field(default=None, repr=False)
    assertion: str | None = field(default=None, repr=False)
    certificate: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """The client that sent a request, how it authenticated, and the id of the secret it used."""

    client: RegisteredClient
    method: str
    secret: str = ""


def read_credentials(request: IssuerRequest) -> PresentedCredentials:
    """Return the one kind of credentials that a request has.

    Raises ``OAuthError``: ``invalid_request`` if there are two, or they cannot be read;
    ``invalid_client`` if there are none.
    """
    form, certificate = request.form, request.peer.certificate
    authorization = request.headers.get(b"authorization")
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    client_id = form.get("client_id")
    if sum(each is not None for each in (authorization, secret, assertion)) > 1:
        message = (
            "The request authenticates in several ways: "
            "send the header Authorization, 'client_secret' or 'client_assertion'."
        )
        raise OAuthError("invalid_request", message)
    if authorization is not None:
        return _read_basic(authorization, client_id)
    if assertion is not None:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise _invalid_client(f"'client_assertion_type' must be {ASSERTION_TYPE}.")
        return PresentedCredentials(client_id or peek(assertion, "sub"), assertion=assertion)
    if client_id is not None and secret is not None:
        return PresentedCredentials(client_id, "client_secret_post", secret)
    if client_id is not None and certificate is not None:
        return PresentedCredentials(client_id, certificate=certificate)
    raise _invalid_client("The request has no credentials of a client.")


def _read_basic(authorization: bytes, named: str | None) -> PresentedCredentials:
    """Read HTTP Basic; both parts are form-urlencoded inside (RFC 6749 §2.3.1, appendix B)."""
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        raise _invalid_client("The scheme of the header Authorization must be Basic.")
    try:
        decoded = b64decode(encoded.strip(), validate=True).decode("utf-8")
        if _LONE_PERCENT.search(decoded):
            raise ValueError  # noqa: TRY301  # as every other mistake in the encoding
        parts = decoded.partition(":")
        client_id, _, secret = (unquote_plus(part, errors="strict") for part in parts)
    except ValueError:
        message = "The header Authorization is malformed: expected base64 of 'id:secret'."
        raise OAuthError("invalid_request", message) from None
    if not client_id or not secret:
        raise _invalid_client("The header Authorization has no client id, or no secret.")
    if named not in {None, client_id}:
        message = "'client_id' of the form is not the client of the header Authorization."
        raise OAuthError("invalid_request", message)
    return PresentedCredentials(client_id, "client_secret_basic", secret)


class ClientAuthenticator:
    """Checks credentials of every kind.

    ``audiences`` are what assertions may be for: the issuer itself, and its token URL for clients
    that accept it. ``authorities`` issue the certificates of ``tls_client_auth``.
    """

    def __init__(
        self,
        store: Store,
        directory: ClientDirectory,
        limits: FailureLimits,
        audiences: tuple[str, str],
        authorities: Sequence[Certificate],
    ) -> None:
        self._store = store
        self._directory = directory
        self._limits = limits
        self._issuer, self._token_url = audiences
        self._authorities = authorities
        self._slow = ThreadPoolExecutor(_SLOW_AT_ONCE, "argon2")
        self._slow_known = BoundedMapping[bytes, bool](_MOST_KEPT)
        self._pepper = token_bytes(32)

    async def authenticate(self, request: IssuerRequest) -> AuthenticatedClient:
        """Return the client that sent a request; raises ``OAuthError``."""
        credentials = read_credentials(request)
        claimed, now, secret = credentials.client_id, request.now, credentials.secret
        # Nothing remembers an id that no client can have; checking it takes as long as others.
        client_id = claimed if is_client_id(claimed) else ""
        guessable = secret is not None and not is_generated(secret)
        try:
            async with self._limits.attempt(
                client_id, request.peer.address, now, guessable=guessable
            ):
                return await self._check(client_id, credentials, now)
        except TooManyFailuresError as refused:
            message = "Too many failed authentications: wait as the header Retry-After says."
            after = (b"retry-after", b"%d" % refused.wait)
            error = OAuthError("temporarily_unavailable", message, 429, after)
        except WrongCredentialsError as wrong:
            # The same for every failure, so that strangers learn nothing (RFC 6749 §10.10).
            error = _invalid_client("The client is unknown, or its credentials are wrong.")
            error.reason = str(wrong)
        error.client_id = claimed[:_LONGEST_SHOWN]
        raise error

    async def _check(
        self, client_id: str, credentials: PresentedCredentials, now: float
    ) -> AuthenticatedClient:
        """Check against the client as it is remembered; if that fails, as the store has it."""
        known = await self._directory.client(client_id, now)
        try:
            return await self._check_with(known, credentials, now)
        except WrongCredentialsError:
            fresh = await self._directory.fresh(client_id, now)
            if fresh == known:
                raise
            return await self._check_with(fresh, credentials, now)

    async def _check_with(
        self, client: RegisteredClient | None, credentials: PresentedCredentials, now: float
    ) -> AuthenticatedClient:
        used = None
        if credentials.secret is not None:
            used = await self._find_secret(client, credentials.secret, now)
            if client is not None and used is None:
                raise WrongCredentialsError("The secret is wrong, or it has expired.")
        if client is None:
            raise WrongCredentialsError("The client does not exist, or it was revoked.")
        if used is not None:
            await self._directory.note_use(client.client_id, used.id, now)
            return AuthenticatedClient(client, credentials.method, used.id)
        if credentials.assertion is not None:
            await self._check_assertion(client, credentials.assertion, now)
        else:
            await to_thread(self._check_certificate, client, credentials.certificate)
        return AuthenticatedClient(client, client.method)

    async def _find_secret(
        self, client: RegisteredClient | None, given: str, now: float
    ) -> RegisteredSecret | None:
        """Return the client's secret that was given, if it is valid.

        There are always two comparisons, so that the time tells neither whether the client exists
        nor how many secrets it has.
        """
        secrets: list[RegisteredSecret] = []
        if client is not None and client.method == "client_secret":
            secrets = [secret for secret in client.secrets if secret.is_valid(now)]
        for secret in (*secrets, _UNKNOWN, _UNKNOWN)[:2]:
            if await self._matches(given, secret.hash, now):
                return secret
        return None

    async def _matches(self, given: str, stored: str, now: float) -> bool:
        if is_generated(given):
            return matches(given, stored)
        if not is_chosen(stored) and not await self._directory.has_chosen_secrets(now):
            return False  # without chosen secrets, the time tells nothing of any client
        mark = blake2b(given.encode() + stored.encode(), key=self._pepper).digest()
        if self._slow_known.get(mark):
            return True
        fits = await get_running_loop().run_in_executor(self._slow, matches, given, stored)
        if fits:
            self._slow_known.put(mark, value=True)
        return fits

    async def _check_assertion(self, client: RegisteredClient, jwt: str, now: float) -> None:
        if client.method != "private_key_jwt":
            raise WrongCredentialsError(f"The client must authenticate with {client.method}.")
        audiences = {self._issuer}
        if client.accepts_token_url:
            audiences.add(self._token_url)
        try:
            jti, expires = check_assertion(jwt, client, audiences, now)
        except JWTError as error:
            raise WrongCredentialsError(f"The assertion is not valid. {error}") from None
        unique = unique_id("assertion", client.client_id, jti)
        if not await to_thread(self._store.claim, unique, expires):
            raise WrongCredentialsError("The assertion was used before.")

    def _check_certificate(self, client: RegisteredClient, der: bytes) -> None:
        fits = False
        if client.method == "self_signed_tls_client_auth":
            fits = any(read_certificate(pem.encode()) == der for pem in client.certificates)
        elif client.method == "tls_client_auth" and client.subject:
            fits = chains_to(der, self._authorities) and names_subject(der, *client.subject)
        if not fits:
            raise WrongCredentialsError("The certificate is not the client's.")


def _invalid_client(message: str) -> OAuthError:
    return OAuthError("invalid_client", message, 401, _CHALLENGE)
