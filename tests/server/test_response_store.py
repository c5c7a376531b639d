"""Responses that the server itself keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator
from secrets import token_hex
from types import SimpleNamespace
from typing import Any

import pytest
from tests.redis_server import redis_server
from tests.server.calling import Reply, get, post, send_body
from tests.server.test_caching import AUDIENCE, SECRET, Tokens, ask
from tests.waiting import PATIENCE

from trunkline.errors import RequestRefusedError
from trunkline.protocol.documents import document_id
from trunkline.server import (
    CacheAudience,
    Caching,
    GraphQL,
    MemoryStore,
    OperationCall,
    OperationEvent,
    Proceed,
    RedisStore,
    ResponseStore,
    Result,
    current_response,
    make_executable_schema,
    memory_store,
    parse_schema,
)

SDL = """
type Query {
  book(id: ID!, by: By): Book @cacheControl(maxAge: 60)
  books: [Book] @cacheControl(maxAge: 60)
  ours: String @cacheControl(maxAge: 60, scope: AUDIENCE)
  mine: String @cacheControl(maxAge: 60)
  slow(how: String): Int @cacheControl(maxAge: 60)
  marked: Int @cacheControl(maxAge: 60)
  narrowed(scope: String): Int @cacheControl(maxAge: 60)
  never: Int
}
input By { secret: Int @requiresScopes(scopes: [["a"]]) }
type Book @cacheControl(inheritMaxAge: true) { id: ID!  title: String }
type Mutation {
  rename(id: ID!, title: String = ""): Book
  failing: Book
  refused(n: Int!): Book
  limited: Int
}
"""


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with redis_server() as server:
        yield server.url


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ResponseStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    url = request.getfixturevalue("redis")
    opened = RedisStore(url, prefix=token_hex(), timeout=PATIENCE)
    yield opened
    await opened.close_async()


class World:
    def __init__(self, store: ResponseStore | None, **options: Any) -> None:
        self.titles = {"1": "A", "2": "B"}
        self.calls = 0
        self.gate = asyncio.Event()
        self.began = asyncio.Event()
        self.events: list[OperationEvent] = []
        self.purged: list[Collection[str]] = []
        resolvers = SimpleNamespace(query=self, mutation=self)
        schema = make_executable_schema(parse_schema(SDL), resolvers)
        caching = Caching(audience=AUDIENCE, store=store, on_invalidation=self.purged.append)
        options = {"auth": Tokens(), "caching": caching, "refuse": "hidden", **options}
        self.app = GraphQL(schema, sinks=[self.events.append], **options)

    def book(self, id: str, by: Any = None) -> dict[str, Any]:  # noqa: A002, ARG002
        self.calls += 1
        return {"id": id, "title": self.titles[id]}

    def books(self) -> list[dict[str, Any]]:
        return [self.book(each) for each in self.titles]

    def never(self) -> int:
        self.calls += 1
        return self.calls

    def ours(self, caller: Any) -> str:
        return f"{caller.claims['tenant']} {self.never()}"

    def mine(self, caller: Any) -> str:
        return f"{caller.client_id} {self.never()}"

    def marked(self) -> int:
        current_response().headers["x-mark"] = "1"
        return self.never()

    def narrowed(self, scope: Any = None) -> int:
        current_response().narrow_caching(max_age=30, scope=scope)
        current_response().add_cache_groups("numbers")
        return self.never()

    async def slow(self, how: str | None = None) -> int:
        number = self.never()
        self.began.set()
        if how == "private":
            current_response().narrow_caching(scope="PRIVATE")
        await self.gate.wait()
        if how == "fails":
            raise ValueError
        return number

    def rename(self, id: str, title: str = "") -> dict[str, Any]:  # noqa: A002
        self.titles[id] = title
        return {"id": id, "title": title}

    async def failing(self) -> None:
        await self.gate.wait()

    def refused(self, n: int) -> None:
        raise AssertionError(n)

    def limited(self) -> None:
        raise RequestRefusedError(429, "No.")

    async def ask(self, text: str, token: str = "a1", **headers: str) -> Reply:  # noqa: S107
        return await ask(self.app, text, authorization=token, **headers)

    async def post(self, text: str, token: str = "a1", **more: Any) -> Reply:  # noqa: S107
        return await post(self.app, text, {"authorization": token}, **more)


async def test_a_response_is_executed_once_for_its_audience(store: ResponseStore) -> None:
    world = World(store)
    first, again, other = [await world.ask("{ ours }", each) for each in ("a1", "a1", "a2")]
    assert first.body == again.body == other.body
    posted = await world.post("{ ours }")
    assert (posted.body, posted.headers["cache-control"]) == (first.body, "no-store")
    assert (await world.ask("{ ours }", "b1")).data == {"ours": "y 2"}
    assert (await world.ask("{ ours }", "d1")).data == {"ours": "x 3"}
    assert [event.outcome for event in world.events] == ["ok"] * 6
    assert again.headers["etag"] == first.headers["etag"]
    same = await world.ask("{ ours }", if_none_match=first.headers["etag"])
    assert same.status == 304


async def test_the_event_says_what_the_store_had(store: ResponseStore) -> None:
    world = World(store)
    for text in ("{ ours }", "{ ours }", "{ marked }", "{ mine }"):
        await world.ask(text)
    first = asyncio.create_task(world.ask("{ slow }"))
    await world.began.wait()
    second = asyncio.create_task(world.ask("{ slow }"))
    await asyncio.sleep(0)
    world.gate.set()
    await asyncio.gather(first, second)
    told = [event.cache for event in world.events]
    assert told[:4] == ["stored", "hit", "miss", None]
    assert set(told[4:]) in ({"shared", "stored"}, {"hit", "stored"})


async def test_what_depends_on_the_caller_is_executed_for_each(store: ResponseStore) -> None:
    world = World(store)
    for text in ("{ mine }", "{ never }", "{ ours never }", "{ marked }"):
        before = world.calls
        for token in ("a1", "a1", "a2"):
            reply = await world.ask(text, token)
        assert world.calls - before in {3, 6}, text
    assert reply.headers["x-mark"] == "1"


async def test_a_response_that_a_resolver_narrowed_is_kept_for_less(store: ResponseStore) -> None:
    world = World(store)
    first, second = [await world.ask("{ narrowed }") for _ in range(2)]
    assert (first.data, second.data) == ({"narrowed": 1}, {"narrowed": 1})
    assert second.headers["cache-control"] == "private, max-age=30"
    assert second.headers["cache-groups"] == '"numbers"'


class Registered:
    """Clients that have registered one document, and may send no other."""

    def __init__(self) -> None:
        self.clients = {"one", "two"}

    def text(self, document: str, caller: Any, client: str | None) -> str | None:  # noqa: ARG002
        is_theirs = document == document_id("{ ours }") and caller.client_id in self.clients
        return "{ ours }" if is_theirs else None

    def admit(self, document: str, text: str, caller: Any, client: str | None) -> bool:
        raise NotImplementedError


async def test_clients_that_registered_the_same_document_share_its_response(
    store: ResponseStore,
) -> None:
    audience = CacheAudience(SECRET, claims=["tenant"], clients_share=False)
    caching = Caching(audience=audience, store=store)
    registered = Registered()
    world = World(None, caching=caching, registered=registered)
    url = f"documentId={document_id('{ ours }').replace(':', '%3A')}".encode()
    first, other = [await get(world.app, url, {"authorization": each}) for each in ("a1", "a2")]
    assert first.body == other.body
    assert world.calls == 1
    registered.clients.remove("two")
    assert (await get(world.app, url, {"authorization": "a2"})).status == 404


async def test_long_variables_are_told_apart(store: ResponseStore) -> None:
    world = World(store)
    ids = ["7" * 1_000, "7" * 1_001]
    world.titles = {each: f"{len(each)}" for each in ids}
    text = "query ($id: ID!) { book(id: $id) { title } }"
    for _ in range(2):
        replies = [await world.post(text, variables={"id": each}) for each in ids]
        assert [reply.data["book"]["title"] for reply in replies] == ["1000", "1001"]
    assert world.calls == 2


async def test_variables_are_a_part_of_the_key(store: ResponseStore) -> None:
    world = World(store)
    text = "query ($id: ID!, $by: By) { book(id: $id, by: $by) { title } }"
    for variables, calls in [
        ({"id": "1"}, 1),
        ({"id": "2"}, 2),
        ({"id": "1", "by": None}, 3),
        ({"by": None, "id": "1"}, 3),
    ]:
        await world.post(text, variables=variables)
        assert world.calls == calls


async def test_who_may_not_use_an_input_gets_no_response_of_one_who_may(
    store: ResponseStore,
) -> None:
    world = World(store)
    text = "query ($by: By) { book(id: 1, by: $by) { title } }"
    given = {"by": {"secret": 1}}
    assert (await world.post(text, variables=given)).status == 200
    assert (await world.post(text, "c1", variables=given)).status == 422


async def test_a_mutation_invalidates_what_it_changes(store: ResponseStore) -> None:
    world = World(store)
    texts = ["{ book(id: 1) { id } }", "{ book(id: 2) { id } }", "{ books { title } }"]

    async def executed() -> int:
        before = world.calls
        for text in texts:
            await world.ask(text)
        return world.calls - before

    assert await executed() == 4
    assert await executed() == 0
    await world.post('mutation { rename(id: 1, title: "C") { id } }')
    assert world.purged == [["*", "Book:*", "Book:1"]]
    assert await executed() == 3
    await world.post('mutation { rename(id: 1, title: "C") { title } }')
    assert await executed() == 4
    await world.post("mutation ($n: Int!) { refused(n: $n) { id } }", variables={"n": "x"})
    assert len(world.purged) == 2
    assert await executed() == 0


async def test_a_mutation_that_does_not_end_well_invalidates_all_that_it_could_change(
    store: ResponseStore,
) -> None:
    world = World(store, deadline=0.01)
    await world.ask("{ book(id: 1) { id } }")
    failed = await world.post("mutation { failing { id } }")
    assert failed.status == 504
    assert failed.headers["cache-group-invalidation"] == '"*", "Book"'
    assert world.purged == [["*", "Book"]]
    await world.ask("{ book(id: 1) { id } }")
    assert world.calls == 2


@pytest.mark.parametrize(("refuses", "calls"), [("before", 1), ("after", 2), ("resolver", 2)])
async def test_a_mutation_that_is_refused_invalidates_if_it_was_executed(
    store: ResponseStore, refuses: str, calls: int
) -> None:
    async def refuse(call: OperationCall[Any], proceed: Proceed) -> Result:
        if call.operation.kind == "mutation" and refuses == "before":
            raise RequestRefusedError(429, "No.")
        result = await proceed()
        if call.operation.kind == "mutation" and refuses == "after":
            raise RequestRefusedError(429, "No.")
        return result

    world = World(store, middlewares=[refuse])
    await world.ask("{ book(id: 1) { id } }")
    limited = "limited" if refuses == "resolver" else ""
    refused = await world.post(f'mutation {{ rename(id: 1, title: "C") {{ id }} {limited} }}')
    assert refused.status == 429
    await world.ask("{ book(id: 1) { id } }")
    assert world.calls == calls
    assert world.purged == ([] if refuses == "before" else [["*", "Book"]])


async def test_a_batch_names_what_all_its_mutations_invalidate(store: ResponseStore) -> None:
    world = World(store, deadline=0.01, batch_size=5)
    texts = [f"mutation {{ rename(id: {number}) {{ id }} }}" for number in (1, 2)]
    texts += ["{ book(id: 1) { id } }", "mutation { failing { id } }"]
    body = json.dumps([{"query": text} for text in texts]).encode()
    reply = await send_body(world.app, body, {"authorization": "a1"})
    assert reply.headers["cache-control"] == "no-store"
    named = '"*", "Book:*", "Book:1", "Book:2", "Book"'
    assert reply.headers["cache-group-invalidation"] == named
    assert "cache-groups" not in reply.headers


async def test_a_function_that_fails_does_not_fail_the_mutation(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(names: Collection[str]) -> None:
        raise OSError(names)

    caching = Caching(on_invalidation=fail)
    reply = await World(None, caching=caching).post('mutation { rename(id: 1, title: "C") { id } }')
    assert reply.status == 200
    assert "on_invalidation failed" in caplog.text


async def test_a_response_gets_old(monkeypatch: pytest.MonkeyPatch) -> None:
    world, now = World(MemoryStore()), [1000.0]
    monkeypatch.setattr(memory_store, "monotonic", lambda: now[0])
    for seconds, age, calls in [(0.0, None, 1), (0.5, None, 1), (59, "59", 1), (0.6, None, 2)]:
        now[0] += seconds
        reply = await world.ask("{ ours }")
        assert (reply.headers.get("age"), world.calls) == (age, calls)


async def test_many_requests_at_once_are_executed_once(store: ResponseStore) -> None:
    world = World(store)
    asked = [asyncio.create_task(world.ask("{ slow }")) for _ in range(50)]
    await world.began.wait()
    world.gate.set()
    assert {(await each).body for each in asked} == {b'{"data":{"slow":1}}'}
    assert world.calls == 1


async def test_who_has_no_more_time_does_not_wait_for_another(store: ResponseStore) -> None:
    world = World(store)
    first = asyncio.create_task(world.ask("{ slow }"))
    await world.began.wait()
    async with asyncio.timeout(PATIENCE):
        assert (await world.ask("{ slow }", x_request_timeout_ms="20")).status == 504
    world.gate.set()
    assert ((await first).data, world.calls) == ({"slow": 1}, 1)


@pytest.mark.parametrize(("how", "status"), [("private", 200), ("fails", 294)])
async def test_what_cannot_be_shared_is_executed_by_each(
    store: ResponseStore, how: str, status: int
) -> None:
    world = World(store)
    text = f'{{ slow(how: "{how}") }}'
    asked = [asyncio.create_task(world.ask(text)) for _ in range(5)]
    await world.began.wait()
    assert world.calls == 1
    world.gate.set()
    assert {(await each).status for each in asked} == {status}
    assert world.calls == 5


async def test_if_the_first_goes_away_another_executes_it(store: ResponseStore) -> None:
    world = World(store)
    first = asyncio.create_task(world.ask("{ slow }"))
    await world.began.wait()
    asked = [asyncio.create_task(world.ask("{ slow }")) for _ in range(4)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    world.gate.set()
    assert {(await each).body for each in asked} == {b'{"data":{"slow":2}}'}
    assert world.calls == 2


async def test_what_was_on_its_way_during_a_mutation_is_not_kept(store: ResponseStore) -> None:
    world = World(store)
    text = "{ slow book(id: 1) { title } }"
    asked = asyncio.create_task(world.ask(text))
    await world.began.wait()
    await world.post('mutation { rename(id: 1, title: "C") { id } }')
    world.gate.set()
    assert (await asked).data["book"] == {"title": "A"}
    assert (await world.ask(text)).data["book"] == {"title": "C"}


async def test_who_comes_after_a_mutation_gets_nothing_of_before(store: ResponseStore) -> None:
    world = World(store)
    text = "{ book(id: 1) { title } slow }"
    before = asyncio.create_task(world.ask(text))
    await world.began.wait()
    await world.post('mutation { rename(id: 1, title: "C") { id } }')
    after = asyncio.create_task(world.ask(text))
    await asyncio.sleep(0)
    world.gate.set()
    assert (await before).data["book"] == {"title": "A"}
    assert (await after).data["book"] == {"title": "C"}


class SlowStore(MemoryStore):
    """Finds nothing at first, and is slow to tell the second request."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.asked = 0

    async def find(self, key: Any) -> Any:
        found = await super().find(key)
        self.asked += 1
        if self.asked == 2:
            await self.gate.wait()
        return found


