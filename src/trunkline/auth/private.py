"""Private keys as their owners have them: JWK or PEM."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from trunkline.errors import TokenError

__all__ = ["read_private_key"]

_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}


@lru_cache(maxsize=16)
def read_private_key(text: str) -> tuple[Key, str]:
    """Read a private key from a JWK or from PEM; return it with the algorithm that it signs with.

    Raises ``TokenError``, which has nothing of the key.
    """
    try:
        key = _from_pem(text) if text.lstrip().startswith("-----BEGIN") else _from_jwk(text)
    except (JoseError, ValueError, TypeError, KeyError):
        raise TokenError("The client's key cannot be read: it is neither a JWK nor PEM.") from None
    if not key.is_private:
        raise TokenError("The client's key is a public one; the private one signs.")
    return key, key.alg or _algorithm(key)


def _from_jwk(text: str) -> Key:
    return import_key(msgspec.json.decode(text, type=dict))


def _from_pem(text: str) -> Key:
    raw = load_pem_private_key(text.encode(), None)
    if isinstance(raw, EllipticCurvePrivateKey):
        return ECKey.import_key(text)
    if isinstance(raw, RSAPrivateKey):
        return RSAKey.import_key(text)
    return OKPKey.import_key(text)


def _algorithm(key: Key) -> str:
    if isinstance(key, RSAKey):
        return "RS256"
    curve = key.curve_name if isinstance(key, ECKey | OKPKey) else ""
    if curve not in _BY_CURVE:
        raise TokenError("The client's key is of a kind that does not sign here.")
    return _BY_CURVE[curve]
