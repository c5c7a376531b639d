"""Proofs that the sender of a request holds a key (DPoP, RFC 9449): made, and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from joserfc.jwk import ECKey

from trunkline.auth.jose import (
    ALGORITHMS,
    AsymmetricKey,
    JWTError,
    digest,
    read_jti,
    read_public_key,
    read_signed,
    read_time,
    sign,
)

__all__ = ["PROOF_SECONDS", "Proof", "ProofKey", "check_proof"]

PROOF_SECONDS = 60
"""How far the time of a proof may be from ours, either way (RFC 9449 §11.1)."""

_UNRESERVED = "-._~"
_SUBDELIMS = "!$&'()*+,;=:@/"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that was checked: the thumbprint of its key, and its id, which is used only once."""

    jkt: str
    jti: str


class ProofKey:
    """A key that this program makes proofs with. It never leaves the process."""

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
        """Make the proof for one request; ``token`` is the access token that it carries."""
        parts = urlsplit(url)
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": method,
            "htu": f"{parts.scheme}://{parts.netloc}{parts.path}",
            "iat": int(now),
        }
        if token is not None:
            claims["ath"] = digest(token.encode())
        if nonce is not None:
            claims["nonce"] = nonce
        return sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": self._public}, claims, self._key)


def check_proof(
    proof: str, *, method: str, urls: Collection[str], now: float, token: str | None = None
) -> Proof:
    """Check a proof as RFC 9449 §4.3 says, except its nonce and whether its ``jti`` is new.

    ``urls`` are those at which the request may have been sent. ``token`` is the access token that
    it carries, if it carries one; ``now`` is in seconds since 1970. Raises ``JWTError``, whose
    message says which check failed.
    """
    keys: list[AsymmetricKey] = []

    def own_key(header: Mapping[str, Any]) -> AsymmetricKey:
        if header.get("typ") != "dpop+jwt":
            raise JWTError("The header 'typ' of the proof is not 'dpop+jwt'.")
        keys.append(read_public_key(header.get("jwk")))
        return keys[0]

    claims = read_signed(proof, own_key, ALGORITHMS).claims
    jti, htu = read_jti(claims), claims.get("htu")
    if claims.get("htm") != method:
        raise JWTError("Claim 'htm' of the proof is not the method of the request.")
    if not isinstance(htu, str) or _normalize(htu) not in map(_normalize, urls):
        raise JWTError("Claim 'htu' of the proof is not the URL of the request.")
    if abs(now - read_time(claims, "iat")) > PROOF_SECONDS:
        raise JWTError(f"Claim 'iat' of the proof is more than {PROOF_SECONDS} s from now.")
    if token is not None and claims.get("ath") != digest(token.encode()):
        raise JWTError("Claim 'ath' of the proof is not the hash of the access token.")
    return Proof(keys[0].thumbprint(), jti)


def _normalize(url: str) -> tuple[str, str, int | None, str]:
    """Normalize a URL as RFC 3986 §6.2.2 and §6.2.3 say, without query and fragment."""
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        port = parts.port or {"https": 443, "http": 80}.get(scheme)
        path = quote(unquote(parts.path, errors="strict"), safe=_UNRESERVED + _SUBDELIMS)
        return scheme, (parts.hostname or "").lower(), port, path or "/"
    except ValueError as error:
        raise JWTError("Claim 'htu' of the proof is not a URL.") from error
