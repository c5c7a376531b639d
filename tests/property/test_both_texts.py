"""An operation's short text and its long one do the same, and what graphql-core does.

The examples of `test_engine.py` are wide. These are narrow: leaves that are read from objects, some
of them selected twice under conditions, and objects that tell what was read.
"""

from __future__ import annotations

import json
from collections import UserString
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from graphql import GraphQLError, build_schema, execute_sync, parse
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_engine import fuzz

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import Result, run_sync
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.models import bind_enum
from trunkline.schema.names import PythonNames
from trunkline.schema.scalars import BUILT_IN, bind_scalar
from trunkline.server.present import encode

SDL = """
type Query { items: [Item!]! perhaps: [Item] item: Item }
type Item { s: String s1: String! id: ID id1: ID! b: Boolean b1: Boolean! i: Int i1: Int!
  f: Float f1: Float! e: Color e1: Color! m: Decimal m1: Decimal! t: DateTime t1: DateTime!
  w: Date w1: Date! u: UUID u1: UUID! item: Item }
enum Color { RED GREEN }
scalar Decimal scalar DateTime scalar Date scalar UUID
"""


class Color(Enum):
    RED = 1
    GREEN = "GREEN"


class Other(Enum):
    RED = 1


class Moment(datetime):
    def isoformat(self, *_: object) -> str:
        return "a moment"


class Id(UUID):
    pass


TYPES: dict[str, type] = {"s": str, "id": str, "b": bool, "i": int, "f": float, "e": Color}
TYPES |= {"m": Decimal, "t": datetime, "w": date, "u": UUID}
LEAVES = tuple(name for kind in TYPES for name in (kind, f"{kind}1"))
NOW = datetime(2026, 11, 29, 12, 30, 0, 5, UTC)
ODD: list[Any] = [
    None,
    "x",
    0,
    1,
    True,
    False,
    1.5,
    float("nan"),
    2**31,
    Decimal(1),
    1 + 0j,
    [],
    b"x",
]
ODD += [ValueError("returned"), UserString("x"), Other.RED, Color.GREEN, "RED", 1 << 80]
ODD += [Decimal("NaN"), Decimal("1E+30"), NOW, NOW.replace(tzinfo=None), NOW.date(), Id(int=1)]
ODD += [Moment(2026, 1, 1), UUID(int=2**127)]
RIGHT: dict[str, Any] = {"s": "x", "id": "1", "b": False, "i": -(2**31), "f": -0.5}
RIGHT |= {"e": Color.RED, "m": Decimal("1.50"), "t": NOW, "w": NOW.date(), "u": UUID(int=7)}

Reads = list[tuple[int, str]]


RAISES = object()
"""Raises when it is read, if it is read by a program's code."""


class Item:
    """An object whose values are attributes."""

    def __init__(self, number: int, values: dict[str, Any]) -> None:
        self.number = number
        vars(self).update(values)


def _read(name: str) -> Any:
    def read(self: Any) -> Any:
        self.reads.append((self.number, name))
        value = self.values[name]
        if value is RAISES:
            raise LookupError(f"{name} of {self.number}")
        return value

    read.__annotations__["return"] = TYPES.get(name.rstrip("1"), object)
    return read


class Computed:
    """An object whose values are computed; it notes what is read."""

    reads: Reads = []  # noqa: RUF012  # of all objects, in their order

    def __init__(self, number: int, values: dict[str, Any]) -> None:
        self.number = number
        self.values = values


for _name in (*LEAVES, "item"):
    Item.__annotations__[_name] = TYPES.get(_name.rstrip("1"), object)
    setattr(Computed, _name, property(_read(_name)))


@st.composite
def documents(draw: Any) -> str:
    """Draw a query; some of its fields stand several times in it."""

    def selections(depth: int) -> str:
        names: Any = st.sampled_from((*LEAVES, "item") if depth else LEAVES)
        written: list[str] = []
        for _ in range(draw(st.integers(1, 6))):
            name = draw(names)
            if written and draw(st.integers(0, 1)):
                name = draw(st.sampled_from(written)).split()[0]
            condition = draw(st.sampled_from(("", "", "@skip(if: $x)", "@include(if: $y)")))
            below = selections(depth - 1) if name == "item" else ""
            written.append(f"{name} {condition} {below}")
        return "{ " + " ".join(written) + " }"

    field = draw(st.sampled_from(("items", "perhaps", "item")))
    every = "y: __typename @skip(if: $x) @include(if: $y)"  # so that both variables are used
    return f"query ($x: Boolean!, $y: Boolean!) {{ {field} {selections(1)} {every} }}"


@st.composite
def values_of_items(draw: Any) -> list[dict[str, Any]]:
    """Draw the values of some objects; most are right."""
    is_odd = draw(st.sampled_from((0, 1, 4)))

    def value(name: str) -> Any:
        if draw(st.integers(0, 9)) < is_odd:
            return draw(st.sampled_from((*ODD, RAISES)))
        return RIGHT[name.rstrip("1")]

    return [{name: value(name) for name in LEAVES} for _ in range(draw(st.integers(1, 3)))]


@fuzz
@given(
    documents(),
    values_of_items(),
    st.fixed_dictionaries({"x": st.booleans(), "y": st.booleans()}),
    st.sampled_from((Item, Computed)),
)
def test_both_texts_do_what_graphql_core_does(
    text: str, values: list[dict[str, Any]], variables: dict[str, bool], model: type
) -> None:
    below = model(9, {**values[0], "item": None})
    items = [model(number, {**each, "item": below}) for number, each in enumerate(values)]
    query = {"items": lambda: items, "perhaps": lambda: items, "item": lambda: items[0]}
    resolvers = SimpleNamespace(query=SimpleNamespace(**query))
    schema = make_executable_schema(build_schema(SDL), resolvers, {"Item": model, "Color": Color})
    operation = compile_operation(schema, text)

    def observe(run: Any) -> tuple[str, list[dict[str, Any]], Reads]:
        Computed.reads.clear()
        result = run()
        errors: list[GraphQLError] = result.errors or []
        return (
            json.dumps(result.data, default=repr),
            [_seen(each) for each in errors],
            [*Computed.reads],
        )

    short = observe(lambda: run_sync(operation, variables))
    operation.inline()
    assert observe(lambda: run_sync(operation, variables)) == short
    native = observe(lambda: parsed(run_sync(operation, variables, takes_json=True)))
    assert native == short
    root = SimpleNamespace(**query)
    root.items, root.perhaps, root.item = items, items, items[0]
    core = build_schema(SDL)
    for name in ("Decimal", "DateTime", "Date", "UUID"):
        bind_scalar(core.type_map[name], BUILT_IN[name])  # type: ignore[arg-type]
    assert not [*bind_enum(core.type_map["Color"], Color, PythonNames(core, {}))]  # type: ignore[arg-type]
    theirs = observe(lambda: execute_sync(core, parse(text), root, variable_values=variables))
    assert (short[0], short[1], sorted(short[2])) == (theirs[0], theirs[1], sorted(theirs[2]))


def parsed(result: Result) -> Result:
    """Read what native code has written as JSON."""
    return Result(json.loads(encode({"data": result.data}))["data"], result.errors)


def _seen(error: GraphQLError) -> dict[str, Any]:
    seen: dict[str, Any] = {**error.formatted}
    seen["message"] = seen["message"].partition(" represent")[0]
    return seen
