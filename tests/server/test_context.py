"""The context: made, opened around an operation, and closed again, however the operation ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any, Self

import pytest
from graphql import GraphQLError
from tests.server.calling import PRIVATE, post

from trunkline import MutationFailedError, RequestRefusedError
from trunkline.server import (
    GraphQL,
    OperationCall,
    OperationEvent,
    Proceed,
    Result,
    current_response,
    make_executable_schema,
    parse_schema,
)

SDL = """
type Query { plain: String  awaited: String  broken: String  never: String  variable: String }
type Mutation { put(text: String!): String  fail: String  refuse: String  never: String }
"""
VARIABLE = ContextVar("VARIABLE", default="unset")


class Session:
    """A resource that remembers what happened to it."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def __aenter__(self) -> Self:
        await asyncio.sleep(0)
        self.log.append("open")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await asyncio.sleep(0)
        self.log.append(kind.__name__ if kind else "close")


class BlockingSession:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    def __enter__(self) -> Self:
        self.log.append("open")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.log.append(kind.__name__ if kind else "close")


class AwaitableSession(Session):
    """Both awaitable and a context manager, as SQLAlchemy's `engine.connect()` is."""

    def __await__(self) -> Generator[Any, None, None]:
        raise AssertionError("It is to be opened.")
        yield


class Query:
    def plain(self, context: Any) -> str:
        context.log.append("plain")
        return "plain"

    async def awaited(self, context: Any) -> str:
        await asyncio.sleep(0)
        context.log.append("awaited")
        return "awaited"

    def broken(self) -> str:
        raise ConnectionError(PRIVATE)

    async def never(self) -> None:
        await asyncio.Event().wait()

    async def variable(self) -> str:
        return VARIABLE.get()


class Mutation(Query):
    async def put(self, text: str, context: Any) -> str:
        await asyncio.sleep(0)
        context.log.append(text)
        return text

    async def fail(self) -> str:
        raise GraphQLError("It is taken.", extensions={"code": "TAKEN"})

    def refuse(self) -> str:
        raise RequestRefusedError(429, "Slowly.")


def endpoint(context: Any, **options: Any) -> GraphQL:
    definition = parse_schema(SDL)
    resolvers = SimpleNamespace(query=Query(), mutation=Mutation())
    schema = make_executable_schema(definition, resolvers)
    return GraphQL(schema, auth=None, context=context, **{"sinks": (), **options})


def forms(log: list[str]) -> dict[str, Callable[[Any], Any]]:
    """Return the ways to write a context that is opened and closed."""

    async def yielding(_scope: Any) -> AsyncGenerator[Session]:
        async with Session(log) as session:
            yield session

    def yielding_plainly(_scope: Any) -> Generator[BlockingSession]:
        with BlockingSession(log) as session:
            yield session

    async def returning(_scope: Any) -> Session:
        await asyncio.sleep(0)
        return Session(log)

    class Callable_:  # noqa: N801
        async def __call__(self, _scope: Any) -> AsyncGenerator[Session]:
            async with Session(log) as session:
                yield session

    return {
        "async generator": yielding,
        "generator": yielding_plainly,
        "asynccontextmanager": asynccontextmanager(yielding),
        "contextmanager": contextmanager(yielding_plainly),
        "partial": partial(yielding),
        "lambda": lambda scope: yielding(scope),  # noqa: PLW0108  # not a generator function itself
        "object": Callable_(),
        "manager": lambda _: Session(log),
        "blocking manager": lambda _: BlockingSession(log),
        "awaitable manager": lambda _: AwaitableSession(log),
        "awaited manager": returning,
    }


FORMS = list(forms([]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("field", ["plain", "awaited"])
async def test_it_is_open_while_the_operation_runs(form: str, field: str) -> None:
    log: list[str] = []
    app = endpoint(forms(log)[form])
    for _ in range(2):
        reply = await post(app, f"{{ {field} }}")
        assert (reply.status, reply.data) == (200, {field: field})
    assert log == ["open", field, "close"] * 2


@pytest.mark.parametrize("form", FORMS)
async def test_it_sees_that_a_mutation_failed(form: str) -> None:
    log: list[str] = []
    reply = await post(endpoint(forms(log)[form]), 'mutation { put(text: "a") fail }')
    assert log == ["open", "a", "MutationFailedError"]
    assert reply.status == 294
    assert reply.json["data"] is None  # "a" may have been rolled back
    assert (reply.code, reply.error["path"]) == ("TAKEN", ["fail"])


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ('mutation { put(text: "a") }', "close"),
        ("{ broken }", "close"),  # a query has nothing to roll back
        ("mutation { refuse }", "MutationFailedError"),
        ("{ never }", "CancelledError"),
        ("mutation { never }", "CancelledError"),
    ],
)
async def test_how_it_is_closed(query: str, end: str) -> None:
    log: list[str] = []
    await post(endpoint(lambda _: Session(log), deadline=0.05), query)
    assert [log[0], log[-1]] == ["open", end]


