"""The issuer as an ASGI application. Who has read ``Issuer._respond`` has read it."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from cryptography.x509 import Certificate

from trunkline.asgi.requests import (
    ClientGone,
    Headers,
    HTTPProblem,
    Receive,
    Scope,
    Send,
    read_body,
    read_headers,
)
from trunkline.asgi.responses import HTTPApplication, Response, close_unread
from trunkline.auth.keys import SIGNING_ALGORITHMS
from trunkline.auth.peers import Peer, Proxies
from trunkline.auth.urls import check_issuer, metadata_urls
from trunkline.errors import StoreError
from trunkline.issuer.answers import Refusal, public_answer
from trunkline.issuer.audit import AuditEntry, write_audit
from trunkline.issuer.authenticate import Authenticator
from trunkline.issuer.directory import Directory
from trunkline.issuer.forms import Form, read_form
from trunkline.issuer.grants import Grants
from trunkline.issuer.limits import FailureLimits
from trunkline.issuer.metadata import metadata
from trunkline.issuer.signing import Signing
from trunkline.issuer.status import Status
from trunkline.issuer.store import Store

__all__ = ["Issuer"]

logger = logging.getLogger("trunkline.issuer")

Handler: TypeAlias = Callable[[Form, Headers, Peer, float], Awaitable[Response]]

_BODY_BYTES = 2_097_152
_BODY_SECONDS = 10.0
_CACHED = 600  # seconds that verifiers may keep keys and metadata
_ROTATION = 90 * 86_400.0


class Issuer(HTTPApplication):
    """An authorization server for the client credentials grant, as an ASGI application.

    ``url`` is its identifier (RFC 8414 §2), under which it is reached: with a path, mount it
    there, and route the well-known URL to it as well. ``store`` has its clients and keys.
    ``algorithm`` signs tokens (ES256, RS256 or EdDSA), with a new key every ``rotation`` seconds.
    ``authorities`` vouch for the certificates of clients; ``proxies`` are believed about
    addresses and certificates; ``mtls_url`` is where the endpoints ask for certificates, if that
    is elsewhere. ``development`` allows plain http, on this machine only. ``clock`` gives seconds
    since 1970.

    Raises ``ValueError`` for a URL or an algorithm that cannot be.
    """

    def __init__(  # noqa: PLR0913  # a server is set up in one place
        self,
        url: str,
        store: Store,
        *,
        algorithm: str = "ES256",
        rotation: float = _ROTATION,
        authorities: Sequence[Certificate] = (),
        proxies: Proxies | None = None,
        mtls_url: str | None = None,
        limits: FailureLimits | None = None,
        development: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = check_issuer(url)
        if parts.scheme == "http" and not development:
            raise ValueError(f"{url}: an issuer is reached by https, but for development=True.")
        if algorithm not in SIGNING_ALGORITHMS:
            raise ValueError(f"{algorithm!r} is none of {', '.join(SIGNING_ALGORITHMS)}.")
        self._path = parts.path.rstrip("/")
        self.metadata_url = metadata_urls(url)[0]
        self._well_known = self.metadata_url.removeprefix(f"{parts.scheme}://{parts.netloc}")
        self._proxies = proxies or Proxies()
        self._clock = clock
        self._metadata = public_answer(metadata(url, mtls_url), _CACHED)
        self._signing = Signing(store, algorithm, rotation)
        self._handlers = self._make_handlers(
            url, mtls_url, store, limits or FailureLimits(), authorities
        )

    def _make_handlers(
        self,
        url: str,
        mtls_url: str | None,
        store: Store,
        limits: FailureLimits,
        authorities: Sequence[Certificate],
    ) -> dict[str, Handler]:
        bases = [base.rstrip("/") for base in (url, mtls_url) if base]
        urls = tuple(f"{base}/token" for base in bases)
        directory = Directory(store)
        authenticator = Authenticator(store, directory, limits, (url, urls[0]), authorities)
        status = Status(url, authenticator, self._signing, store, directory)
        grants = Grants(url, urls, authenticator, self._signing, store)
        return {
            "/token": grants.answer,
            "/introspect": status.introspect,
            "/revoke": status.revoke,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def respond(self, scope: Scope, receive: Receive) -> Response:
        """Return the response to a request, whatever happens; unexpected errors are logged."""
        try:
            return await self._respond(scope, receive)
        except HTTPProblem as problem:
            closing = close_unread(scope)
            refusal = Refusal("invalid_request", problem.message, problem.status, *closing)
        except Refusal as caught:
            refusal = caught
        except StoreError as error:
            logger.error("%s", error)  # noqa: TRY400  # the message says it all
            again = (b"retry-after", b"1")
            refusal = Refusal("temporarily_unavailable", "Try again later.", 503, again)
        except ClientGone:
            raise
        except Exception:
            logger.exception("The issuer failed")
            refusal = Refusal("server_error", "The issuer failed.", 500)
        return refusal.answer()

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        path = self._path_of(scope)
        handler = self._handlers.get(path)
        if handler is None:
            return await self._read_only(scope, path)
        _check_method(scope, "POST")
        headers = read_headers(scope)
        try:
            peer = self._proxies.peer(scope, headers)
        except ValueError as problem:
            raise Refusal("invalid_client", str(problem), 401, *close_unread(scope)) from None
        if not peer.is_secure:
            raise Refusal(
                "invalid_request", "Secrets go over https only.", 400, *close_unread(scope)
            )
        body = await read_body(headers, receive, _BODY_BYTES, _BODY_SECONDS)
        try:
            form = read_form(headers, body)
            return await handler(form, headers, peer, self._clock())
        except Refusal as refusal:
            _audit(refusal, peer)
            raise

    async def _read_only(self, scope: Scope, path: str) -> Response:
        if path not in {"/jwks", self._well_known}:
            raise Refusal("invalid_request", "There is nothing here.", 404, *close_unread(scope))
        _check_method(scope, "GET", "HEAD")
        if path == self._well_known:
            return self._metadata
        now = self._clock()
        ring = await self._signing.ring(now)
        return public_answer(ring.jwks(now), _CACHED, b"application/jwk-set+json")

    def _path_of(self, scope: Scope) -> str:
        """Find the path below the issuer's own, however it was mounted."""
        path: str = scope["path"]
        root: str = scope.get("root_path", "").rstrip("/")
        whole = path if f"{path}/".startswith(f"{root}/") else root + path
        if self._path and whole.startswith(f"{self._path}/"):
            return whole[len(self._path) :]
        return whole


def _check_method(scope: Scope, *allowed: str) -> None:
    if scope["method"] not in allowed:
        headers = [(b"allow", ", ".join(allowed).encode()), *close_unread(scope)]
        raise Refusal("invalid_request", "Another method is needed; see Allow.", 405, *headers)


def _audit(refusal: Refusal, peer: Peer) -> None:
    write_audit(
        AuditEntry(
            "refusal",
            peer.address,
            client_id=refusal.client_id,
            error=refusal.error,
            reason=refusal.reason,
        )
    )


async def _live(receive: Receive, send: Send) -> None:
    """Take part in ASGI's lifespan, in which nothing is to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
