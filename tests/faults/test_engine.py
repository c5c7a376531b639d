"""Cases 13, 16 to 20 with resolvers in graphql-core's form, through the functions of its form.

Each answer is held against graphql-core's own `execute`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from inspect import isawaitable
from typing import Any

import graphql
import pytest
from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, build_schema, parse

from trunkline.engine import execute, execute_sync

SDL = """
interface Node { id: ID! }
union Found = Cat | Dog
type Query { a: Int b: Int! c: Int list: [Int] strict: [Int!] o: O os: [O!]
  node: Node found: [Found] }
type Mutation { a: Int b: Int! c: Int o: O }
type Subscription { tick(from: Int = 0, to: Int!): Int strict: Int! o: O }
type O { x: Int y: Int! name: String o: O }
type Cat implements Node { id: ID! lives: Int }
type Dog implements Node { id: ID! barks: Boolean }
"""

Resolvers = Mapping[str, Callable[..., Any]]


def schema_of(resolvers: Resolvers) -> graphql.GraphQLSchema:
    """Build a schema with resolvers by coordinate, in graphql-core's form."""
    schema = build_schema(SDL)
    for coordinate, function in resolvers.items():
        type_name, _, name = coordinate.partition(".")
        type_: Any = schema.type_map[type_name]
        if name in {"resolve_type", "is_type_of"}:
            setattr(type_, name, function)
        elif type_name == "Subscription" and name.startswith("subscribe_"):
            type_.fields[name.removeprefix("subscribe_")].subscribe = function
        else:
            type_.fields[name].resolve = function
    return schema


def formatted(result: ExecutionResult) -> tuple[str, list[Any]]:
    return json.dumps(result.data), [dict(error.formatted) for error in result.errors or ()]


async def answer_of(run: Callable[..., Any], *arguments: Any, **named: Any) -> ExecutionResult:
    result = run(*arguments, **named)
    answer: ExecutionResult = await result if isawaitable(result) else result
    return answer


def check(resolvers: Resolvers, text: str, **named: Any) -> tuple[str, list[Any]]:
    """Ask both engines, fail where they differ, and return what both say."""

    async def both() -> list[tuple[str, list[Any]]]:
        return [
            formatted(await answer_of(run, schema_of(resolvers), parse(text), **named))
            for run in (execute, graphql.execute)
        ]

    ours, theirs = asyncio.run(both())
    assert ours == theirs
    return ours


def giving(value: Any) -> Callable[..., Any]:
    return lambda *_, **_arguments: value


def later(value: Any, turns: int = 1) -> Callable[..., Any]:
    """Return a plain function that returns an awaitable, which nothing can tell beforehand."""

    async def wait() -> Any:
        for _turn in range(turns):
            await asyncio.sleep(0)
        if isinstance(value, Exception):
            raise value
        return value() if callable(value) else value

    return lambda *_, **_arguments: wait()


# -- 13: any resolver may return an awaitable -----------------------------------------------------


class Awaitable:
    """An awaitable that is no coroutine."""

    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return 5


@pytest.mark.parametrize(
    "resolvers",
    [
        {"Query.a": giving(1), "Query.b": giving(2), "Query.c": giving(3)},
        {"Query.a": later(1, 3), "Query.b": giving(2), "Query.c": later(3)},
        {"Query.a": giving(1), "Query.b": later(2), "Query.c": giving(3)},
        {"Query.a": later(1), "Query.b": later(2, 5), "Query.c": later(3, 0)},
        {"Query.a": giving(None), "Query.b": later(2), "Query.c": later(ValueError("no"))},
        {"Query.a": later(1), "Query.b": later(None), "Query.c": later(3)},
        {"Query.a": later(GraphQLError("no")), "Query.b": giving(None), "Query.c": later(3)},
        {"Query.a": lambda *_: Awaitable(), "Query.b": lambda *_: Awaitable()},
    ],
)
def test_13_any_resolver_may_return_an_awaitable(resolvers: Resolvers) -> None:
    check(resolvers, "{ c a b x: a }")


def test_13_one_resolver_may_return_an_awaitable_for_some_of_its_parents() -> None:
    def x(parent: int, _info: object) -> Any:
        return later(parent)() if parent % 2 else parent

    data, errors = check({"Query.os": giving([1, 2, 3, 4]), "O.x": x}, "{ os { x } }")
    assert (data, errors) == ('{"os": [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]}', [])


@pytest.mark.parametrize("field", ["list", "strict"])
@pytest.mark.parametrize("bad", [None, ValueError("no item")])
def test_13_items_of_a_list_may_be_awaitables(field: str, bad: Any) -> None:
    def items(*_: object) -> list[Any]:
        return [1, later(2)(), later(bad)(), Awaitable(), None if field == "list" else 6]

    check({f"Query.{field}": items}, f"{{ {field} }}")


