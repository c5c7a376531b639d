"""A client as the issuer knows it: what it may ask for, and how it shows who it is."""

from __future__ import annotations

import re
from ipaddress import ip_address
from secrets import token_hex
from typing import Any, Literal, TypeAlias

import msgspec
from cryptography.x509 import Name

from trunkline.auth.certificates import SUBJECT_KINDS, read_certificate
from trunkline.auth.jose import JOSEProblem, read_key
from trunkline.auth.scopes import is_scope
from trunkline.auth.urls import is_resource
from trunkline.issuer.secrets import hash_secret, make_secret

__all__ = [
    "DEFAULT_LIFETIME",
    "LONGEST_LIFETIME",
    "Binding",
    "Client",
    "Method",
    "Secret",
    "is_client_id",
    "with_new_secret",
]

Method: TypeAlias = Literal[
    "client_secret", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"
]
Binding: TypeAlias = Literal["none", "mtls", "dpop"]

DEFAULT_LIFETIME = 600
SHORTEST_LIFETIME, LONGEST_LIFETIME = 60, 3600  # RFC 6750 §5.3: one hour or less

_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_MOST_SECRETS = 2


def is_client_id(text: str) -> bool:
    """Say whether a text may be a client's id."""
    return _CLIENT_ID.fullmatch(text) is not None


class Secret(msgspec.Struct, frozen=True):
    """One of a client's secrets: its hash, and when it ends (seconds since 1970), if it does."""

    id: str
    hash: str
    created: float
    expires: float | None = None

    def lives(self, now: float) -> bool:
        """Say whether it can be used at a time."""
        return self.expires is None or now < self.expires


class Client(msgspec.Struct, frozen=True, omit_defaults=True):
    """A client of the issuer: a program, never a person.

    ``grants`` are the scopes that it may have, by resource. ``serves`` are the resources that it
    is itself, whose tokens it may introspect. ``method`` is how it authenticates: with
    ``secrets``, with keys whose public parts are ``jwks``, with a certificate that is for
    ``subject`` (a kind and a value), or with one of ``certificates`` (PEM), which it signed
    itself. ``lifetime`` of its tokens is in seconds; ``bound`` tokens work for their sender only.
    ``accepts_token_url`` lets its assertions be for the token URL.
    """

    client_id: str
    method: Method = "client_secret"
    grants: dict[str, list[str]] = {}
    serves: list[str] = []
    secrets: list[Secret] = []
    jwks: list[dict[str, Any]] = []
    certificates: list[str] = []
    subject: tuple[str, str] | None = None
    lifetime: int = DEFAULT_LIFETIME
    bound: Binding = "none"
    accepts_token_url: bool = False
    created: float = 0.0
    revoked: float | None = None

    def check(self) -> None:
        """Raise ``ValueError``, with the remedy, for what can never work."""
        if not is_client_id(self.client_id):
            raise ValueError("A client's id has letters, digits and . _ ~ - only, 128 at most.")
        if not SHORTEST_LIFETIME <= self.lifetime <= LONGEST_LIFETIME:
            raise ValueError(f"Tokens live {SHORTEST_LIFETIME} to {LONGEST_LIFETIME} seconds.")
        for resource, scopes in self.grants.items():
            _check_grant(resource, scopes)
        for resource in self.serves:
            _check_grant(resource, [])
        self._check_method()

    def _check_method(self) -> None:
        needs = {
            "client_secret": bool(self.secrets),
            "private_key_jwt": bool(self.jwks),
            "tls_client_auth": self.subject is not None,
            "self_signed_tls_client_auth": bool(self.certificates),
        }
        if not needs[self.method]:
            raise ValueError(f"{self.method} needs what the client shows who it is with.")
        for jwk in self.jwks:
            try:
                read_key(jwk)
            except JOSEProblem as problem:
                raise ValueError(f"A key cannot be used. {problem}") from problem
        for certificate in self.certificates:
            _check_certificate(certificate)
        if self.subject:
            _check_subject(*self.subject)


def with_new_secret(
    client: Client, now: float, *, grace: float, lifetime: float | None = None, chosen: str = ""
) -> tuple[Client, str]:
    """Give a client one more secret; return both.

    The one before it lives ``grace`` seconds more, those before that end at once: two live at a
    time. ``lifetime`` is the new one's, in seconds; ``None`` is for good.
    """
    secret = chosen or make_secret()
    new = Secret(
        token_hex(4), hash_secret(secret), now, None if lifetime is None else now + lifetime
    )
    living = [old for old in client.secrets if old.lives(now)][-(_MOST_SECRETS - 1) :]
    ending = [
        msgspec.structs.replace(old, expires=min(old.expires or now + grace, now + grace))
        for old in living
    ]
    return msgspec.structs.replace(client, secrets=[*ending, new]), secret


def _check_grant(resource: str, scopes: list[str]) -> None:
    if not is_resource(resource):
        raise ValueError(f"{resource!r} is no resource: give an absolute URI without fragment.")
    wrong = [scope for scope in scopes if not is_scope(scope)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no scope: visible ASCII but for quotes and backslashes.")


def _check_certificate(pem: str) -> None:
    try:
        read_certificate(pem.encode())
    except ValueError:
        raise ValueError("The certificate cannot be read: give it as PEM.") from None


def _check_subject(kind: str, value: str) -> None:
    if kind not in SUBJECT_KINDS:
        raise ValueError(f"A subject is one of {', '.join(SUBJECT_KINDS)}.")
    try:
        if kind == "subject_dn":
            Name.from_rfc4514_string(value)
        elif kind == "san_ip":
            ip_address(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is no {kind}: write CN=web,O=Example, or an address."
        ) from None
