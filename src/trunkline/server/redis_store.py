"""Responses that are kept in Redis or Valkey, for all processes of an API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from hashlib import sha256
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from trunkline.observe.log import safe_logger
from trunkline.runtime.resume import in_task
from trunkline.server.response_store import KeptResponse, Moment, ResponseStore, StoreKey
from trunkline.version import VERSION

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

__all__ = ["RedisStore"]

logger = safe_logger("trunkline.caching")

_CONNECTIONS = 16
_PAUSE = 1.0  # seconds until it is tried again
_MOST_BYTES = 1_000_000  # of a body
_MOST_GROUPS = 100_000  # whose last invalidation is remembered, here and there

# What was invalidated stands in one hash: the number of invalidations, and for each group the
# number when it was invalidated last. An entry has the number from when its execution began. If the
# hash is lost, another one with another epoch begins, and what was kept before is not valid.

_FIND = """
local epoch, count = unpack(redis.call('HMGET', KEYS[1], '@epoch', '@count'))
if not epoch then
  epoch, count = ARGV[1], '0'
  local done = redis.pcall('HSET', KEYS[1], '@epoch', epoch, '@count', count)
  if type(done) == 'table' then return {} end  -- there is no room
end
local moment = epoch .. ' ' .. count
local entry = redis.pcall('HMGET', KEYS[2], 'moment', 'groups', 'response')
if entry.err or not (entry[1] and entry[2] and entry[3]) then return {moment} end
local its_epoch, its_count = string.match(entry[1], '^(%S+) (%d+)$')
if its_epoch ~= epoch then return {moment} end
for group in string.gmatch(entry[2], '%S+') do
  local last = redis.call('HGET', KEYS[1], group)
  if last and tonumber(last) > tonumber(its_count) then return {moment} end
end
return {moment, entry[3], redis.call('PTTL', KEYS[2])}
"""

_KEEP = """
local done = redis.pcall('HSET', KEYS[1], 'moment', ARGV[1], 'groups', ARGV[2], 'response', ARGV[3])
if type(done) == 'table' then
  redis.call('UNLINK', KEYS[1])  -- it may be of another type
  return string.find(done.err, 'OOM') and 0 or 1
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""

_INVALIDATE = f"""
local size = redis.call('HLEN', KEYS[1])
if size == 0 then return 1 end
local count = redis.pcall('HINCRBY', KEYS[1], '@count', 1)
if #ARGV == 0 or size > {_MOST_GROUPS} or type(count) == 'table' then  -- there may be no room
  redis.call('UNLINK', KEYS[1])
  return 1
end
for _, group in ipairs(ARGV) do
  redis.call('HSET', KEYS[1], group, count)
end
return 1
"""

_decoder = msgspec.msgpack.Decoder(tuple[str, KeptResponse])


