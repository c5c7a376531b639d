"""The credentials of a client: a token that is requested once for all calls, renewed, and sent.

Everything is a flow: the client's transports run it, and so do the adapters for httpx, httpx2 and
requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Literal, TypeAlias

from msgspec.structs import replace

from trunkline.auth.calling.attempts import Attempts
from trunkline.auth.calling.authentication import (
    Assertion,
    AssertionAuthentication,
    AssertionSource,
    ClientAuthentication,
    ClientId,
    KeySource,
    SecretSource,
    SharedSecret,
)
from trunkline.auth.calling.cache import TokenCache, load_token, save_token
from trunkline.auth.calling.grants import Grant, OwnRights
from trunkline.auth.calling.tokens import (
    Accepted,
    Token,
    TokenRequest,
    requested_nonce,
    suspects_token,
)
from trunkline.errors import TokenError
from trunkline.flow.calls import Background, Flow, send_request
from trunkline.flow.single_flight import SingleFlight
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HEADER_NAME, HTTPRequest, HTTPResponse
from trunkline.protocol.response import was_executed

__all__ = ["APOLLO", "HASURA", "ClientCredentials"]

Expired: TypeAlias = Collection[int | str] | Callable[[HTTPResponse], bool]

HASURA: Collection[int | str] = frozenset({"invalid-jwt"})
"""``expired=HASURA``: how Hasura says, with the status 200, that a token expired.

https://hasura.io/docs/2.0/auth/authentication/jwt/ and graphql-engine's issue 8659
"""

APOLLO: Collection[int | str] = frozenset({"UNAUTHENTICATED"})
"""``expired=APOLLO``: the code that Apollo Server's documentation gives to a caller without a valid
token, whatever the status.

