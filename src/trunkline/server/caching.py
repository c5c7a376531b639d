"""What the endpoint tells HTTP caches of a response, and the audiences that share responses."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from math import inf
from time import time
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from trunkline.asgi.requests import Headers, Receive, Scope
from trunkline.asgi.responses import Application, HTTPApplication, Response
from trunkline.auth.verifying.caller import Authenticator, Caller
from trunkline.bounded import BoundedMapping
from trunkline.compiler.caching import OperationCaching
from trunkline.compiler.operation import Operation
from trunkline.errors import RequestError
from trunkline.observe.log import safe_logger
from trunkline.observe.operations import OperationEvent
from trunkline.protocol.caching import (
    caching_headers,
    digest_of,
    etag_of,
    is_current,
    write_groups,
)
from trunkline.protocol.messages import HEADER_NAME, SCHEMA_VERSION, schema_version
from trunkline.runtime.execution import Execution
from trunkline.schema.bindings import Schema
from trunkline.schema.caching import CacheScope
from trunkline.schema.printing import print_schema
from trunkline.server.additions import HeaderList, ResponseAdditions
from trunkline.server.response_store import KeptResponse, ResponseStore, StoreKey
from trunkline.server.versions import Version, Versions

__all__ = ["CacheAudience", "Caching", "Exchange", "GroupHeader", "ResponseCaching"]

logger = safe_logger("trunkline.errors")

_TOKEN_KNOWN = 10  # seconds that a cache may know the audience of a token
_SHORTEST = 32  # bytes of a secret
_DIGITS = 32  # of an audience's name
_KNOWN = 10_000  # responses whose version and ETag are remembered
_DIGESTED = 8_000_000  # bytes of responses whose digests are remembered
_OVERHEAD = 500  # bytes of one, in addition to its body
_LONG = 200  # bytes of an operation's name and variables, for which their hash stands in keys
_REPLACED = frozenset({b"cache-control", b"vary"})


class CacheAudience:
    """Names the audience of a caller: those who get the same responses.

    Callers with the same scopes of the same issuer are one audience, if also the values of the
    ``claims`` are the same: ``("tenant",)``, for example. Responses with the scope ``AUDIENCE``
    must depend on nothing else of the caller.

    A shared cache must know the audience before it looks for a response. So what stands before it
    asks the application that `check` returns, and sets the ``header`` of the request. The endpoint
    computes the same from the token, and only if both agree is the response shared. The name is a
    code made with the ``secret``, which has at least 32 bytes and is the same in all processes; so
    the name of an audience cannot be guessed, and a response without the header is never shared.

    ``clients_share`` says whether two clients can be one audience. Say ``False`` where clients have
    registered documents: a client may be limited to its own, and a cache cannot know them.

    Raises ``ValueError`` if the secret is too short, or the header is no header's name.
    """

    def __init__(
        self,
        secret: str | bytes,
        claims: Sequence[str] = (),
        *,
        clients_share: bool = True,
        header: str = "Cache-Audience",
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
        self.clients_share = clients_share
        self.header = header

    def name(self, caller: Caller) -> bytes:
        """Return the name of a caller's audience."""
        return self._name(caller, None if self.clients_share else caller.client_id)

    def rights(self, caller: Caller) -> bytes:
        """Return a name for what a caller may have, whoever it is.

        For what is asked only after it is known that the caller may send the document.
        """
        return self._name(caller, None)

    def _name(self, caller: Caller, client: str | None) -> bytes:
        claims = [caller.claims.get(each) for each in self._claims]
        text = json.dumps([self._claims, claims, sorted(caller.scopes), client], sort_keys=True)
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:_DIGITS].encode()

    def is_named(self, caller: Caller, headers: Headers) -> bool:
        """Say whether a request has the header, with the audience of its caller."""
        named = headers.get(self.header.lower().encode(), b"")
        return hmac.compare_digest(named, self.name(caller))

    def check(self, auth: Authenticator) -> Application:
        """Return the ASGI application that a proxy asks who a request's audience is.

        A request with a valid token gets 204 and the header, others get what the endpoint would
        give them: 401 or 403. It looks at the headers of the request only. A cache may keep the
        response to a token for 10 seconds, if a `Verifier` knows it, and it is bound to no sender.
        """
        from trunkline.auth.verifying.protection import Protected  # noqa: PLC0415  # as auth is
        from trunkline.auth.verifying.verifier import Verifier  # noqa: PLC0415

        return Protected(_AudienceCheck(self, is_by_token=isinstance(auth, Verifier)), auth)