async def test_what_was_kept_while_a_request_looked_for_it_is_found() -> None:
    store = SlowStore()
    world = World(store)
    asked = [asyncio.create_task(world.ask("{ slow }")) for _ in range(2)]
    await world.began.wait()
    world.gate.set()
    await asked[0]
    store.gate.set()
    assert (await asked[1]).data == {"slow": 1}


async def test_a_mutation_of_something_else_lets_requests_share(store: ResponseStore) -> None:
    world = World(store)
    before = asyncio.create_task(world.ask("{ slow }"))
    await world.began.wait()
    await world.post("mutation { rename(id: 1) { id } }")
    after = asyncio.create_task(world.ask("{ slow }"))
    await asyncio.sleep(0)
    world.gate.set()
    assert (await before).data == (await after).data == {"slow": 1}


async def test_without_auth_only_who_sends_no_credentials_shares(store: ResponseStore) -> None:
    world = World(store, auth=None)
    for headers in ({}, {}, {"authorization": "x"}, {"cookie": "x"}):
        await get(world.app, b"query={book(id:1){id}}", headers)
    assert world.calls == 3
    for calls in (4, 5):  # as if the schema said so
        reply = await post(world.app, '{ narrowed(scope: "AUDIENCE") }')
        assert (reply.status, world.calls) == (200, calls)


