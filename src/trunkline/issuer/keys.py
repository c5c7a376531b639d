"""The issuer's signing keys, the order in which they follow each other, and the published set."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from trunkline.auth.jose import AsymmetricKey, encode_header, sign_encoded
from trunkline.issuer.clients import LONGEST_LIFETIME

__all__ = ["ANNOUNCED", "OVERLAP", "SIGNING_ALGORITHMS", "KeyRing", "SigningKey"]

SIGNING_ALGORITHMS = ("ES256", "RS256", "EdDSA")

ANNOUNCED = 3600.0
"""Seconds that a key is published before it signs: longer than verifiers cache the set."""

OVERLAP = LONGEST_LIFETIME + 300.0
"""Seconds that a key stays published after its last signature, while that token may be used."""


class SigningKey(msgspec.Struct, frozen=True, dict=True):
    """A private key of the issuer.

    ``jwk`` is the private JSON Web Key with its ``kid``. The key signs from ``starts`` on, in
    seconds since 1970. ``withdrawn`` keys are no longer published, whatever they signed.
    """

    kid: str
    algorithm: str
    jwk: dict[str, Any]
    starts: float
    withdrawn: bool = False

    @classmethod
    def generate(cls, algorithm: str = "ES256", *, starts: float = 0.0) -> SigningKey:
        """Make a key. Its ``kid`` is its thumbprint (RFC 7638), so it is unique."""
        if algorithm == "ES256":
            key: AsymmetricKey = ECKey.generate_key("P-256")
        elif algorithm == "RS256":
            key = RSAKey.generate_key(2048)
        elif algorithm == "EdDSA":
            key = OKPKey.generate_key("Ed25519")
        else:
            known = ", ".join(SIGNING_ALGORITHMS)
            raise ValueError(f"Keys for {algorithm!r} are not supported; use one of {known}.")
        kid = key.thumbprint()
        jwk = key.as_dict(private=True, kid=kid, use="sig", alg=algorithm)
        return cls(kid, algorithm, dict(jwk), starts)

    @cached_property
    def private(self) -> AsymmetricKey:
        """The key as joserfc's object."""
        key = import_key(self.jwk)
        assert isinstance(key, ECKey | RSAKey | OKPKey)  # noqa: S101  # `generate` made it
        return key

    @cached_property
    def _token_header(self) -> bytes:
        return encode_header({"alg": self.algorithm, "typ": "at+jwt", "kid": self.kid})

    def sign_token(self, claims: object) -> str:
        """Sign the claims of an access token (RFC 9068 §2)."""
        return sign_encoded(self._token_header, claims, self.algorithm, self.private)

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        """The key as it is published: public members, ``kid``, ``use`` and ``alg``."""
        return dict(self.private.as_dict(private=False))

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, algorithm={self.algorithm!r}, starts={self.starts})"


class KeyRing:
    """Signing keys in the order in which they start.

    A key signs until the next one of its algorithm starts. It stays published for ``OVERLAP``
    seconds more, until the last token that it signed has expired.
    """

    def __init__(self, keys: Iterable[SigningKey] = ()) -> None:
        self._keys = sorted(keys, key=lambda key: key.starts)

    def signing(self, algorithm: str, now: float) -> SigningKey | None:
        """Return the key that signs at a time, if there is one."""
        started = [key for key in self._of(algorithm) if key.starts <= now]
        return started[-1] if started else None

    def newest(self, algorithm: str) -> SigningKey | None:
        """Return the key that starts last; it may not sign yet."""
        keys = self._of(algorithm)
        return keys[-1] if keys else None

    def published(self, now: float) -> list[SigningKey]:
        """Return the keys that verifiers need: announced, signing, or used until recently."""
        published: list[SigningKey] = []
        for key in self._keys:
            later = [other.starts for other in self._of(key.algorithm) if other.starts > key.starts]
            if not key.withdrawn and (not later or now < min(later) + OVERLAP):
                published.append(key)
        return published

    def jwks(self, now: float) -> dict[str, Any]:
        """Return the published keys as a JSON Web Key Set (RFC 7517 §5)."""
        return {"keys": [key.public_jwk for key in self.published(now)]}

    def find(self, kid: object, now: float) -> SigningKey | None:
        """Return the published key with an id."""
        return next((key for key in self.published(now) if key.kid == kid), None)

    def _of(self, algorithm: str) -> list[SigningKey]:
        return [key for key in self._keys if key.algorithm == algorithm and not key.withdrawn]
