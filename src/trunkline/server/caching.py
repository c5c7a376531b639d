"""What the endpoint tells HTTP caches of a response, and the audiences that share responses."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from math import inf
from time import time
from typing import Any, Literal, TypeAlias, get_args
from weakref import ReferenceType, ref

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from trunkline.asgi.requests import Headers, Receive, Scope
from trunkline.asgi.responses import Application, HTTPApplication, Response
from trunkline.auth.verifying.caller import Authenticator, Caller
from trunkline.bounded import BoundedMapping
from trunkline.compiler.caching import OperationCaching
from trunkline.errors import RequestError
from trunkline.observe.log import safe_logger
from trunkline.protocol.caching import (
    caching_headers,
    digest_of,
    etag_of,
    is_current,
    write_groups,
)
from trunkline.protocol.canonical import without_document
from trunkline.protocol.messages import HEADER_NAME, SCHEMA_VERSION, schema_version
from trunkline.schema.bindings import Schema
from trunkline.schema.caching import CacheScope
from trunkline.schema.printing import print_schema
from trunkline.schema.requirements import policies_in
from trunkline.server.additions import HeaderList
from trunkline.server.arrivals import Arrival, Exchange
from trunkline.server.execute import while_connected
from trunkline.server.response_store import KeptResponse, ResponseStore, StoreKey
from trunkline.server.versions import Version, Versions

__all__ = ["CacheAudience", "Caching", "GroupHeader", "ResponseCaching"]

logger = safe_logger("trunkline.errors")

_TOKEN_KNOWN = 10  # seconds that a cache may know the audience of a token
_SHORTEST = 32  # bytes of a secret
_DIGITS = 32  # of an audience's name
_NAMED = 1_000  # callers; a verifier gives the same object as long as it remembers a token
_KNOWN = 10_000  # responses whose version and ETag are remembered
_SENT = 8_000_000  # bytes of responses that are remembered as they were sent last
_OVERHEAD = 2_000  # bytes of one, in addition to its body
_LONG = 200  # bytes of what a request says besides its document; in keys, a hash stands for more
# to find a member of an Enum takes long
_PUBLIC, _UNDECLARED, _, _PRIVATE = CacheScope
_REPLACED = frozenset({b"cache-control", b"vary"})


class CacheAudience:
    """Names the audience of a caller: those who get the same responses.

    Callers with the same scopes of the same issuer are one audience, if also the values of the
    ``claims`` are the same: ``["tenant"]``, for example. A caller who lacks one of them shares no
    response. Responses with the scope ``AUDIENCE`` must depend on nothing else of the caller.

    A shared cache must know the audience before it looks for a response. So what stands before it
    asks the application that `check` returns, and sets the ``header`` of the request. The endpoint
    computes the same from the token, and only if both agree is the response shared. The name is a
    code made with the ``secret``, which has at least 32 bytes and is the same in all processes; so
    the name of an audience cannot be guessed, and a response without the header is never shared.

    ``clients_share`` says whether two clients can be one audience. Say ``False`` where clients have
    registered documents: a client may be limited to its own, and a cache cannot know them.

    Raises ``ValueError`` if the secret is too short, or a header cannot have that name, and
    ``TypeError`` if the claims are a text.
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
        if isinstance(claims, str):  # whose characters would be claims that no caller has
            raise TypeError(f"CacheAudience takes a list of claims: claims=[{claims!r}].")
        self._claims = tuple(sorted({*claims}))
        self._names = BoundedMapping[tuple[Caller, str | None], bytes](_NAMED)
        self.clients_share = clients_share
        self.header = header

    def name(self, caller: Caller) -> bytes | None:
        """Return the name of a caller's audience; ``None`` if it shares no response."""
        return self._name(caller, None if self.clients_share else caller.client_id)

    def rights(self, caller: Caller) -> bytes | None:
        """Return a name for what a caller may have, the same for all callers with these rights.

        ``None`` if the caller shares no response. For what is asked only after it is known that the
        caller may send the document.
        """
        return self._name(caller, None)

    def _name(self, caller: Caller, client: str | None) -> bytes | None:
        name = self._names.get((caller, client))
        if name is not None:
            return name
        claims = [caller.claims.get(each) for each in self._claims]
        if None in claims:
            return None
        issuer = caller.claims.get("iss")
        known = [self._claims, claims, issuer, sorted(caller.scopes), client]
        text = json.dumps(known, sort_keys=True)
        name = hmac.digest(self._secret, text.encode(), "sha256").hex()[:_DIGITS].encode()
        self._names.put((caller, client), name)
        return name

    def is_named(self, caller: Caller, headers: Headers) -> bool:
        """Say whether a request has the header, with the audience of its caller."""
        named, name = headers.get(self.header.lower().encode(), b""), self.name(caller)
        return name is not None and hmac.compare_digest(named, name)

    def check(self, auth: Authenticator) -> Application:
        """Return the ASGI application that a proxy asks who a request's audience is.

        A request with a valid token gets 204 and the header, others get what the endpoint would
        give them: 401 or 403. It looks at the headers of the request only. A cache may keep the
        response to a token for 10 seconds, if a `Verifier` knows it, and it is bound to no sender.
        """
        from trunkline.auth.verifying.protection import Protected  # noqa: PLC0415  # as auth is
        from trunkline.auth.verifying.verifier import Verifier  # noqa: PLC0415

        is_by_token = type(auth) is Verifier  # a class of the program may look at more
        return Protected(_AudienceCheck(self, is_by_token=is_by_token), auth)


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
        header, name = self._audience.header.lower().encode(), self._audience.name(caller)
        named = () if name is None else ((header, name),)
        seconds = 0
        if self._is_by_token and "cnf" not in caller.claims:
            seconds = int(min(_TOKEN_KNOWN, caller.claims.get("exp", inf) - time()))
        if seconds <= 0:
            return Response(204, headers=(*named, (b"cache-control", b"no-store")))
        control = b"public, s-maxage=%d" % seconds
        return Response(
            204, headers=(*named, (b"cache-control", control), (b"vary", b"Authorization"))
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
    - ``vary``: the request's headers that responses depend on besides ``Accept`` and those of the
      caller: ``["Accept-Language"]`` if the ``context`` has the language. Caches, and the store,
      keep the responses apart then.
    - ``versions``: the versions of what query fields return, by coordinate; so a client that has a
      response already gets 304, and nothing is executed.
    - ``on_invalidation``: is called with the groups that a mutation invalidated, to purge caches
      that are elsewhere. It is called on the event loop, so it must be quick.
    """

    audience: CacheAudience | None = None
    group_headers: Sequence[GroupHeader] = ("Cache-Groups",)
    store: ResponseStore | None = None
    vary: Sequence[str] = ()
    versions: Mapping[str, Version] = field(default_factory=dict[str, Version])
    on_invalidation: Callable[[Collection[str]], object] | None = None


_Execute: TypeAlias = Callable[[Exchange], Awaitable[tuple[Response, Any, bool]]]
"""Executes an operation. Returns its response, its data, and whether it has no errors."""

_Sharing: TypeAlias = tuple[bool, tuple[str, ...]]
"""Whether callers may share a response, and which headers it depends on."""


class _Sent(Struct, eq=False):
    """A response as it was sent last: its headers for caches, and what these depend on."""

    kept: KeptResponse
    policy: ReferenceType[OperationCaching] | None = None  # if nothing else decides of it
    usual: HeaderList = ()
    sharing: _Sharing | None = None
    etag: bytes = b""
    headers: HeaderList = ()


class ResponseCaching:
    """Gives responses the headers for caches, turns them into 304, and keeps them itself.

    ``execute`` is called for those that are not known. ``has_auth`` says that every caller has a
    token that was verified; ``has_clients`` that clients may be limited to their own documents.
    Raises ``ValueError`` if these would share responses, if a store could keep none or is another
    endpoint's, and for an unknown header of groups or one that cannot be.
    """

    def __init__(
        self,
        schema: Schema,
        caching: Caching,
        execute: _Execute,
        *,
        has_auth: bool,
        has_clients: bool,
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
        for name in caching.vary:
            is_name = HEADER_NAME.fullmatch(name) and name != "*"
            if not is_name or isinstance(caching.vary, str):
                raise ValueError(f"vary is a list of names of headers, and not {caching.vary!r}.")
        self._execute = execute
        self._audience = caching.audience
        self._vary = tuple(caching.vary)
        self._varying = tuple(name.lower().encode() for name in caching.vary)
        self._group_headers = tuple(caching.group_headers)
        self._store = caching.store
        self._schema = ""  # which responses in the store are of: other servers may have others
        if caching.store is not None:
            caching.store.take()
            self._schema = schema_version(print_schema(schema.definition))
        self._on_invalidation = caching.on_invalidation
        self._has_auth = has_auth
        self._versions = Versions(schema, caching.versions) if caching.versions else None
        self._has_policies = bool(policies_in(schema.requirements.all))
        self._known = BoundedMapping[StoreKey, _Sent](_KNOWN)
        self._sent = BoundedMapping[StoreKey, _Sent](_SENT, _weigh)

    def concerns(self, exchange: Exchange, policy: OperationCaching) -> bool:
        """Say whether caches may have the response to an operation, or must forget others.

        Those of HTTP keep no response to ``POST``, and a profile is its caller's own.
        """
        if policy.is_mutation:
            return True
        profile = exchange.came.profile
        if profile is not None and profile.is_for_caller:
            return False
        return self._store is not None or exchange.came.scope["method"] != "POST"

    async def respond(self, exchange: Exchange, policy: OperationCaching) -> Response:
        """Return the response to an operation, with its headers."""
        if policy.is_mutation:
            return await self._mutate(exchange, policy)
        store, version_key = self._store, None
        is_post = store is not None and exchange.came.scope["method"] == "POST"
        if self._versions is not None and not is_post:
            version_key = await self._version_key(self._versions, exchange, policy)
            if version_key is not None:
                headers = self._recall(version_key, exchange)
                if headers is not None:
                    return Response(304, b"", headers)
        if store is None:
            response, data, is_whole = await self._execute(exchange)
            sent = self._reusable(exchange, policy, response.body, data) if is_whole else None
        else:
            response, sent = await self._find(store, exchange, policy, version_key)
        if sent is None or is_post:
            response.headers = exchange.usual
            return response
        response.headers = self._describe(sent, exchange)
        if version_key is not None:
            self._remember(version_key, sent, exchange, policy)
        if _has_already(exchange, sent.etag):
            response.status, response.body = 304, b""
        return response

    def _remember(
        self, version_key: StoreKey, sent: _Sent, exchange: Exchange, policy: OperationCaching
    ) -> None:
        """Remember the headers of the response to a version.

        A resolver may have narrowed it to its caller, although callers ask for it by one key. What
        the program has added besides is not known.
        """
        additions = exchange.came.additions
        if additions is not None and not additions.are_for_caches:
            return
        is_shared = self._may_keep(sent.kept.scope, exchange.came)
        is_narrowed = not is_shared and self._key(exchange, policy) is not None
        whose = _whose(exchange) if is_narrowed else b""
        kept = replace(sent.kept, body=b"", age=0, whose=whose)
        self._known.put(version_key, replace(sent, kept=kept))

    def _recall(self, version_key: StoreKey, exchange: Exchange) -> HeaderList | None:
        """Return the headers of a response that the client has, if it is that of the version."""
        exchange.came.event.cache = "miss"
        known = self._known.get(version_key)
        if known is None or (known.kept.whose and known.kept.whose != _whose(exchange)):
            return None
        headers = self._describe(known, exchange)
        if not _has_already(exchange, known.etag):
            return None
        exchange.came.event.cache = "304"
        return headers

    async def _find(
        self,
        store: ResponseStore,
        exchange: Exchange,
        policy: OperationCaching,
        version_key: StoreKey | None,
    ) -> tuple[Response, _Sent | None]:
        """Return the response to a query, from the store if it is there, and how it may be kept."""
        executed: list[tuple[Response, _Sent | None]] = []

        async def execute() -> KeptResponse | None:
            response, data, is_whole = await self._execute(exchange)
            sent = self._reusable(exchange, policy, response.body, data) if is_whole else None
            executed.append((response, sent))
            return None if sent is None else sent.kept

        key = self._key(exchange, policy)
        if key is not None:
            if version_key is not None:  # one of another version is not to be found
                key = version_key
            kept, exchange.came.event.cache = await store.respond(
                key, execute, partial(while_connected, exchange.came.receive)
            )
            if kept is not None and not executed:
                return Response(200, kept.body), _Sent(kept)
        if not executed:  # callers may not share it, or others got what is only theirs
            await execute()
        return executed[0]

    def _reusable(
        self, exchange: Exchange, policy: OperationCaching, body: bytes, data: Any
    ) -> _Sent | None:
        """Return a response of an execution without errors as it may be kept, if it may be.

        Most are as they were sent last, which costs less to see than to hash them.
        """
        additions = exchange.came.additions
        is_plain = additions is None and self._store is None
        key = self._key_for(exchange, b"")
        sent = self._sent.get(key)
        if sent is not None and sent.kept.body == body:
            if is_plain and sent.policy is not None and sent.policy() is policy:
                return sent
            digest = sent.kept.digest
        else:
            digest = digest_of(body)
        max_age, scope, is_only_caching = policy.max_age, policy.scope, True
        if additions is not None:
            max_age, scope = additions.narrowed(max_age, scope)
            is_only_caching = additions.are_for_caches
        if max_age <= 0:
            return None
        added = () if additions is None else additions.groups
        groups = policy.groups.of_query(data, exchange.variables, added)
        has_place = self._store is not None and is_only_caching
        is_stored = has_place and self._may_keep(scope, exchange.came)
        kept = KeptResponse(body, digest, max_age, scope, groups, is_stored)
        sent = _Sent(kept, ref(policy) if is_plain else None)
        self._sent.put(key, sent)
        return sent

    async def _version_key(
        self, versions: Versions, exchange: Exchange, policy: OperationCaching
    ) -> StoreKey | None:
        """Return what the response to a request is known by, with the version of what it reads."""
        operation, variables = exchange.operation, exchange.variables
        if self._has_policies and policy.scope == _PRIVATE:
            return None  # a policy that held then may not hold any more
        version = await versions.current(operation, variables, exchange.came.caller)
        if version is None:
            return None
        key = self._key(exchange, policy)
        if key is None:  # only its caller may have it
            key = self._key_for(exchange, _whose(exchange))
        return (*key, version)

    async def close_async(self) -> None:
        """Close the store."""
        if self._store is not None:
            await self._store.close_async()

    async def _mutate(self, exchange: Exchange, policy: OperationCaching) -> Response:
        """Execute a mutation; what it may have changed is invalidated, however it ends."""
        groups, variables = policy.groups, exchange.variables
        additions = exchange.came.to_add()
        exchange.executions = []
        try:
            response, data, _ = await self._execute(exchange)
        except BaseException as error:
            # a request may be refused before it is executed, and by a resolver or afterwards
            if exchange.executions or not isinstance(error, RequestError):
                names = groups.of_mutation(None, variables, additions.groups)
                await self._invalidate(names, exchange.came)
            raise
        names = groups.of_mutation(data, variables, additions.groups)
        await self._invalidate(names, exchange.came)
        response.headers = exchange.usual
        return response

    async def _invalidate(self, names: Sequence[str], came: Arrival) -> None:
        came.to_add().invalidated = came.event.groups = names
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

    def _describe(self, sent: _Sent, exchange: Exchange) -> HeaderList:
        """Return a response's headers for caches. Most are as they were last."""
        kept, usual = sent.kept, exchange.usual
        sharing = self._sharing(kept.scope, exchange.came)
        exchange.came.event.groups = kept.groups
        if sent.usual != usual or sent.sharing != sharing:
            sent.usual, sent.sharing = usual, sharing
            sent.etag = etag_of(usual[0][1], kept.digest)
            is_mixed = sharing[0] and (kept.scope == _PUBLIC or self._has_policies)
            names_schema = not (self._has_auth and is_mixed)
            headers = _headers(
                usual, names_schema, kept.max_age, sharing, self._group_headers, kept.groups
            )
            sent.headers = (*headers, (b"etag", sent.etag))
        return (*sent.headers, (b"age", b"%d" % kept.age)) if kept.age else sent.headers

    def _key(self, exchange: Exchange, policy: OperationCaching) -> StoreKey | None:
        """Return the key of a response that callers may share; ``None`` if they may not."""
        if not self._may_keep(policy.scope, exchange.came):
            return None
        audience, caller = self._audience, exchange.came.caller
        who = audience.rights(caller) if audience and caller else b""
        return None if who is None else self._key_for(exchange, who)

    def _key_for(self, exchange: Exchange, who: bytes) -> StoreKey:
        """Return the key of a response for those of one name; no request makes it long.

        It has the host and the path, because a context may find by them whose data it is.
        """
        headers = exchange.came.headers
        name, asked = exchange.operation.name or "", b""
        host = headers.get(b"host", b"")
        path = without_document(exchange.came.scope["path"])
        if exchange.variables or self._varying:
            said = [(each, headers.get(each)) for each in self._varying]
            asked = msgspec.json.encode((exchange.variables, *said), order="deterministic")
        if len(name) + len(asked) + len(host) + len(path) > _LONG:
            asked = sha256(msgspec.json.encode((name, asked, host, path))).digest()
            name, host, path = "", b"", ""
        return self._schema, exchange.operation.id, name, asked, who, host, path

    def _may_keep(self, scope: CacheScope, came: Arrival) -> bool:
        """Say whether those who ask by one key may share a response of this scope."""
        if self._has_auth:
            return scope < _PRIVATE and self._audience is not None
        return self._sharing(scope, came)[0]

    def _sharing(self, scope: CacheScope, came: Arrival) -> _Sharing:
        """Say whether callers may share a response, and which headers it depends on."""
        if scope == _PUBLIC:
            return True, self._vary
        if not self._has_auth:  # who sends credentials all the same may get another response
            has_credentials = b"authorization" in came.headers or b"cookie" in came.headers
            is_shared = scope == _UNDECLARED and not has_credentials
            return is_shared, ("Authorization", "Cookie", *self._vary)
        audience = self._audience
        if (
            scope < _PRIVATE
            and came.caller
            and audience
            and audience.is_named(came.caller, came.headers)
        ):
            return True, (audience.header, *self._vary)
        return False, ("Authorization", *self._vary)


def _has_already(exchange: Exchange, etag: bytes) -> bool:
    """Say whether the client has a response already."""
    known = exchange.came.headers.get(b"if-none-match")
    return known is not None and is_current(etag, known)


def _whose(exchange: Exchange) -> bytes:
    """Return a name for the sender of a request, which no other sender has."""
    came = exchange.came
    sent = [came.headers.get(each) for each in (b"authorization", b"cookie")]
    known = msgspec.json.encode((sent, came.caller), order="deterministic", enc_hook=repr)
    return sha256(known).digest()


@lru_cache(maxsize=1_024)  # many responses have the same
def _headers(  # noqa: PLR0913, PLR0917
    usual: HeaderList,
    names_schema: bool,  # noqa: FBT001
    max_age: int,
    sharing: _Sharing,
    group_headers: tuple[GroupHeader, ...],
    groups: tuple[str, ...],
) -> HeaderList:
    """Return the headers of a response that caches may keep, except those of its body and age.

    Without ``names_schema``, the header of the schema's version is left out, because those who
    share the response see different schemas.
    """
    is_shared, vary = sharing
    replaced = _REPLACED if names_schema else _REPLACED | {SCHEMA_VERSION.encode()}
    named = (write_groups(each, groups) for each in group_headers) if groups else ()
    return (
        *(each for each in usual if each[0] not in replaced),
        *caching_headers(max_age, is_shared=is_shared, vary=vary),
        *named,
    )


def _weigh(_: StoreKey, sent: _Sent) -> int:
    return len(sent.kept.body) + sum(map(len, sent.kept.groups)) + _OVERHEAD
