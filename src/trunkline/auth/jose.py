"""Signed JSON (JWS, RFC 7515) and its keys (JWK, RFC 7517): written, and read strictly.

joserfc checks signatures. What it leaves to its users is here: room for headers with RSA keys,
claims that are one JSON object without repeated names, and one error for everything that is wrong.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeAlias, cast

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from trunkline.errors import TokenError

__all__ = [
    "ALGORITHMS",
    "AsymmetricKey",
    "JWTError",
    "SignedJWT",
    "algorithm_of",
    "digest",
    "encode_header",
    "peek",
    "read_jti",
    "read_private_key",
    "read_public_key",
    "read_signed",
    "read_time",
    "sign",
    "sign_encoded",
]

AsymmetricKey: TypeAlias = ECKey | RSAKey | OKPKey

ALGORITHMS = ("ES256", "RS256", "EdDSA", "Ed25519", "PS256", "ES384", "ES512")
"""The algorithms that are ever accepted: asymmetric, with SHA-256 or better.

``Ed25519`` is the name that RFC 9864 gave to what most programs still call ``EdDSA``.
"""

_CURVE_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_ES256 = ECDSA(SHA256())
_KINDS = ("EC", "RSA", "OKP")  # no symmetric ones: who verifies with one can sign, too
_RSA_BITS = range(2_048, 8_193)  # longer keys make each check expensive
_MAX_BYTES = 16_384
_END_OF_TIME = 1e12  # seconds since 1970; infinity and NaN are not below it
_MALFORMED = "The JWT is malformed: expected base64url parts, the first two of them JSON objects."


# What the libraries raise for the oddest JWTs and keys.
_UNREADABLE = (
    JoseError,
    SecurityWarning,  # if the program makes errors of warnings
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


class JWTError(Exception):
    """A JWT, its signature or its key is not valid. The message contains nothing of its text."""


@dataclass(frozen=True, slots=True)
class SignedJWT:
    """The contents of a JWT whose signature was checked."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class _Registry(jws.JWSRegistry):
    """joserfc's rules for headers, with room for a proof's RSA key and without its warnings."""

    max_header_length = 4096

    def get_alg(self, name: str) -> Any:  # joserfc does not export its type
        if name not in ALGORITHMS:
            raise JWTError(f"The algorithm is not one of {', '.join(ALGORITHMS)}.")
        return self.algorithms[name]


# Unknown header parameters are ignored (RFC 7515 §4), except those that 'crit' names.
_REGISTRY = _Registry(strict_check_header=False)


def sign(header: Mapping[str, Any], claims: object, key: Key) -> str:
    """Sign claims in the compact form; ``header`` names the algorithm."""
    return sign_encoded(encode_header(header), claims, header["alg"], key)


def encode_header(header: Mapping[str, Any]) -> bytes:
    """Encode a header, which is the same for everything that a key signs."""
    return _base64url(msgspec.json.encode(header))


def sign_encoded(header: bytes, claims: object, algorithm: str, key: Key) -> str:
    """Sign claims with an encoded header.

    joserfc would check the header and find the algorithm each time, which takes as long as the
    signature. It also takes half as long again as `cryptography` for ES256 (RFC 7518 §3.4).
    """
    signed = header + b"." + _base64url(msgspec.json.encode(claims))
    if algorithm == "ES256" and isinstance(key, ECKey) and key.private_key is not None:
        r, s = decode_dss_signature(key.private_key.sign(signed, _ES256))
        signature = r.to_bytes(32) + s.to_bytes(32)
    else:
        signature = _REGISTRY.get_alg(algorithm).sign(signed, key)
    return (signed + b"." + _base64url(signature)).decode("ascii")


def digest(data: bytes) -> str:
    """Return the SHA-256 of data in base64url without padding, as ``ath`` and ``x5t#S256`` are."""
    return _base64url(sha256(data).digest()).decode("ascii")


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def read_signed(
    token: str, find_key: Callable[[Mapping[str, Any]], Key], algorithms: Collection[str]
) -> SignedJWT:
    """Check a compact signature and read what was signed.

    ``find_key`` takes the header, which is not checked yet, and returns the key or raises
    ``JWTError``. ``algorithms`` are those that this key may be used with (RFC 8725 §3.1).
    Raises ``JWTError``.
    """
    if len(token) > _MAX_BYTES:
        raise JWTError(f"The JWT is longer than {_MAX_BYTES} bytes.")
    try:
        extracted = jws.extract_compact(token.encode("ascii"), None, _REGISTRY)
        header: Any = extracted.headers()
        if not isinstance(header, dict):
            raise JWTError(_MALFORMED)
        for name in ("crit", "b64"):
            if name in header:  # no extension is supported (RFC 7515 §4.1.11)
                raise JWTError(f"The header '{name}' asks for an extension that is not supported.")
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in algorithms:
            raise JWTError(f"The header 'alg' is not one of {', '.join(algorithms)}.")
        key = find_key(header)
        key.check_alg(algorithm)
        curve = key.curve_name if isinstance(key, ECKey) else ""
        if algorithm.startswith("ES") and _CURVE_ALGORITHMS.get(curve) != algorithm:
            raise JWTError(f"The curve of the key is not that of {algorithm}.")
        if not jws.validate_compact(extracted, key, None, _REGISTRY):
            raise JWTError("The signature is wrong.")
        return SignedJWT(header, _read_claims(extracted.payload))
    except _UNREADABLE as error:
        raise JWTError(_MALFORMED) from error


