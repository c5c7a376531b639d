"""304 without executing, by the version of what a query would return."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import GRAPHQL, JSON, Reply, get
from tests.server.test_caching import AUDIENCE, Tokens, ask
from tests.waiting import PATIENCE

from trunkline.auth import Caller
from trunkline.errors import SchemaError
from trunkline.server import (
    Caching,
    GraphQL,
    MemoryStore,
    OperationEvent,
    ResponseStore,
    Version,
    current_response,
    make_executable_schema,
    parse_schema,
)

SDL = """
directive @read on FIELD
type Query {
  book(id: ID = "1"): Book @cacheControl(maxAge: 60)
  mine: Book @cacheControl(maxAge: 60, scope: PRIVATE)
  narrowed: Book @cacheControl(maxAge: 60)
  other: Int @cacheControl(maxAge: 60)
}
type Book @cacheControl(inheritMaxAge: true) {
  id: ID!
  title: String
  sales: Int
  stock: Int
  author: Author
}
type Author @cacheControl(inheritMaxAge: true) { name: String }
type Mutation { rename(title: String!): Book }
"""


HANGING = 99  # the version of what does not say it


class KeyHolders(Tokens):
    """Knows callers by a header of its own."""

    def recall(self, _scope: Any, headers: Any) -> Caller:
        return Caller(headers[b"x-key"].decode())


class World:
    def __init__(
        self, auth: Any = None, store: ResponseStore | None = None, deadline: float | None = None
    ) -> None:
        self.title, self.version, self.calls = "A", 1, 0
        self.asked: list[Mapping[str, Any]] = []
        query = SimpleNamespace(
            book=self.book, mine=self.book, narrowed=self.narrowed, other=lambda: 1
        )
        book = SimpleNamespace(sales=lambda _: 1, stock=lambda _: 1)
        resolvers = SimpleNamespace(
            query=query, mutation=SimpleNamespace(rename=lambda **_: None), book=book
        )
        directives = SimpleNamespace(read=lambda proceed: proceed())
        schema = make_executable_schema(
            parse_schema(SDL), resolvers, {"Book": dict}, directives=directives
        )
        version = Version(self.current, covers=["Book", "Book.stock"])
        coordinates = ["Query.book", "Query.mine", "Query.narrowed"]
        versions = dict.fromkeys(coordinates, version)
        caching = Caching(audience=AUDIENCE, versions=versions, store=store)
        self.events: list[OperationEvent] = []
        sinks = [self.events.append]
        self.app = GraphQL(
            schema, auth=auth or Tokens(), sinks=sinks, caching=caching, deadline=deadline
        )

    def book(self, id: str = "1") -> dict[str, Any]:  # noqa: A002
        self.calls += 1
        return {"id": id, "title": self.title, "author": {"name": "Le Guin"}}

    def narrowed(self) -> dict[str, Any]:
        current_response().narrow_caching(max_age=5, scope="PRIVATE")
        return self.book()

    async def current(self, arguments: Mapping[str, Any], _caller: Any) -> int | None:
        self.asked.append(arguments)
        if self.version < 0:
            raise OSError
        if self.version == HANGING:
            await asyncio.Event().wait()
        return self.version or None

    async def ask(self, text: str, token: str = "a1", **headers: str) -> Reply:  # noqa: S107
        return await ask(self.app, text, authorization=token, **headers)


async def test_what_has_not_changed_is_not_executed() -> None:
    world = World()
    first = await world.ask("{ book { id title stock } }")
    tag = first.headers["etag"]
    for _ in range(3):
        same = await world.ask("{ book { id title stock } }", if_none_match=tag)
        assert (same.status, same.body) == (304, b"")
        for name in ("etag", "cache-control", "vary", "cache-groups"):
            assert same.headers[name] == first.headers[name]
    assert world.calls == 1
    assert world.asked == [{"id": "1"}] * 4
    world.title, world.version = "B", 2
    changed = await world.ask("{ book { id title stock } }", if_none_match=tag)
    assert (changed.status, changed.data["book"]["title"]) == (200, "B")
    same = await world.ask("{ book { id title stock } }", if_none_match=changed.headers["etag"])
    assert (same.status, world.calls) == (304, 2)
    old = await world.ask("{ book { id title stock } }", if_none_match=tag)
    assert (old.status, world.calls) == (200, 3)
    told = [event.cache for event in world.events]
    assert told == ["miss", "304", "304", "304", "miss", "304", "miss"]


@pytest.mark.parametrize(
    "text",
    [
        "{ book { sales } }",
        "{ book { author { name } } }",
        "{ book { id } again: book { id } }",
        "{ book { id @read } }",
        "{ other }",
    ],
)
async def test_what_a_version_does_not_cover_is_executed(text: str) -> None:
    world = World()
    tag = (await world.ask(text)).headers["etag"]
    assert (await world.ask(text, if_none_match=tag)).status == 304
    assert world.calls in {0, 2, 4}
    assert world.asked == []


async def test_each_caller_and_variable_has_its_own() -> None:
    world = World()
    tags: list[str] = []
    for token, accept, calls in [
        ("a1", GRAPHQL, 1),
        ("a1", GRAPHQL, 1),
        ("a2", GRAPHQL, 2),
        ("a1", JSON, 2),
    ]:
        reply = await world.ask("{ mine { id } }", token, accept=accept, if_none_match="*")
        assert (reply.status, world.calls) == (304, calls)
        tags.append(reply.headers["etag"])
    assert tags[0] == tags[1] == tags[2] != tags[3]
    text = b"query=query($id:ID){book(id:$id){id}}&variables="
    for variables, calls in [(b"{}", 3), (b'{"id":"2"}', 4), (b'{"id":"2"}', 4)]:
        headers = {"authorization": "a1", "if-none-match": "*"}
        assert (await get(world.app, text + variables, headers)).status == 304
        assert world.calls == calls
    assert world.asked[-1] == {"id": "2"}


async def test_callers_of_an_audience_share_what_is_known() -> None:
    world = World()
    for token in ("a1", "a2"):
        await world.ask("{ book { id } }", token, if_none_match="*")
    assert world.calls == 1
    await world.ask("{ book { id } }", "b1", if_none_match="*")
    assert world.calls == 2
    assert (await world.ask("{ book { id } }", "stolen", if_none_match="*")).status == 401


async def test_what_a_resolver_narrowed_stays_narrow() -> None:
    world = World()
    first = await world.ask("{ narrowed { id } }")
    same = await world.ask("{ narrowed { id } }", if_none_match=first.headers["etag"])
    assert (same.status, world.calls) == (304, 1)
    assert same.headers["cache-control"] == "private, max-age=5"


async def test_what_a_resolver_narrowed_to_its_caller_is_known_for_it_only() -> None:
    world = World()
    for token, calls in [("a1", 1), ("a1", 1), ("a2", 2), ("a2", 2), ("a1", 3)]:
        reply = await world.ask("{ narrowed { id } }", token, if_none_match="*")
        assert (reply.status, world.calls) == (304, calls)


@pytest.mark.parametrize(("adds", "calls"), [("a scope", [1, 1, 2]), ("a header", [1, 2, 3])])
async def test_what_the_program_adds_is_known_for_its_sender_or_not_at_all(
    adds: str, calls: list[int]
) -> None:
    executed: list[None] = []

    def ours() -> None:
        executed.append(None)
        if adds == "a scope":
            current_response().narrow_caching(scope="AUDIENCE")
        else:
            current_response().headers["Vary"] = "Accept-Language"

    sdl = "type Query { ours: Int @cacheControl(maxAge: 60, scope: PUBLIC) }"
    resolvers = SimpleNamespace(query=SimpleNamespace(ours=ours))
    caching = Caching(versions={"Query.ours": Version(lambda *_: 1, covers=[])})
    schema = make_executable_schema(parse_schema(sdl), resolvers)
    app = GraphQL(schema, auth=None, sinks=(), caching=caching)
    for cookie, count in zip(["one", "one", "two"], calls, strict=True):
        reply = await ask(app, "{ ours }", cookie=cookie, if_none_match="*")
        assert (reply.status, len(executed)) == (304, count)


@pytest.mark.parametrize("refuse", ["fields", "hidden"])
async def test_what_a_policy_allowed_once_is_no_304_when_it_does_not_hold(refuse: Any) -> None:
    sdl = """
    type Query { one: Node @cacheControl(maxAge: 60) }
    interface Node { id: ID! }
    type Secret implements Node @policy(policies: [["p"]]) { id: ID! }
    """
    resolvers = SimpleNamespace(
        query=SimpleNamespace(one=lambda: {"__typename": "Secret", "id": "s"})
    )
    holding = {"p"}
    caching = Caching(
        audience=AUDIENCE, versions={"Query.one": Version(lambda *_: 1, covers=["Secret"])}
    )
    app = GraphQL(
        make_executable_schema(parse_schema(sdl), resolvers),
        auth=Tokens(),
        policies=lambda *_: holding,
        refuse=refuse,
        sinks=(),
        caching=caching,
    )
    known = await ask(app, "{ one { id } }", authorization="a1")
    assert known.data == {"one": {"id": "s"}}
    etag = known.headers["etag"]
    for policies, is_same in [({"p"}, True), (set[str](), False), ({"p"}, True)]:
        holding = policies
        reply = await ask(app, "{ one { id } }", authorization="a1", if_none_match=etag)
        assert (reply.status == 304) is is_same
        assert is_same or reply.data == {"one": None}


async def test_callers_whom_another_header_names_are_kept_apart() -> None:
    world = World(KeyHolders())
    for name, calls in [("one", 1), ("one", 1), ("two", 2)]:
        reply = await world.ask("{ mine { id } }", x_key=name, if_none_match="*")
        assert (reply.status, world.calls) == (304, calls)


async def test_a_stored_response_of_another_version_is_not_used() -> None:
    world = World(store=MemoryStore())
    old = (await world.ask("{ book { title } }")).headers["etag"]
    world.title, world.version = "B", 2  # by another process
    for _ in range(2):
        changed = await world.ask("{ book { title } }", if_none_match=old)
        assert (changed.status, changed.data["book"]["title"]) == (200, "B")
    assert world.calls == 2


async def test_a_version_that_is_not_known_is_executed(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    for version in (0, -1):
        world.version = version
        before = world.calls
        for _ in range(2):
            assert (await world.ask("{ book { id } }", if_none_match="*")).status == 304
        assert world.calls == before + 2
    assert "The version of Query.book is not known" in caplog.text


async def test_wrong_variables_are_refused_before() -> None:
    world = World()
    query = b'query=query($id:ID!){book(id:$id){id}}&variables={"id":[1]}'
    refused = await get(world.app, query, {"authorization": "a1", "if-none-match": "*"})
    assert (refused.status, world.asked) == (422, [])


@pytest.mark.parametrize(
    ("coordinate", "covers", "message"),
    [
        ("Query.books", ["Book"], "versions: the schema has no 'Query.books'"),
        ("Query.book", ["Bock"], "versions: the schema has no 'Bock'. Did you mean 'Book'"),
        ("Book.title", ["Book"], r"versions: Book\.title is not a field of Query\."),
    ],
)
def test_what_the_schema_lacks_is_an_error_at_start(
    coordinate: str, covers: list[str], message: str
) -> None:
    schema = make_executable_schema(
        parse_schema("type Query { book: Book } type Book { title: String }"),
        SimpleNamespace(query=SimpleNamespace(book=lambda: None)),
    )
    caching = Caching(versions={coordinate: Version(lambda _arguments, _caller: 1, covers)})
    with pytest.raises(SchemaError, match=message):
        GraphQL(schema, auth=None, caching=caching)


async def test_the_deadline_is_also_that_of_a_version() -> None:
    world = World(deadline=0.01)
    world.version = HANGING
    async with asyncio.timeout(PATIENCE):
        reply = await world.ask("{ book { title } }")
    assert (reply.status, reply.code, world.calls) == (504, "DEADLINE_EXCEEDED", 0)