https://www.apollographql.com/docs/apollo-server/data/errors
"""


class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749 §4.4): one object per API, shared by all its callers.

    Where tokens come from:

    - ``issuer``: the issuer's identifier; its metadata has the token endpoint. Or ``token_url``:
      the token endpoint, without metadata.

    Who the client is, one of:

    - ``secret``: a text, a ``Path`` of a file, or a function, read at each token request;
      ``secret_in`` is its place, the header or the form.
    - ``key``: a private key as a JWK, as PEM, in a file, or from a function (``private_key_jwt``).
      The client signs for ``issuer``, or for ``token_url`` if there is no issuer.
    - ``assertion``: an ``Assertion``, if the key needs more than that; or the text, the ``Path`` or
      the function of one that another program signs, as Kubernetes does (RFC 7523 §2.2).
    - ``certificate=True``: the certificate of the transport's connection.

    What a token is for:

    - ``scope`` and ``resource``.
    - ``grant``: ``JWTBearer`` or ``TokenExchange``, for a token in exchange for an assertion or for
      another token. The client then needs no credentials, and no ``client_id``, of its own.
    - ``dpop``: binds tokens to a key that never leaves this object, and proves its possession with
      each request (RFC 9449).
    - ``parameters``: added to token requests (``audience`` for Auth0, for example).

    How the issuer and the API differ from the standards:

    - ``token_type``: what the issuer calls bearer tokens, ``"BearerToken"`` for example; ``None``
      if its responses need not have a ``token_type``.
    - ``token_status``: the status of a response with a token.
    - ``lifetime``: how many seconds a token is used if the issuer does not say it, or says 0 or
      less.
    - ``header`` and ``scheme``: the header that has the token, and the word before it; with an
      empty ``scheme`` there is none.
    - ``expired``: how the API says that a token is no longer valid, other than by 401: statuses and
      codes (``extensions.code``), or a function of the response. Then the token is replaced. The
      request is sent again if it is a query, or if the response shows that nothing was executed.
    - ``allow_http=True``: sends secret and token over plain http too, where a network protects them
      by itself, such as a service mesh. Otherwise that is for this machine only.

    And ``cache`` shares tokens with other processes.

    A token is requested when it is first needed, once for all who wait. It is renewed in the
    background after 70 to 90 % of its life, and used until it ends if the issuer is down. Raises
    ``TokenError`` if there is no token, and ``ValueError`` for settings that cannot work.
    """

    def __init__(  # noqa: PLR0913  # OAuth has as many parameters
        self,
        *,
        client_id: str | None = None,
        issuer: str | None = None,
        token_url: str | None = None,
        secret: SecretSource | None = None,
        secret_in: Literal["header", "form"] = "header",  # noqa: S107  # not a secret
        key: KeySource | None = None,
        assertion: AssertionSource | None = None,
        certificate: bool = False,
        scope: str | Sequence[str] = (),
        resource: str | None = None,
        grant: Grant | None = None,
        dpop: bool = False,
        parameters: Mapping[str, str] | None = None,
        token_type: str | None = "Bearer",  # noqa: S107  # not a secret
        token_status: int = 200,
        lifetime: float | None = None,
        header: str = "authorization",
        scheme: str = "Bearer",
        expired: Expired = (),
        allow_http: bool = False,
        cache: TokenCache | None = None,
    ) -> None:
        given = [each is not None for each in (secret, key, assertion)]
        if sum(given) + certificate != 1 and (grant is None or any(given) or certificate):
            raise ValueError("Give one of secret=, key=, assertion= and certificate=True.")
        if grant is None and client_id is None:
            raise ValueError("Give client_id=: the issuer knows the client by it.")
        if dpop and (token_type, header, scheme) != ("Bearer", "authorization", "Bearer"):
            raise ValueError("With dpop=True, the token's type, header and scheme are RFC 9449's.")
        if not HEADER_NAME.fullmatch(header):
            raise ValueError(f"{header!r} is not a valid name of a header.")
        self._proof_key = None
        if dpop:
            from trunkline.auth.dpop import ProofKey  # noqa: PLC0415  # others do without joserfc

            self._proof_key = ProofKey()
        self.resource = resource
        self.allow_http = allow_http
        self._header = header.lower()
        self._scheme = scheme
        self._expired = expired
        self._request = TokenRequest(
            client_id=client_id,
            issuer=issuer,
            token_url=token_url,
            authentication=_authentication(
                client_id, secret, secret_in, Assertion(key) if key is not None else assertion
            ),
            grant=grant or OwnRights(),
            accepted=Accepted("DPoP" if dpop else token_type, token_status, lifetime),
            scope=scope if isinstance(scope, str) else " ".join(scope),
            resource=resource,
            parameters=dict(parameters or {}),
            proof_key=self._proof_key,
            mtls=certificate,
            allow_http=allow_http,
        )
        if cache is not None and self._request.name is None:
            raise ValueError(
                "Tokens of this grant cannot be kept in cache=: nothing tells whose token another"
                " process put there."
            )
        self._cache = None if dpop else cache  # the key of a bound token is only in this process
        self._token: Token | None = None
        self._nonce: str | None = None
        self.after_fork()
        renewed_in_children(self)

    def __repr__(self) -> str:
        return f"ClientCredentials({self._request!r})"

    @property
    def identity(self) -> str | None:
        """A hash of client, issuer and rights. What is kept for one is not used for another.

        ``None`` if a token of another program tells whose rights they are.
        """
        return self._request.name

    @property
    def reads_bodies(self) -> bool:
        """Whether the body of a response may tell that the token is no longer valid."""
        expired = self._expired
        return callable(expired) or any(isinstance(each, str) for each in expired)

    def after_fork(self) -> None:
        """Forget who waits for whom: after a fork they are in the other process."""
        self._flight = SingleFlight()
        self._attempts = Attempts()

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send a request with a token, and once more with a new one if the token was rejected."""
        token = yield from self.token()
        response = yield from self._send(request, token)
        if suspects_token(response, self._expired):
            fresh = yield from self._replace(token)
            if fresh is not None and (request.repeatable or not was_executed(response)):
                response = yield from self._send(request, fresh)
        elif response.status != 401:
            self._attempts.record_acceptance()
        return response

    def token(self) -> Flow[Token]:
        """Return a valid token, requested if necessary. Raises ``TokenError``."""
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
        nonce = requested_nonce(response, self._nonce) if self._proof_key else None
        if nonce is not None:
            self._nonce = nonce
            response = yield from send_request(self._with_token(request, token))
        return response

    def _with_token(self, request: HTTPRequest, token: Token) -> HTTPRequest:
        headers = {**request.headers, self._header: f"{self._scheme} {token.value}".lstrip()}
        if self._proof_key is not None:
            headers[self._header] = f"{token.kind} {token.value}"
            headers["dpop"] = self._proof_key.prove(
                request.method,
                request.url_at(self.resource or ""),
                now=time.time(),
                token=token.value,
                nonce=self._nonce,
            )
        return replace(request, headers=headers)

    def _replace(self, token: Token) -> Flow[Token | None]:
        """Return a newer token than one that was rejected, or ``None``."""
        while self._token is token:  # a caller at work may have been cancelled
            now = time.monotonic()
            if not (self._flight.is_running() or self._attempts.may_replace(token, now)):
                return None
            try:
                yield from self._flight.run(partial(self._obtain, token))
            except Exception:  # noqa: BLE001  # the API's own response says what is wrong
                return None
        return self._token

    def _renew(self) -> Flow[None]:
        """Renew the token while it is still used. `Attempts` remembers a failure."""
        try:
            yield from self._flight.run(partial(self._obtain, self._token))
        except Exception:  # noqa: BLE001  # the token is still valid
            return

    def _obtain(self, old: Token | None) -> Flow[None]:
        """Get a token in place of an old one, from the shared cache or from the issuer."""
        if self._token is not old:
            return  # another caller was faster
        if self._cache:
            cached = load_token(self._cache, self._request.name or "")
            is_old = cached and old and cached.value == old.value
            if cached and not is_old and time.monotonic() < cached.renews:
                self._token = cached
                return
        try:
            self._token = yield from self._request.send()
        except TokenError as error:
            self._attempts.record_failure(error, time.monotonic())
            raise
        self._attempts.record_success()
        if self._cache:
            save_token(self._cache, self._request.name or "", self._token)


def _authentication(
    client_id: str | None,
    secret: SecretSource | None,
    secret_in: Literal["header", "form"],
    assertion: AssertionSource | None,
) -> ClientAuthentication:
    """Return what proves who the client is."""
    if secret is None and assertion is None:
        return ClientId(client_id)
    if client_id is None:
        raise ValueError("Give client_id= too: the issuer knows the client by it.")
    if assertion is not None:
        return AssertionAuthentication(client_id, assertion)
    assert secret is not None  # noqa: S101  # see above
    return SharedSecret(client_id, secret, secret_in)