def test_13_what_the_default_resolver_finds_may_be_called_and_awaited() -> None:
    class Source:
        x = 1

        def y(self, _info: object) -> int:
            return 2

        async def name(self, _info: object) -> str:
            return "n"

        def o(self, _info: object) -> Any:
            return later(lambda: {"x": lambda _info: 3, "y": later(4)()})()

    data, errors = check({"Query.o": giving(Source())}, "{ o { name y x o { y x } } }")
    assert (data, errors) == (
        '{"o": {"name": "n", "y": 2, "x": 1, "o": {"y": 4, "x": 3}}}',
        [],
    )


def test_13_an_answer_without_awaitables_is_there_at_once() -> None:
    schema = schema_of({"Query.a": giving(1)})
    result = execute(schema, parse("{ a }"))
    assert isinstance(result, ExecutionResult)
    assert formatted(result) == ('{"a": 1}', [])
    assert execute_sync(schema, parse("{ a }")) == graphql.execute_sync(schema, parse("{ a }"))


def test_13_an_awaitable_in_a_synchronous_execution_is_an_error() -> None:
    """graphql-core takes it for the value, which no Int can be, unless it is told to look."""
    coroutine = later(1)()
    schema = schema_of({"Query.a": giving(coroutine), "Query.c": giving(3)})
    try:
        result = execute_sync(schema, parse("{ a c }"))
    except RuntimeError:
        return
    finally:
        coroutine.close()
    assert result.data == {"a": None, "c": 3}
    assert [error.path for error in result.errors or ()] == [["a"]]


def test_13_serial_mutations_may_mix() -> None:
    log: list[str] = []

    def noting(name: str, value: Any, *, awaits: bool) -> Callable[..., Any]:
        async def wait() -> Any:
            log.append(f"begin {name}")
            await asyncio.sleep(0)
            log.append(f"end {name}")
            return value

        def resolve(*_: object) -> Any:
            if awaits:
                return wait()
            log.append(name)
            return value

        return resolve

    resolvers = {
        "Mutation.a": noting("a", 1, awaits=True),
        "Mutation.b": noting("b", 2, awaits=False),
        "Mutation.o": noting("o", {"x": 3}, awaits=True),
        "O.x": noting("x", 4, awaits=True),
    }
    check(resolvers, "mutation { a b o { x } again: b }")
    once = ["begin a", "end a", "b", "begin o", "end o", "begin x", "end x", "b"]
    assert log == once * 2


# -- 16: info is each call's own ------------------------------------------------------------------


