"""The caller: the program that sent a request, as its verified token describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.verifying.headers import Challenge

__all__ = ["Assumed", "Authenticator", "Caller"]


class Caller(msgspec.Struct, frozen=True, eq=False):
    """A program that calls, proven by its token.

    - ``client_id``: its name at the issuer.
    - ``scopes``: what the token lets it do.
    - ``claims``: all claims of the token; of an opaque one, the introspection response.
    """

    client_id: str
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Caller({self.client_id!r}, scopes={sorted(self.scopes)})"


class Authenticator(Protocol):
    """Finds the caller of a request by its headers, before its body is read."""

    @property
    def challenge(self) -> Challenge:
        """Writes the headers of a response that denies access."""
        ...

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return the caller if that is known without waiting."""
        ...

    async def authenticate(self, scope: Scope) -> Caller:
        """Return the caller; raises ``AccessDeniedError`` if the request has no valid token."""
        ...


class Assumed:
    """Treats every request as one of the given caller, without any check: for development."""

    def __init__(self, caller: Caller) -> None:
        self.challenge = Challenge("development")
        self._caller = caller

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:  # noqa: ARG002  # the protocol's
        """Return the caller."""
        return self._caller

    async def authenticate(self, scope: Scope) -> Caller:  # noqa: ARG002  # the protocol's
        """Return the caller."""
        return self._caller