def test_a_store_keeps_the_responses_of_one_endpoint() -> None:
    store = MemoryStore()
    World(store)
    with pytest.raises(ValueError, match="The store is another endpoint's"):
        World(store)


async def test_a_host_and_a_path_have_responses_of_their_own(store: ResponseStore) -> None:
    schema = make_executable_schema(
        parse_schema("type Query { whose: String @cacheControl(maxAge: 60) }"),
        SimpleNamespace(query=SimpleNamespace(whose=lambda context: context)),
    )

    def tenant(scope: Any) -> str:
        return f"{dict(scope['headers'])[b'host'].decode()}{scope['path']}"

    caching = Caching(store=store)
    app = GraphQL(schema, auth=None, sinks=(), caching=caching, context=tenant)
    asked = [
        ("a.example", "/north"),
        ("a.example", "/south"),
        ("b.example", "/south"),
        ("a.example", "/north"),
        ("a.example", "/sha256:a/x/y"),
        ("a.example", "/sha256:b/x/y"),
        ("a" * 300, "/north"),
        ("b" * 300, "/north"),
    ]
    for host, path in asked:
        reply = await get(app, b"query={whose}", {"host": host}, path=path)
        assert reply.data["whose"] == host + path


async def test_a_header_that_responses_depend_on_is_a_part_of_the_key(store: ResponseStore) -> None:
    def language(scope: Any) -> str:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        return headers[b"accept-language"].decode()

    schema = make_executable_schema(
        parse_schema("type Query { language: String @cacheControl(maxAge: 60) }"),
        SimpleNamespace(query=SimpleNamespace(language=lambda context: context)),
    )
    caching = Caching(store=store, vary=["Accept-Language"])
    app = GraphQL(schema, auth=None, sinks=(), caching=caching, context=language)
    for sent in ("de", "en", "de", "x" * 300, "y" * 300):
        reply = await ask(app, "{ language }", accept_language=sent)
        assert reply.data["language"] == sent
        assert reply.headers["vary"] == "Accept, Authorization, Cookie, Accept-Language"


def test_with_auth_a_store_needs_an_audience() -> None:
    with pytest.raises(ValueError, match="names no audience"):
        World(None, caching=Caching(store=MemoryStore()))


def test_invalidations_of_long_ago_are_forgotten_with_what_they_invalidated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_store, "_MOST_GROUPS", 2)

    async def check() -> None:
        world = World(MemoryStore())
        await world.ask("{ book(id: 1) { id } }")
        await world.post('mutation { rename(id: 1, title: "C") { id } }')
        await world.post('mutation { rename(id: 2, title: "C") { id } }')
        await world.ask("{ book(id: 1) { id } }")
        assert world.calls == 2

    asyncio.run(check())