def peek(token: str, claim: str) -> str:
    """Return a claim of a token that is not checked yet; an empty string if there is none.

    It tells which client or issuer to look up. Nothing else may depend on it.
    """
    try:
        extracted = jws.extract_compact(token[:_MAX_BYTES].encode("ascii"), None, _REGISTRY)
        value = _read_claims(extracted.payload).get(claim)
    except (JWTError, *_UNREADABLE):
        return ""
    return value if isinstance(value, str) else ""


def _read_claims(payload: bytes) -> dict[str, Any]:
    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        claims = dict(pairs)
        if len(claims) != len(pairs):
            raise JWTError("The JSON of the claims has the same name twice.")
        return claims

    # msgspec alone refuses halves of surrogate pairs, and numbers that are not or become infinite.
    msgspec.json.decode(payload)
    claims = json.loads(payload.decode(), object_pairs_hook=without_repeats)
    if not isinstance(claims, dict):
        raise JWTError("The claims are not a JSON object.")
    return cast("dict[str, Any]", claims)


def read_time(claims: Mapping[str, Any], name: str) -> float:
    """Return a claim in seconds since 1970; raises ``JWTError`` for anything else."""
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _END_OF_TIME:
        return float(value)
    raise JWTError(f"Claim '{name}' is not a number of seconds.")


def read_jti(claims: Mapping[str, Any]) -> str:
    """Return the claim ``jti`` of a JWT that is used once; raises ``JWTError``."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 256:
        raise JWTError("Claim 'jti' is not a string of 1 to 256 characters.")
    return jti


def algorithm_of(jwk: Mapping[str, Any]) -> str | None:
    """Return the one algorithm that a key is for (RFC 8725 §3.1): declared, or by its type.

    Returns ``None`` for a type or curve without a usual algorithm.
    """
    declared = jwk.get("alg")
    if isinstance(declared, str):
        return declared
    return "RS256" if jwk.get("kty") == "RSA" else _CURVE_ALGORITHMS.get(str(jwk.get("crv")))


def read_public_key(jwk: object) -> AsymmetricKey:
    """Read a public JSON Web Key; raises ``JWTError`` for any other, and for a weak one."""
    if not isinstance(jwk, dict) or jwk.get("kty") not in _KINDS:
        raise JWTError("The key is not a public key of type EC, RSA or OKP.")
    try:
        key = import_key(cast("dict[str, Any]", jwk))
        public = key.as_dict(private=False)
    except _UNREADABLE as error:
        raise JWTError("The key is not a valid JSON Web Key.") from error
    if not isinstance(key, ECKey | RSAKey | OKPKey) or key.is_private or not public:
        raise JWTError("The key is a private one.")
    if isinstance(key, RSAKey) and key.public_key.key_size not in _RSA_BITS:
        raise JWTError("The RSA key does not have 2048 to 8192 bits.")
    return key


@lru_cache(maxsize=16)
def read_private_key(text: str) -> tuple[Key, str]:
    """Read a private key from a JWK or from PEM; return it with the algorithm that it signs with.

    Raises ``TokenError``. Its message contains nothing of the key.
    """
    try:
        if text.lstrip().startswith("-----BEGIN"):
            raw = load_pem_private_key(text.encode(), None)
            kind: type[AsymmetricKey] = OKPKey
            if isinstance(raw, EllipticCurvePrivateKey):
                kind = ECKey
            elif isinstance(raw, RSAPrivateKey):
                kind = RSAKey
            key: Key = kind.import_key(text)
        else:
            key = import_key(msgspec.json.decode(text, type=dict))
    except (JoseError, ValueError, TypeError, KeyError):
        raise TokenError("The client's key cannot be read: it is neither a JWK nor PEM.") from None
    if not key.is_private:
        raise TokenError("The client's key is a public key; signing needs the private one.")
    algorithm = algorithm_of(key.as_dict(private=False))
    if algorithm is None:
        curves = ", ".join(_CURVE_ALGORITHMS)
        raise TokenError(f"The client's key cannot sign: give an RSA key, or one of {curves}.")
    return key, algorithm
