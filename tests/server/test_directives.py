"""Directives of the schema over HTTP, and around operations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from tests.server.calling import get, post

from trunkline.engine import Operation, compile_operation, run_sync, stream
from trunkline.errors import RequestError, SchemaError
from trunkline.runtime.execution import Result
from trunkline.server import GraphQL, Schema, make_executable_schema, parse_schema

SDL = """
directive @timed(label: String!, limit: Int = 10) repeatable on QUERY | MUTATION | SUBSCRIPTION
directive @refuse on QUERY | SUBSCRIPTION
directive @auth(role: String!) on FIELD_DEFINITION
directive @length(max: Int!) on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
directive @upper on FIELD
type Query { me: String @auth(role: "ADMIN")  echo(text: String! @length(max: 3)): String }
type Mutation { add(note: Note!): String  slow: String }
type Subscription { ticks: Int @auth(role: "ADMIN") }
input Note { title: String! @length(max: 3) }
"""


class Query:
    def me(self) -> str:
        return "me"

    def echo(self, text: str) -> str:
        return text


class Mutation:
    def add(self, note: dict[str, str]) -> str:
        return note["title"]

    async def slow(self) -> str:
        await asyncio.sleep(0)
        return "slow"


class Subscription:
    async def ticks(self) -> AsyncIterator[int]:
        for number in range(3):
            yield number


class Directives:
    def __init__(self) -> None:
        self.log: list[str] = []

    async def timed(
        self, proceed: Any, *, label: str, limit: int, context: Any, operation: Operation
    ) -> Any:
        self.log.append(f"{label} {limit} {operation.name} {context}")
        result = await proceed()
        self.log.append(f"{label} done {type(result).__name__}")
        return result

    async def refuse(self, _proceed: Any) -> Any:
        await asyncio.sleep(0)
        raise GraphQLError("Not now.", extensions={"code": "CLOSED"})

    def auth(self, proceed: Any, *, role: str, context: str) -> Any:
        if context != role:
            raise GraphQLError(f"For {role}.", extensions={"code": "FORBIDDEN"})
        return proceed()

    def length(self, value: str, *, max: int) -> str:  # noqa: A002
        if len(value) > max:
            raise GraphQLError(f"At most {max}.", extensions={"code": "TOO_LONG"})
        return value

    async def upper(self, proceed: Any) -> Any:
        return (await proceed()).upper()


class App(GraphQL):
    def __init__(self, **options: Any) -> None:
        self.directives = Directives()
        self.schema = schema_of(self.directives)
        super().__init__(
            self.schema, **{"auth": None, "context": lambda _scope: "ADMIN", **options}
        )


def schema_of(directives: object, sdl: str = SDL) -> Schema:
    resolvers = SimpleNamespace(query=Query(), mutation=Mutation(), subscription=Subscription())
    return make_executable_schema(parse_schema(sdl), resolvers, directives=directives)


# Fields and values


async def test_a_guard_is_an_error_of_its_field() -> None:
    assert (await post(App(), "{ me }")).data == {"me": "me"}
    reply = await post(App(context=lambda _scope: "READER"), '{ me echo(text: "a") }')
    assert reply.status == 294
    assert reply.data == {"me": None, "echo": "a"}
    assert (reply.code, reply.error["path"]) == ("FORBIDDEN", ["me"])


async def test_a_guard_is_outside_of_what_the_document_asks_for() -> None:
    reply = await post(App(context=lambda _scope: "READER"), "{ me @upper }")
    assert (reply.data, reply.code) == ({"me": None}, "FORBIDDEN")
    assert (await post(App(), "{ me @upper }")).data == {"me": "ME"}


async def test_a_value_is_refused_with_the_request_or_at_the_field() -> None:
    text = "mutation ($note: Note!) { add(note: $note) }"
    reply = await post(App(), text, variables={"note": {"title": "long"}})
    assert (reply.status, reply.code) == (422, "TOO_LONG")
    assert reply.error["message"] == "Variable '$note' has invalid value at .title: At most 3."
    assert "data" not in reply.json
    for document in ('mutation { add(note: {title: "long"}) }', '{ echo(text: "long") }'):
        reply = await post(App(), document)
        assert (reply.status, reply.code) == (294, "TOO_LONG")
        assert reply.error["path"] == [next(iter(reply.data))]
    assert (await post(App(), text, variables={"note": {"title": "a"}})).data == {"add": "a"}


# Operations


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('query Q($l: String!) @timed(label: "a") @timed(label: $l, limit: 1) { me }',
         {"me": "me"}),
        ('mutation Q($l: String!) @timed(label: "a") @timed(label: $l, limit: 1) { slow }',
         {"slow": "slow"}),
    ],
)  # fmt: skip
async def test_they_are_around_an_operation_the_first_outermost(text: str, data: Any) -> None:
    app = App()
    assert (await post(app, text, variables={"l": "b"})).data == data
    expected = ["a 10 Q ADMIN", "b 1 Q ADMIN", "b done Result", "a done Result"]
    assert app.directives.log == expected
    await post(app, '{ echo(text: "a") }')  # nothing is around this one
    assert app.directives.log == expected


async def test_one_that_refuses_refuses_the_request() -> None:
    app = App()
    reply = await post(app, 'query Q\n  @timed(label: "a") @refuse { me }')
    assert (reply.status, reply.code) == (422, "CLOSED")
    assert reply.error["message"] == "Not now."
    assert reply.error["locations"] == [{"line": 2, "column": 22}]
    assert app.directives.log == ["a 10 Q ADMIN"]
    assert (await get(app, b"query=query @refuse { me }")).status == 422


async def test_a_variable_that_does_not_fit_refuses_the_request() -> None:
    text = 'query Q($l: String = "x") @timed(label: $l) { me }'
    reply = await post(App(), text, variables={"l": None})
    assert reply.status == 422
    assert "'label'" in reply.error["message"]


async def test_one_that_breaks_or_gives_back_something_else_is_a_fault_of_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Careless(Directives):
        async def timed(self, proceed: Any, **_: Any) -> Any:
            await proceed()

    app = GraphQL(schema_of(Careless()), auth=None)
    reply = await post(app, 'query Q @timed(label: "a") { me }')
    assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
    assert "A directive of query Q returned None. It must return what" in caplog.text


async def test_one_may_give_another_result() -> None:
    class Cached(Directives):
        async def timed(self, proceed: Any, **_: Any) -> Any:  # noqa: ARG002
            return Result({"me": "cached"}, [])

    app = GraphQL(schema_of(Cached()), auth=None)
    assert (await post(app, 'query Q @timed(label: "a") { me }')).data == {"me": "cached"}


async def test_the_deadline_holds_for_it() -> None:
    class Slow(Directives):
        async def timed(self, proceed: Any, **_: Any) -> Any:
            await asyncio.sleep(10)
            return await proceed()

    app = GraphQL(schema_of(Slow()), auth=None, deadline=0.01)
    assert (await post(app, 'query Q @timed(label: "a") { me }')).code == "DEADLINE_EXCEEDED"


async def test_middlewares_are_outside() -> None:
    async def noting(call: Any, proceed: Any) -> Any:
        app.directives.log.append("middleware")
        call.context = "ADMIN"
        return await proceed()

    app = App(middlewares=[noting], context=lambda _scope: "?")
    assert (await post(app, 'query Q @timed(label: "a") { me }')).data == {"me": "me"}
    assert app.directives.log == ["middleware", "a 10 Q ADMIN", "a done Result"]


def test_an_operation_with_one_cannot_be_executed_without_awaiting() -> None:
    operation = compile_operation(App().schema, 'query Q @timed(label: "a") { me }')
    assert operation.is_async
    with pytest.raises(TypeError, match=r"query Q has resolvers or directives to await: use `run`"):
        run_sync(operation, None)


async def test_subscriptions_have_them_around_their_streams() -> None:
    app = App()
    text = 'subscription S @timed(label: "a") { ticks }'
    events = stream(compile_operation(app.schema, text), None, "ADMIN")
    assert [result.data async for result in events] == [{"ticks": n} for n in range(3)]
    assert app.directives.log == ["a 10 S ADMIN", "a done async_generator"]
    for operation in (text, "subscription { ticks }"):
        with pytest.raises(RequestError, match=r"For ADMIN\."):
            async for _ in stream(compile_operation(app.schema, operation), None, "READER"):
                pass
    refusing = compile_operation(app.schema, "subscription @refuse { ticks }")
    with pytest.raises(RequestError, match=r"Not now\."):
        async for _ in stream(refusing, None, "ADMIN"):
            pass


@pytest.mark.parametrize("name", ["timed", "refuse"])
def test_one_that_is_not_awaited_is_told_at_start(name: str) -> None:
    directives = Directives()
    setattr(directives, name, lambda proceed, **_: proceed())
    with pytest.raises(SchemaError) as caught:
        schema_of(directives)
    message = str(caught.value)
    assert message.startswith(f"@{name}: the function ")
    assert message.endswith("is around operations, which are awaited. Make it an 'async def'.")
