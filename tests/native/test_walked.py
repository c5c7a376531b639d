"""Lists with batches, which native code writes in two parts: the same as the compiled text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_engine import fewer

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server.present import encode

SDL = """
type Query {
  items: [Item!]  rows: [[Item!]!]!  perhaps: [Item]  any: [Any!]  sure: [Strict!]!  bad: Int
  later: [Item!]  boxes: [Box]
}
type Box { items: [Item!]!  strict: [Strict!]! }
type Item {
  id: ID!  label: String  items: [Item!]  word: String  part: Part  parts: [Part!]  any: Any
}
type Strict { id: ID!  part: Part!  word: String! }
type Part { name: String!  part: Part }
union Any = Item | Strict
"""
FIELDS = "id label word part { name part { name } } parts { name } any { __typename }"
TEXTS = {
    "items": f"{{ items {{ {FIELDS} items {{ {FIELDS} }} }} }}",
    "rows": "{ rows { label word again: word part { name } } }",
    "perhaps": "{ perhaps { label part { name } id word } }",
    "any": "{ any { __typename ... on Item { id word } ... on Strict { part { name } } } }",
    "later": "{ later { id word part { name } } }",
    "boxes": "{ boxes { items { id label word part { name } } strict { part { name } } } }",
    "sure": "{ bad sure { id part { name } word } }",
}


@dataclass
class Item:
    id: Any
    items: Any = None

    @property
    def label(self) -> str:
        READS.append(self.id)
        return f"item {self.id}"


READS: list[Any] = []


@dataclass
class Strict:
    id: Any


@dataclass
class Box:
    items: Any
    strict: Any


@dataclass
class Part:
    name: Any
    part: Any = None


Give = Callable[[str, list[Any]], Any]
"""Gives the values of a batch: for the field's name, and the parents."""


def usual(field: str, parents: list[Any]) -> list[Any]:
    """Give every parent a value that native code can write."""
    values: dict[str, Callable[[Any], Any]] = {
        "word": lambda each: f"“{each.id}”",
        "part": lambda each: Part(f"part of {each.id}", Part("inner")),
        "parts": lambda each: [Part("a"), Part("b", Part(str(each.id)))],
        "any": lambda _: Strict(1),
    }
    return [values[field](each) for each in parents]


class World:
    """What the resolvers give now: one schema serves all tests."""

    values: Any = ()
    give: Give

    def batch_of(self, name: str) -> Any:
        async def resolve_later(parents: list[Any]) -> Any:
            return self.give(name, parents)

        def resolve(parents: list[Any]) -> Any:
            return self.give(name, parents)

        return batch(resolve_later if name == "word" else resolve)

    def batches(self, *names: str) -> Any:
        return SimpleNamespace(**{name: self.batch_of(name) for name in names})


WORLD = World()


def bad() -> int:
    raise ValueError("bad")


async def later() -> Any:
    return WORLD.values


def of_box(name: str) -> Any:
    """Return a resolver that takes a context, so that a list of boxes is not plain."""

    def resolve(box: Box, context: object) -> Any:
        assert context is None
        return getattr(box, name)

    return resolve


SCHEMA = make_executable_schema(
    parse_schema(SDL),
    SimpleNamespace(
        query=SimpleNamespace(
            **{**dict.fromkeys(TEXTS, lambda: WORLD.values), "bad": bad, "later": later}
        ),
        box=SimpleNamespace(items=of_box("items"), strict=of_box("strict")),
        item=WORLD.batches("word", "part", "parts", "any"),
        strict=WORLD.batches("part", "word"),
    ),
    {"Item": Item, "Strict": Strict, "Part": Part, "Box": Box},
)


def operation_for(field: str, values: Any, give: Give, limit: int = 1_000) -> Operation:
    WORLD.values, WORLD.give = values, give
    operation = compile_operation(SCHEMA, TEXTS.get(field, field), limits=Limits(response=limit))
    operation.inline()
    return operation


async def both(operation: Operation, field: str) -> tuple[bytes, list[Any], bool]:
    """Execute with and without native code; return the response, and whether it was walked."""
    READS.clear()
    plain = await run(operation, None)
    plain_reads = [*READS]
    READS.clear()
    fast = await run(operation, None, takes_json=True)
    assert plain_reads == READS
    assert encode({"data": fast.data}) == encode({"data": plain.data})
    assert [each.formatted for each in fast.errors] == [each.formatted for each in plain.errors]
    assert fast.room == plain.room or fast.errors
    found = (fast.data or {}).get(field)
    lists = (
        [box["items"] for box in found if box and box["items"]]
        if field == "boxes" and found
        else [found]
    )
    is_walked = all(isinstance(each, orjson.Fragment) for each in lists)
    return encode({"data": plain.data}), plain.errors, is_walked


def values_for(field: str) -> list[Any]:
    match field:
        case "rows":
            return [[Item(1), Item(2)], [], [Item(3)]]
        case "perhaps":
            return [Item(1), None, Item(2)]
        case "any":
            return [Item(1), Strict(2), Item(3)]
        case "boxes":
            boxes = [[Item(1)], [Item(2), Item(3)], []]
            return [Box(items, [Strict(number)]) for number, items in enumerate(boxes, 4)]
        case "sure":
            return [Strict(1), Strict(2)]
        case _:
            return [Item(1, [Item(2), Item(3)]), Item(4), Item(5, [])]