def test_16_info_belongs_to_one_call_however_they_interleave() -> None:
    def seen(runner: Callable[..., Any]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []

        async def resolve(_parent: object, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
            before = (info.field_name, info.path.as_list(), str(info.return_type))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            after = (info.field_name, info.path.as_list(), str(info.return_type))
            assert before == after
            found.append(
                (*after, info.parent_type.name, [node.alias and node.alias.value for node in
                 info.field_nodes], info.variable_values, info.context, info.root_value,
                 info.operation.name and info.operation.name.value, sorted(info.fragments))
            )  # fmt: skip
            return {"x": 1} if info.field_name == "o" else 1

        schema = schema_of(
            {"Query.a": resolve, "Query.b": resolve, "Query.o": resolve, "O.x": resolve}
        )
        text = "query Q { a z: a b o { x w: x } ...F } fragment F on Query { o { x } }"
        asyncio.run(
            answer_of(runner, schema, parse(text), root_value="root", context_value="context")
        )
        return sorted(found, key=str)

    ours, theirs = seen(execute), seen(graphql.execute)
    assert len(ours) == 6
    assert ours == theirs


# -- 17: siblings of what failed ------------------------------------------------------------------


def test_17_siblings_of_a_null_that_bubbled_do_not_run_on() -> None:
    running = 0

    async def wait(*_: object) -> int:
        nonlocal running
        running += 1
        try:
            for _turn in range(50):
                await asyncio.sleep(0)
        finally:
            running -= 1
        return 1

    async def run() -> tuple[ExecutionResult, int, int]:
        schema = schema_of({"Query.a": wait, "Query.b": later(ValueError("no")), "Query.c": wait})
        result = await answer_of(execute, schema, parse("{ a b c }"))
        return result, running, len(asyncio.all_tasks())

    result, left, tasks = asyncio.run(run())
    assert formatted(result)[0] == "null"
    assert [error.message for error in result.errors or ()] == ["no"]
    assert (left, tasks) == (0, 1)


# -- 18: asynchronous generators as lists ---------------------------------------------------------


async def numbers(*_: object) -> AsyncIterator[Any]:
    yield 1
    await asyncio.sleep(0)
    yield 2


async def break_off(*_: object) -> AsyncIterator[Any]:
    yield 1
    raise ValueError("broke off")


async def with_null(*_: object) -> AsyncIterator[Any]:
    yield 1
    yield None
    yield 3


@pytest.mark.parametrize("generate", [numbers, break_off, with_null])
@pytest.mark.parametrize("field", ["list", "strict"])
def test_18_an_asynchronous_generator_is_a_list(field: str, generate: Callable[..., Any]) -> None:
    check({f"Query.{field}": generate, "Query.a": giving(1)}, f"{{ {field} a }}")


def test_18_an_asynchronous_generator_is_closed_when_an_item_ends_the_list() -> None:
    closed: list[bool] = []

    async def generate(*_: object) -> AsyncIterator[Any]:
        try:
            yield None
            yield 2
        finally:
            closed.append(True)

    check({"Query.strict": generate}, "{ strict }")
    assert closed == [True, True]


# -- 19: the type of a value ----------------------------------------------------------------------

CAT, DOG = {"id": 1, "lives": 9, "kind": "Cat"}, {"id": 2, "barks": True, "kind": "Dog"}
NODE = "{ node { __typename id ... on Cat { lives } } found { ... on Dog { barks } __typename } }"


def by_kind(value: Any, _info: object, *_: object) -> Any:
    return value["kind"]


async def by_kind_later(value: Any, _info: object, *_: object) -> Any:
    await asyncio.sleep(0)
    return value["kind"]


def is_a(name: str, *, awaits: bool) -> Callable[..., Any]:
    async def later_is(value: Any) -> bool:
        await asyncio.sleep(0)
        return bool(value["kind"] == name)

    return lambda value, _info: later_is(value) if awaits else value["kind"] == name


@pytest.mark.parametrize(
    "types",
    [
        {"Node.resolve_type": by_kind, "Found.resolve_type": by_kind},
        {"Node.resolve_type": by_kind_later, "Found.resolve_type": by_kind_later},
        {"Cat.is_type_of": is_a("Cat", awaits=False), "Dog.is_type_of": is_a("Dog", awaits=False)},
        {"Cat.is_type_of": is_a("Cat", awaits=True), "Dog.is_type_of": is_a("Dog", awaits=True)},
        {"Cat.is_type_of": is_a("Cat", awaits=False), "Dog.is_type_of": is_a("Dog", awaits=True)},
    ],
)
def test_19_the_type_of_a_value_may_be_found_in_any_way(types: Resolvers) -> None:
    resolvers = {"Query.node": giving(CAT), "Query.found": giving([DOG, CAT, None]), **types}
    data, errors = check(resolvers, NODE)
    assert errors == []
    assert json.loads(data)["node"] == {"__typename": "Cat", "id": "1", "lives": 9}


@pytest.mark.parametrize(
    "resolve_type",
    [
        giving(None),
        giving("Nothing"),
        giving("O"),
        giving(5),
        later(None),
        later("O"),
        later(ValueError("who knows")),
    ],
)
def test_19_an_unknown_type_is_an_error_of_the_field(resolve_type: Callable[..., Any]) -> None:
    resolvers = {
        "Query.node": giving(CAT),
        "Query.a": giving(1),
        "Node.resolve_type": resolve_type,
    }
    data, errors = check(resolvers, "{ node { id } a }")
    assert data == '{"node": null, "a": 1}'
    assert len(errors) == 1


def test_19_a_type_resolver_may_be_given_for_all() -> None:
    check({"Query.node": giving(CAT)}, "{ node { __typename } }", type_resolver=by_kind)


def test_13_a_field_resolver_may_be_given_for_all() -> None:
    def shout(_parent: object, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
        return len(info.field_name) if info.field_name != "o" else {}

    check({}, "{ a b o { x y } }", field_resolver=shout)


@pytest.mark.parametrize("awaits", [True, False])
def test_13_middleware_stands_around_every_resolver(*, awaits: bool) -> None:
    def add_one(next_: Callable[..., Any], parent: object, info: Any, **arguments: Any) -> Any:
        value = next_(parent, info, **arguments)
        if isawaitable(value):

            async def added() -> Any:
                return (await value) + 1

            return added()
        return value + 1

    data, errors = check(
        {"Query.a": later(1) if awaits else giving(1)}, "{ a }", middleware=[add_one]
    )
    assert (data, errors) == ('{"a": 2}', [])