async def test_what_failed_is_told() -> None:
    seen: list[MutationFailedError] = []

    async def session(_scope: Any) -> AsyncGenerator[Session]:
        try:
            yield Session([])
        except MutationFailedError as error:
            seen.append(error)
            raise

    await post(endpoint(session), "mutation M { fail }")
    (error,) = seen
    assert str(error) == "The response of mutation M has errors."
    assert [(each.message, each.path) for each in error.errors] == [("It is taken.", ["fail"])]


async def test_who_suppresses_the_failure_keeps_the_data() -> None:
    async def session(_scope: Any) -> AsyncGenerator[Session]:
        with suppress(MutationFailedError):
            yield Session([])

    reply = await post(endpoint(session), 'mutation { put(text: "a") fail }')
    assert (reply.status, reply.data, reply.code) == (294, {"put": "a", "fail": None}, "TAKEN")


async def test_it_is_outside_of_middlewares_and_sees_what_they_raise() -> None:
    log: list[str] = []

    async def refuse(call: OperationCall[Session], _proceed: Proceed) -> Result:
        call.context.log.append("middleware")
        raise GraphQLError("No.", extensions={"code": "FORBIDDEN"})

    reply = await post(endpoint(lambda _: Session(log), middlewares=[refuse]), "{ plain }")
    assert (reply.status, reply.code) == (422, "FORBIDDEN")
    assert log == ["open", "middleware", "GraphQLError"]


async def test_a_cancelled_request_closes_it() -> None:
    log: list[str] = []
    begun = asyncio.Event()

    async def session(_scope: Any) -> AsyncGenerator[None]:
        async with Session(log):
            begun.set()
            yield

    task = asyncio.create_task(post(endpoint(session), "{ never }"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["open", "CancelledError"]


async def test_context_variables_and_the_response_reach_through_it() -> None:
    async def session(_scope: Any) -> AsyncGenerator[None]:
        token = VARIABLE.set("set")
        yield
        VARIABLE.reset(token)
        current_response().headers["X-Closed"] = "yes"

    reply = await post(endpoint(session), "{ variable other: variable }")
    assert reply.data == {"variable": "set", "other": "set"}
    assert reply.headers["x-closed"] == "yes"
    assert VARIABLE.get() == "unset"


async def fails_to_open(_scope: Any) -> AsyncGenerator[None]:
    raise ConnectionError(PRIVATE)
    yield


async def fails_to_close(_scope: Any) -> AsyncGenerator[Session]:
    yield Session([])
    raise ConnectionError(PRIVATE)  # for example, a commit


async def yields_nothing(_scope: Any) -> AsyncGenerator[None]:
    if _scope is None:
        yield


async def yields_twice(_scope: Any) -> AsyncGenerator[Session]:
    yield Session([])
    yield Session([])


async def suppresses_all(_scope: Any) -> AsyncGenerator[None]:
    with suppress(Exception):
        yield


@pytest.mark.parametrize(
    ("context", "logged"),
    [
        (fails_to_open, PRIVATE),
        (fails_to_close, PRIVATE),
        (yields_nothing, "generator didn't yield"),
        (yields_twice, "generator didn't stop"),
        (suppresses_all, "The context of query suppressed the exception"),
    ],
)
async def test_its_own_failures_are_masked(
    context: Any, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_call: OperationCall[Any], proceed: Proceed) -> Result:
        if context is suppresses_all:
            raise KeyError(PRIVATE)
        return await proceed()

    events: list[OperationEvent] = []
    app = endpoint(context, middlewares=[fail], sinks=[events.append])
    reply = await post(app, "{ awaited }")
    assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
    assert PRIVATE not in reply.body.decode()
    assert events[0].outcome == "internal_error"
    (record,) = caplog.records
    assert record.exc_info is not None
    assert logged in str(record.exc_info[1])


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (
            Session([]),
            "context= is a function of a request's scope, and this is an object of Sess",
        ),
        (fails_to_open({}), "this is an object of async_generator"),
        (lambda: None, r"called with one argument, the request's ASGI scope, but it takes \(\)"),
        (lambda _scope, _send: None, "missing a required argument"),
    ],
)
def test_what_is_not_a_function_of_a_scope_is_an_error_at_start(context: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        endpoint(context)