@pytest.mark.parametrize("field", TEXTS)
async def test_the_values_of_batches_are_written_into_the_list(field: str) -> None:
    _, errors, is_walked = await both(operation_for(field, values_for(field), usual), field)
    assert [each.message for each in errors] == (["bad"] if field == "sure" else [])
    assert is_walked == (field != "sure")  # after an error, each position is looked at


@pytest.mark.parametrize("field", TEXTS)
async def test_a_list_without_parents(field: str) -> None:
    await both(operation_for(field, [], usual), field)


async def test_equal_selections_share_functions_and_have_their_own_places() -> None:
    below = "word part { name } items { word part { name } }"
    aliases = " ".join(f"a{number}: items {{ {below} }}" for number in range(4))
    for name, value in (("word", "word"), ("part", None), ("part", ValueError("returned"))):
        operation = operation_for(f"{{ {aliases} }}", values_for("items"), instead(name, 2, value))
        _, errors, _ = await both(operation, "a1")
        assert len(errors) == (4 if isinstance(value, Exception) else 0)


def instead(name: str, wanted: int, value: Any) -> Give:
    """Give what is usual, but one value: that of the parent with this id."""

    def give(field: str, parents: list[Any]) -> list[Any]:
        values = usual(field, parents)
        pairs = zip(parents, values, strict=True)
        return [value if field == name and parent.id == wanted else each for parent, each in pairs]

    return give


def raising(name: str) -> Give:
    def give(field: str, parents: list[Any]) -> list[Any]:
        if field == name:
            raise ValueError("of all")
        return usual(field, parents)

    return give


OTHERS = [None, 7, object(), ValueError("returned"), Part(None), Part("x", Part(None)), [], "word"]


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("name", ["word", "part"])
async def test_what_is_not_plain_is_left_to_the_text(field: str, name: str) -> None:
    values = values_for(field)
    for index, value in enumerate(OTHERS):
        await both(operation_for(field, values, instead(name, index % 3 + 1, value)), field)
    await both(operation_for(field, values, raising(name)), field)
    await both(operation_for(field, values, lambda *_: [1]), field)


async def test_a_list_is_given_up_with_the_object_around_it() -> None:
    boxes = [
        Box([Item(1)], [Strict(2)]),
        Box([Item(3), Item(4)], [object()]),
        Box([Item(5)], [Strict(6)]),
    ]
    for value in (Part("x"), *OTHERS):
        for name in ("word", "part"):
            response, errors, _ = await both(
                operation_for("boxes", boxes, instead(name, 5, value)), "boxes"
            )
            assert json.loads(response)["data"]["boxes"][1] is None
            assert errors


@fewer
@given(st.data())
def test_any_values_of_batches_are_written_as_the_text_writes_them(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([*TEXTS]))
    odd = st.sampled_from(OTHERS)
    drawn: dict[tuple[str, int], Any] = {}

    def give(name: str, parents: list[Any]) -> list[Any]:
        values = usual(name, parents)
        for number, parent in enumerate(parents):
            if (name, parent.id) not in drawn:  # the same for both
                is_odd = data.draw(st.integers(0, 5)) == 0
                drawn[name, parent.id] = data.draw(odd) if is_odd else values[number]
            values[number] = drawn[name, parent.id]
        return values

    asyncio.run(both(operation_for(field, values_for(field), give), field))


@pytest.mark.parametrize("field", ["items", "rows", "perhaps", "any", "later", "boxes"])
async def test_the_room_of_a_response_is_the_same(field: str) -> None:
    values = values_for(field)
    room = (await run(operation_for(field, values, usual), None)).room
    assert room is not None
    for limit, is_refused in ((1_000 - room, False), (999 - room, True)):
        _, errors, _ = await both(operation_for(field, values, usual, limit), field)
        assert bool(errors) == is_refused


async def test_after_a_doubt_native_code_is_tried_less_and_less_often() -> None:
    operation = operation_for("rows", values_for("rows"), instead("word", 1, 7))
    walked = []
    for number in range(15):
        if number == 8:
            WORLD.give = usual
        result = await run(operation, None, takes_json=True)
        walked.append(isinstance((result.data or {})["rows"], orjson.Fragment))
    assert walked == [False] * 14 + [True]


async def test_a_list_that_a_batch_resolver_changes_is_an_error() -> None:
    values = [Item(1), Item(2)]

    def give(field: str, parents: list[Any]) -> Any:
        if field == "part":
            values.append(Item(3))
            return [object() for _ in parents]
        return usual(field, parents)

    operation = operation_for("perhaps", values, give)
    result = await run(operation, None, takes_json=True)
    assert result.data == {"perhaps": None}
    assert [each.message for each in result.errors] == [
        "A list was changed while a batch resolver had its items."
    ]


async def test_an_item_that_a_batch_resolver_spoils_is_an_error() -> None:
    values = [Item(1), Item(2)]

    def give(field: str, parents: list[Any]) -> Any:
        if field == "part":
            parents[1].id = object()
            return [object() for _ in parents]
        return usual(field, parents)

    result = await run(operation_for("items", values, give), None, takes_json=True)
    assert result.data == {"items": None}
    assert [each.path for each in result.errors] == [["items", 1, "id"]]


async def test_what_orjson_cannot_write_stands_beside_such_a_list() -> None:
    result = await run(operation_for("rows", values_for("rows"), usual), None, takes_json=True)
    data: Any = result.data
    assert json.loads(encode({**data, "large": 2**70})) == {
        **json.loads(encode(data)),
        "large": 2**70,
    }
