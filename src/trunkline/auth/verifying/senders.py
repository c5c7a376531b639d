"""Tokens that only their client can use: bound to a key (RFC 9449) or certificate (RFC 8705)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from trunkline.asgi.requests import Headers, Scope, read_headers
from trunkline.auth.certificates import read_certificate, thumbprint
from trunkline.auth.dpop import PROOF_SECONDS, Proof, check_proof
from trunkline.auth.jose import JWTError
from trunkline.auth.verifying.caller import Caller, PresentedToken
from trunkline.errors import AccessDeniedError

__all__ = ["CertificateOf", "Replays", "SenderCheck", "default_origin"]

CertificateOf = Callable[[Scope, Headers], bytes | None]
"""Finds the certificate (PEM or DER) of the client, ``None`` if it has none.

A request for which it raises an exception is denied.
"""

_METHODS = {"jkt", "x5t#S256"}


class Replays:
    """Remembers the proofs that were used, as long as they could be used again.

    Two sets take turns: proofs of the last and of this window are known. ``size`` is how many
    proofs a window may have.
    """

    def __init__(self, clock: Callable[[], float], size: int = 500_000) -> None:
        self._clock = clock
        self._size = size
        self._began = clock()
        self._now: set[bytes] = set()
        self._before: set[bytes] = set()
        self._counts = Counter[str]()

    def is_new(self, key: str, client_id: str) -> bool:
        """Tell whether a proof is used for the first time, and remember it.

        No client may have more proofs than there is room left, so one alone cannot take it all.
        Raises ``AccessDeniedError`` (503) if there is no room for more of this client's.
        """
        passed = self._clock() - self._began
        if passed >= 2 * PROOF_SECONDS:
            self._before = self._now if passed < 4 * PROOF_SECONDS else set()
            self._now, self._counts = set(), Counter()
            self._began = self._clock()
        digest = sha256(key.encode("utf-8", "replace")).digest()[:16]
        if digest in self._now or digest in self._before:
            return False
        if self._counts[client_id] >= self._size - len(self._now):
            message = "The API receives too many DPoP proofs: try again later."
            raise AccessDeniedError(503, message, retry_after=30)
        self._now.add(digest)
        self._counts[client_id] += 1
        return True


class SenderCheck:
    """Checks for each request that it comes from the client that its token is bound to.

    ``origin`` is where clients reach the API (``https://api.example``). The URL of a proof must
    begin with it, and not with what the header ``Host`` says.
    """

    def __init__(self, origin: str | None, certificate_of: CertificateOf, replays: Replays) -> None:
        self._origin = origin
        self._certificate_of = certificate_of
        self._replays = replays

    def check(
        self,
        caller: Caller,
        bound: Mapping[str, Any] | None,
        presented: PresentedToken,
        scope: Scope,
        now: float,
    ) -> None:
        """Check a request; ``bound`` is the claim 'cnf'. Raises ``AccessDeniedError``."""
        jkt = None if bound is None else bound.get("jkt")
        if presented.scheme == "DPoP" and jkt is None:
            raise _invalid(presented, "The token is not bound to a key: send it as Bearer.")
        if presented.scheme == "Bearer" and jkt is not None:
            raise _invalid(presented, "The token is bound to a key: send it as DPoP, with a proof.")
        if bound is None:
            return
        if not bound.keys() & _METHODS:
            message = "Claim 'cnf' has neither 'jkt' nor 'x5t#S256'; other bindings are unknown."
            raise _invalid(presented, message)
        if jkt is not None:
            proof = self._check_proof(jkt, presented, scope, now)
            if not self._replays.is_new(f"{proof.jkt} {proof.jti}", caller.client_id):
                raise _invalid_proof("The DPoP proof was used before: make one for each request.")
        if "x5t#S256" in bound:
            self._check_certificate(bound["x5t#S256"], presented, scope)

    def _check_proof(
        self, jkt: object, presented: PresentedToken, scope: Scope, now: float
    ) -> Proof:
        if self._origin is None:
            raise _invalid(presented, "This API does not accept tokens that are bound to keys.")
        proofs = [value for name, value in scope["headers"] if name == b"dpop"]
        if len(proofs) != 1:
            raise _invalid_proof("The request must have one header DPoP, with a proof.")
        try:
            proof = check_proof(
                proofs[0].decode("latin-1"),
                method=scope["method"],
                urls=[self._origin + quote(scope["path"])],
                now=now,
                token=presented.token,
            )
        except JWTError as error:
            raise _invalid_proof(f"The DPoP proof is not valid. {error}") from None
        if proof.jkt != jkt:
            raise _invalid(presented, "The token is bound to another key than that of the proof.")
        return proof

    def _check_certificate(self, bound: object, presented: PresentedToken, scope: Scope) -> None:
        try:
            found = self._certificate_of(scope, read_headers(scope))
            der = None if found is None else read_certificate(found)
        except Exception:  # noqa: BLE001  # `Proxies` and programs raise for unreadable headers
            message = "The client certificate of the request cannot be read: expected PEM or DER."
            raise _invalid(presented, message) from None
        if der is None:
            message = "The token is bound to a certificate, and the request has none."
            raise _invalid(presented, message)
        if thumbprint(der) != bound:
            raise _invalid(presented, "The token is bound to another certificate.")


def default_origin(audience: str) -> str | None:
    """Return where clients reach an API whose audience is a URL; ``None`` for any other."""
    parts = urlsplit(audience)
    is_http = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_http else None


def _invalid(presented: PresentedToken, message: str) -> AccessDeniedError:
    return AccessDeniedError(401, message, "invalid_token", scheme=presented.scheme)


def _invalid_proof(message: str) -> AccessDeniedError:
    return AccessDeniedError(401, message, "invalid_dpop_proof", scheme="DPoP")
