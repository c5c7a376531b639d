"""Directives of the schema as functions around fields."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest
from graphql import GraphQLError

from trunkline import engine
from trunkline.engine import Selection, compile_operation
from trunkline.errors import SchemaError
from trunkline.schema.bindings import Attribute, Resolver, Schema, batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

DEFINITIONS = """
directive @mark(by: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | FIELD
directive @slow repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | FIELD
directive @guard(role: Role! = READER, more: [Int!]) on FIELD_DEFINITION | OBJECT
enum Role { READER WRITER }
"""

SDL = (
    DEFINITIONS
    + """
type Query {
  plain: String @mark(by: "a") @mark(by: "b")
  awaited(by: Int): String @mark(by: "a")
  slow: String @mark(by: "a") @slow @mark(by: "b")
  thing: Thing!
  things: [Thing!]!
  guarded: String @guard
  other: Other
  loose: Loose
}
type Thing @mark(by: "type") {
  name: String @mark(by: "field")
  method(mark: String!): String
  resolved(context: String, parent: Int): String
  batched: String
  untouched: Int
}
type Other { key: String @mark(by: "a") }
type Loose { looked: String @mark(by: "a")  lost: String }
"""
)


@dataclass
class Thing:
    name: str = "n"
    untouched: int | None = None

    def method(self, mark: str, context: str) -> str:
        return f"{self.name}{mark}{context}"


class Other(TypedDict):
    key: str


class Query:
    def plain(self) -> str:
        return "p"

    async def awaited(self, by: int = 7) -> str:
        await asyncio.sleep(0)
        return f"w{by}"

    slow = plain

    def thing(self) -> Thing:
        return Thing()

    def things(self) -> list[Thing]:
        return [Thing("x"), Thing("y"), Thing("z")]

    guarded = plain

    def loose(self) -> SimpleNamespace:
        return SimpleNamespace(looked="l", lost=None)

    def other(self) -> Other:
        return {"key": "k"}


class ThingResolvers:
    def resolved(self, thing: Thing, context: str = "c", parent: int = 0) -> str:
        return f"{thing.name}{context}{parent}"

    @batch
    def batched(self, things: list[Thing]) -> list[str]:
        return [f"{thing.name}{len(things)}" for thing in things]


class Directives:
    """The value of a field in brackets, by whom it was put there."""

    def mark(self, proceed: Any, *, by: str) -> Any:
        value = proceed()
        if hasattr(value, "__await__"):
            return self._later(value, by)
        return None if value is None else f"{by}({value})"

    async def _later(self, value: Any, by: str) -> str:
        return f"{by}({await value})"

    async def slow(self, proceed: Any) -> str:
        await asyncio.sleep(0)
        return f"slow({await proceed()})"

    def guard(self, _proceed: Any, *, role: str, more: list[int] | None = None) -> Any:
        raise GraphQLError(f"For {role} {more}.", extensions={"code": "FORBIDDEN"})


def schema_of(sdl: str = SDL, **options: Any) -> Schema:
    resolvers = SimpleNamespace(query=Query(), thing=ThingResolvers())
    options = {"directives": Directives(), **options}
    models: dict[str, type] = {"Thing": Thing, "Other": Other}
    models = {name: model for name, model in models.items() if f"type {name} " in sdl}
    return make_executable_schema(parse_schema(sdl), resolvers, models, **options)


async def run(text: str, variables: Any = None, schema: Schema | None = None) -> Any:
    operation = compile_operation(schema or schema_of(), text)
    result = await engine.run(operation, variables, "C")
    assert result.errors == []
    return result.data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ plain }", {"plain": "a(b(p))"}),
        ("{ awaited(by: 3) }", {"awaited": "a(w3)"}),
        ("{ awaited }", {"awaited": "a(w7)"}),
        ("{ slow }", {"slow": "a(slow(b(p)))"}),
        ("{ thing { name } }", {"thing": {"name": "type(field(n))"}}),
        ('{ thing { method(mark: "!") } }', {"thing": {"method": "type(n!C)"}}),
        ('{ thing { resolved(context: "x") } }', {"thing": {"resolved": "type(nx0)"}}),
        ("{ thing { untouched __typename } }",
         {"thing": {"untouched": None, "__typename": "Thing"}}),
        ("{ other { key } }", {"other": {"key": "a(k)"}}),
        ("{ things { batched } }",
         {"things": [{"batched": f"type({name}3)"} for name in "xyz"]}),
        # those of the document are within those of the schema
        ('{ plain @mark(by: "d") }', {"plain": "a(b(d(p)))"}),
        ('{ plain @slow @mark(by: "d") }', {"plain": "a(b(slow(d(p))))"}),
        ('{ things { batched @mark(by: "d") } }',
         {"things": [{"batched": f"type(d({name}3))"} for name in "xyz"]}),
        ("{ things { batched @slow } }",
         {"things": [{"batched": f"type(slow({name}3))"} for name in "xyz"]}),
        ('{ awaited(by: 1) @mark(by: "d") }', {"awaited": "a(d(w1))"}),
        ('{ loose { looked lost @mark(by: "d") } }', {"loose": {"looked": "a(l)", "lost": None}}),
        ('{ thing { __typename @mark(by: "d") } }', {"thing": {"__typename": "d(Thing)"}}),
        ('{ __type(name: "Thing") { name @mark(by: "d") } }', {"__type": {"name": "d(Thing)"}}),
        ('query ($by: String! = "v") { plain @mark(by: $by) }', {"plain": "a(b(v(p)))"}),
    ],
)  # fmt: skip
async def test_they_are_around_fields(text: str, expected: Any) -> None:
    assert await run(text) == expected


def test_a_field_without_any_is_as_it_was() -> None:
    schema = schema_of()
    bare = schema_of(SDL.replace('type Thing @mark(by: "type")', "type Thing"))
    assert bare.bindings["Thing.untouched"] == Attribute("untouched")
    method = bare.bindings["Thing.method"]
    assert isinstance(method, Resolver)
    assert method.method == "method"
    text = "{ things { untouched } }"
    assert "untouched" in compile_operation(bare, text).source
    assert "resolve_thing_untouched" not in compile_operation(bare, text).source
    assert "resolve_thing_untouched(" in compile_operation(schema, text).source


INTERFACES = (
    DEFINITIONS
    + """
type Query { node: Node  own: Own }
interface Root @mark(by: "root") { name(at: Int): String }
interface Node implements Root @mark(by: "node") {
  name(at: Int): String @mark(by: "node field")  other: String
}
extend interface Node @mark(by: "more")
type Own implements Node & Root @mark(by: "own") {
  name(at: Int): String @mark(by: "x") @mark(by: "node field")  other: String
}
"""
)


class OwnResolvers:
    def name(self, _own: object, at: int | None = None) -> str:
        return f"n{at}"

    def other(self, _own: object) -> str:
        return "o"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # interfaces as they are named, then the type, then the field; what stands again counts once
        ("{ own { name(at: 1) } }",
         {"own": {"name": "node(more(root(own(x(node field(n1))))))"}}),
        ("{ node { name } }", {"node": {"name": "node(more(root(own(x(node field(nNone))))))"}}),
        ("{ own { other } }", {"own": {"other": "node(more(own(o)))"}}),
        ('{ node { name @mark(by: "d") ... on Own { other @slow } } }',
         {"node": {"name": "node(more(root(own(x(node field(d(nNone)))))))",
                   "other": "node(more(own(slow(o))))"}}),
    ],
)  # fmt: skip
async def test_those_of_types_are_outside_those_of_fields(text: str, expected: Any) -> None:
    groups = SimpleNamespace(
        query=SimpleNamespace(node=dict, own=dict),
        node=SimpleNamespace(resolve_type=lambda _: "Own"),
        own=OwnResolvers(),
    )
    schema = make_executable_schema(parse_schema(INTERFACES), groups, directives=Directives())
    assert await run(text, schema=schema) == expected


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ('{ plain @mark(by: "1")  plain @mark(by: "2") @mark(by: "1") }', {}, "a(b(1(2(p))))"),
        ('{ plain @mark(by: "1") @mark(by: "1")  plain @mark(by: "1") }', {}, "a(b(1(1(p))))"),
        ('{ plain  ...F } fragment F on Query { plain @mark(by: "f") }', {}, "a(b(f(p)))"),
        ('query ($a: Boolean!) { plain @mark(by: "y") @include(if: $a)  plain @skip(if: $a) }',
         {"a": True}, "a(b(y(p)))"),
        ('query ($a: Boolean!) { plain @mark(by: "y") @include(if: $a)  plain @skip(if: $a) }',
         {"a": False}, "a(b(p))"),
        ('query ($a: Boolean!) { plain @slow @include(if: $a)  plain @mark(by: "n") }',
         {"a": False}, "a(b(n(p)))"),
        (('query ($a: Boolean!) { ... @include(if: $a) { plain @mark(by: "n") @skip(if: $a) }'
         ' plain @mark(by: "x") }'), {"a": True}, "a(b(x(p)))"),
    ],
)  # fmt: skip
async def test_where_a_field_stands_several_times_all_that_take_part_count(
    text: str, variables: dict[str, Any], expected: str
) -> None:
    assert await run(text, variables) == {"plain": expected}


async def test_only_operations_that_use_one_pay() -> None:
    schema = schema_of()
    operation = compile_operation(schema, "{ loose { lost } }")
    assert not operation.is_async
    assert "resolve" not in operation.source.replace("resolve_query_loose", "")
    assert compile_operation(schema, "{ loose { lost @slow } }").is_async
    assert not compile_operation(schema, '{ loose { lost @mark(by: "x") } }').is_async


TAKES = """
directive @tell on FIELD_DEFINITION | FIELD
type Query { here(context: Int): There  others: [There!]! }
type There @skipped { name: String @tell  below: There @tell  many: There @tell }
directive @skipped on OBJECT
"""


class Telling:
    def __init__(self) -> None:
        self.told: list[Any] = []

    def tell(self, proceed: Any, *, parent: Any, context: Any, selection: Selection) -> Any:
        self.told.append((parent, context, list(selection)))
        return proceed()


class ThereResolvers:
    def name(self, _parent: int) -> None:
        return None

    def below(self, parent: int, context: str, selection: Selection) -> int:
        return parent + len(context) + len(selection)

    @batch
    def many(self, parents: list[int], context: str) -> list[int]:
        return [parent + len(context) for parent in parents]


async def test_they_are_told_what_they_ask_for() -> None:
    telling = Telling()
    groups = SimpleNamespace(
        query=SimpleNamespace(here=lambda context=0: context + 1, others=lambda: [10, 20]),
        there=ThereResolvers(),
    )
    sdl = parse_schema(TAKES)
    schema = make_executable_schema(sdl, groups, directives=telling, metadata=["@skipped"])
    text = "{ here(context: 4) @tell { below { below { name } name } } }"
    assert await run(text, schema=schema) == {
        "here": {"below": {"below": {"name": None}, "name": None}}
    }
    assert telling.told == [
        (None, "C", ["below"]), (5, "C", ["below", "name"]), (8, "C", ["name"]),
        (10, "C", []), (8, "C", []),
    ]  # fmt: skip
    telling.told.clear()
    assert await run("{ others { many { __typename } } }", schema=schema)
    assert telling.told == [(10, "C", []), (20, "C", [])]


# -- what goes wrong ----------------------------------------------------------------------------


async def test_one_that_refuses_is_an_error_of_the_field() -> None:
    result = await engine.run(compile_operation(schema_of(), "{ guarded plain }"), None)
    assert result.data == {"guarded": None, "plain": "a(b(p))"}
    [error] = result.errors
    assert error.formatted == {
        "message": "For READER None.",
        "path": ["guarded"],
        "locations": [{"line": 1, "column": 3}],
        "extensions": {"code": "FORBIDDEN"},
    }


async def test_a_variable_that_does_not_fit_is_an_error_of_the_field() -> None:
    text = "query ($by: String) { plain @mark(by: $by) guarded }"
    with pytest.raises(Exception, match="used in position expecting"):
        compile_operation(schema_of(), text)
    text = 'query ($by: String = "x") { plain @mark(by: $by) awaited }'
    result = await engine.run(compile_operation(schema_of(), text), {"by": None})
    assert result.data == {"plain": None, "awaited": "a(w7)"}
    assert result.errors[0].message.startswith("Argument 'by' has invalid value: Expected")
    assert result.errors[0].path == ["plain"]


@pytest.mark.parametrize(("skips", "line"), [(True, 2), (False, 1)])
async def test_the_error_of_a_variable_points_to_where_the_directive_takes_part(
    skips: bool,  # noqa: FBT001
    line: int,
) -> None:
    text = """query ($by: String = "x", $a: Boolean!) { plain @mark(by: $by) @skip(if: $a)
      plain @mark(by: $by) @include(if: $a) plain }"""
    result = await engine.run(compile_operation(schema_of(), text), {"by": None, "a": skips})
    [error] = result.errors
    assert [place.line for place in error.locations or ()] == [line]


async def test_a_batch_is_awaited_where_a_document_has_a_plain_one_around_it() -> None:
    bare = schema_of(SDL.replace('type Thing @mark(by: "type")', "type Thing"))
    things = [{"batched": f"d({name}3)"} for name in "xyz"]
    assert await run('{ things { batched @mark(by: "d") } }', schema=bare) == {"things": things}
    assert not compile_operation(bare, "{ things { batched } }").is_async


class Level:
    """For a batch resolver: one function lets some proceed, and sees to the errors of others."""

    async def slow(self, proceed: Any, *, parent: Thing) -> str:
        if parent.name == "x":
            return "not asked"
        await asyncio.sleep(0.001 if parent.name == "y" else 0)
        try:
            return f"ok {await proceed()}"
        except KeyError:
            return f"again {await proceed()}"


class Failing:
    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    @batch
    async def batched(self, things: list[Thing]) -> list[Any]:
        self.calls.append([thing.name for thing in things])
        await asyncio.sleep(0)
        if len(things) == 1:
            return ["alone"]
        return [KeyError("k") if thing.name == "y" else thing.name for thing in things]


BATCHED = """
directive @slow on FIELD_DEFINITION
type Query { things: [Thing!]! }
type Thing { batched: String @slow }
"""


async def test_a_batch_resolver_is_called_once_for_those_that_proceed() -> None:
    failing = Failing()
    groups = SimpleNamespace(query=Query(), thing=failing)
    schema = make_executable_schema(parse_schema(BATCHED), groups, directives=Level())
    things = [{"batched": "not asked"}, {"batched": "again alone"}, {"batched": "ok z"}]
    assert await run("{ things { batched } }", schema=schema) == {"things": things}
    assert failing.calls == [["z", "y"], ["y"]]


@pytest.mark.parametrize(
    ("batched", "message"),
    [
        (lambda things: [1] * len(things[1:]), "was given 3 parents and returned 2 values"),
        (lambda things: {id(each): 1 for each in things}, "3 parents and returned a mapping"),
        (lambda things: things.nope, "'list' object has no attribute 'nope'"),
    ],
)
async def test_a_batch_resolver_that_fails_is_an_error_of_each(batched: Any, message: str) -> None:
    groups = SimpleNamespace(query=Query(), thing=SimpleNamespace(batched=batch(batched)))
    directives = SimpleNamespace(slow=lambda proceed: proceed())
    schema = make_executable_schema(parse_schema(BATCHED), groups, directives=directives)
    result = await engine.run(compile_operation(schema, "{ things { batched } }"), None)
    assert [error.path for error in result.errors] == [["things", n, "batched"] for n in range(3)]
    assert all(message in error.message for error in result.errors)


async def test_a_level_that_is_cancelled_calls_nobody() -> None:
    failing = Failing()

    async def slow(proceed: Any) -> Any:
        await asyncio.sleep(10)
        return await proceed()

    groups = SimpleNamespace(query=Query(), thing=failing)
    directives = SimpleNamespace(slow=slow)
    schema = make_executable_schema(parse_schema(BATCHED), groups, directives=directives)
    execution = engine.run(compile_operation(schema, "{ things { batched } }"), None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(execution, 0.01)
    await asyncio.sleep(0)
    assert failing.calls == []


async def test_a_plain_one_may_answer_in_the_place_of_what_is_awaited() -> None:
    directives = SimpleNamespace(
        mark=lambda _proceed, by: by, slow=Directives().slow, guard=Directives().guard
    )
    assert await run("{ awaited }", schema=schema_of(directives=directives)) == {"awaited": "a"}


def promised() -> Awaitable[str]:
    return asyncio.get_running_loop().create_future()  # a coroutine would warn of this too


async def test_a_plain_one_that_takes_an_awaitable_for_a_value_is_told_in_the_traceback() -> None:
    schema = make_executable_schema(
        parse_schema("directive @up on FIELD_DEFINITION type Query { a: String @up }"),
        SimpleNamespace(query=SimpleNamespace(a=promised)),
        directives=SimpleNamespace(up=lambda proceed: proceed().upper()),
    )
    result = await engine.run(compile_operation(schema, "{ a }"), None)
    original = result.errors[0].original_error
    assert isinstance(original, AttributeError)
    assert original.__notes__[0].startswith(
        "@up is a plain function around a field that is awaited"
    )


# -- what is found at start ---------------------------------------------------------------------


def told(sdl: str, directives: object, **options: Any) -> list[str]:
    groups = SimpleNamespace(query=SimpleNamespace(a=lambda **_: "a", b=lambda: "b"))
    with pytest.raises(SchemaError) as caught:
        make_executable_schema(parse_schema(sdl), groups, directives=directives, **options)
    return str(caught.value).splitlines()


AT_START = """
directive @x(a: Int!, b: String, c: Int = 3) on FIELD_DEFINITION
type Query { a: String @x(a: 1)  b: String @x(a: 2) }
"""


class Needs:
    def x(self, proceed: Any, *, a: int, c: int) -> None: ...


class Lacks:
    def x(self, proceed: Any, *, a: int, b: str) -> None: ...


class WantsMore:
    def x(self, proceed: Any, extra: int, b: str = "", *, operation: Any, **rest: Any) -> None: ...


class NoProceed:
    def x(self, *, a: int, b: str = "", c: int) -> None: ...


@pytest.mark.parametrize(
    ("directives", "messages"),
    [
        (Needs(), ["lacks the parameter 'b' for the argument 'b'."]),
        (Lacks(), ["needs a default for 'b': uses of the directive may leave 'b' out.",
                   "lacks the parameter 'c' for the argument 'c'."]),
        (WantsMore(), ["has a parameter 'extra' that the directive has no argument for.",
                       "takes 'operation', which is not known around a field."]),
        (NoProceed(), ["lacks a first parameter, for 'proceed'."]),
    ],
)  # fmt: skip
def test_a_function_that_does_not_take_the_arguments_is_told(
    directives: Any, messages: list[str]
) -> None:
    place = f"@x: the function {type(directives).__name__}.x ({__file__}:"
    found = told(AT_START, directives)
    assert sorted(each.partition(") ")[2] for each in found) == sorted(messages)
    assert all(each.startswith(place) for each in found)


def test_one_that_is_missing_is_told_with_its_places() -> None:
    many = AT_START.replace(
        "type Query {",
        "type Query { " + " ".join(f"c{number}: String @x(a: 1)" for number in range(3)),
    )
    remedy = ", or name '@x' in metadata= if it does nothing at run time."
    assert told(AT_START, None) == [
        (
            "@x: no function implements it. It stands at Query.a, Query.b. Give directives= an"
            f" object with a method 'x'{remedy}"
        )
    ]
    assert told(many, Directives())[-1] == (
        "@x: no function implements it. It stands at Query.c0, Query.c1, Query.c2 and 2 more. Add a"
        f" method 'x' to Directives{remedy}"
    )
    assert told("directive @y on FIELD type Query { a: String }", None) == [
        (
            "@y: no function implements it. Documents may use it. Give directives= an object with a"
            f" method 'y'{remedy.replace('@x', '@y')}"
        )
    ]


@pytest.mark.parametrize(
    ("sdl", "options"),
    [
        (AT_START, {"metadata": ["@x"]}),
        ("directive @x on FIELD_DEFINITION type Query { a: String }", {}),  # it stands nowhere
        (('directive @x on SCHEMA | ENUM | ENUM_VALUE | UNION | SCALAR | FRAGMENT_SPREAD'
         ' schema @x { query: Query } type Query { a: String @deprecated @field(name: "a") }'), {}),
    ],
)  # fmt: skip
def test_one_that_does_nothing_needs_no_function(sdl: str, options: dict[str, Any]) -> None:
    groups = SimpleNamespace(query=SimpleNamespace(a=lambda: "a", b=lambda: "b"))
    schema = make_executable_schema(parse_schema(sdl), groups, **options)
    assert engine.run_sync(compile_operation(schema, "{ a }"), None).data == {"a": "a"}


@pytest.mark.parametrize(
    ("sdl", "directives", "options", "message"),
    [
        (AT_START.replace("a: 2", "a: null"), SimpleNamespace(x=lambda _, **__: 1), {},
         "Query.b: @x: Argument"),
        (AT_START, Needs, {}, "directives: Needs is a class. Give an instance: Needs(…)."),
        (AT_START, None, {"metadata": ["x"]}, "metadata: the schema has no 'x'."),
        (AT_START, None, {"metadata": ["@y"]}, "metadata: the schema has no '@y'. Did you mean"),
    ],
)  # fmt: skip
def test_what_else_does_not_fit_is_told(
    sdl: str, directives: Any, options: dict[str, Any], message: str
) -> None:
    assert any(line.startswith(message) for line in told(sdl, directives, **options))


async def test_directives_and_their_arguments_may_have_other_names() -> None:
    sdl = """directive @class(from: Role!) on FIELD_DEFINITION enum Role { A }
        type Query { a: String @class(from: A) }"""

    def guarded(proceed: Any, *, role: str) -> str:
        return role + str(proceed())

    groups = SimpleNamespace(query=SimpleNamespace(a=lambda: "a"))
    schema = make_executable_schema(
        parse_schema(sdl),
        groups,
        directives=SimpleNamespace(guarded=guarded),
        names={"@class": "guarded", "@class(from:)": "role"},
    )
    assert await run("{ a }", schema=schema) == {"a": "Aa"}