class _AudienceCheck(HTTPApplication):
    """Responds with the audience of a caller whose token was verified.

    With ``is_by_token`` the caller is known by the header ``Authorization``, and nothing else,
    unless its token is bound to a sender.
    """

    def __init__(self, audience: CacheAudience, *, is_by_token: bool) -> None:
        self._audience = audience
        self._is_by_token = is_by_token

    async def respond(self, scope: Scope, receive: Receive) -> Response:  # noqa: ARG002  # ASGI's
        """Return the header."""
        caller: Caller = scope["caller"]
        header = self._audience.header.lower().encode()
        named = header, self._audience.name(caller)
        seconds = 0
        if self._is_by_token and "cnf" not in caller.claims:
            seconds = int(min(_TOKEN_KNOWN, caller.claims.get("exp", inf) - time()))
        if seconds <= 0:
            return Response(204, headers=(named, (b"cache-control", b"no-store")))
        control = b"public, s-maxage=%d" % seconds
        return Response(
            204, headers=(named, (b"cache-control", control), (b"vary", b"Authorization"))
        )


GroupHeader: TypeAlias = Literal["Cache-Groups", "xkey", "Surrogate-Key", "Cache-Tag"]
"""A header that names the groups of a response: RFC 9875's, Varnish's, Fastly's, Cloudflare's."""


@dataclass(frozen=True, slots=True)
class Caching:
    """How an endpoint works with HTTP caches.

    - ``audience``: names the callers who share responses. Without it, responses that depend on the
      caller's scopes are for their caller's own cache only.
    - ``group_headers``: name the groups of a response, so that caches can forget it by them.
    - ``store``: keeps responses in the server itself. With ``auth`` it needs an ``audience``, too.
    - ``versions``: the versions of what query fields return, by coordinate; so a client that has a
      response already gets 304, and nothing is executed.
    - ``on_invalidation``: is called with the groups that a mutation invalidated, to purge caches
      that are elsewhere. It is called on the event loop, so it must be quick.
    """

    audience: CacheAudience | None = None
    group_headers: Sequence[GroupHeader] = ("Cache-Groups",)
    store: ResponseStore | None = None
    versions: Mapping[str, Version] = field(default_factory=dict[str, Version])
    on_invalidation: Callable[[Collection[str]], object] | None = None


class Exchange(Struct, frozen=True):
    """A request, as far as caches ask for it, and what the program adds to its response.

    ``executions`` are those of a mutation that have begun.
    """

    operation: Operation
    caching: OperationCaching
    variables: Mapping[str, Any] | None
    scope: Scope
    headers: Headers
    caller: Caller | None
    additions: ResponseAdditions
    event: OperationEvent
    executions: list[Execution] = msgspec.field(default_factory=list)


Execute: TypeAlias = Callable[[], Awaitable[tuple[Response, Any, bool]]]
"""Executes an operation. Returns its response, its data, and whether it has no errors."""


