"""What a client gets a token for (RFC 6749 §1.3): its own rights, an assertion, another token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from trunkline.auth.calling.authentication import (
    Assertion,
    AssertionSource,
    Hidden,
    SecretSource,
    read_assertion,
)

__all__ = ["Grant", "JWTBearer", "OwnRights", "TokenExchange"]

_JWT = "urn:ietf:params:oauth:token-type:jwt"


class Grant(Protocol):
    """Adds to a token request what the token is given for.

    ``subject`` tells whose token it is, as far as this program knows it: a JSON value. It is
    ``None`` if a token of another program tells it.
    """

    subject: Any

    def add_to(self, form: dict[str, str], audience: str) -> None:
        """Add it to the form. ``audience`` reads it: the issuer."""
        ...


class OwnRights:
    """The client's own rights (RFC 6749 §4.4)."""

    subject: Any = ""

    def add_to(self, form: dict[str, str], audience: str) -> None:  # noqa: ARG002
        """Add the grant type."""
        form["grant_type"] = "client_credentials"


class JWTBearer:
    """A token for an assertion (RFC 7523 §2.1), as Google gives it to service accounts.

    ``assertion``: an ``Assertion``, whose claims name at least ``iss``; or the text of one that
    another program signed, a ``Path`` of a file, or a function. Raises ``ValueError`` without
    ``iss``.
    """

    def __init__(self, assertion: AssertionSource) -> None:
        self.subject: Mapping[str, Any] | None = None
        if isinstance(assertion, Assertion):
            self.subject = assertion.claims
            if "iss" not in assertion.claims:
                raise ValueError(
                    "The assertion of JWTBearer has no 'iss': say whose it is, for example"
                    " Assertion(key, claims={'iss': 'web@project.example'})."
                )
        self._assertion = read_assertion(assertion)

    def __repr__(self) -> str:
        return "JWTBearer(…)"

    def add_to(self, form: dict[str, str], audience: str) -> None:
        """Add the grant type and an assertion."""
        form["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        form["assertion"] = self._assertion(audience, None)


class TokenExchange:
    """A token for a token of another issuer (RFC 8693), such as the one Kubernetes gives to a pod.

    - ``subject_token``: a text, a ``Path`` of a file, or a function, read at each token request:
      the token of the one subject whom these credentials are for.
    - ``subject_token_type``: its type, a URI (§3); by default that of a JWT.
    - ``actor_token`` and ``actor_token_type``: of the party that acts for the subject.
    - ``requested_token_type``: the type of the token that is wanted, if the issuer has several.
    """

    subject: Any = None

    def __init__(
        self,
        subject_token: SecretSource,
        *,
        subject_token_type: str = _JWT,
        actor_token: SecretSource | None = None,
        actor_token_type: str = _JWT,
        requested_token_type: str | None = None,
    ) -> None:
        self._subject = Hidden(subject_token, "subject token")
        self._actor = None if actor_token is None else Hidden(actor_token, "actor token")
        self._types = {"subject_token_type": subject_token_type}
        if self._actor:
            self._types["actor_token_type"] = actor_token_type
        if requested_token_type is not None:
            self._types["requested_token_type"] = requested_token_type

    def __repr__(self) -> str:
        return "TokenExchange(…)"

    def add_to(self, form: dict[str, str], audience: str) -> None:  # noqa: ARG002
        """Add the grant type, the tokens and their types."""
        form["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange"
        form |= self._types
        form["subject_token"] = self._subject.read()
        if self._actor:
            form["actor_token"] = self._actor.read()
