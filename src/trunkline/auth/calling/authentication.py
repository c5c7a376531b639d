"""How a client authenticates in a token request (RFC 6749 §2.3): secret, assertion, certificate.

A secret is read from its source each time it is needed, and shown nowhere.
"""

from __future__ import annotations

import hmac
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from trunkline.auth.discovery import basic_authorization
from trunkline.errors import TokenError

__all__ = [
    "Assertion",
    "AssertionAuthentication",
    "AssertionSource",
    "ClientAuthentication",
    "ClientId",
    "Hidden",
    "KeySource",
    "SecretSource",
    "SharedSecret",
    "environment",
    "read_assertion",
]

SecretSource: TypeAlias = str | Path | Callable[[], str]
"""A secret, the path of a file that contains it, or a function that returns it."""

KeySource: TypeAlias = Mapping[str, Any] | SecretSource
"""A private key: a JWK, or a secret source of its text as JSON or PEM."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60
_HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def environment(name: str) -> Callable[[], str]:
    """Return a source that reads an environment variable each time.

    Raises ``KeyError`` at once if the variable is not set.
    """
    _ = os.environ[name]
    return lambda: os.environ[name]


class Hidden:
    """A secret that no log and no traceback shows: only ``read()`` returns it.

    ``what`` it is, for messages: "secret", for example.
    """

    __slots__ = ("_read", "_what")

    def __init__(self, source: SecretSource, what: str) -> None:
        self._what = what
        # A closure, so that printing an object's attributes does not print the secret.
        if isinstance(source, Path):
            self._read: Callable[[], str] = lambda: source.read_text(encoding="utf-8").strip()
        else:
            self._read = source if callable(source) else lambda: source

    def __repr__(self) -> str:
        return "Hidden(…)"

    def read(self) -> str:
        """Return the current secret. Raises ``TokenError`` if it cannot be read."""
        try:
            text = self._read()
            text.encode()
        except Exception as error:  # noqa: BLE001  # a source's exception may contain the secret
            why = type(error).__name__
            if isinstance(error, OSError):
                why = f"{error.filename}: {error.strerror}"
            raise TokenError(f"The client's {self._what} cannot be read: {why}.") from None
        return text


class Assertion:
    """A JWT that this program signs, to authenticate or to get a token for (RFC 7523).

    - ``key``: a private key as a JWK, as PEM, in a file, or from a function. With ``algorithm``
      ``HS256``, ``HS384`` or ``HS512``, the secret that the issuer has too (``client_secret_jwt``).
    - ``algorithm``: by default the one that the key is for. Entra needs ``PS256``.
    - ``audience``: who reads the assertion. By default the issuer, or without one the token URL.
    - ``header`` and ``claims``: added, and in place of ours. Entra needs the header ``x5t#S256``.

    It is valid for one minute and one use. Raises ``ValueError`` for an unknown algorithm.
    """

    def __init__(
        self,
        key: KeySource,
        *,
        algorithm: str | None = None,
        audience: str | None = None,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> None:
        if algorithm is not None and algorithm not in _HASHES:
            from trunkline.auth.jose import ALGORITHMS  # noqa: PLC0415  # as below

            if algorithm not in ALGORITHMS:
                known = ", ".join((*ALGORITHMS, *_HASHES))
                raise ValueError(f"The algorithm {algorithm!r} is not one of {known}.")
        text = msgspec.json.encode(key).decode() if isinstance(key, Mapping) else key
        self._key = Hidden(text, "key")
        self._algorithm = algorithm
        self._audience = audience
        self._header = dict(header or {})
        self.claims = dict(claims or {})

    def __repr__(self) -> str:
        return "Assertion(…)"

    def sign(self, audience: str, subject: str | None = None) -> str:
        """Make one. ``subject`` is the client that it is of and about, if the claims do not say."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "aud": self._audience or audience,
            "jti": token_urlsafe(16),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        if subject is not None:
            claims |= {"iss": subject, "sub": subject}
        return self._signed({**claims, **self.claims})

    def _signed(self, claims: Mapping[str, Any]) -> str:
        if self._algorithm in _HASHES:
            header = {"alg": self._algorithm, "typ": "JWT", **self._header}
            parts = (msgspec.json.encode(header), msgspec.json.encode(claims))
            text = b".".join(map(_base64url, parts))
            secret = self._key.read().encode()
            signature = hmac.digest(secret, text, _HASHES[self._algorithm])
            return (text + b"." + _base64url(signature)).decode()
        # Programs with a secret do without joserfc.
        from trunkline.auth.jose import read_private_key, sign  # noqa: PLC0415

        key, usual = read_private_key(self._key.read())
        header = {"alg": self._algorithm or usual, "typ": "JWT"}
        if key.kid:
            header["kid"] = key.kid
        try:
            return sign({**header, **self._header}, claims, key)
        except Exception:  # noqa: BLE001  # the library has many, and their frames have the key
            why = f"The client's key cannot sign with {header['alg']}: it is for {usual}."
        raise TokenError(why)


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


AssertionSource: TypeAlias = Assertion | SecretSource
"""A JWT that this program signs, or a source of one that another program signed."""


def read_assertion(source: AssertionSource) -> Callable[[str, str | None], str]:
    """Return what makes or reads an assertion, from an audience and a subject."""
    if isinstance(source, Assertion):
        return source.sign
    hidden = Hidden(source, "assertion")
    return lambda _audience, _subject: hidden.read()


class ClientAuthentication(Protocol):
    """Adds to a token request what proves the client's identity."""

    def add_to(self, headers: dict[str, str], form: dict[str, str], audience: str) -> None:
        """Add it to the headers, or to the form. ``audience`` reads it: the issuer."""
        ...


class SharedSecret:
    """The client's secret, in the header (RFC 6749 §2.3.1) or in the form."""

    def __init__(
        self, client_id: str, secret: SecretSource, place: Literal["header", "form"]
    ) -> None:
        self._client_id = client_id
        self._secret = Hidden(secret, "secret")
        self._place = place

    def add_to(self, headers: dict[str, str], form: dict[str, str], audience: str) -> None:  # noqa: ARG002
        """Add the id and the secret."""
        if self._place == "header":
            headers["authorization"] = basic_authorization(self._client_id, self._secret.read())
        else:
            form["client_id"] = self._client_id
            form["client_secret"] = self._secret.read()


class AssertionAuthentication:
    """An assertion of the client, or about it (RFC 7523 §2.2)."""

    def __init__(self, client_id: str, source: AssertionSource) -> None:
        self._client_id = client_id
        self._assertion = read_assertion(source)

    def add_to(self, headers: dict[str, str], form: dict[str, str], audience: str) -> None:  # noqa: ARG002
        """Add the id, which an assertion of another program may not have, and an assertion."""
        form["client_id"] = self._client_id
        form["client_assertion_type"] = _ASSERTION_TYPE
        form["client_assertion"] = self._assertion(audience, self._client_id)


class ClientId:
    """The client's id: the rest is in the certificate of the connection (RFC 8705), or nowhere."""

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id

    def add_to(self, headers: dict[str, str], form: dict[str, str], audience: str) -> None:  # noqa: ARG002
        """Add the id, if there is one."""
        if self._client_id is not None:
            form["client_id"] = self._client_id
