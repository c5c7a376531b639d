"""The profile of a request: who gets it, what it has, and that others are not measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from tests.auth.verifying.issuing import Issuer, Time
from tests.server.calling import Reply, get, post, send_body

from trunkline.auth import Caller
from trunkline.server import (
    Caching,
    GraphQL,
    MemoryStore,
    OperationEvent,
    Threads,
    batch,
    make_executable_schema,
    parse_schema,
)
from trunkline.server.profiling import _without_values

SDL = """
directive @shout on FIELD_DEFINITION | FIELD
type Query { books: [Book!]! @cacheControl(maxAge: 60)  loud: String @shout  two: [Int!]!
  blocking: Int  fails: Int  found: [Found!]! }
type Mutation { add: Int }
union Found = Book | Shelf
type Book { title: String!  author: String!  pages: Int!  slow: Int!  lazy: Int!
  shelf: Shelf!  tags: [String!]! }
type Shelf { label: String!  books: [Book!]! }
"""
ASKED = {"graphql-profile": "1"}


class Book(NamedTuple):
    title: str
    engine: Engine

    @property
    def lazy(self) -> int:
        return ask(self.engine)

    @property
    def shelf(self) -> dict[str, Any]:
        return {"label": f"{ask(self.engine)}", "books": [self, self, self]}


def ask(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT 1")).scalar_one())


class Resolvers:
    """Resolvers of each kind, with and without SQL."""

    def __init__(self, engine: AsyncEngine, blocking_engine: Engine) -> None:
        self.engine = engine
        self.blocking_engine = blocking_engine
        self.query = SimpleNamespace(
            books=self.books,
            loud=lambda: "quiet",
            two=self.two,
            blocking=Threads().resolver(self.blocking),
            fails=self.fails,
            found=self.books,
        )
        self.found = SimpleNamespace(resolve_type=self.type_of_found)
        self.mutation = SimpleNamespace(add=lambda: 1)
        self.book = SimpleNamespace(
            author=self.author, pages=self.pages, slow=self.slow, tags=self.tags
        )

    async def ask(self, statement: str = "SELECT 1") -> int:
        async with self.engine.connect() as connection:
            return int((await connection.execute(text(statement))).scalar_one())

    async def books(self) -> list[Book]:
        await self.ask()
        return [Book(title, self.blocking_engine) for title in ("Emma", "Persuasion")]

    @batch
    async def author(self, books: list[Book]) -> list[str]:
        await asyncio.gather(self.ask(), self.ask())
        return ["Austen" for _ in books]

    @batch
    def pages(self, books: list[Book]) -> Iterator[int]:
        for _ in books:
            yield ask(self.blocking_engine)

    async def slow(self, _: Book) -> int:
        await asyncio.sleep(0)
        await self.ask()
        await asyncio.sleep(0)
        return await self.ask()

    def type_of_found(self, _: Book) -> str:
        return "Book"

    @batch
    def tags(self, books: list[Book]) -> Iterator[list[str]]:
        return map(list, (book.title for book in books))

    def two(self) -> list[int]:
        return [1, 2]

    def blocking(self) -> int:
        return ask(self.blocking_engine)

    async def fails(self) -> int:
        return await self.ask("SELECT nothing")


async def shout(proceed: Any) -> Any:
    return str(await proceed()).upper()


@pytest.fixture
async def resolvers(tmp_path: Path) -> AsyncIterator[Resolvers]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/a.db", poolclass=NullPool)
    blocking = create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=NullPool)
    yield Resolvers(engine, blocking)
    await engine.dispose()
    blocking.dispose()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT 'it''s', 5, -1.5e3, \"a1\".b2 FROM t_3", 'SELECT ?, ?, -?, "a1".b2 FROM t_3'),
        ("SELECT a\n  FROM t WHERE a IN (?, ?,  ?)", "SELECT a FROM t WHERE a IN (…)"),
        ("SELECT $1::UUID, b IN ($2::TEXT, $3::TEXT)", "SELECT $1::UUID, b IN (…)"),
        ("SELECT %(id_1)s IN (%(a_1)s, %(a_2)s)", "SELECT %(id_1)s IN (…)"),
        ("SELECT $x$ 'private' $x$, 0xFF", "SELECT ?, ?"),
        ("SELECT -- it's\n a /* 'private */ = 'x'", "SELECT a = ?"),
        (r"SELECT a, 'it\'s private'", "SELECT a,"),
        ("SELECT a, 'private", "SELECT a,"),
        ("SELECT a /* private", "SELECT a"),
        ("SELECT $x$ private", "SELECT"),
        ("SELECT \"it's\" FROM t WHERE a = 'private'", 'SELECT "it\'s" FROM t WHERE a = ?'),
        ("SELECT `it's` FROM t WHERE a = 'private'", "SELECT `it's` FROM t WHERE a = ?"),
        (
            "SELECT a FROM t WHERE b = .25 AND c IN (-1, 2)",
            "SELECT a FROM t WHERE b = ? AND c IN (…)",
        ),
        ("SELECT a /* 1 /* it's */ private */", "SELECT a"),
        ("SELECT a, q'[it's private]'", "SELECT a,"),
        (
            "SELECT a->>'b' = 'c' AND d ? 'e' AND f::INT = 5::INT",
            "SELECT a->>? = ? AND d ? ? AND f::INT = ?::INT",
        ),
        ("SELECT a %5 WHERE b = %(b_1)s AND c = %s", "SELECT a %? WHERE b = %(b_1)s AND c = %s"),
        ('SELECT a, "private', "SELECT a,"),
    ],
)
def test_texts_of_statements_have_no_values(statement: str, told: str) -> None:
    assert _without_values(statement, '"') == told


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ('SELECT `a` FROM t WHERE b = "private"', "SELECT `a` FROM t WHERE b = ?"),
        (r'SELECT a, "it\"s private"', "SELECT a,"),
        ("SELECT a # it's\n, 'private'", "SELECT a"),
    ],
)
def test_in_mysql_a_double_quote_begins_a_string(statement: str, told: str) -> None:
    assert _without_values(statement, "`") == told


def anyone(_: Caller | None) -> bool:
    return True


def by_scope(caller: Caller | None) -> bool:
    return caller is not None and "profile" in caller.scopes


def endpoint(resolvers: Resolvers, **more: Any) -> GraphQL:
    schema = make_executable_schema(
        parse_schema(SDL), resolvers, directives=SimpleNamespace(shout=shout)
    )
    options: dict[str, Any] = {"auth": None, "profiling": anyone, **more}
    return GraphQL(schema, **options)


class Node(NamedTuple):
    """The field of a profile at a place, without its times."""

    field: str
    calls: int
    statements: int = 0
    parents: int | None = None
    items: int | None = None


def measured(reply: Reply) -> dict[str, Node]:
    """Return the fields by their places; the times must fit together."""
    profile = reply.json["extensions"]["profile"]
    found: dict[str, Node] = {}

    def add(fields: list[dict[str, Any]], place: str, most: float) -> None:
        times = [each["ms"] for each in fields]
        assert times == sorted(times, reverse=True)
        for each in fields:
            assert 0 <= each["own_ms"] <= each["ms"] <= most
            assert 0 <= each["sql_ms"] <= profile["sql_ms"]
            assert (each["sql_ms"] > 0) == (each["statements"] > 0)
            where = f"{place}.{each['key']}".strip(".")
            found[where] = Node(
                each["field"],
                each["calls"],
                each["statements"],
                each.get("parents"),
                each.get("items"),
            )
            add(each["fields"], where, each["ms"])

    add(profile["fields"], "", profile["ms"])
    assert profile["statements"] == sum(each.statements for each in found.values())
    assert profile["omitted"] == 0
    return found


FIVE = range(5)
BOOKS = Node("Query.books", 1, 1, items=2)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ books { title } }", {"books": BOOKS}),
        (
            "{ books { author } }",
            {"books": BOOKS, "books.author": Node("Book.author", 1, 2, parents=2)},
        ),
        (
            "{ books { pages tags } }",
            {
                "books": BOOKS,
                "books.pages": Node("Book.pages", 1, 2, parents=2),
                "books.tags": Node("Book.tags", 1, parents=2, items=14),
            },
        ),
        ("{ books { slow } }", {"books": BOOKS, "books.slow": Node("Book.slow", 2, 4)}),
        (
            "{ books { slow author } more: books { author } blocking }",
            {
                "books": BOOKS,
                "books.slow": Node("Book.slow", 2, 4),
                "books.author": Node("Book.author", 1, 2, parents=2),
                "more": BOOKS,
                "more.author": Node("Book.author", 1, 2, parents=2),
                "blocking": Node("Query.blocking", 1, 1),
            },
        ),
        (  # what a property reads, and below it
            "{ books { shelf { label books { slow: title pages } } } }",
            {
                "books": BOOKS,
                "books.shelf": Node("Book.shelf", 2, 2),
                "books.shelf.books": Node("Shelf.books", 2, items=6),
                "books.shelf.books.pages": Node("Book.pages", 1, 6, parents=6),
            },
        ),
        (
            "{ found { ... on Book { pages shelf { books { author } } } } }",
            {
                "found": Node("Query.found", 1, 1, items=2),
                "found.pages": Node("Book.pages", 1, 2, parents=2),
                "found.shelf": Node("Book.shelf", 2, 2),
                "found.shelf.books": Node("Shelf.books", 2, items=6),
                "found.shelf.books.author": Node("Book.author", 1, 2, parents=6),
            },
        ),
        (  # equal selections are measured at each place
            "{ "
            + " ".join(f"b{number}: found {{ ...on Book {{ slow }} }}" for number in FIVE)
            + "}",
            {
                **{f"b{number}": Node("Query.found", 1, 1, items=2) for number in FIVE},
                **{f"b{number}.slow": Node("Book.slow", 2, 4) for number in FIVE},
            },
        ),
        ("{ loud two }", {"loud": Node("Query.loud", 1), "two": Node("Query.two", 1, items=2)}),
        ("{ loud @shout }", {"loud": Node("Query.loud", 1)}),
        ("mutation { add }", {"add": Node("Mutation.add", 1)}),
        ("{ __typename __schema { queryType { name } } }", {}),
    ],
)
async def test_what_is_resolved_is_measured_at_its_place(
    query: str, expected: dict[str, Node], resolvers: Resolvers
) -> None:
    app = endpoint(resolvers)
    plain = await post(app, query)
    for _ in range(3):  # the first ones run a shorter text
        reply = await post(app, query, ASKED)
        assert reply.status == 200
        assert reply.data == plain.data
        assert measured(reply) == expected


async def test_what_waits_side_by_side_does_not_add_up(resolvers: Resolvers) -> None:
    async def sleeps(book: Book) -> int:
        await asyncio.sleep(0.05)
        return len(book.title)

    resolvers.book.slow = sleeps
    reply = await post(endpoint(resolvers), "{ books { slow } }", ASKED)
    (books,) = reply.json["extensions"]["profile"]["fields"]
    (slow,) = books["fields"]
    assert slow["calls"] == 2
    assert slow["ms"] == slow["own_ms"] >= 40
    assert books["ms"] == pytest.approx(books["own_ms"] + slow["ms"], abs=0.1)


async def test_a_profile_is_bounded(resolvers: Resolvers) -> None:
    many = " ".join(f"a{number}: two" for number in range(220))
    reply = await post(endpoint(resolvers), f"{{ {many} books {{ slow }} }}", ASKED)
    profile = reply.json["extensions"]["profile"]
    assert profile["omitted"] == 22
    fields = {each["key"]: each["fields"] for each in profile["fields"]}
    assert len(fields) == 199
    assert [each["key"] for each in fields["books"]] == ["slow"]


async def test_only_who_asks_is_measured(resolvers: Resolvers) -> None:
    app = endpoint(resolvers)
    one, other = await asyncio.gather(
        post(app, "{ books { slow } }", ASKED), post(app, "{ books { slow } }")
    )
    assert measured(one)["books.slow"] == Node("Book.slow", 2, 4)
    assert "extensions" not in other.json
    app = endpoint(resolvers, profiling=None)
    assert "extensions" not in (await post(app, "{ two }", ASKED)).json


async def test_a_caller_who_may_not_is_refused(resolvers: Resolvers) -> None:
    issuer = Issuer()
    app = endpoint(resolvers, auth=issuer.verifier(Time()), profiling=by_scope)
    for scope, status in (("read", 403), ("read profile", 200)):
        signed = issuer.token({"scope": scope})
        token = {"authorization": f"Bearer {signed}"}
        assert (await post(app, "{ two }", token)).status == 200
        reply = await post(app, "{ two }", {**token, **ASKED})
        assert reply.status == status
        assert ("profile" in reply.json.get("extensions", {})) == (status == 200)


async def test_a_statement_that_fails_counts(resolvers: Resolvers) -> None:
    reply = await post(endpoint(resolvers), "{ fails }", ASKED)
    assert reply.json["data"] == {"fails": None}
    (fails,) = reply.json["extensions"]["profile"]["fields"]
    assert (fails["calls"], fails["statements"], fails["sql_ms"]) == (1, 1, 0)


async def test_statements_of_the_context_count_for_the_whole(resolvers: Resolvers) -> None:
    async def context(_: Any) -> AsyncIterator[None]:
        await resolvers.ask()
        yield

    reply = await post(endpoint(resolvers, context=context), "{ books { title } }", ASKED)
    profile = reply.json["extensions"]["profile"]
    assert profile["statements"] == 2
    assert [each["statements"] for each in profile["fields"]] == [1]


async def test_statements_of_attributes_count_for_the_whole(resolvers: Resolvers) -> None:
    reply = await post(endpoint(resolvers), "{ books { lazy } }", ASKED)
    profile = reply.json["extensions"]["profile"]
    assert profile["statements"] == 3
    assert [each["statements"] for each in profile["fields"]] == [1]


async def test_a_profile_is_neither_stored_nor_from_the_store(resolvers: Resolvers) -> None:
    app = endpoint(resolvers, caching=Caching(store=MemoryStore()))
    query = b"query=%7B+books+%7B+title+%7D+%7D"
    assert (await get(app, query)).headers["cache-control"] != "no-store"
    reply = await get(app, query, ASKED)
    assert reply.headers["cache-control"] == "no-store"
    assert measured(reply) == {"books": BOOKS}
    assert "extensions" not in (await get(app, query)).json


class Curious:
    """A sink that wants the profile of every request."""

    def __init__(self) -> None:
        self.events: list[OperationEvent] = []

    def __call__(self, event: OperationEvent) -> None:
        self.events.append(event)

    @staticmethod
    def wants_profile(event: OperationEvent) -> bool:
        return event.operation_kind == "query"


async def test_a_profile_for_sinks_changes_no_response(resolvers: Resolvers) -> None:
    sink = Curious()
    app = endpoint(resolvers, caching=Caching(store=MemoryStore()), sinks=[sink])
    query = b"query=%7B+books+%7B+title+%7D+%7D"
    replies = [await get(app, query) for _ in range(2)]
    titles = [{"title": "Emma"}, {"title": "Persuasion"}]
    assert [each.json for each in replies] == [{"data": {"books": titles}}] * 2
    assert all(each.headers["cache-control"] != "no-store" for each in replies)
    executed, found = sink.events
    assert (executed.cache, found.cache, found.profile) == ("stored", "hit", None)
    assert executed.profile is not None
    assert [each["field"] for each in executed.profile["fields"]] == ["Query.books"]
    await post(app, "mutation { add }")
    assert sink.events[-1].profile is None


async def test_only_true_lets_a_caller_have_one(resolvers: Resolvers) -> None:
    app = endpoint(resolvers, profiling=lambda _: cast("bool", "a coroutine is as true as this"))
    assert (await post(app, "{ two }", ASKED)).status == 403


async def test_a_batch_of_a_caller_who_may_not_is_refused(resolvers: Resolvers) -> None:
    executed: list[str] = []
    resolvers.mutation.add = lambda: executed.append("add")
    body = json.dumps([{"query": "{ two }"}, {"query": "mutation { add }"}]).encode()
    app = endpoint(resolvers, batch_size=2, profiling=lambda _: False)
    reply = await send_body(app, body, ASKED)
    codes = [each["extensions"]["code"] for its in reply.json for each in its["errors"]]
    assert (codes, executed) == (["FORBIDDEN"] * 2, [])


async def test_each_operation_of_a_batch_has_its_own(resolvers: Resolvers) -> None:
    body = json.dumps([{"query": "{ two }"}, {"query": "{ books { slow } }"}]).encode()
    reply = await send_body(endpoint(resolvers, batch_size=2), body, ASKED)
    fields = [
        [each["field"] for each in its["extensions"]["profile"]["fields"]] for its in reply.json
    ]
    assert fields == [["Query.two"], ["Query.books"]]


async def test_a_resolver_that_is_cancelled_stops(resolvers: Resolvers) -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    resolvers.query.blocking = waits
    reply = await post(endpoint(resolvers, deadline=0.05), "{ blocking }", ASKED)
    assert reply.status == 504
    assert ended == ["waits"]


async def test_a_mutation_with_a_profile_invalidates_all_the_same() -> None:
    added: list[int] = []

    def add() -> int:
        added.append(1)
        return len(added)

    schema = make_executable_schema(
        parse_schema("""
            type Query {
                value: Int @cacheControl(maxAge: 60, scope: PUBLIC) @cacheGroups(names: ["Value"])
            }
            type Mutation { add: Int @cacheGroups(names: ["Value"]) }
        """),
        SimpleNamespace(
            query=SimpleNamespace(value=lambda: len(added)), mutation=SimpleNamespace(add=add)
        ),
    )
    app = GraphQL(schema, auth=None, profiling=lambda _: True, caching=Caching(store=MemoryStore()))
    assert (await get(app, b"query={value}")).data == {"value": 0}
    reply = await post(app, "mutation { add }", ASKED)
    assert [each["key"] for each in reply.json["extensions"]["profile"]["fields"]] == ["add"]
    assert (await get(app, b"query={value}")).data == {"value": 1}
