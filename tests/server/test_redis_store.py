"""Responses that several processes keep in Redis, and Redis when it is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from math import inf
from pathlib import Path
from random import Random
from secrets import token_hex
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.sentinel import Sentinel
from starlette.applications import Starlette
from starlette.routing import Route
from tests.redis_server import RedisServer, redis_cluster, redis_sentinel, redis_server
from tests.server.calling import post
from tests.serving import serving
from tests.waiting import PATIENCE

from trunkline.protocol.caching import digest_of
from trunkline.schema.caching import CacheScope
from trunkline.server import (
    Caching,
    GraphQL,
    MemoryStore,
    RedisStore,
    ResponseStore,
    make_executable_schema,
    parse_schema,
    redis_store,
)
from trunkline.server.lean import Protocol
from trunkline.server.response_store import KeptResponse, StoreKey

KEY: StoreKey = ("", "sha256:1", None, b"{}", b"")
SDL = """
type Query { books: [Book!]! @cacheControl(maxAge: 60) }
type Book { id: ID! title: String! }
type Mutation { rename(id: ID!, title: String!): Book! }
"""


def response(body: bytes = b'{"data":1}', *groups: str, max_age: int = 60) -> KeptResponse:
    return KeptResponse(
        body, digest_of(body), max_age, CacheScope.UNDECLARED, groups or ("Book:7",), is_stored=True
    )


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


Open = Callable[..., RedisStore]


@pytest.fixture
async def open_store(server: RedisServer) -> AsyncIterator[Open]:
    """Give what opens a store, as another process would; the test has a prefix of its own."""
    prefix = token_hex()
    opened: list[RedisStore] = []

    def open_(
        redis: str | Redis | RedisCluster = server.url, timeout: float = PATIENCE
    ) -> RedisStore:
        opened.append(RedisStore(redis, prefix=prefix, timeout=timeout))
        return opened[-1]

    yield open_
    for each in opened:
        await each.close_async()


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a store try nothing again as long as a test lasts."""
    monkeypatch.setattr(redis_store, "_PAUSE", PATIENCE)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a store try again at once."""
    monkeypatch.setattr(redis_store, "_PAUSE", 0.001)


async def until(happened: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await happened():  # noqa: ASYNC110  # another process lets it happen
            await asyncio.sleep(0.005)


async def body_in(store: RedisStore, key: StoreKey = KEY) -> bytes | None:
    _, kept = await store.find(key)
    return None if kept is None else kept.body


async def keep(store: RedisStore, key: StoreKey = KEY, body: bytes = b'{"data":1}') -> None:
    moment, _ = await store.find(key)
    await store.keep(key, moment, response(body))


class World:
    """One process of an API, with the same database as the others."""

    titles: dict[str, str]

    def __init__(self, titles: dict[str, str], store: RedisStore, sdl: str = SDL) -> None:
        self.titles = titles
        self.calls = 0
        schema = make_executable_schema(
            parse_schema(sdl), SimpleNamespace(query=self, mutation=self)
        )
        self.app = GraphQL(schema, auth=None, sinks=(), caching=Caching(store=store))

    async def books(self) -> list[dict[str, str]]:
        self.calls += 1
        await asyncio.sleep(0)
        return [{"id": id_, "title": title} for id_, title in self.titles.items()]

    def rename(self, id: str, title: str) -> dict[str, str]:  # noqa: A002
        self.titles[id] = title
        return {"id": id, "title": title}

    async def titles_shown(self) -> list[str]:
        reply = await post(self.app, "{ books { title } }")
        return [each["title"] for each in reply.data["books"]]


async def test_processes_share_responses_and_invalidate_them_for_all(open_store: Open) -> None:
    database = {"1": "A"}
    one, two = [World(database, open_store()) for _ in range(2)]
    assert await one.titles_shown() == await two.titles_shown() == ["A"]
    assert (one.calls, two.calls) == (1, 0)
    await post(two.app, 'mutation { rename(id: "1", title: "B") { id } }')
    assert await one.titles_shown() == await two.titles_shown() == ["B"]
    assert (one.calls, two.calls) == (2, 0)


async def test_a_process_with_another_schema_has_other_responses(open_store: Open) -> None:
    database = {"1": "A"}
    sdl = SDL.replace("title: String!", 'title: String! @deprecated(reason: "old")', 1)
    one, two = World(database, open_store()), World(database, open_store(), sdl)
    assert await one.titles_shown() == await two.titles_shown() == ["A"]
    assert (one.calls, two.calls) == (1, 1)


def test_under_a_server_that_begins_requests_without_a_task(server: RedisServer) -> None:
    store = RedisStore(server.url, prefix=token_hex(), timeout=PATIENCE)
    world = World({"1": "A"}, store)
    app = Starlette(routes=[Route("/graphql", world.app)], lifespan=world.app.lifespan)
    with serving(app, http=Protocol) as port, httpx2.Client(timeout=PATIENCE) as client:
        for title, text in [
            ("A", "{ books { title } }"),
            ("A", "{ books { title } }"),
            ("B", 'mutation { rename(id: "1", title: "B") { id title } }'),
            ("B", "{ books { title } }"),
        ]:
            reply = client.post(f"http://127.0.0.1:{port}/graphql", json={"query": text})
            assert f'"{title}"' in reply.text
    assert world.calls == 2


class Counter:
    """Processes with one database, which has a number that mutations raise."""

    def __init__(self, stores: Sequence[ResponseStore]) -> None:
        self.number = self.asked = self.executed = self.last = 0
        self.random = Random(1)  # noqa: S311  # no secret
        self.apps: list[GraphQL] = []
        for store in stores:
            resolvers = SimpleNamespace(query=self, mutation=self)
            schema = make_executable_schema(parse_schema(COUNTER), resolvers)
            self.apps.append(GraphQL(schema, auth=None, sinks=(), caching=Caching(store=store)))

    async def read(self) -> dict[str, Any]:
        self.executed += 1
        number = self.number
        for _ in range(self.random.randrange(10)):
            await asyncio.sleep(0)
        return {"id": "1", "number": number}

    async def increase(self) -> dict[str, Any]:
        self.number += 1
        return {"id": "1", "number": self.number}

    async def ask(self, times: int) -> None:
        """Read and increase the number; ``last`` is what mutations that have ended have made it."""
        for _ in range(times):
            app, before = self.random.choice(self.apps), self.last
            if self.random.random() < 0.1:
                reply = await post(app, "mutation { increase { id number } }")
                self.last = max(self.last, reply.data["increase"]["number"])
            else:
                self.asked += 1
                reply = await post(app, "{ read { id number } }")
                assert reply.data["read"]["number"] >= before


COUNTER = """
type Query { read: Counter! @cacheControl(maxAge: 60) }
type Mutation { increase: Counter! }
type Counter { id: ID! number: Int! }
"""


@pytest.mark.parametrize("kept_in", ["memory", "redis", "cluster", "sentinel"])
async def test_no_response_is_of_before_a_mutation_that_has_ended(
    open_store: Open, kept_in: str
) -> None:
    async with opening(kept_in, open_store) as open_:
        counter = Counter([open_() for _ in range(1 if kept_in == "memory" else 3)])
        await asyncio.gather(*(counter.ask(30) for _ in range(10)))
        assert counter.executed < counter.asked


@asynccontextmanager
async def opening(kept_in: str, open_store: Open) -> AsyncIterator[Callable[[], ResponseStore]]:
    """Start what responses are kept in; give what opens a store there, each with its own client."""
    if kept_in == "memory":
        yield MemoryStore
    elif kept_in == "redis":
        yield open_store
    elif kept_in == "cluster":
        with redis_cluster() as port:
            yield lambda: open_store(cluster(port))
    else:
        with redis_sentinel() as port:
            sentinel = Sentinel([("127.0.0.1", port)])  # type: ignore[no-untyped-call]
            try:
                yield lambda: open_store(sentinel.master_for("cache"))
            finally:
                for each in sentinel.sentinels:
                    await each.aclose()


def cluster(port: int = 6379, **settings: Any) -> RedisCluster:
    usual = {"socket_timeout": PATIENCE / 2, "socket_connect_timeout": PATIENCE / 2}
    return RedisCluster(host="127.0.0.1", port=port, **usual | settings)


async def test_a_cluster_may_be_first_asked_by_many_requests(open_store: Open) -> None:
    random = Random(1)  # noqa: S311  # not a secret

    async def find(store: RedisStore) -> list[object]:
        moments: list[object] = []
        for _ in range(3):
            await asyncio.sleep(random.random() / 80)
            moments.append((await store.find(KEY))[0])
        return moments

    with redis_cluster() as port:
        for _ in range(20):
            stores = [open_store(cluster(port)) for _ in range(3)]
            found = await asyncio.gather(*(find(each) for each in stores * 14))
            for moment in chain(*found):
                assert not isinstance(moment, int)  # which is that of a store that is away


@pytest.mark.parametrize(
    ("invalidated", "is_found"),
    [(["Book:7"], False), (["Book:8", "*"], True), (["Book:8", "Film", "Book:7"], False)],
)
async def test_what_began_before_its_group_was_invalidated_is_not_found(
    open_store: Open,
    invalidated: list[str],
    is_found: bool,  # noqa: FBT001
) -> None:
    one, two = open_store(), open_store()
    moment, _ = await one.find(KEY)
    await two.invalidate(invalidated)
    await one.keep(KEY, moment, response())
    for store in (one, two):
        assert (await body_in(store) is not None) == is_found


async def test_a_response_gets_old(open_store: Open, redis: Redis) -> None:
    store = open_store()
    await keep(store)
    (name,) = [each async for each in redis.scan_iter(f"{store._prefix}:response:*")]
    assert 0 < await redis.pttl(name) <= 60_000
    await redis.pexpire(name, 30_000)
    _, kept = await store.find(KEY)
    assert kept is not None
    assert 30 <= kept.age < 60
    await redis.pexpire(name, 1)
    await until(lambda: is_gone(redis, name))
    assert await body_in(store) is None


async def is_gone(redis: Redis, name: bytes) -> bool:
    return not await redis.exists(name)


@pytest.mark.parametrize("lost", ["groups", "everything"])
async def test_if_what_was_invalidated_is_lost_nothing_is_valid(
    open_store: Open, redis: Redis, lost: str
) -> None:
    store = open_store()
    moment, _ = await store.find(KEY)
    await keep(store, ("another",))
    if lost == "everything":
        await redis.flushdb()
        await redis.script_flush()
    else:
        await redis.delete(store._groups)
    await store.keep(KEY, moment, response())
    assert await body_in(store) is None
    assert await body_in(store, ("another",)) is None
    await keep(store)
    assert await body_in(store) is not None


async def test_invalidations_of_long_ago_are_forgotten_with_what_they_invalidated(
    open_store: Open, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "_INVALIDATE", redis_store._INVALIDATE.replace("100000", "5"))
    store = open_store()
    found: list[bool] = []
    for number in range(6):
        await keep(store)
        await store.invalidate([f"Film:{number}"])
        assert await redis.hlen(store._groups) <= 6
        found.append(await body_in(store) is not None)
    assert found == [True, True, True, True, False, True]


async def test_odd_bytes_are_not_responses(open_store: Open, redis: Redis) -> None:
    store = open_store()
    await keep(store)
    await keep(store, ("another",), b"theirs")
    prefix = f"{store._prefix}:response:"
    name = prefix + redis_store._digest(KEY)
    good: Any = await redis.hgetall(name)
    theirs: Any = await redis.hgetall(prefix + redis_store._digest(("another",)))
    changes: list[dict[Any, Any]] = [
        {b"response": theirs[b"response"]},  # of another key
        {b"response": good[b"response"][:-3]},
        {b"response": b"\xff\x00"},
        {b"moment": b"1"},
        {b"moment": b"%d x" % 1},
    ]
    for bad in changes:
        await redis.hset(name, mapping=good | bad)
        assert await body_in(store) is None, bad
    await redis.hset(name, mapping=good)
    assert await body_in(store) is not None
    await redis.set(name, "of another type")
    assert await body_in(store) is None
    await keep(store)
    await keep(store)
    assert await body_in(store) is not None


async def test_a_large_response_is_not_kept(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "_MOST_BYTES", 10)
    store = open_store()
    await keep(store, body=b"x" * 11)
    assert await body_in(store) is None


async def test_requests_that_were_cancelled_leave_nothing_to_others(open_store: Open) -> None:
    store = open_store()
    keys: list[StoreKey] = [(str(number),) for number in range(40)]
    for key in keys:
        await keep(store, key, str(key).encode())
    for steps in range(12):
        asked = [asyncio.create_task(body_in(store, key)) for key in keys]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in asked[::2]:
            task.cancel()
        found = await asyncio.gather(*asked, return_exceptions=True)
        for key, body in zip(keys, found, strict=True):
            assert isinstance(body, asyncio.CancelledError) or body == str(key).encode()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "trunkline.caching"]


def unusable(url: str, why: str) -> str:
    return f"The store {url} cannot be used ({why}): requests are executed without it."


async def test_without_redis_requests_are_executed(
    open_store: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(f"unix://{tmp_path}/nothing")
    world = World({"1": "A"}, store)
    for count in range(1, 4):
        assert await world.titles_shown() == ["A"]
        assert world.calls == count
    reply = await post(world.app, 'mutation { rename(id: "1", title: "B") { id } }')
    assert reply.status == 200
    asked = [world.titles_shown() for _ in range(5)]
    assert await asyncio.gather(*asked) == [["B"]] * 5
    assert world.calls == 4  # which is still once for all who ask at once
    assert told(caplog) == [unusable(f"unix://{tmp_path}/nothing", "ConnectionError")]


@pytest.mark.usefixtures("impatient")
async def test_while_redis_does_not_respond_requests_are_executed(
    server: RedisServer, open_store: Open, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(timeout=0.05)
    world = World({"1": "A"}, store)
    await until(lambda: is_kept(world))
    caplog.clear()
    with server.stopped():
        before = world.calls
        assert await world.titles_shown() == ["A"]
        assert await world.titles_shown() == ["A"]
        assert world.calls == before + 2
    assert told(caplog) == [unusable(store._shown, "TimeoutError")]
    store._timeout = PATIENCE
    await until(lambda: is_kept(world))
    assert told(caplog)[1:] == [f"The store {store._shown} is back."]


async def is_kept(world: World) -> bool:
    before = world.calls
    await world.titles_shown()
    return world.calls == before


@pytest.mark.usefixtures("impatient")
async def test_what_was_invalidated_meanwhile_is_invalidated_later(
    server: RedisServer, open_store: Open
) -> None:
    one, two = open_store(), open_store()
    await keep(one)
    await keep(one, ("another",))
    with server.stopped():
        one._timeout = 0.05
        await one.invalidate(["Book:7"])
        await one.invalidate(["Film"])
    one._timeout = PATIENCE

    async def is_sent() -> bool:
        return one._sending is None

    await until(is_sent)
    assert await body_in(two) is None
    await keep(two)
    assert await body_in(one) is not None


@pytest.mark.usefixtures("patient")
async def test_until_then_the_process_finds_nothing(open_store: Open) -> None:
    one, two = open_store(), open_store()
    await keep(one)
    one._next = inf  # as if it could not be used
    await one.invalidate(["Book:7"])
    one._next = 0.0  # so that it would ask
    assert await body_in(two) is not None
    assert await body_in(one) is None


@pytest.mark.usefixtures("patient")
async def test_one_request_tries_it_again_for_all(server: RedisServer, open_store: Open) -> None:
    store = open_store()
    with server.stopped():
        store._next = 0.0
        asked = [asyncio.create_task(body_in(store)) for _ in range(5)]

        async def have_all_others_gone_on() -> bool:
            return sum(each.done() for each in asked) == 4

        await until(have_all_others_gone_on)
    assert await asyncio.gather(*asked) == [None] * 5


@pytest.mark.usefixtures("impatient")
async def test_too_many_invalidations_to_remember_are_all(
    server: RedisServer, open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "_MOST_GROUPS", 2)
    one, two = open_store(), open_store()
    await keep(two)
    with server.stopped():
        one._timeout = 0.05
        for number in range(10):
            await one.invalidate([f"Film:{number}"])
        assert len(one._unsent) == 3
        one._timeout = PATIENCE

    async def is_gone() -> bool:
        return await body_in(two) is None

    await until(is_gone)


@pytest.mark.usefixtures("impatient")
async def test_a_mutation_that_is_cancelled_invalidates_all_the_same(
    server: RedisServer, open_store: Open
) -> None:
    one, two = open_store(), open_store()
    await keep(two)
    with server.stopped():
        sent = asyncio.create_task(one.invalidate(["Book:7"]))
        await asyncio.sleep(0)
        sent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sent

    async def is_gone() -> bool:
        return await body_in(two) is None

    await until(is_gone)


async def test_a_full_redis(
    open_store: Open, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store()
    await keep(store)
    await redis.config_set("maxmemory", "1")
    try:
        for _ in range(2):
            await keep(store, ("another",))
        assert await body_in(store) is not None
        await store.invalidate(["Book:7"])  # for which there is no room, either
        assert await body_in(store) is None
    finally:
        await redis.config_set("maxmemory", "0")
    await keep(store)
    assert await body_in(store) is not None
    assert told(caplog) == [
        f"The store {store._shown} is full: no more responses are kept.",
        f"The store {store._shown} has room again.",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://user:geheim@cache:6379",
        "redis://user:geh/eim@cache:6379",
        "redis://user:1/geheim@cache:6379",
        "redis://user:1#geheim@cache:6379",
        "redis://user:geheim@cache:port/0",
        "redis://user:geheim@cache:6379/0?socket_timeout=geheim",
        "redis://user:geheim@cache:6379/0?unknown=geheim",
        "redis://user:geheim@cache:6379/shop",
        "cache:6379",
        "",
    ],
)
def test_a_wrong_url(url: str) -> None:
    with pytest.raises(ValueError, match="URL of a RedisStore is redis://host") as raised:
        RedisStore(url, prefix="shop")
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("client", "settings", "message"),
    [
        (
            BlockingRedis(),
            {},
            "takes a URL, or a Redis or RedisCluster of redis.asyncio, not redis.client.Redis.",
        ),
        (Redis(decode_responses=True), {}, "its client decodes them: remove decode_responses."),
        (cluster(decode_responses=True), {}, "its client decodes them: remove decode_responses."),
        (
            cluster(socket_connect_timeout=None, socket_timeout=0.2),
            {},
            (
                "A RedisCluster looks for another node after its socket_connect_timeout. The"
                " RedisStore waits 0.5 s in all, so write a part of that:"
                " RedisCluster(…, socket_connect_timeout=0.2)."
            ),
        ),
        (cluster(socket_timeout=0.5), {}, "RedisCluster(…, socket_timeout=0.2)."),
        (Redis(), {"prefix": "{shop}"}, "is a text without braces, and not '{shop}'."),
        (Redis(), {"prefix": ""}, "is a text without braces, and not ''."),
    ],
)
def test_a_client_or_a_prefix_that_cannot_be(
    client: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        RedisStore(client, **{"prefix": "shop", **settings})
    assert message in str(raised.value)


def test_a_timeout_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="timeout of a RedisStore is in seconds, and not 0"):
        RedisStore("redis://cache:6379", prefix="shop", timeout=0)


async def test_a_password_is_never_shown(
    server: RedisServer, open_store: Open, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(server.url.replace("unix://", "unix://user:geheim%40@"))
    assert await body_in(store) is None
    assert told(caplog) == [unusable(server.url, "AuthenticationError")]
    assert "geheim" not in caplog.text + repr(store) + repr(Caching(store=store))
    assert repr(RedisStore("rediss://user:geheim@[::1]:6379/3", prefix="shop")) == (
        "RedisStore('rediss://[::1]:6379/3')"
    )


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis.asyncio", None)
    with pytest.raises(ImportError, match=r"pip install 'trunkline\[redis\]'"):
        RedisStore("redis://cache:6379", prefix="shop")
