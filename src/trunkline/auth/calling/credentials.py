"""The credentials of a client: a token fetched once for all, kept, renewed, and sent.

Everything is a flow without I/O: trunkline's transports drive it, and the adapters for httpx,
httpx2 and requests do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from trunkline.auth.calling.attempts import Attempts
from trunkline.auth.calling.cache import TokenCache, load, save
from trunkline.auth.calling.identity import (
    Certificate,
    Identity,
    KeySource,
    PrivateKey,
    Secret,
)
from trunkline.auth.calling.refusals import asks_for_nonce, may_be_the_token
from trunkline.auth.calling.request import TokenRequest
from trunkline.auth.calling.sources import SecretSource
from trunkline.auth.calling.token import Token
from trunkline.errors import TokenError
from trunkline.flow.calls import Background, Flow, send_request
from trunkline.flow.single_flight import SingleFlight
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

if TYPE_CHECKING:
    from trunkline.auth.dpop import ProofKey

__all__ = ["ClientCredentials"]


class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749 §4.4): one per API, shared by all who call it.

    ``issuer`` is the issuer's identifier, whose metadata tells the token endpoint; with
    ``token_url`` nobody asks for it. The client shows who it is by one of:

    - ``secret``: a text, a ``Path`` of a file, or a function, read at each token request;
      ``secret_in`` says whether it goes in the header or in the form.
    - ``key``: a private key as a JWK, as PEM, in a file, or from a function. Needs ``issuer``.
    - ``certificate=True``: the certificate that the transport's connection shows.

    ``scope`` and ``resource`` are what the token is for. ``dpop`` binds tokens to a key that never
    leaves this object, and proves with each request that it is there. ``parameters`` are added to
    token requests (``audience``, say, for Auth0). ``cache`` is one that processes share.

    A token is fetched when it is first needed, once, however many wait for it; renewed in the
    background from 70 to 90 % of its life on; used until it ends while the issuer is down. Raises
    ``TokenError`` where there is none to be had.
    """

    def __init__(  # noqa: PLR0913  # OAuth has as many parameters
        self,
        *,
        client_id: str,
        issuer: str | None = None,
        token_url: str | None = None,
        secret: SecretSource | None = None,
        key: KeySource | None = None,
        certificate: bool = False,
        secret_in: Literal["header", "form"] = "header",  # noqa: S107  # not a secret
        scope: str | Sequence[str] = (),
        resource: str | None = None,
        dpop: bool = False,
        parameters: Mapping[str, str] | None = None,
        cache: TokenCache | None = None,
    ) -> None:
        identity = _identity(client_id, issuer, secret, key, certificate, secret_in)
        self._proof_key = _proof_key() if dpop else None
        self._resource = resource
        self._request = TokenRequest(
            client_id=client_id,
            issuer=issuer,
            token_url=token_url,
            identity=identity,
            scope=scope if isinstance(scope, str) else " ".join(scope),
            resource=resource,
            parameters=dict(parameters or {}),
            proof_key=self._proof_key,
            mtls=certificate,
        )
        self._cache = None if dpop else cache  # the key of a bound token is in this process only
        self._token: Token | None = None
        self._nonces: dict[str, str] = {}
        self.after_fork()
        renewed_in_children(self)

    def __repr__(self) -> str:
        return f"ClientCredentials({self._request!r})"

    @property
    def identity(self) -> str:
        """Who calls whom, with which rights, as a hash: what is kept for one is not for another."""
        return self._request.name

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send a request with a token; once more with a new one where that is the trouble."""
        token = yield from self.token()
        response = yield from self._send(request, token)
        if response.status != 401:
            self._attempts.accepted()
            return response
        if may_be_the_token(response):
            fresh = yield from self._instead_of(token)
            if fresh is not None:
                response = yield from self._send(request, fresh)
        return response

    def token(self) -> Flow[Token]:
        """Return a token that lives, fetched if need be; raises ``TokenError``."""
        while True:
            now = time.monotonic()
            token = self._token
            if token is not None and now < token.ends:
                if now >= token.renews and self._attempts.may_begin(now):
                    yield Background(self._renew())
                return token
            self._attempts.check(now)
            yield from self._flight.run(partial(self._obtain, token))

    def _send(self, request: HTTPRequest, token: Token) -> Flow[HTTPResponse]:
        response = yield from send_request(self._with_token(request, token))
        nonce = asks_for_nonce(response, self._nonces.get("api")) if self._proof_key else None
        if nonce is not None:
            self._nonces["api"] = nonce
            response = yield from send_request(self._with_token(request, token))
        return response

    def _with_token(self, request: HTTPRequest, token: Token) -> HTTPRequest:
        headers = {**request.headers, "authorization": f"{token.kind} {token.value}"}
        if self._proof_key is not None:
            headers["dpop"] = self._proof_key.prove(
                request.method,
                request.url or self._resource or "",
                now=time.time(),
                token=token.value,
                nonce=self._nonces.get("api"),
            )
        return replace(request, headers=headers)

    def _instead_of(self, token: Token) -> Flow[Token | None]:
        """Return a token that is newer than one that was refused, if there is one to be had."""
        if self._token is token:
            if not self._attempts.may_replace(time.monotonic()):
                return None
            try:
                yield from self._flight.run(partial(self._obtain, token))
            except Exception:  # noqa: BLE001  # the API's own answer says what is wrong
                return None
        return None if self._token is token else self._token

    def _renew(self) -> Flow[None]:
        """Renew the token while it is used still; a failure is remembered, and tried again."""
        try:
            yield from self._flight.run(partial(self._obtain, self._token))
        except Exception:  # noqa: BLE001  # see above
            return

    def _obtain(self, instead_of: Token | None) -> Flow[None]:
        """Get a token from the shared cache, or from the issuer; of many callers one does it."""
        if self._token is not instead_of:
            return  # somebody was faster
        kept = load(self._cache, self._request.name) if self._cache else None
        if kept and time.monotonic() < kept.renews and not _is_same(kept, instead_of):
            self._token = kept
            return
        try:
            self._token = yield from self._request.send()
        except TokenError as error:
            self._attempts.failed(error, time.monotonic())
            raise
        self._attempts.succeeded()
        if self._cache:
            save(self._cache, self._request.name, self._token)

    def after_fork(self) -> None:
        """Forget who waits for whom: after a fork they are in the other process."""
        self._flight = SingleFlight()
        self._attempts = Attempts(Lock())


def _is_same(token: Token, other: Token | None) -> bool:
    return other is not None and token.value == other.value


def _proof_key() -> ProofKey:
    from trunkline.auth.dpop import ProofKey  # noqa: PLC0415  # who needs no proofs needs no joserfc

    return ProofKey()


def _identity(  # noqa: PLR0913, PLR0917  # the ways to show who one is
    client_id: str,
    issuer: str | None,
    secret: SecretSource | None,
    key: KeySource | None,
    certificate: bool,  # noqa: FBT001
    secret_in: Literal["header", "form"],
) -> Identity:
    given: list[Any] = [each for each in (secret, key, certificate or None) if each is not None]
    if len(given) != 1:
        raise ValueError("Give one of secret=, key= and certificate=True.")
    if secret is not None:
        return Secret(client_id, secret, secret_in)
    if key is None:
        return Certificate(client_id)
    if issuer is None:
        raise ValueError("With key=, give issuer= too: what the client signs is for the issuer.")
    return PrivateKey(client_id, key, issuer)
