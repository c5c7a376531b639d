"""The issuer's signing keys, how they follow each other, and the set that verifiers fetch."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from trunkline.auth.jose import AsymmetricKey, encode_header

__all__ = ["ANNOUNCED", "SIGNING_ALGORITHMS", "KeyRing", "SigningKey"]

SIGNING_ALGORITHMS = ("ES256", "RS256", "EdDSA")

ANNOUNCED = 3600.0
"""Seconds that a key is published before it signs: longer than verifiers cache the set."""


class SigningKey(msgspec.Struct, frozen=True, dict=True):
    """A private key of the issuer.

    ``jwk`` is the private JSON Web Key with its ``kid``. ``starts`` is the time (seconds since
    1970) from which on it signs; ``withdrawn`` keys are published no more, whatever was signed.
    """

    kid: str
    algorithm: str
    jwk: dict[str, Any]
    starts: float
    withdrawn: bool = False

    @classmethod
    def generate(cls, algorithm: str = "ES256", *, starts: float = 0.0) -> SigningKey:
        """Make a key; its ``kid`` is its thumbprint (RFC 7638), so no two have the same."""
        key = _generate(algorithm)
        kid = key.thumbprint()
        jwk = key.as_dict(private=True, kid=kid, use="sig", alg=algorithm)
        return cls(kid, algorithm, dict(jwk), starts)

    @cached_property
    def private(self) -> AsymmetricKey:
        """The key as joserfc has it."""
        return _asymmetric(self.jwk)

    @cached_property
    def token_header(self) -> bytes:
        """The encoded header of the access tokens that it signs (RFC 9068 §2.1)."""
        return encode_header({"alg": self.algorithm, "typ": "at+jwt", "kid": self.kid})

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        """What verifiers are given: public members, ``kid``, ``use`` and ``alg``."""
        return dict(self.private.as_dict(private=False))

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, algorithm={self.algorithm!r}, starts={self.starts})"


class KeyRing:
    """Signing keys in the order in which they start.

    A key signs until the next one of its algorithm starts. It stays published for ``overlap``
    seconds more, in which the last token that it signed expires.
    """

    def __init__(self, keys: Iterable[SigningKey], overlap: float) -> None:
        self._keys = sorted(keys, key=lambda key: key.starts)
        self._overlap = overlap

    def signing(self, algorithm: str, now: float) -> SigningKey | None:
        """Return the key that signs at a time, if there is one."""
        started = [key for key in self._of(algorithm) if key.starts <= now]
        return started[-1] if started else None

    def newest(self, algorithm: str) -> SigningKey | None:
        """Return the key that starts last, which may not sign yet."""
        keys = self._of(algorithm)
        return keys[-1] if keys else None

    def published(self, now: float) -> list[SigningKey]:
        """Return the keys that verifiers shall know: announced, signing, or signed with lately."""
        return [key for key in self._keys if not key.withdrawn and now < self._ends(key)]

    def jwks(self, now: float) -> dict[str, Any]:
        """Return the JSON Web Key Set (RFC 7517 §5) of what is published."""
        return {"keys": [key.public_jwk for key in self.published(now)]}

    def find(self, kid: object, now: float) -> SigningKey | None:
        """Return the published key of an id."""
        return next((key for key in self.published(now) if key.kid == kid), None)

    def _of(self, algorithm: str) -> list[SigningKey]:
        return [key for key in self._keys if key.algorithm == algorithm and not key.withdrawn]

    def _ends(self, key: SigningKey) -> float:
        """Say until when a key is published."""
        later = [other.starts for other in self._of(key.algorithm) if other.starts > key.starts]
        return min(later) + self._overlap if later else float("inf")


def _generate(algorithm: str) -> AsymmetricKey:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    if algorithm == "RS256":
        return RSAKey.generate_key(2048)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    known = ", ".join(SIGNING_ALGORITHMS)
    raise ValueError(f"No keys are made for {algorithm!r}; there are {known}.")


def _asymmetric(jwk: dict[str, Any]) -> AsymmetricKey:
    key = import_key(jwk)
    assert isinstance(key, ECKey | RSAKey | OKPKey)  # noqa: S101  # we made it
    return key
