"""Signed objects (JWS, RFC 7515) with JSON in them: written, and read strictly.

joserfc checks signatures. What it leaves to its users is here: room for headers with RSA keys,
claims that are one JSON object without repeated names, and one kind of error for whatever is wrong.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

__all__ = [
    "ALGORITHMS",
    "AsymmetricKey",
    "JOSEProblem",
    "Signed",
    "encode_header",
    "peek",
    "read_key",
    "read_signed",
    "sign",
    "sign_encoded",
]

AsymmetricKey: TypeAlias = ECKey | RSAKey | OKPKey

ALGORITHMS = ("ES256", "RS256", "EdDSA", "Ed25519", "PS256", "ES384", "ES512")
"""The algorithms that are ever accepted: asymmetric, with SHA-256 or better.

``Ed25519`` is the name that RFC 9864 gave to what most programs call ``EdDSA`` still.
"""

_ES256 = ECDSA(SHA256())
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_RSA_BITS = 2048
_MAX_BYTES = 16_384


class JOSEProblem(Exception):  # noqa: N818  # what it becomes depends on who asked
    """The object is malformed, or its signature is wrong. The message has nothing of its text."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signed object says, once its signature is known to be right."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class _Registry(jws.JWSRegistry):
    """joserfc's rules for headers, with room for a proof's RSA key and without its warnings."""

    max_header_length = 4096

    def get_alg(self, name: str) -> Any:  # joserfc does not export its type
        if name not in ALGORITHMS:
            raise JOSEProblem("The algorithm is not an accepted one.")
        return self.algorithms[name]


# Unknown header parameters are ignored (RFC 7515 §4), those that are called critical are not.
_REGISTRY = _Registry(strict_check_header=False)


def sign(header: Mapping[str, Any], claims: object, key: Key) -> str:
    """Sign claims in the compact form; ``header`` names the algorithm."""
    return sign_encoded(encode_header(header), claims, header["alg"], key)


def encode_header(header: Mapping[str, Any]) -> bytes:
    """Encode a header, which is the same for all that a key signs."""
    return _base64url(msgspec.json.encode(header))


def sign_encoded(header: bytes, claims: object, algorithm: str, key: Key) -> str:
    """Sign claims with an encoded header.

    joserfc would check the header and look for the key anew each time, which takes as long as the
    signature does.
    """
    signed = header + b"." + _base64url(msgspec.json.encode(claims))
    return (signed + b"." + _base64url(_signature(algorithm, signed, key))).decode("ascii")


def _signature(algorithm: str, signed: bytes, key: Key) -> bytes:
    """Sign; ES256 without joserfc, which takes half as long again for it (RFC 7518 §3.4)."""
    if algorithm == "ES256" and isinstance(key, ECKey) and key.private_key is not None:
        r, s = decode_dss_signature(key.private_key.sign(signed, _ES256))
        return r.to_bytes(32) + s.to_bytes(32)
    signature: bytes = _REGISTRY.get_alg(algorithm).sign(signed, key)
    return signature


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def read_signed(
    token: str, find_key: Callable[[Mapping[str, Any]], Key], algorithms: Collection[str]
) -> Signed:
    """Check a compact signature and read what was signed.

    ``find_key`` is given the header, not yet to be trusted, and returns the key or raises
    ``JOSEProblem``. ``algorithms`` are those that this key may be used with (RFC 8725 §3.1).
    Raises ``JOSEProblem`` for whatever is wrong.
    """
    if len(token) > _MAX_BYTES:
        raise JOSEProblem(f"It is longer than {_MAX_BYTES} bytes.")
    try:
        extracted = jws.extract_compact(token.encode("ascii"), None, _REGISTRY)
        header = extracted.headers()
        algorithm = _algorithm(header, algorithms)
        key = find_key(header)
        _check_fit(key, algorithm)
        if not jws.validate_compact(extracted, key, None, _REGISTRY):
            raise JOSEProblem("The signature is wrong.")
        return Signed(header, _read_claims(extracted.payload))
    except (JoseError, ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise JOSEProblem("It is not a well-formed signed JWT.") from error


def peek(token: str, claim: str) -> str:
    """Return a claim of a token that nobody has checked, to know whom to ask; empty if none."""
    try:
        extracted = jws.extract_compact(token[:_MAX_BYTES].encode("ascii"), None, _REGISTRY)
        value = _read_claims(extracted.payload).get(claim)
    except (JoseError, JOSEProblem, ValueError, TypeError, AttributeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def read_key(jwk: object) -> AsymmetricKey:
    """Read a JSON Web Key that has no private part (RFC 7517).

    Raises ``JOSEProblem`` where it is none, is private or symmetric, or is too weak.
    """
    if not isinstance(jwk, dict):
        raise JOSEProblem("A key is a JSON object.")
    try:
        key = import_key(cast("dict[str, Any]", jwk))
        public = key.as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise JOSEProblem("It is not a JSON Web Key.") from error
    if not isinstance(key, ECKey | RSAKey | OKPKey) or key.is_private or not public:
        raise JOSEProblem("It is not a public key.")
    if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS:
        raise JOSEProblem(f"An RSA key has {_RSA_BITS} bits at least.")
    return key


def _algorithm(header: object, algorithms: Collection[str]) -> str:
    if not isinstance(header, dict):
        raise JOSEProblem("Its header is not an object.")
    if "crit" in header or "b64" in header:  # no extension is understood (RFC 7515 §4.1.11)
        raise JOSEProblem("Its header asks for what nobody here knows.")
    algorithm = cast("dict[str, Any]", header).get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise JOSEProblem("The algorithm is not an accepted one.")
    return algorithm


def _check_fit(key: Key, algorithm: str) -> None:
    """Hold a key to its own algorithm, or to the one that its curve has (RFC 8725 §3.1)."""
    key.check_alg(algorithm)
    curve = _CURVES.get(algorithm)
    if curve and not (isinstance(key, ECKey) and key.curve_name == curve):
        raise JOSEProblem("The key does not fit the algorithm.")


def _read_claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(
        payload.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant
    )
    if not isinstance(claims, dict):
        raise JOSEProblem("Its claims are not an object.")
    return cast("dict[str, Any]", claims)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    claims = dict(pairs)
    if len(claims) != len(pairs):
        raise JOSEProblem("A claim is there twice.")
    return claims


def _no_constant(_name: str) -> None:
    raise JOSEProblem("A number is none.")
