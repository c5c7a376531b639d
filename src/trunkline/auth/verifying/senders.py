"""Tokens that only their client can use: bound to a key (RFC 9449) or certificate (RFC 8705)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from trunkline.asgi.requests import Headers, Scope, read_headers
from trunkline.auth.certificates import read_certificate, thumbprint
from trunkline.auth.dpop import PROOF_SECONDS, check_proof
from trunkline.auth.jose import JWTError
from trunkline.auth.verifying.bearer import Credentials
from trunkline.errors import AccessDeniedError

__all__ = ["CertificateOf", "Replays", "SenderCheck", "certificate_of_connection"]

CertificateOf = Callable[[Scope, Headers], bytes | None]
"""Finds the certificate (PEM or DER) that a client has shown. What it raises means none."""

_METHODS = {"jkt", "x5t#S256"}


def certificate_of_connection(scope: Scope, _headers: Headers) -> bytes | None:
    """Return the certificate that the ASGI server itself was shown (ASGI's TLS extension)."""
    extension: dict[str, Any] = (scope.get("extensions") or {}).get("tls") or {}
    chain = extension.get("client_cert_chain") or ()
    return chain[0].encode() if chain else None


class Replays:
    """Remembers the proofs that have come, as long as they could come again.

    Two sets that change places: what was added last window or this one is known. ``size`` is how
    many a window may have.
    """

    def __init__(self, clock: Callable[[], float], size: int = 500_000) -> None:
        self._clock = clock
        self._size = size
        self._began = clock()
        self._now: set[bytes] = set()
        self._before: set[bytes] = set()

    def is_new(self, key: str) -> bool:
        """Say whether a proof comes for the first time, and remember it.

        Raises ``AccessDeniedError`` (503) where there is no room for more.
        """
        self._turn()
        digest = sha256(key.encode("utf-8", "replace")).digest()[:16]
        if digest in self._now or digest in self._before:
            return False
        if len(self._now) >= self._size:
            raise AccessDeniedError(503, "There are too many proofs at once.", retry_after=30)
        self._now.add(digest)
        return True

    def _turn(self) -> None:
        passed = self._clock() - self._began
        if passed >= 2 * PROOF_SECONDS:
            self._before = self._now if passed < 4 * PROOF_SECONDS else set()
            self._now = set()
            self._began = self._clock()


class SenderCheck:
    """Holds a token to its sender, request by request.

    ``origin`` is where clients reach the API (``https://api.example``): what a proof is for must
    begin with it, and not with whatever a ``Host`` header says.
    """

    def __init__(self, origin: str | None, certificate_of: CertificateOf, replays: Replays) -> None:
        self._origin = origin
        self._certificate_of = certificate_of
        self._replays = replays

    def check(
        self,
        bound: Mapping[str, Any] | None,
        credentials: Credentials,
        scope: Scope,
        now: float,
    ) -> None:
        """Check that a request is from whom the token is bound to; raises ``AccessDeniedError``."""
        jkt = None if bound is None else bound.get("jkt")
        if (credentials.scheme == "DPoP") is not (jkt is not None):
            raise _invalid(credentials, "The token is not one for this scheme.")
        if bound is None:
            return
        if not bound.keys() & _METHODS:
            raise _invalid(credentials, "The token is bound in a way that is not known here.")
        if jkt is not None:
            self._check_proof(jkt, credentials, scope, now)
        if "x5t#S256" in bound:
            self._check_certificate(bound["x5t#S256"], credentials, scope)

    def _check_proof(self, jkt: object, credentials: Credentials, scope: Scope, now: float) -> None:
        if self._origin is None:
            raise _invalid(credentials, "This API takes no tokens that need proofs.")
        proofs = [value for name, value in scope["headers"] if name == b"dpop"]
        if len(proofs) != 1:
            raise _no_proof("A request has one header DPoP.")
        url = self._origin + quote(scope["path"])
        try:
            proof = check_proof(
                proofs[0].decode("latin-1"),
                method=scope["method"],
                url=url,
                now=now,
                token=credentials.token,
            )
        except JWTError as problem:
            raise _no_proof(str(problem)) from None
        if proof.jkt != jkt:
            raise _invalid(credentials, "The token is bound to another key.")
        if not self._replays.is_new(f"{proof.jkt} {proof.jti}"):
            raise _no_proof("The proof was used before.")

    def _check_certificate(self, wanted: object, credentials: Credentials, scope: Scope) -> None:
        try:
            found = self._certificate_of(scope, read_headers(scope))
            der = None if found is None else read_certificate(found)
        except Exception:  # noqa: BLE001  # headers that are no certificate; a proxy's own code
            der = None
        if der is None or thumbprint(der) != wanted:
            raise _invalid(credentials, "The token is bound to another certificate.")


def origin_of(url: str) -> str | None:
    """Return the scheme and host of a URL, ``None`` where it is none of HTTP's."""
    parts = urlsplit(url)
    is_http = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_http else None


def _invalid(credentials: Credentials, message: str) -> AccessDeniedError:
    return AccessDeniedError(401, message, "invalid_token", scheme=credentials.scheme)


def _no_proof(message: str) -> AccessDeniedError:
    return AccessDeniedError(401, message, "invalid_dpop_proof", scheme="DPoP")
