"""A registered client: what it may request, and how it authenticates."""

from __future__ import annotations

import re
from ipaddress import ip_address
from secrets import token_hex
from typing import Any, Literal, TypeAlias

import msgspec
from cryptography.x509 import Name

from trunkline.auth.certificates import SUBJECT_KINDS, read_certificate
from trunkline.auth.jose import JWTError, read_public_key
from trunkline.auth.urls import is_resource
from trunkline.issuer.secrets import hash_secret, make_secret

__all__ = [
    "LONGEST_LIFETIME",
    "Binding",
    "Method",
    "RegisteredClient",
    "RegisteredSecret",
    "is_client_id",
    "read_scope",
    "with_new_secret",
]

Method: TypeAlias = Literal[
    "client_secret", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"
]
Binding: TypeAlias = Literal["none", "mtls", "dpop"]

LONGEST_LIFETIME = 3600
"""Seconds that a token lives at most (RFC 6750 §5.3)."""

_SHORTEST_LIFETIME = 60

_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")
_LONGEST_SCOPE = 4096
_MOST_SECRETS = 2


def is_client_id(text: str) -> bool:
    """Tell whether a text may be the id of a client."""
    return _CLIENT_ID.fullmatch(text) is not None


def read_scope(text: str) -> tuple[str, ...]:
    """Read a scope parameter: words, separated by one space (RFC 6749 §3.3).

    A repeated word counts once. Raises ``ValueError`` for another grammar or a longer text.
    """
    words = text.split(" ")
    if len(text) > _LONGEST_SCOPE or not all(map(_SCOPE.fullmatch, words)):
        raise ValueError("The text is not a list of scopes.")
    return tuple(dict.fromkeys(words))


class RegisteredSecret(msgspec.Struct, frozen=True):
    """A secret of a client: its hash, and when it was made and expires (seconds since 1970).

    Without ``expires`` it does not expire.
    """

    id: str
    hash: str
    created: float
    expires: float | None = None

    def is_valid(self, now: float) -> bool:
        """Tell whether it has not expired at a time."""
        return self.expires is None or now < self.expires


class RegisteredClient(msgspec.Struct, frozen=True, omit_defaults=True):
    """A client of the issuer: a program, never a person.

    - ``client_id``: its name at the issuer.
    - ``method``: how it authenticates.
    - ``grants``: the scopes that it may have, by resource.
    - ``serves``: the resources that it is itself; it may introspect their tokens.
    - ``secrets``: for ``client_secret``.
    - ``jwks``: for ``private_key_jwt``: its public keys.
    - ``certificates``: for ``self_signed_tls_client_auth``: PEM.
    - ``subject``: for ``tls_client_auth``: a kind and a value that its certificate names.
    - ``lifetime``: of its tokens, in seconds.
    - ``bound``: how its tokens are bound to it, so that they work for it only.
    - ``accepts_token_url``: lets its assertions have the token URL as audience.
    - ``created``: when it was registered, in seconds since 1970.
    - ``revoked``: when it was revoked, in seconds since 1970.
    """

    client_id: str
    method: Method = "client_secret"
    grants: dict[str, list[str]] = {}
    serves: list[str] = []
    secrets: list[RegisteredSecret] = []
    jwks: list[dict[str, Any]] = []
    certificates: list[str] = []
    subject: tuple[str, str] | None = None
    lifetime: int = 600
    bound: Binding = "none"
    accepts_token_url: bool = False
    created: float = 0.0
    revoked: float | None = None

    def check(self) -> None:
        """Raise ``ValueError``, with the remedy, if the client can never work."""
        if not is_client_id(self.client_id):
            raise ValueError(
                "The client id must be 1 to 128 characters: letters, digits and . _ ~ - only."
            )
        if not _SHORTEST_LIFETIME <= self.lifetime <= LONGEST_LIFETIME:
            raise ValueError(
                f"The lifetime of tokens must be {_SHORTEST_LIFETIME} to {LONGEST_LIFETIME} s."
            )
        for resource in (*self.grants, *self.serves):
            if not is_resource(resource):
                raise ValueError(
                    f"{resource!r} is not a resource: give an absolute URI without a fragment."
                )
        for scope in (scope for scopes in self.grants.values() for scope in scopes):
            if not _SCOPE.fullmatch(scope):
                raise ValueError(
                    f"{scope!r} is not a scope: use visible ASCII without quotes and backslashes."
                )
        self._check_method()

    def _check_method(self) -> None:
        needed, value = {
            "client_secret": ("a secret", self.secrets),
            "private_key_jwt": ("a public key", self.jwks),
            "tls_client_auth": ("a subject of its certificate", self.subject),
            "self_signed_tls_client_auth": ("a certificate", self.certificates),
        }[self.method]
        if not value:
            raise ValueError(f"A client with the method {self.method} needs {needed}.")
        for jwk in self.jwks:
            try:
                read_public_key(jwk)
            except JWTError as error:
                raise ValueError(f"The client's key cannot be used. {error}") from error
        for pem in self.certificates:
            try:
                read_certificate(pem.encode())
            except ValueError:
                raise ValueError("The certificate cannot be read: give it as PEM.") from None
        kind, name = self.subject or ("san_dns", "")
        if kind not in SUBJECT_KINDS:
            raise ValueError(f"The kind of a subject must be one of {', '.join(SUBJECT_KINDS)}.")
        try:
            if kind == "subject_dn":
                Name.from_rfc4514_string(name)
            elif kind == "san_ip":
                ip_address(name)
        except ValueError:
            example = "an IP address" if kind == "san_ip" else "a name such as CN=web,O=Example"
            raise ValueError(f"{name!r} is not a {kind}: give {example}.") from None


def with_new_secret(
    client: RegisteredClient,
    now: float,
    *,
    grace: float,
    lifetime: float | None = None,
    chosen: str = "",
) -> tuple[RegisteredClient, str]:
    """Give a client one more secret; return both.

    The secret before it stays valid for ``grace`` seconds, earlier ones end at once: at most two
    are valid at a time. ``lifetime`` of the new one is in seconds; ``None`` has no end. Raises
    ``ValueError`` if the ``chosen`` secret is too short.
    """
    secret = chosen or make_secret()
    expires = None if lifetime is None else now + lifetime
    new = RegisteredSecret(token_hex(4), hash_secret(secret), now, expires)
    valid = [old for old in client.secrets if old.is_valid(now)][-(_MOST_SECRETS - 1) :]
    ending = [
        msgspec.structs.replace(old, expires=min(old.expires or now + grace, now + grace))
        for old in valid
    ]
    return msgspec.structs.replace(client, secrets=[*ending, new]), secret
