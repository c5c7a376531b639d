"""The issuer as an ASGI application: `Issuer.respond` reads a request from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from cryptography.x509 import Certificate

from trunkline.asgi.requests import (
    BodyReader,
    HTTPProblem,
    Receive,
    Scope,
    check_method,
    read_headers,
)
from trunkline.asgi.responses import HTTPApplication, Response, close_unread
from trunkline.auth.jose import ALGORITHMS
from trunkline.auth.peers import Proxies
from trunkline.auth.urls import check_issuer, metadata_urls
from trunkline.errors import StoreError
from trunkline.issuer.audit import AuditEntry, write_audit
from trunkline.issuer.authentication import AuthenticatedClient, ClientAuthenticator
from trunkline.issuer.keys import SIGNING_ALGORITHMS
from trunkline.issuer.limits import FailureLimits
from trunkline.issuer.messages import IssuerRequest, OAuthError, public_response, read_form
from trunkline.issuer.signing import KeyRotation
from trunkline.issuer.store import ClientDirectory, Store
from trunkline.issuer.tokens import TokenEndpoints
from trunkline.observe.log import safe_logger

__all__ = ["Issuer"]

logger = safe_logger("trunkline.issuer")

Handler: TypeAlias = Callable[[AuthenticatedClient, IssuerRequest], Awaitable[Response]]

_BODY_BYTES = 65_536  # a token has 16,384 characters at most
_BODY_SECONDS = 10.0
_CACHED = 600  # seconds that verifiers may cache keys and metadata

_ENDPOINTS = {
    "token_endpoint": "/token",
    "introspection_endpoint": "/introspect",
    "revocation_endpoint": "/revoke",
}
_METHODS = [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]


class Issuer(HTTPApplication):
    """An authorization server for the client credentials grant, as an ASGI application.

    - ``url``: its identifier (RFC 8414 §2), which is where clients reach it. If it has a path,
      mount the issuer there, and route `metadata_url` to it as well.
    - ``store``: its clients and keys.
    - ``algorithm``: of its signatures: ES256, RS256 or EdDSA.
    - ``rotation``: seconds after which a new key signs.
    - ``authorities``: they issue the certificates of clients (``tls_client_auth``).
    - ``proxies``: their headers are believed about addresses and certificates.
    - ``mtls_url``: where the endpoints ask for certificates, if that is another URL.
    - ``limits``: for failed authentications.
    - ``development``: allows plain http on this machine.
    - ``clock``: returns seconds since 1970.

    Raises ``ValueError`` for a URL or an algorithm that is not supported.
    """

    def __init__(  # noqa: PLR0913  # a server is set up in one place
        self,
        url: str,
        store: Store,
        *,
        algorithm: str = "ES256",
        rotation: float = 90 * 86_400,
        authorities: Sequence[Certificate] = (),
        proxies: Proxies | None = None,
        mtls_url: str | None = None,
        limits: FailureLimits | None = None,
        development: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = check_issuer(url)
        if parts.scheme == "http" and not development:
            raise ValueError(
                f"{url}: use https, or development=True (--development) for http on this machine."
            )
        if algorithm not in SIGNING_ALGORITHMS:
            raise ValueError(f"{algorithm!r} is not one of {', '.join(SIGNING_ALGORITHMS)}.")
        self._path = parts.path.rstrip("/")
        self.metadata_url = metadata_urls(url)[0]
        self._well_known = self.metadata_url.removeprefix(f"{parts.scheme}://{parts.netloc}")
        self._metadata = public_response(issuer_metadata(url, mtls_url), _CACHED)
        self._proxies = proxies or Proxies()
        self._clock = clock
        self._bodies = BodyReader(_BODY_BYTES, _BODY_SECONDS)
        self._keys = KeyRotation(store, algorithm, rotation)
        urls = tuple(f"{base.rstrip('/')}/token" for base in (url, mtls_url) if base)
        directory = ClientDirectory(store)
        self._authenticator = ClientAuthenticator(
            store, directory, limits or FailureLimits(), (url, urls[0]), authorities
        )
        endpoints = TokenEndpoints(url, urls, self._keys, store, directory)
        self._handlers: dict[str, Handler] = {
            "/token": endpoints.grant,
            "/introspect": endpoints.introspect,
            "/revoke": endpoints.revoke,
        }

    async def respond(self, scope: Scope, receive: Receive) -> Response:
        """Return the response to a request; raises ``OAuthError`` and ``HTTPProblem``."""
        path: str = scope["path"]
        root: str = scope.get("root_path", "").rstrip("/")
        if not f"{path}/".startswith(f"{root}/"):
            path = root + path  # the framework has cut off where it mounted the issuer
        if self._path and path.startswith(f"{self._path}/"):
            path = path[len(self._path) :]
        handler = self._handlers.get(path)
        if handler is None:
            return await self._read_only(scope, path)
        check_method(scope, "POST")
        headers = read_headers(scope)
        try:
            peer = self._proxies.peer(scope, headers)
        except ValueError as error:
            raise OAuthError("invalid_client", str(error), 401, *close_unread(scope)) from None
        if not peer.is_secure:
            raise HTTPProblem(400, "The request did not come over https, and it has secrets.")
        body = await self._bodies.read(headers, receive)
        client_id = ""
        try:
            request = IssuerRequest(*read_form(headers, body), headers, peer, self._clock())
            sender = await self._authenticator.authenticate(request)
            client_id = sender.client.client_id
            return await handler(sender, request)
        except OAuthError as error:
            write_audit(
                AuditEntry(
                    "refusal",
                    peer.address,
                    client_id=error.client_id or client_id,
                    error=error.error,
                    reason=error.reason,
                )
            )
            raise

    async def _read_only(self, scope: Scope, path: str) -> Response:
        if path not in {"/jwks", self._well_known}:
            raise HTTPProblem(404, "The issuer has nothing at this path.")
        check_method(scope, "GET", "HEAD")
        if path == self._well_known:
            return self._metadata
        now = self._clock()
        ring = await self._keys.ring(now)
        return public_response(ring.jwks(now), _CACHED, b"application/jwk-set+json")

    def explain(self, error: Exception, scope: Scope) -> Response:
        """Return the error response (RFC 6749 §5.2) for an exception; log an unexpected one."""
        if isinstance(error, HTTPProblem):
            headers = (*error.headers, *close_unread(scope))
            error = OAuthError("invalid_request", error.message, error.status, *headers)
        elif isinstance(error, StoreError):
            logger.error("%s", error)  # the message says it all
            message = "The store of the issuer cannot be used: try again later."
            error = OAuthError("temporarily_unavailable", message, 503, (b"retry-after", b"1"))
        elif not isinstance(error, OAuthError):
            logger.error("The issuer failed", exc_info=error)
            message = "The issuer failed; its log has the details."
            error = OAuthError("server_error", message, 500)
        return error.response()


def issuer_metadata(issuer: str, mtls_url: str | None) -> dict[str, Any]:
    """Return the metadata of an issuer (RFC 8414 §2)."""
    base = issuer.rstrip("/")
    metadata: dict[str, Any] = {
        "issuer": issuer,
        "jwks_uri": f"{base}/jwks",
        # Required, though empty lists should be omitted (§2, §3.2): clients insist on it.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": True,
    }
    for name, path in _ENDPOINTS.items():
        metadata[name] = base + path
        metadata[f"{name}_auth_methods_supported"] = _METHODS
        metadata[f"{name}_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    if mtls_url:
        aliases = {name: mtls_url.rstrip("/") + path for name, path in _ENDPOINTS.items()}
        metadata["mtls_endpoint_aliases"] = aliases
    return metadata
