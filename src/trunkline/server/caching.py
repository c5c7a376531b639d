"""What the endpoint tells HTTP caches of a response, and the audiences that share responses."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from trunkline.asgi.requests import Headers, Receive, Scope
from trunkline.asgi.responses import Application, HTTPApplication, Response
from trunkline.auth.verifying.caller import Authenticator, Caller
from trunkline.compiler.caching import OperationCaching
from trunkline.protocol.caching import caching_headers, etag_of, is_current, write_groups
from trunkline.protocol.messages import HEADER_NAME
from trunkline.schema.caching import CacheScope
from trunkline.server.additions import HeaderList, ResponseAdditions

__all__ = ["CacheAudience", "Caching", "Exchange", "GroupHeader", "ResponseCaching"]

_SHORTEST = 32  # bytes of a secret
_DIGITS = 32  # of an audience's name


class CacheAudience:
    """Names the audience of a caller: those who get the same responses.

    Callers with the same scopes of the same issuer are one audience, if also the values of the
    ``claims`` are the same: ``("tenant",)``, for example. Responses with the scope ``AUDIENCE``
    must depend on nothing else of the caller.

    A shared cache must know the audience before it looks for a response. So what stands before it
    asks the application that `check` returns, and sets the ``header`` of the request. The endpoint
    computes the same from the token, and only if both agree is the response shared. The name is a
    code made with the ``secret``, which has at least 32 bytes and is the same in all processes; so
    nobody can guess the name of an audience, and a response without the header is never shared.

    Raises ``ValueError`` if the secret is too short, or the header is no header's name.
    """

    def __init__(
        self, secret: str | bytes, claims: Sequence[str] = (), header: str = "Cache-Audience"
    ) -> None:
        self._secret = secret.encode() if isinstance(secret, str) else secret
        if len(self._secret) < _SHORTEST:
            raise ValueError(
                f"The secret of CacheAudience has {len(self._secret)} bytes; it needs {_SHORTEST}:"
                " make one by secrets.token_hex()."
            )
        if not HEADER_NAME.fullmatch(header):
            raise ValueError(f"CacheAudience: {header!r} cannot be the name of a header.")
        self._claims = tuple(sorted({*claims, "iss"}))
        self.header = header

    def name(self, caller: Caller) -> bytes:
        """Return the name of a caller's audience."""
        claims = [caller.claims.get(each) for each in self._claims]
        text = json.dumps([self._claims, claims, sorted(caller.scopes)], sort_keys=True)
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:_DIGITS].encode()

    def is_named(self, caller: Caller, headers: Headers) -> bool:
        """Say whether a request has the header, with the audience of its caller."""
        named = headers.get(self.header.lower().encode(), b"")
        return hmac.compare_digest(named, self.name(caller))

    def check(self, auth: Authenticator) -> Application:
        """Return the ASGI application that a proxy asks who a request's audience is.

        A request with a valid token gets 204 and the header, others get what the endpoint would
        give them: 401 or 403. It looks at the headers of the request only.
        """
        from trunkline.auth.verifying.protection import Protected  # noqa: PLC0415  # as auth is

        return Protected(_AudienceCheck(self), auth)


class _AudienceCheck(HTTPApplication):
    """Responds with the audience of a caller whose token was verified."""

    def __init__(self, audience: CacheAudience) -> None:
        self._audience = audience

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return the header."""
        name = self._audience.name(scope["caller"])
        header = self._audience.header.lower().encode()
        return Response(204, headers=((header, name), (b"cache-control", b"no-store")))


GroupHeader: TypeAlias = Literal["Cache-Groups", "xkey", "Surrogate-Key", "Cache-Tag"]
"""A header that names the groups of a response: RFC 9875's, Varnish's, Fastly's, Cloudflare's."""


@dataclass(frozen=True, slots=True)
class Caching:
    """How an endpoint works with HTTP caches.

    - ``audience``: names the callers who share responses. Without it, responses that depend on the
      caller's scopes are for their caller's own cache only.
    - ``group_headers``: name the groups of a response, so that caches can forget it by them.
    """

    audience: CacheAudience | None = None
    group_headers: Sequence[GroupHeader] = ("Cache-Groups",)


class Exchange(Struct, frozen=True):
    """A request, as far as caches ask for it."""

    operation: OperationCaching
    variables: Mapping[str, Any] | None
    scope: Scope
    headers: Headers
    caller: Caller | None


class ResponseCaching:
    """Gives responses the headers for caches, or turns them into 304.

    ``has_auth`` says that every caller has a token that was verified.
    """

    def __init__(self, caching: Caching, *, has_auth: bool) -> None:
        self._audience = caching.audience
        self._group_headers = tuple(caching.group_headers)
        self._has_auth = has_auth

    def headers(
        self,
        usual: HeaderList,
        response: Response,
        data: Any,
        exchange: Exchange,
        additions: ResponseAdditions,
    ) -> HeaderList:
        """Return the headers of a response: to a query without errors, or to a mutation.

        ``usual`` are those of a response that must not be stored. If the client has the response
        already, it becomes 304.
        """
        operation, groups = exchange.operation, exchange.operation.groups
        if operation.is_mutation:
            names = groups.of_mutation(data, exchange.variables, additions.groups)
            return (*usual, write_groups("Cache-Group-Invalidation", names)) if names else usual
        max_age, scope = additions.narrowed(operation.max_age, operation.scope)
        if exchange.scope["method"] == "POST" or additions.has_cookies or max_age <= 0:
            return usual
        is_shared, vary = self._sharing(scope, exchange.headers, exchange.caller)
        added = caching_headers(max_age, is_shared=is_shared, vary=vary)
        replaced = {name for name, _ in added}
        kept = tuple(each for each in usual if each[0] not in replaced)
        etag = etag_of(kept, response.body)
        if is_current(etag, exchange.headers.get(b"if-none-match")):
            response.status, response.body = 304, b""
        names = groups.of_query(data, exchange.variables, additions.groups)
        named = (write_groups(each, names) for each in self._group_headers if names)
        return (*kept, *added, (b"etag", etag), *named)

    def _sharing(
        self, scope: CacheScope, headers: Headers, caller: Caller | None
    ) -> tuple[bool, Sequence[str]]:
        """Say whether callers may share a response, and which headers it depends on."""
        if scope == CacheScope.PUBLIC:
            return True, ()
        if not self._has_auth:  # who sends credentials all the same may get another response
            has_credentials = b"authorization" in headers or b"cookie" in headers
            is_shared = scope == CacheScope.UNDECLARED and not has_credentials
            return is_shared, ("Authorization", "Cookie")
        audience = self._audience
        if (
            scope < CacheScope.PRIVATE
            and caller
            and audience
            and audience.is_named(caller, headers)
        ):
            return True, (audience.header,)
        return False, ("Authorization",)
