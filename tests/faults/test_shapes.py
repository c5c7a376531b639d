"""The shapes that a benchmark suite must hold (A.3 to A.10), each answered as graphql-core does."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLScalarType
from tests.faults.both import Both, answer

from trunkline.schema.scalars import BUILT_IN, bind_scalar

SDL = """
type Query { rows: [Row!] strict: [Row!]! nullable: [Row]! }
type Row { n: Int! m: Int later: Row now: Row }
"""


def rows(count: int, **failing: int) -> list[dict[str, Any]]:
    """Make rows, of which every so-many-th has a field that fails."""
    return [
        {"n": number, "m": number}
        | {name: "?" for name, every in failing.items() if (number + 1) % every == 0}
        for number in range(count)
    ]


async def later(parent: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"n": parent["n"] + 1}


def table(values: list[dict[str, Any]]) -> Both:
    names = ("rows", "strict", "nullable")
    return Both(
        SDL,
        {
            **{f"Query.{name}": lambda: values for name in names},
            "Row.later": later,
            "Row.now": lambda parent: {"n": parent["n"] + 1},
        },
    )


@pytest.mark.parametrize("count", [0, 1, 100])
def test_a3_a_list_with_an_awaited_child_each(count: int) -> None:
    expected = [{"n": n, "later": {"n": n + 1}} for n in range(count)]
    got = table(rows(count)).check("{ rows { n later { n } } }")
    assert got == answer(json.dumps({"rows": expected}))


@pytest.mark.parametrize("child", ["now", "later"])
def test_a4_three_levels(child: str) -> None:
    got = table(rows(10)).check(f"{{ rows {{ {child} {{ n {child} {{ n }} }} }} }}")
    expected = [{child: {"n": n + 1, child: {"n": n + 2}}} for n in range(10)]
    assert got == answer(json.dumps({"rows": expected}))


@pytest.mark.parametrize("possible", [2, 20])
@pytest.mark.parametrize("kind", ["union", "interface"])
def test_a5_a_list_of_an_abstract_type(kind: str, possible: int) -> None:
    names = [f"T{number}" for number in range(possible)]
    declared = (
        "interface Any { x: Int }" if kind == "interface" else f"union Any = {'|'.join(names)}"
    )
    implements = " implements Any" if kind == "interface" else ""
    types = " ".join(f"type {name}{implements} {{ x: Int only{name}: String! }}" for name in names)
    values = [
        {"__typename": name, "x": number, f"only{name}": name.lower()}
        for number, name in enumerate(names * 3)
    ]
    both = Both(f"type Query {{ all: [Any!]! }} {declared} {types}", {"Query.all": lambda: values})
    fragments = " ".join(f"... on {name} {{ only{name} x }}" for name in names[::2])
    expected = [
        {"kind": value["__typename"]}
        | ({f"only{name}": name.lower(), "x": value["x"]} if name in names[::2] else {})
        for value in values
        for name in [value["__typename"]]
    ]
    got = both.check(f"{{ all {{ kind: __typename {fragments} }} }}")
    assert got == answer(json.dumps({"all": expected}))


def test_a6_twenty_aliases_with_arguments_and_input_objects() -> None:
    both = Both(
        """input Where { ids: [ID!] in: Where e: E = A n: Int } enum E { A B }
        type Query { f(where: Where, first: Int = 3, e: E): String }""",
        {"Query.f": lambda **arguments: json.dumps(arguments)},
    )
    given = (
        "(first: {n})",
        "(where: {{ids: [{n}], in: {{n: {n}}}}})",
        "(where: $w, e: B)",
        "(where: {{ids: $ids, in: $w, n: $n}}, first: $n)",
    )
    fields = " ".join(f"a{n}: f{given[n % 4].format(n=n)}" for n in range(20))
    variables = {"w": {"ids": 7}, "ids": ["x", "y"], "n": None}
    got = both.check(f"query ($w: Where, $ids: [ID!], $n: Int) {{ {fields} }}", variables)
    assert got.errors == []
    data = {key: json.loads(value) for key, value in json.loads(got.data).items()}
    assert len(data) == 20
    assert data["a4"] == {"first": 4}
    assert data["a5"] == {"first": 3, "where": {"ids": ["5"], "in": {"n": 5, "e": "A"}, "e": "A"}}
    assert data["a6"] == {"first": 3, "e": "B", "where": {"ids": ["7"], "e": "A"}}
    assert data["a7"] == {
        "first": None,
        "where": {"ids": ["x", "y"], "in": {"ids": ["7"], "e": "A"}, "n": None, "e": "A"},
    }


@pytest.mark.parametrize("variables", [{}, {"b": None}, {"b": 1}, {"b": 1, "d": 2}])
def test_a6_arguments_come_in_the_order_of_the_schema(variables: dict[str, Any]) -> None:
    both = Both(
        "type Query { f(a: Int = 7, b: Int, c: Int, d: Int, e: Int): String }",
        {"Query.f": lambda **arguments: json.dumps(arguments)},
    )
    got = both.check("query ($b: Int, $d: Int) { f(e: 5, d: $d, c: 3, b: $b) }", variables)
    assert json.loads(json.loads(got.data)["f"]) == {"a": 7, "c": 3, "e": 5} | variables


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
def test_a7_conditions_on_fragments(*, a: bool, b: bool) -> None:
    text = """query ($a: Boolean!, $b: Boolean!) {
      rows { ...R @include(if: $a) ... @skip(if: $b) { now { ...R @skip(if: $a) n } } m }
    }
    fragment R on Row { n later @include(if: $b) { n } }"""
    got = table(rows(3)).check(text, {"a": a, "b": b})
    row: dict[str, Any] = {"n": 1} if a else {}
    row |= {"later": {"n": 2}} if a and b else {}
    row |= {} if b else {"now": {"n": 2}}
    assert json.loads(got.data)["rows"][1] == row | {"m": 1}


def test_a9_one_row_in_a_hundred_fails() -> None:
    got = table(rows(1_000, m=100)).check("{ rows { n m } }")
    assert [error.path for error in got.errors] == [["rows", n, "m"] for n in range(99, 1_000, 100)]
    assert [row["m"] for row in json.loads(got.data)["rows"]].count(None) == 10


@pytest.mark.parametrize(
    ("field", "data"), [("rows", '{"rows": null}'), ("strict", "null"), ("nullable", None)]
)
def test_a9_a_null_bubbles_from_the_last_row(field: str, data: str | None) -> None:
    got = table(rows(1_000, n=1_000)).check(f"{{ {field} {{ m n }} }}")
    message = "Int cannot represent non-integer value: '?'"
    whole = json.dumps({field: [*({"m": n, "n": n} for n in range(999)), None]})
    column = len(field) + 8
    assert got == answer(data or whole, (message, [field, 999, "n"], [(1, column)]))


LEAVES: dict[str, tuple[str, Any, Any]] = {
    "int": ("Int", 1, 1),
    "float": ("Float", 1.5, 1.5),
    "id": ("ID", 7, "7"),
    "uuid": ("UUID", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "enum": ("Color", "RED", "RED"),
    "time": ("DateTime", datetime(2026, 11, 23, tzinfo=UTC), "2026-11-23T00:00:00+00:00"),
    "decimal": ("Decimal", Decimal("1.10"), "1.10"),
    "json": ("JSON", {"a": [1, None]}, {"a": [1, None]}),
    "own": ("Own", (1, 2), [1, 2]),
}


def test_a10_every_kind_of_leaf() -> None:
    scalars = ("UUID", "DateTime", "Decimal", "JSON")
    fields = " ".join(
        f"{name}: {type_}! {name}s: [{type_}]" for name, (type_, *_) in LEAVES.items()
    )
    value: dict[str, Any] = {name: given for name, (_, given, _) in LEAVES.items()}
    value |= {f"{name}s": [given, None] for name, (_, given, _) in LEAVES.items()}
    declared = " ".join(f"scalar {name}" for name in (*scalars, "Own"))
    sdl = f"{declared} enum Color {{ RED }} type Query {{ t: T ts: [T!] }} type T {{ {fields} }}"
    both = Both(sdl, {"Query.t": lambda: value, "Query.ts": lambda: [value]})
    for name in scalars:
        scalar = both.core.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        bind_scalar(scalar, BUILT_IN[name])
    selection = " ".join(f"{name} {name}s" for name in LEAVES)
    shown: dict[str, Any] = {}
    for name, (_, _, expected) in LEAVES.items():
        shown |= {name: expected, f"{name}s": [expected, None]}
    got = both.check(f"{{ t {{ {selection} }} ts {{ {selection} }} }}")
    assert got == answer(json.dumps({"t": shown, "ts": [shown]}))
