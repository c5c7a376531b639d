"""Resolvers that block: in threads they hold up nobody, and in development they are told."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from tests.server.calling import post
from tests.waiting import PATIENCE

from trunkline.schema.threads import DEVELOPMENT
from trunkline.server import GraphQL, Threads, batch, make_executable_schema, parse_schema

SDL = """
type Query { meet: String!  sees: String!  stops: String  quick: Int!  books: [Book!]! }
type Book { title: String!  shout: String!  length: Int! }
type Subscription { ticks: Int! }
"""
WHO: ContextVar[str] = ContextVar("WHO", default="nobody")
MAIN = threading.main_thread()


@dataclass
class Book:
    title: str

    def shout(self) -> str:
        assert threading.current_thread() is not MAIN
        return self.title.upper()


class Query:
    """Two calls of ``meet`` end only if they run at the same time."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=PATIENCE)

    def meet(self) -> str:
        self.both.wait()
        return "met"

    def sees(self) -> str:
        return WHO.get()

    def stops(self) -> str:
        raise StopIteration

    async def quick(self) -> int:
        assert threading.current_thread() is MAIN
        return 1

    def books(self) -> list[Book]:
        return [Book("a"), Book("bc")]


class Books:
    @batch
    def length(self, books: list[Book]) -> list[int]:
        assert threading.current_thread() is not MAIN
        return [len(book.title) for book in books]


class Subscription:
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


def endpoint(threads: Threads) -> GraphQL:
    resolvers = SimpleNamespace(query=Query(), book=Books(), subscription=Subscription())
    definition = parse_schema(SDL)
    schema = make_executable_schema(definition, resolvers, {"Book": Book}, middlewares=[threads])
    return GraphQL(schema, auth=None, sinks=())


async def ask(app: GraphQL, query: str) -> Any:
    return (await post(app, query)).json


async def test_resolvers_that_block_do_not_hold_up_other_requests() -> None:
    app = endpoint(Threads())
    both = await asyncio.gather(ask(app, "{ meet }"), ask(app, "{ meet quick }"))
    assert [each["data"]["meet"] for each in both] == ["met", "met"]


async def test_all_kinds_of_resolvers_run_in_threads() -> None:
    answer = await ask(endpoint(Threads(limit=1)), "{ quick books { title shout length } }")
    assert answer["data"] == {
        "quick": 1,
        "books": [
            {"title": "a", "shout": "A", "length": 1},
            {"title": "bc", "shout": "BC", "length": 2},
        ],
    }


async def test_a_thread_sees_the_context_variables() -> None:
    WHO.set("somebody")
    assert await ask(endpoint(Threads()), "{ sees }") == {"data": {"sees": "somebody"}}


async def test_an_exception_that_no_future_can_have_is_the_fields() -> None:
    answer = await ask(endpoint(Threads()), "{ stops quick }")
    assert answer["data"] == {"stops": None, "quick": 1}


async def test_a_single_resolver_and_its_limit() -> None:
    """A call that waits for a thread does not begin if its request ends."""
    threads = Threads(limit=1)
    began, go = threading.Event(), threading.Event()
    calls: list[int] = []

    class Query:
        @threads.resolver
        def books(self) -> list[Book]:
            calls.append(1)
            began.set()
            go.wait(PATIENCE)
            return []

        def quick(self) -> int:
            assert threading.current_thread() is MAIN
            return 1

    definition = parse_schema("type Query { books: [Book!]!  quick: Int! } type Book { title: ID }")
    schema = make_executable_schema(definition, SimpleNamespace(query=Query()))
    app = GraphQL(schema, auth=None, sinks=())
    first = asyncio.create_task(ask(app, "{ books { title } }"))
    await asyncio.to_thread(began.wait, PATIENCE)
    waiting = asyncio.create_task(ask(app, "{ books { title } }"))
    assert await ask(app, "{ quick }") == {"data": {"quick": 1}}
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    assert await first == {"data": {"books": []}}
    assert await ask(app, "{ books { title } }") == {"data": {"books": []}}
    assert len(calls) == 2


async def test_another_library_may_choose_the_threads() -> None:
    """Django's ORM wants all calls of a request in one thread: asgiref's `sync_to_async`."""
    called: list[str] = []

    def make_async(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any, **kwargs: Any) -> Any:
            called.append(function.__name__)
            return function(*args, **kwargs)

        return run

    app = endpoint(Threads(make_async))
    assert await ask(app, "{ sees quick }") == {"data": {"sees": "nobody", "quick": 1}}
    assert called == ["sees"]


class Rows:
    """Rows that are read when they are first needed, as Django's query sets are."""

    def __init__(self) -> None:
        self.rows: list[Book] | None = None

    def __len__(self) -> int:
        if self.rows is None:
            assert threading.current_thread() is not MAIN
            self.rows = [Book("a")]
        return len(self.rows)

    def __iter__(self) -> Iterator[Book]:
        len(self)
        assert self.rows is not None
        return iter(self.rows)


def generated() -> Iterator[Book]:
    assert threading.current_thread() is not MAIN
    yield Book("a")


@pytest.mark.parametrize("value", [Rows, generated, lambda: map(Book, "a"), lambda: [Book("a")]])
async def test_what_is_read_later_is_read_in_the_thread(value: Callable[[], Any]) -> None:
    definition = parse_schema("type Query { books: [Book!]! } type Book { title: ID }")
    query = SimpleNamespace(books=lambda: value())  # noqa: PLW0108  # resolvers have a name
    schema = make_executable_schema(
        definition, SimpleNamespace(query=query), {"Book": Book}, middlewares=[Threads()]
    )
    app = GraphQL(schema, auth=None, sinks=())
    assert await ask(app, "{ books { title } }") == {"data": {"books": [{"title": "a"}]}}


@pytest.mark.parametrize("is_development", [True, False])
async def test_in_development_a_resolver_that_blocks_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, is_development: bool
) -> None:
    monkeypatch.delenv(DEVELOPMENT, raising=False)
    if is_development:
        monkeypatch.setenv(DEVELOPMENT, "1")

    seconds = [0.0]
    monkeypatch.setattr("trunkline.schema.threads.perf_counter", lambda: seconds[0])

    class Query:
        def slow(self) -> int:
            seconds[0] += 0.06
            return 1

        def quick(self) -> int:
            return 1

        @Threads().resolver
        def elsewhere(self) -> int:
            seconds[0] += 0.06
            return 1

    definition = parse_schema("type Query { slow: Int!  quick: Int!  elsewhere: Int! }")
    schema = make_executable_schema(definition, SimpleNamespace(query=Query()))
    app = GraphQL(schema, auth=None, sinks=())
    with caplog.at_level(logging.WARNING, "trunkline.schema"):
        for _ in range(2):
            assert "errors" not in await ask(app, "{ slow quick elsewhere }")
    told = [record.getMessage() for record in caplog.records]
    assert [each.partition(" blocked")[0] for each in told] == (
        ["The resolver of Query.slow"] if is_development else []
    )
