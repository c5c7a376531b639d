"""Who calls: the token in a request's headers, the caller that it proves, and the denial.

``Authorization`` is read here, and ``WWW-Authenticate`` is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from trunkline.asgi.requests import Headers, Scope
from trunkline.errors import AccessDeniedError

__all__ = [
    "Assumed",
    "Authenticator",
    "Caller",
    "Challenge",
    "PresentedToken",
    "TokenScheme",
    "check_authenticator",
    "has_query_token",
    "read_token",
]

TokenScheme: TypeAlias = Literal["Bearer", "DPoP"]

_SCHEMES: dict[str, TokenScheme] = {"bearer": "Bearer", "dpop": "DPoP"}
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_LONGEST = 16_384  # characters of a token
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class PresentedToken(NamedTuple):
    """The token of a request, not checked yet, and the scheme that it came with."""

    scheme: TokenScheme
    token: str


def read_token(scope: Scope) -> PresentedToken:
    """Read a request's token from the header ``Authorization`` (RFC 6750 §2.1).

    Cookies, forms and query strings are not looked at, except that a token in the query string
    beside one in the header is an error (RFC 6750 §2). Raises ``AccessDeniedError``.
    """
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) > 1 or (values and has_query_token(scope)):
        message = "The request has several access tokens: send one, in the header Authorization."
        raise AccessDeniedError(400, message, "invalid_request")
    word, _, token = (values[0] if values else b"").decode("latin-1").partition(" ")
    scheme = _SCHEMES.get(word.lower())
    if scheme is None:
        message = "The request has no access token: send one in the header Authorization."
        raise AccessDeniedError(401, message)
    token = token.strip(" ")
    if len(token) > _LONGEST or not _TOKEN.fullmatch(token):
        message = f"The header Authorization is malformed: expected {scheme}, a space and a token."
        raise AccessDeniedError(401, message, "invalid_token", scheme=scheme)
    return PresentedToken(scheme, token)


def has_query_token(scope: Scope) -> bool:
    """Tell whether the query string has a token, so that every log on the way has it too."""
    query: bytes = scope.get("query_string", b"")
    return query.startswith(b"access_token=") or b"&access_token=" in query


class Challenge:
    """Writes ``WWW-Authenticate`` for requests that are denied (RFC 6750 §3, RFC 9449 §7.1).

    ``realm`` is what is protected; ``metadata`` the URL of its metadata (RFC 9728 §5.1);
    ``algorithms`` are those that proofs may be signed with, if the API accepts proofs.
    """

    def __init__(
        self, realm: str, metadata: str | None = None, algorithms: Iterable[str] = ()
    ) -> None:
        self._realm = realm
        self._metadata = metadata
        self._algorithms = " ".join(algorithms)

    def headers(self, denied: AccessDeniedError) -> list[tuple[bytes, bytes]]:
        """Return the headers of the response, except those of its body."""
        if denied.retry_after is not None:
            return [(b"retry-after", b"%d" % denied.retry_after)]
        schemes = [denied.scheme] if denied.scheme else ["Bearer"]
        if self._algorithms and not denied.scheme:
            schemes.append("DPoP")
        challenges: list[tuple[bytes, bytes]] = []
        for scheme in schemes:
            parameters = {
                "realm": self._realm,
                "error": denied.error,
                "error_description": str(denied) if denied.error else None,
                "scope": " ".join(sorted(denied.scopes)),
                "algs": self._algorithms if scheme == "DPoP" else None,
                "resource_metadata": self._metadata,
            }
            written: list[str] = []
            for name, value in parameters.items():
                if value:  # nothing may end a quoted value (RFC 9110 §5.6.4; RFC 6750 §3)
                    text = _UNPRINTABLE.sub("?", value).replace("\\", "/").replace('"', "'")
                    written.append(f'{name}="{text}"')
            challenge = f"{scheme} {', '.join(written)}".encode("ascii")
            challenges.append((b"www-authenticate", challenge))
        return challenges


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


def check_authenticator(auth: object) -> None:
    """Raise ``TypeError`` unless an object has what an `Authenticator` must have."""
    kind = f"the class {auth.__name__}" if isinstance(auth, type) else type(auth).__name__
    if isinstance(auth, type) or not callable(getattr(auth, "authenticate", None)):
        raise TypeError(
            "auth must be a Verifier or an Assumed of trunkline.auth, or for GraphQL None, not"
            f" {kind}."
        )
    if not callable(getattr(auth, "recall", None)):
        raise TypeError(f"auth must have recall(), as every Authenticator; {kind} lacks it.")
    if not callable(getattr(getattr(auth, "challenge", None), "headers", None)):
        raise TypeError(
            f"auth must have a challenge, whose headers() deny access; {kind} lacks it."
        )


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
