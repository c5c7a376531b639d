"""Proofs that a request comes from who holds a key (DPoP, RFC 9449): made, and checked."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from joserfc.jwk import ECKey

from trunkline.auth.jose import ALGORITHMS, AsymmetricKey, JOSEProblem, read_key, read_signed, sign

__all__ = ["PROOF_ALGORITHMS", "PROOF_SECONDS", "Proof", "ProofKey", "check_proof"]

PROOF_ALGORITHMS = ALGORITHMS

PROOF_SECONDS = 60
"""How far the time of a proof may be from ours, either way (RFC 9449 §11.1)."""

_UNRESERVED = "-._~"
_SUBDELIMS = "!$&'()*+,;=:@/"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof has shown: the key's thumbprint, and the id that must not come twice."""

    jkt: str
    jti: str
    nonce: str | None


class ProofKey:
    """A key that this program makes proofs with; it leaves the process nowhere."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256")
        self._public = self._key.as_dict(private=False)

    @property
    def jkt(self) -> str:
        """The thumbprint (RFC 7638) that tokens are bound to."""
        return self._key.thumbprint()

    def prove(
        self,
        method: str,
        url: str,
        *,
        now: float,
        token: str | None = None,
        nonce: str | None = None,
    ) -> str:
        """Make the proof for one request, with the token that it carries."""
        parts = urlsplit(url)
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": method,
            "htu": f"{parts.scheme}://{parts.netloc}{parts.path}",
            "iat": int(now),
        }
        if token is not None:
            claims["ath"] = _digest(token)
        if nonce is not None:
            claims["nonce"] = nonce
        return sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": self._public}, claims, self._key)


def check_proof(  # noqa: PLR0913  # what a proof is about
    proof: str,
    *,
    method: str,
    url: str,
    now: float,
    token: str | None = None,
    algorithms: tuple[str, ...] = PROOF_ALGORITHMS,
) -> Proof:
    """Check a proof as RFC 9449 §4.3 says, all but its nonce and whether its ``jti`` is new.

    ``token`` is the access token that the request carries, where it carries one. Raises
    ``JOSEProblem``, whose message says which check failed.
    """
    keys: list[AsymmetricKey] = []

    def own_key(header: Mapping[str, Any]) -> AsymmetricKey:
        if header.get("typ") != "dpop+jwt":
            raise JOSEProblem("The proof is of another type than dpop+jwt.")
        keys.append(read_key(header.get("jwk")))
        return keys[0]

    claims = read_signed(proof, own_key, algorithms).claims
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 256:
        raise JOSEProblem("The proof has no usable jti.")
    _check_request(claims, method, url)
    _check_time(claims.get("iat"), now)
    if token is not None and claims.get("ath") != _digest(token):
        raise JOSEProblem("The proof is for another access token.")
    nonce = claims.get("nonce")
    return Proof(keys[0].thumbprint(), jti, nonce if isinstance(nonce, str) else None)


def _check_request(claims: Mapping[str, Any], method: str, url: str) -> None:
    if claims.get("htm") != method:
        raise JOSEProblem("The proof is for another method.")
    htu = claims.get("htu")
    if not isinstance(htu, str) or _normal(htu) != _normal(url):
        raise JOSEProblem("The proof is for another URL.")


def _check_time(issued: object, now: float) -> None:
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        raise JOSEProblem("The proof has no time.")
    if not abs(now - issued) <= PROOF_SECONDS:
        raise JOSEProblem("The proof is not of now.")


def _normal(url: str) -> tuple[str, str, int | None, str]:
    """Normalise a URL as RFC 3986 §6.2.2 and §6.2.3 say, without query and fragment."""
    try:
        parts = urlsplit(url)
        path = quote(unquote(parts.path, errors="strict"), safe=_UNRESERVED + _SUBDELIMS)
        return parts.scheme.lower(), (parts.hostname or "").lower(), _port(parts), path or "/"
    except ValueError as error:
        raise JOSEProblem("The proof is for no URL.") from error


def _port(parts: SplitResult) -> int | None:
    return parts.port or {"https": 443, "http": 80}.get(parts.scheme.lower())


def _digest(token: str) -> str:
    return urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode("ascii")
