"""Who calls: what a verified token says of the program that sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from trunkline.asgi.requests import Headers, Scope
from trunkline.auth.verifying.challenge import Challenge

__all__ = ["Assumed", "Authenticator", "Caller"]


class Caller(msgspec.Struct, frozen=True, eq=False):
    """A program that calls, proven by its token.

    ``client_id`` is its name at the issuer; ``scopes`` are what the token lets it do; ``claims``
    are all that the token says, or, of an opaque one, what its issuer said of it.
    """

    client_id: str
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Caller({self.client_id!r}, scopes={sorted(self.scopes)})"


class Authenticator(Protocol):
    """Finds out who sent a request, before anything of it is read but its headers."""

    @property
    def challenge(self) -> Challenge:
        """What writes the headers of refusals."""
        ...

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return the caller if that is known without any waiting."""
        ...

    async def authenticate(self, scope: Scope) -> Caller:
        """Return the caller; raises ``AccessDeniedError`` where there is none that may come in."""
        ...


class Assumed:
    """Takes every request for one of the given caller's, whoever sent it: for development."""

    def __init__(self, caller: Caller) -> None:
        self.challenge = Challenge("development")
        self._caller = caller

    def recall(self, scope: Scope, headers: Headers) -> Caller | None:  # noqa: ARG002  # the protocol's
        """Return the caller."""
        return self._caller

    async def authenticate(self, scope: Scope) -> Caller:  # noqa: ARG002  # the protocol's
        """Return the caller."""
        return self._caller