class RedisStore(ResponseStore):
    """Keeps responses in Redis or Valkey: ``RedisStore("redis://cache:6379/0", prefix="shop")``.

    All processes that have it use the same responses, and a mutation of one of them invalidates
    them for all. If it cannot be reached, or does not respond within ``timeout`` seconds, requests
    are executed without it, and one of them in a second tries it again.

    - ``redis``: ``redis://user:password@host:port/database``, ``rediss://…`` with TLS, or
      ``unix:///path``. In a password, special characters are percent-encoded. Or a client of
      ``redis.asyncio`` for a cluster (``RedisCluster``) or Sentinel (``Sentinel.master_for``).
    - ``prefix``: each API, and each stage of it, needs its own. All keys begin with it in braces,
      so that a cluster keeps them on one node.

    The endpoint closes it, and its client, when the application ends: see `GraphQL.lifespan`.
    Raises ``ValueError`` for a malformed URL, a prefix that is empty or has braces, a ``timeout``
    of 0, or a client that decodes responses or waits longer than ``timeout`` for a node of a
    cluster; ``TypeError`` for another client, and ``ImportError`` without ``trunkline[redis]``.
    """

    def __init__(
        self,
        redis: str | Redis | RedisCluster,
        *,
        prefix: str,
        timeout: float = 0.5,
    ) -> None:
        super().__init__()
        if timeout <= 0:
            raise ValueError(f"The timeout of a RedisStore is in seconds, and not {timeout:g}.")
        if not prefix or {"{", "}"} & {*prefix}:
            raise ValueError(
                f"The prefix of a RedisStore is a text without braces, and not {prefix!r}."
            )
        if isinstance(redis, str):
            self._client, self._shown = _connect(redis)
        else:
            self._client, self._shown = _checked(redis, timeout), type(redis).__name__
        self._find = self._client.register_script(_FIND)
        self._keep = self._client.register_script(_KEEP)
        self._invalidate = self._client.register_script(_INVALIDATE)
        self._prefix, self._timeout = f"{{{prefix}}}", timeout
        self._groups = f"{self._prefix}:groups"
        self._next: float | None = None  # try, if the last one failed
        self._is_full = False
        self._own = 0  # invalidations of this process
        self._unsent: set[str] = set()  # groups that are not invalidated yet
        self._sending: asyncio.Task[None] | None = None  # of these

    def __repr__(self) -> str:
        return f"RedisStore({self._shown!r})"

    async def close_async(self) -> None:
        """Close the connections. What is not invalidated yet stays valid."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        await self._client.aclose()

    async def find(self, key: StoreKey) -> tuple[Moment, KeptResponse | None]:
        """Return the response of a key, if it may be used, and which moment this is."""
        if self._sending is not None:  # what is there may have been invalidated
            return self._own, None
        digest = _digest(key)
        found = await self._ask(self._find, [self._groups, self._name(digest)], [token_hex(8)])
        if not found:
            if found is not None:
                self._note_room(has_room=False)
            return self._own, None
        moment, *rest = found
        if rest:
            entry, left = rest
            try:
                kept_as, response = _decoder.decode(entry)
            except msgspec.MsgspecError:
                return moment, None
            if kept_as == digest:  # else it is the answer to another question
                return moment, replace(response, age=int(response.max_age - left / 1000))
        return moment, None

    async def keep(self, key: StoreKey, moment: Moment, response: KeptResponse) -> bool:
        """Keep a response whose execution began at a moment; return whether it is kept."""
        if isinstance(moment, int) or len(response.body) > _MOST_BYTES:
            return False
        digest = _digest(key)
        entry = msgspec.msgpack.encode((digest, response))
        values = [moment, " ".join(response.groups), entry, response.max_age * 1000]
        is_kept = await self._ask(self._keep, [self._name(digest)], values)
        if is_kept is not None:
            self._note_room(has_room=bool(is_kept))
        return bool(is_kept)

    async def invalidate(self, groups: Collection[str]) -> None:
        """Forget the responses that belong to one of the groups, also those on their way."""
        self._own += 1
        is_done = False
        try:
            is_done = self._sending is None and await self._send(groups)
        finally:
            if not is_done:  # also if this was cancelled
                if len(self._unsent) <= _MOST_GROUPS:
                    self._unsent.update(groups)
                self._sending = self._sending or asyncio.create_task(self._send_unsent())

    async def _send_unsent(self) -> None:
        while self._unsent:
            await asyncio.sleep(_PAUSE)
            groups, self._unsent = self._unsent, set()
            named = groups if len(groups) <= _MOST_GROUPS else ()  # which means all there are
            if not await self._send(named, is_urgent=True):
                self._unsent |= groups
        self._sending = None

    async def _send(self, groups: Collection[str], *, is_urgent: bool = False) -> bool:
        keys = [self._groups]
        return bool(await self._ask(self._invalidate, keys, groups, is_urgent=is_urgent))

    async def _ask(
        self, script: Any, keys: list[str], values: Collection[Any], *, is_urgent: bool = False
    ) -> Any:
        """Run a script. Returns ``None`` if it cannot be run now."""
        failed_before = self._next is not None
        if self._next is not None:
            now = monotonic()
            if now < self._next and not is_urgent:
                return None
            self._next = now + _PAUSE  # for the others
        await in_task()
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.initialize()  # a cluster's drops connections that are in use
                found = await script(keys, values)
        except Exception as error:  # noqa: BLE001  # whatever it is, requests go on
            if self._next is None:
                cause = None if isinstance(error, TimeoutError) else error.__cause__
                logger.warning(
                    "The store %s cannot be used (%s): requests are executed without it.",
                    self._shown,
                    type(cause or error).__name__,
                )
            self._next = monotonic() + _PAUSE
            return None
        if failed_before and self._next is not None:
            self._next = None
            logger.warning("The store %s is back.", self._shown)
        return found

    def _note_room(self, *, has_room: bool) -> None:
        if self._is_full == has_room:
            self._is_full = not has_room
            what = "has room again" if has_room else "is full: no more responses are kept"
            logger.warning("The store %s %s.", self._shown, what)

    def _name(self, digest: str) -> str:
        return f"{self._prefix}:response:{digest}"


def _digest(key: StoreKey) -> str:
    return sha256(msgspec.msgpack.encode((VERSION, *key))).hexdigest()


def _checked(client: Any, timeout: float) -> Any:
    """Return a client if the store can use it."""
    from redis.asyncio import Redis, RedisCluster  # noqa: PLC0415  # slow to import

    if not isinstance(client, (Redis, RedisCluster)):
        name = f"{type(client).__module__}.{type(client).__name__}"
        raise TypeError(
            f"A RedisStore takes a URL, or a Redis or RedisCluster of redis.asyncio, not {name}."
        )
    if client.get_encoder().decode_responses:
        raise ValueError(
            "A RedisStore keeps bytes, but its client decodes them: remove decode_responses."
        )
    if isinstance(client, RedisCluster):
        settings = client.get_connection_kwargs()
        for name in ("socket_timeout", "socket_connect_timeout"):
            if not 0 < (settings.get(name) or 0) < timeout:
                raise ValueError(
                    f"A RedisCluster looks for another node after its {name}. The RedisStore waits"
                    f" {timeout:g} s in all, so write a part of that: RedisCluster(…, {name}=0.2)."
                )
    return client


def _connect(url: str) -> tuple[Any, str]:
    """Return a client, and its URL without credentials."""
    try:
        from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415  # slow to import
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
    except ImportError:
        raise ImportError(
            "RedisStore needs redis: pip install 'trunkline[redis]'.", name="redis"
        ) from None
    try:
        parts = urlsplit(url)
        has_database = parts.scheme == "unix" or re.fullmatch(r"(/\d*)?", parts.path)
        if not has_database or "@" in parts.path + parts.query + parts.fragment:
            raise ValueError  # noqa: TRY301  # redis would take database 0, or a password's / ? or #
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=None,  # `RedisStore` has one for all
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 1),  # a connection that was idle may be closed
            protocol=2,
        )
        pool.connection_class(**pool.connection_kwargs)  # which takes no unknown option
    except (TypeError, ValueError):  # whose message may have a part of the password
        raise ValueError(
            "The URL of a RedisStore is redis://host:port/database, rediss://… or unix:///path;"
            " in a password, special characters are percent-encoded."
        ) from None
    return Redis.from_pool(pool), f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
