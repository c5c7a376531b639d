"""How a client shows who it is, in the form of a token request."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias
from urllib.parse import quote_plus

import msgspec

from trunkline.auth.calling.sources import Hidden, SecretSource

if TYPE_CHECKING:  # programs with a secret do without joserfc
    from joserfc.jwk import Key

__all__ = ["Certificate", "Identity", "KeySource", "PrivateKey", "Secret"]

KeySource: TypeAlias = Mapping[str, Any] | SecretSource
"""A private key: a JWK, or its text as JSON or PEM, a file with that, or a function."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60


class Identity(Protocol):
    """Adds to a token request what shows who sends it."""

    def show(self, headers: dict[str, str], form: dict[str, str]) -> None:
        """Add it to the headers, or to the form."""
        ...


class Secret:
    """A client's secret, in the header (RFC 6749 §2.3.1) or in the form."""

    def __init__(
        self, client_id: str, secret: SecretSource, place: Literal["header", "form"]
    ) -> None:
        self._client_id = client_id
        self._secret = Hidden(secret)
        self._place = place

    def show(self, headers: dict[str, str], form: dict[str, str]) -> None:
        """Add the id and the secret."""
        if self._place == "header":
            headers["authorization"] = _basic(self._client_id, self._secret)
        else:
            form["client_id"] = self._client_id
            form["client_secret"] = self._secret.read()


class PrivateKey:
    """A private key, with which the client signs that it is itself (RFC 7523)."""

    def __init__(self, client_id: str, key: KeySource, audience: str) -> None:
        self._client_id = client_id
        self._audience = audience
        text = msgspec.json.encode(key).decode() if isinstance(key, Mapping) else key
        self._source = Hidden(text)

    def show(self, headers: dict[str, str], form: dict[str, str]) -> None:  # noqa: ARG002
        """Add an assertion, which is good for one minute and one use."""
        form["client_assertion_type"] = _ASSERTION_TYPE
        form["client_assertion"] = self._assertion()

    def _assertion(self) -> str:
        from trunkline.auth.jose import sign  # noqa: PLC0415  # see above

        now = int(time.time())
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._audience,
            "jti": token_urlsafe(16),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        key, header = _signing(self._source.read())
        return sign(header, claims, key)


class Certificate:
    """The certificate that the connection shows (RFC 8705): the request has the id only."""

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id

    def show(self, headers: dict[str, str], form: dict[str, str]) -> None:  # noqa: ARG002
        """Add the id."""
        form["client_id"] = self._client_id


def _basic(client_id: str, secret: Hidden) -> str:
    """Encode both as a form does, and then together (RFC 6749 §2.3.1, appendix B)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret.read())}"
    return "Basic " + b64encode(pair.encode()).decode()


def _signing(text: str) -> tuple[Key, dict[str, Any]]:
    """Read a private key, and say with which header it signs."""
    from trunkline.auth.jose import read_private_key  # noqa: PLC0415  # see above

    key, algorithm = read_private_key(text)
    header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
    if key.kid:
        header["kid"] = key.kid
    return key, header
