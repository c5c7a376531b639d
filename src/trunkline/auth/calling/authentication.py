"""How a client authenticates in a token request (RFC 6749 §2.3): secret, private key, certificate.

A secret is read from its source each time it is needed, and shown nowhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from trunkline.auth.discovery import basic_authorization
from trunkline.errors import TokenError

__all__ = [
    "ClientAuthentication",
    "KeySource",
    "SecretSource",
    "SharedSecret",
    "SignedAssertion",
    "TLSCertificate",
    "environment",
]

SecretSource: TypeAlias = str | Path | Callable[[], str]
"""A secret, the path of a file that contains it, or a function that returns it."""

KeySource: TypeAlias = Mapping[str, Any] | SecretSource
"""A private key: a JWK, or a secret source of its text as JSON or PEM."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60


def environment(name: str) -> Callable[[], str]:
    """Return a source that reads an environment variable each time.

    Raises ``KeyError`` at once if the variable is not set.
    """
    _ = os.environ[name]
    return lambda: os.environ[name]


class _Hidden:
    """A secret that no log and no traceback shows: only ``read()`` returns it."""

    __slots__ = ("_read",)

    def __init__(self, source: SecretSource) -> None:
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
            raise TokenError(f"The client's secret cannot be read: {why}.") from None
        return text


class ClientAuthentication(Protocol):
    """Adds to a token request what proves the client's identity."""

    def add_to(self, headers: dict[str, str], form: dict[str, str]) -> None:
        """Add it to the headers, or to the form."""
        ...


class SharedSecret:
    """The client's secret, in the header (RFC 6749 §2.3.1) or in the form."""

    def __init__(
        self, client_id: str, secret: SecretSource, place: Literal["header", "form"]
    ) -> None:
        self._client_id = client_id
        self._secret = _Hidden(secret)
        self._place = place

    def add_to(self, headers: dict[str, str], form: dict[str, str]) -> None:
        """Add the id and the secret."""
        if self._place == "header":
            headers["authorization"] = basic_authorization(self._client_id, self._secret.read())
        else:
            form["client_id"] = self._client_id
            form["client_secret"] = self._secret.read()


class SignedAssertion:
    """An assertion that the client signs with its private key (RFC 7523)."""

    def __init__(self, client_id: str, key: KeySource, audience: str) -> None:
        self._client_id = client_id
        self._audience = audience
        text = msgspec.json.encode(key).decode() if isinstance(key, Mapping) else key
        self._key = _Hidden(text)

    def add_to(self, headers: dict[str, str], form: dict[str, str]) -> None:  # noqa: ARG002
        """Add an assertion, which is valid for one minute and one use."""
        # Programs with a secret do without joserfc.
        from trunkline.auth.jose import read_private_key, sign  # noqa: PLC0415

        key, algorithm = read_private_key(self._key.read())
        header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
        if key.kid:
            header["kid"] = key.kid
        now = int(time.time())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._audience,
            "jti": token_urlsafe(16),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        form["client_assertion_type"] = _ASSERTION_TYPE
        form["client_assertion"] = sign(header, claims, key)


class TLSCertificate:
    """The certificate of the connection (RFC 8705): the request has only the client's id."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id

    def add_to(self, headers: dict[str, str], form: dict[str, str]) -> None:  # noqa: ARG002
        """Add the id."""
        form["client_id"] = self._client_id