class ResponseCaching:
    """Gives responses the headers for caches, turns them into 304, and keeps them itself.

    ``has_auth`` says that every caller has a token that was verified; ``has_clients`` that clients
    may be limited to their own documents. Raises ``ValueError`` if these would share responses, if
    a store could keep none, and for an unknown header of groups.
    """

    def __init__(
        self, schema: Schema, caching: Caching, *, has_auth: bool, has_clients: bool
    ) -> None:
        if has_clients and caching.audience is not None and caching.audience.clients_share:
            raise ValueError(
                "With registered documents, a client may be limited to its own, but a cache gives"
                " it what others may ask. Say CacheAudience(…, clients_share=False)."
            )
        if has_auth and caching.store is not None and caching.audience is None:
            raise ValueError(
                "With auth, a store keeps what callers share, and Caching names no audience: say"
                " Caching(audience=CacheAudience(…), store=…)."
            )
        unknown = ", ".join(map(repr, {*caching.group_headers} - {*get_args(GroupHeader)}))
        if unknown:
            raise ValueError(
                f"group_headers is a list of {', '.join(get_args(GroupHeader))}, and not {unknown}."
            )
        self._audience = caching.audience
        self._group_headers = tuple(caching.group_headers)
        self._store = caching.store
        self._schema = ""  # which responses in the store are of: other servers may have others
        if caching.store is not None:
            self._schema = schema_version(print_schema(schema.definition))
        self._on_invalidation = caching.on_invalidation
        self._has_auth = has_auth
        self._versions = Versions(schema, caching.versions) if caching.versions else None
        self._known = BoundedMapping[StoreKey, KeptResponse](_KNOWN)
        self._digests = BoundedMapping[StoreKey, tuple[bytes, bytes]](_DIGESTED, _weigh)

    async def respond(self, exchange: Exchange, usual: HeaderList, execute: Execute) -> Response:
        """Return the response to an operation, with its headers.

        ``usual`` are the headers of a response that must not be stored, Content-Type first.
        """
        if exchange.caching.is_mutation:
            return await self._mutate(exchange, usual, execute)
        is_post = exchange.scope["method"] == "POST"
        if is_post and self._store is None:
            response, _, _ = await execute()
            response.headers = usual
            return response
        known_as: StoreKey | None = None
        if self._versions is not None and not is_post:
            known_as = await self._version_key(self._versions, exchange)
            if known_as is not None:
                headers = self._recall(known_as, usual, exchange)
                if headers is not None:
                    return Response(304, b"", headers)
        if self._store is None:
            response, kept = await self._execute(exchange, execute)
        else:
            response, kept = await self._find(self._store, exchange, execute, known_as)
        response.headers = usual
        if kept is not None and not is_post:
            if known_as is not None:
                whose = _whose(exchange) if kept.scope == CacheScope.PRIVATE else b""
                self._known.put(known_as, replace(kept, body=b"", age=0, whose=whose))
            response.headers, is_current = self._describe(usual, kept, exchange)
            if is_current:
                response.status, response.body = 304, b""
        return response

    def _recall(
        self, known_as: StoreKey, usual: HeaderList, exchange: Exchange
    ) -> HeaderList | None:
        """Return the headers of a response that the client has, if it is that of the version."""
        exchange.event.cache = "miss"
        known = self._known.get(known_as)
        if known is None or (known.whose and known.whose != _whose(exchange)):
            return None
        headers, is_current = self._describe(usual, known, exchange)
        if not is_current:
            return None
        exchange.event.cache = "304"
        return headers

    async def _find(
        self, store: ResponseStore, exchange: Exchange, execute: Execute, known_as: StoreKey | None
    ) -> tuple[Response, KeptResponse | None]:
        """Return the response to a query, from the store if it is there, and how it may be kept."""
        key = self._key(exchange)
        if key is None:
            return await self._execute(exchange, execute)
        if known_as is not None:  # one of another version is not to be found
            key = known_as
        response: Response | None = None

        async def execute_query() -> KeptResponse | None:
            nonlocal response
            response, kept = await self._execute(exchange, execute)
            return kept

        kept, exchange.event.cache = await store.respond(key, execute_query)
        if response is not None:
            return response, kept
        if kept is None:  # others got what is only theirs
            return await self._execute(exchange, execute)
        return Response(200, kept.body), kept

    async def _execute(
        self, exchange: Exchange, execute: Execute
    ) -> tuple[Response, KeptResponse | None]:
        """Execute a query. Returns the response, and how it may be kept, if it may be."""
        response, data, is_whole = await execute()
        additions, caching = exchange.additions, exchange.caching
        max_age, scope, is_only_caching = additions.narrowed(caching.max_age, caching.scope)
        if max_age <= 0 or not is_whole:
            return response, None
        groups = caching.groups.of_query(data, exchange.variables, additions.groups)
        has_place = self._store is not None and is_only_caching
        is_stored = has_place and self._may_keep(scope, exchange)
        digest = self._digest(exchange, response.body)
        return response, KeptResponse(response.body, digest, max_age, scope, groups, is_stored)

    def _digest(self, exchange: Exchange, body: bytes) -> bytes:
        """Return the digest of a body. Most are as before, which costs less to see than to hash."""
        key = _key_for(exchange, b"")
        last = self._digests.get(key)
        if last is None or last[0] != body:
            last = body, digest_of(body)
            self._digests.put(key, last)
        return last[1]

    async def _version_key(self, versions: Versions, exchange: Exchange) -> StoreKey | None:
        """Return what the response to a request is known by, with the version of what it reads."""
        operation, variables = exchange.operation, exchange.variables
        version = await versions.current(operation, variables, exchange.caller)
        if version is None:
            return None
        key = self._key(exchange)
        if key is None:  # only its caller may have it
            key = _key_for(exchange, _whose(exchange))
        return (*key, version)

    async def close_async(self) -> None:
        """Close the store."""
        if self._store is not None:
            await self._store.close_async()

    async def _mutate(self, exchange: Exchange, usual: HeaderList, execute: Execute) -> Response:
        """Execute a mutation; what it may have changed is invalidated, however it ends."""
        groups, variables = exchange.caching.groups, exchange.variables
        try:
            response, data, _ = await execute()
        except BaseException as error:
            # a request may be refused before it is executed, and by a resolver or afterwards
            if exchange.executions or not isinstance(error, RequestError):
                names = groups.of_mutation(None, variables, exchange.additions.groups)
                await self._invalidate(names, exchange)
            raise
        names = groups.of_mutation(data, variables, exchange.additions.groups)
        await self._invalidate(names, exchange)
        response.headers = usual
        return response

    async def _invalidate(self, names: Sequence[str], exchange: Exchange) -> None:
        exchange.additions.invalidated = exchange.event.groups = names
        if not names:
            return
        try:
            if self._store is not None:  # first, because other caches ask for it again
                await self._store.invalidate(names)
        finally:
            if self._on_invalidation is not None:
                try:
                    self._on_invalidation(names)
                except Exception:
                    logger.exception("The function on_invalidation failed for %s.", names)

    def _describe(
        self, usual: HeaderList, kept: KeptResponse, exchange: Exchange
    ) -> tuple[HeaderList, bool]:
        """Return a response's headers for caches, and whether the client has it already."""
        is_shared, vary = self._sharing(kept.scope, exchange.headers, exchange.caller)
        exchange.event.groups = kept.groups
        has_version = not self._has_auth or kept.scope != CacheScope.PUBLIC
        headers = _headers(
            usual, has_version, kept.max_age, is_shared, vary, self._group_headers, kept.groups
        )
        etag = etag_of(usual[0][1], kept.digest)
        if kept.age:
            headers += ((b"age", b"%d" % kept.age),)
        known = exchange.headers.get(b"if-none-match")
        return (*headers, (b"etag", etag)), known is not None and is_current(etag, known)

    def _key(self, exchange: Exchange) -> StoreKey | None:
        """Return the key of a response that callers may share; ``None`` if they may not."""
        if not self._may_keep(exchange.caching.scope, exchange):
            return None
        audience, caller = self._audience, exchange.caller
        who = audience.rights(caller) if audience and caller else b""
        return (self._schema, *_key_for(exchange, who))

    def _may_keep(self, scope: CacheScope, exchange: Exchange) -> bool:
        """Say whether those who ask by one key may share a response of this scope."""
        if self._has_auth:
            return scope < CacheScope.PRIVATE and self._audience is not None
        return self._sharing(scope, exchange.headers, None)[0]

    def _sharing(
        self, scope: CacheScope, headers: Headers, caller: Caller | None
    ) -> tuple[bool, tuple[str, ...]]:
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


