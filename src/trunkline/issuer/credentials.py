"""What a request shows to say who sent it: exactly one thing (RFC 6749 §2.3)."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote_plus

from trunkline.asgi.requests import Headers
from trunkline.auth.jose import peek
from trunkline.auth.peers import Peer
from trunkline.issuer.answers import Refusal
from trunkline.issuer.forms import Form

__all__ = [
    "ASSERTION_TYPE",
    "Assertion",
    "Certificate",
    "Credentials",
    "Password",
    "find_credentials",
]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Password:
    """A client's id and secret; ``method`` is where they stood."""

    client_id: str
    secret: str
    method: str

    def __repr__(self) -> str:
        return f"Password(client_id={self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JWT that the client signed (RFC 7523); ``client_id`` is what it claims."""

    client_id: str
    jwt: str

    def __repr__(self) -> str:
        return f"Assertion(client_id={self.client_id!r})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of the connection (RFC 8705), in DER."""

    client_id: str
    der: bytes


Credentials: TypeAlias = Password | Assertion | Certificate


def find_credentials(form: Form, headers: Headers, peer: Peer) -> Credentials:
    """Find the one thing that a request shows.

    Raises ``Refusal``: ``invalid_request`` where there are two, or what is there cannot be read;
    ``invalid_client`` where there is nothing.
    """
    authorization = headers.get(b"authorization")
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if sum(each is not None for each in (authorization, secret, assertion)) > 1:
        raise Refusal("invalid_request", "The client authenticates in more than one way.")
    if authorization is not None:
        return _basic(authorization, form)
    if assertion is not None:
        return _assertion(assertion, form)
    client_id = form.get("client_id")
    if client_id is not None and secret is not None:
        return Password(client_id, secret, "client_secret_post")
    if client_id is not None and peer.certificate is not None:
        return Certificate(client_id, peer.certificate)
    raise Refusal("invalid_client", "The client does not authenticate.", 401)


def _basic(authorization: bytes, form: Form) -> Password:
    """Read HTTP Basic; both parts are form-urlencoded inside (RFC 6749 §2.3.1, appendix B)."""
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        raise Refusal("invalid_client", "Clients authenticate with the scheme Basic here.", 401)
    try:
        decoded = b64decode(encoded.strip(), validate=True).decode("utf-8")
        client_id, colon, secret = decoded.partition(":")
        client_id, secret = _form_decoded(client_id), _form_decoded(secret)
    except ValueError:
        raise Refusal("invalid_request", "The Authorization header cannot be read.") from None
    if not colon or not client_id or not secret:
        raise Refusal("invalid_client", "The Authorization header has no id, or no secret.", 401)
    if form.get("client_id") not in {None, client_id}:
        raise Refusal("invalid_request", "The form names another client than the header.")
    return Password(client_id, secret, "client_secret_basic")


def _form_decoded(text: str) -> str:
    """Decode once; raises ``ValueError`` at a percent sign that begins nothing."""
    if _LONE_PERCENT.search(text):
        raise ValueError("A percent sign begins nothing.")
    return unquote_plus(text, errors="strict")


def _assertion(assertion: str, form: Form) -> Assertion:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Refusal("invalid_client", "The type of the assertion is another than a JWT's.", 401)
    return Assertion(form.get("client_id") or peek(assertion, "sub"), assertion)
