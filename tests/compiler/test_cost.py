"""What an operation may cost, told before anything is done (Q-15)."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from graphql import get_introspection_query
from tests.faults.both import Both
from tests.schema.github import github_schema

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import LimitExceededError, SchemaError
from trunkline.schema.executable import adopt_schema, make_executable_schema
from trunkline.schema.load import load_schema, parse_schema

SDL = "type Query { ts(first: Int, limit: Int): [T!]! } type T { x: Int ts(first: Int): [T!]! }"


def run(text: str, variables: dict[str, Any] | None = None, **limits: Any) -> Any:
    both = Both(SDL, {"Query.ts": lambda **_: []}, limits=Limits(**limits))
    return engine.run_sync(both.compile(text), variables).data


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ ts { x } }", 2),
        ("{ ts(first: 10) { x } }", 11),
        ("{ ts(first: 10) { x ts(first: 10) { x x2: x } } }", 221),
        ("{ ts(first: 3) { ...F } } fragment F on T { ts(first: 5) { x } }", 19),
        ("{ ts(first: -5) { x } again: ts(first: 0) { x } }", 4),
        ("{ ts(first: 10, limit: 2) { x } }", 11),
        ("{ ... { ts(first: null) { x } } }", 2),
    ],
)
def test_q15_lists_multiply_what_is_in_them(text: str, cost: int) -> None:
    assert run(text, cost=cost) is not None
    with pytest.raises(LimitExceededError, match=f"may cost {cost}: .* allows {cost - 1}"):
        run(text, cost=cost - 1)


def test_q15_variables_count_when_they_come() -> None:
    text = "query ($n: Int, $m: Int!) { ts(first: $n) { x ts(first: $m) { x } } }"
    for n, m, cost in [(10, 10, 121), (1, 1, 4), (None, 50, 53), (100, 1, 301)]:
        assert run(text, {"n": n, "m": m}, cost=cost) is not None
        with pytest.raises(LimitExceededError, match=f"may cost {cost}:"):
            run(text, {"n": n, "m": m}, cost=cost - 1)
    assert run(text, {"n": 9_999_999, "m": 9_999_999}, cost=None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{ ts(first: 99999999) { x } }",
        "{ ts(first: 1000) { ts(first: 1000) { x } } }",
        "query ($n: Int = 99999999) { ts(first: $n) { x } }",
    ],
)
def test_q15_too_much_is_refused_by_default(text: str) -> None:
    with pytest.raises(LimitExceededError, match="Ask for less at a time"):
        run(text)


@pytest.mark.parametrize(
    ("text", "limit", "sentence"),
    [
        ("{ ts { x @skip(if: false) } }", {"directives": 0}, "has 1 directives; .* allows 0"),
        ("{ ts { a: x ...F } } fragment F on T { b: x }", {"aliases": 1}, "has 2 aliases"),
        ("{ ts { x } } fragment F on T { x }", {"definitions": 1}, "has 2 definitions"),
    ],
)
def test_what_a_document_has_is_counted(text: str, limit: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LimitExceededError, match=sentence):
        run(text, None, **limit)


COSTS = """
directive @cost(weight: String!) on
  ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR

type Query {
  books(first: Int = 5): [Book!]!
  paged(page: Page): [Book!]!
  sliced(first: Int, last: Int, ids: [ID!], after: String): [Book!]!
    @listSize(slicingArguments: ["first", "last", "ids"])
  deep(page: Page): [Book!]!
    @listSize(slicingArguments: ["page.size"], requireOneSlicingArgument: false, assumedSize: 7)
  edges(first: Int): Edges! @listSize(slicingArguments: "first", sizedFields: ["nodes"])
  any: [Thing!]! @listSize(assumedSize: 3)
  search(like: String @cost(weight: "4"), by: Filter): [Book!]!
  word(first: String): [Book!]!
}
input Page { first: Int = 20 size: Int }
input Filter { title: String @cost(weight: "2") with: [Filter!] }
type Edges { total: Int nodes: [Book!]! }
interface Thing { name: String }
type Book implements Thing { name: String  price: Int @cost(weight: "10")  isbn: ISBN }
type Pen implements Thing @cost(weight: "3") { name: String @cost(weight: "1.5") }
scalar ISBN @cost(weight: "6")
"""


def cost_of(text: str, variables: dict[str, Any] | None = None, **options: Any) -> int:
    """Return what a request costs: the limit at which it is not refused any more."""
    resolvers = {"query": SimpleNamespace()}
    definition = parse_schema(options.pop("sdl", COSTS))
    for name, field in cast("Any", definition).query_type.fields.items():
        is_list = "[" in str(field.type)
        value: Any = [] if is_list else {"nodes": []}
        setattr(resolvers["query"], name, lambda _value=value, **_: _value)
    costs = options.pop("costs", None)
    schema = make_executable_schema(definition, SimpleNamespace(**resolvers), costs=costs)
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high) // 2
        try:
            operation = compile_operation(schema, text, None, Limits(cost=middle, **options))
            engine.run_sync(operation, variables)
        except LimitExceededError:
            low = middle + 1
        else:
            high = middle
    return low


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("{ books { name } }", {}, 6),  # the schema's default
        ("query ($n: Int) { books(first: $n) { name } }", {}, 6),
        ("query ($n: Int) { books(first: $n) { name } }", {"n": 9}, 10),
        ("query ($n: Int) { books(first: $n) { name } }", {"n": 9.0}, 10),
        ('{ word(first: "30") { name } }', {}, 31),
        ("query ($n: String) { word(first: $n) { name } }", {"n": "30"}, 31),
        ("{ paged(page: {first: 4}) { name } }", {}, 5),
        ("{ paged(page: {}) { name } }", {}, 21),  # the default of an input field
        ("query ($n: Int) { paged(page: {first: $n}) { name } }", {"n": 8}, 9),
        ("query ($p: Page) { paged(page: $p) { name } }", {"p": {"first": 8}}, 9),
        ("query ($p: Page = {first: 6}) { paged(page: $p) { name } }", {}, 7),
        ("{ sliced(last: 4) { name } }", {}, 5),
        ('{ sliced(ids: ["1", "2", "3"]) { name } }', {}, 4),
        ("query ($i: [ID!]) { sliced(ids: $i) { name } }", {"i": ["1", "2", "3"]}, 4),
        ("{ deep(page: {size: 4}) { name } }", {}, 5),
        ("{ deep { name } }", {}, 8),
        ("query ($p: Page) { deep(page: $p) { name } }", {"p": {"size": 100}}, 101),
        ("{ edges(first: 50) { total nodes { name } } }", {}, 53),
        ("{ books(first: 2) { price } }", {}, 21),
        ("{ books(first: 2) { isbn } }", {}, 15),
        ("{ any { name } }", {}, 16),  # as if all were pens
        ("{ any { ... on Book { name } } }", {}, 13),
        ('{ search(like: "x", by: {title: "y", with: [{title: "z"}, {}]}) { name } }', {}, 10),
        ("query ($f: Filter) { search(by: $f) { name } }", {"f": {"title": "y"}}, 4),
    ],
)
def test_what_the_schema_declares_counts(text: str, variables: dict[str, Any], cost: int) -> None:
    assert cost_of(text, variables) == cost


def test_a_program_has_functions_and_names_of_its_own() -> None:
    sdl = "type Query { rows(rows: Int = 3, like: String): [Row!]! } type Row { id: ID big: ID }"
    text = "query ($n: Int) { rows(rows: $n) { id big } }"
    assert cost_of(text, {"n": 100}, sdl=sdl) == 3
    assert cost_of(text, {"n": 100}, sdl=sdl, sizes=frozenset({"rows"})) == 201
    seen: list[Any] = []

    def rows(child: int, arguments: Mapping[str, Any]) -> int:
        seen.append(dict(arguments))
        return 7 + child * int(arguments["rows"])

    costs = {"Query.rows": rows, "Row.big": 5}
    assert cost_of(text, {"n": 100}, sdl=sdl, costs=costs) == 607
    assert seen[-1] == {"rows": 100}
    assert cost_of(text, {}, sdl=sdl, costs=costs) == 25
    assert cost_of('{ rows(like: "x") { id } }', {}, sdl=sdl, costs=costs) == 10
    assert seen[-1] == {"rows": 3, "like": "x"}


@pytest.mark.parametrize("text", ["{ sliced { name } }", "{ sliced(first: 1, last: 1) { name } }"])
def test_exactly_one_size_is_given(text: str) -> None:
    with pytest.raises(LimitExceededError, match="'sliced' takes first and last and ids; give exa"):
        compile_operation(adopt_schema(parse_schema(COSTS)), text)


def test_what_cannot_be_meant_is_an_error_at_start() -> None:
    sdl = """type Query {
      a: String @cost(weight: -1)
      b(n: Int): [T] @listSize(slicingArguments: ["m", "n.x"], sizedFields: ["y"])
    } type T { x: Int }"""
    resolvers = SimpleNamespace(query=SimpleNamespace(a=lambda: "", b=lambda n=0: [n]))
    costs: Any = {"Query.a": -2, "Query.c": 1, "Query": 1, "Query.b": "much"}
    with pytest.raises(SchemaError) as raised:
        make_executable_schema(parse_schema(sdl), resolvers, costs=costs)
    assert str(raised.value).splitlines() == [
        "Query.a: the weight of @cost must be a number from 0.",
        "Query.b: @listSize names 'm', which is not an argument of it.",
        "Query.b: @listSize names 'n.x', which is not an argument of it.",
        "Query.b: @listSize names 'y', which is not a field of its type.",
        "costs: the schema has no 'Query.c'. Did you mean 'Query.a', 'Query.b', or 'Query'?",
        "costs: Query.a must have a number from 0, or a function.",
        "costs: Query is not a field.",
        "costs: Query.b must have a number from 0, or a function.",
    ]


def test_a_schema_may_have_another_directive_of_the_name() -> None:
    sdl = "directive @cost(complexity: Int) on FIELD_DEFINITION type Query { a: Int @cost }"
    schema = make_executable_schema(
        parse_schema(sdl), SimpleNamespace(query=SimpleNamespace(a=lambda: 1)), metadata=["@cost"]
    )
    assert engine.run_sync(compile_operation(schema, "{ a }"), None).data == {"a": 1}


FIELDS = " ".join(f"f{number}(a: Int, b: [Int!]!): [I!]" for number in range(8))
WIDE = (
    "type Query { t0: T0 } enum E { A B } input In { a: Int, in: In } interface I { f0: [I!] } "
    + " ".join(f"type T{number} implements I {{ {FIELDS} }}" for number in range(100))
).replace("f0(a: Int, b: [Int!]!)", "f0")


def _fields_in(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_fields_in, value))
    return sum(1 + _fields_in(each) for each in value.values()) if isinstance(value, dict) else 0


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(),
        get_introspection_query(input_value_deprecation=True, schema_description=True),
        "{ __schema { types { fields { args { name } } } } }",
        "{ __schema { types { ...F } } } fragment F on __Type { ... { fields { type { name } } } }",
        "{ __schema { types { possibleTypes { name } interfaces { name } enumValues { name } } } }",
        "{ __schema { directives { args { name defaultValue } } queryType { name } } }",
    ],
)
def test_q15_introspection_costs_what_its_lists_are_long(text: str) -> None:
    schema = Both(WIDE, {}).schema
    counted = _fields_in(engine.run_sync(engine.compile_operation(schema, text), None).data)
    assert engine.compile_operation(schema, text, limits=Limits(cost=int(counted * 1.1) + 5))
    with pytest.raises(LimitExceededError, match="Ask for less"):
        engine.compile_operation(schema, text, limits=Limits(cost=int(counted * 0.9) - 5))


def test_q15_introspection_under_many_aliases_is_refused_in_both_dialects() -> None:
    both = Both(WIDE, {})
    text = "{" + " ".join(f"a{n}: __schema{{types{{fields{{args{{name}}}}}}}}" for n in range(200))
    for schema in (both.schema, adopt_schema(both.core)):
        with pytest.raises(LimitExceededError, match="Ask for less"):
            engine.compile_operation(schema, text + "}")


def test_q15_the_introspection_of_githubs_schema_is_within_the_default_limits() -> None:
    schema = adopt_schema(load_schema(github_schema()))  # the dialect with more to count
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    operation = engine.compile_operation(schema, text)
    assert engine.run_sync(operation, None).errors == []
    twice = "{" + " ".join(f"a{n}: __schema{{types{{fields{{args{{name}}}}}}}}" for n in range(30))
    with pytest.raises(LimitExceededError):
        engine.compile_operation(schema, twice + "}")