def _whose(exchange: Exchange) -> bytes:
    """Return a name for whom a request is from, which nobody else has."""
    sent = [exchange.headers.get(each) for each in (b"authorization", b"cookie")]
    known = msgspec.json.encode((sent, exchange.caller), order="deterministic", enc_hook=repr)
    return sha256(known).digest()


def _key_for(exchange: Exchange, who: bytes) -> StoreKey:
    """Return the key of a response for those of one name; no request makes it long."""
    operation = exchange.operation
    asked = msgspec.json.encode((operation.name, exchange.variables or {}), order="deterministic")
    return operation.id, asked if len(asked) <= _LONG else sha256(asked).digest(), who


@lru_cache(maxsize=1_024)  # many responses have the same
def _headers(  # noqa: PLR0913, PLR0917
    usual: HeaderList,
    has_version: bool,  # noqa: FBT001
    max_age: int,
    is_shared: bool,  # noqa: FBT001
    vary: tuple[str, ...],
    group_headers: tuple[GroupHeader, ...],
    groups: tuple[str, ...],
) -> HeaderList:
    """Return the headers of a response that caches may keep, except those of its body and age.

    Without ``has_version`` the response says nothing of a schema: callers see different ones.
    """
    replaced = _REPLACED if has_version else _REPLACED | {SCHEMA_VERSION.encode()}
    named = (write_groups(each, groups) for each in group_headers) if groups else ()
    return (
        *(each for each in usual if each[0] not in replaced),
        *caching_headers(max_age, is_shared=is_shared, vary=vary),
        *named,
    )


def _weigh(_: StoreKey, digested: tuple[bytes, bytes]) -> int:
    return len(digested[0]) + _OVERHEAD
