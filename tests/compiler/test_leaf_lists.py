"""Lists of leaves that one call checks: nested ones, and long ones."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline.compiler import operation
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import Result, run_sync
from trunkline.runtime.positions import FieldFailure
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server.present import encode

LISTS = (
    *("[String]", "[[String!]!]", "[ID!]", "[Int]", "[[Int]]"),
    *("[[[Int!]]!]!", "[Float!]", "[[Float]!]", "[[Boolean]]"),
)
GIVEN: list[Any] = []


class Level(IntEnum):
    LOW = 1


class Text(str):
    __slots__ = ()


class Own(list[Any]):
    def __iter__(self) -> Any:
        return iter(["own"])


def operation_of(type_name: str) -> Operation:
    sdl = f"type Query {{ held: Held! }} type Held {{ values: {type_name} }}"
    held = SimpleNamespace(held=lambda: {"values": GIVEN[-1]})
    schema = make_executable_schema(parse_schema(sdl), SimpleNamespace(query=held), {"Held": dict})
    return compile_operation(schema, "{ held { values } }")


@pytest.fixture(scope="module")
def operations() -> Iterator[dict[str, tuple[Operation, Operation]]]:
    """Give two of the same for each type: with the text of first executions, and of later ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "_FIRST_RUNS", 1_000_000)
        made = {name: (operation_of(name), operation_of(name)) for name in LISTS}
        for _, often in made.values():
            often.inline()
        yield made


_LEAVES = st.one_of(
    st.none(),
    st.text(),
    st.integers(-(2**31) - 1, 2**31),
    st.floats(),
    st.booleans(),
    st.sampled_from([2**53, 2**53 + 1, 2**60, 10**400, "\ud800", b"x", Level.LOW, Text("x")]),
    st.sampled_from([ValueError("returned"), (1, 2), {1}, {"a": 1}, Own(["raw"])]),
)


@st.composite
def lists(draw: Any) -> tuple[str, Any]:
    """Draw a type, and a value that is mostly of it."""
    name: str = draw(st.sampled_from(LISTS))
    right: dict[str, Any] = {
        "String": st.text(),
        "ID": st.text(),
        "Int": st.integers(-(2**31), 2**31 - 1),
        "Float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5),
        "Boolean": st.booleans(),
    }
    items: Any = right[name.strip("[]!")]
    if draw(st.integers(0, 2)) == 0:
        items = st.one_of(items, items, _LEAVES)
    for depth in range(name.count("[")):
        items = st.lists(items, max_size=4) if depth else st.lists(items, max_size=4).map(repeat)
    return name, draw(items)


def repeat(values: list[Any]) -> list[Any]:
    """Make long lists of some, so that a call checks them."""
    return values * 20 if len(values) == 3 else values


@settings(max_examples=200)
@given(lists())
@example(("[[Float]!]", [[2**53 + 1]]))
@example(("[[Float]!]", [[7, 2**53]]))
@example(("[Float!]", [1.5] * 40 + [2**60 + 1]))
@example(("[[Int]]", [Own([1])]))
@example(("[[Int]]", [(1, 2), {3}, None]))
@example(("[[String!]!]", [["\ud800"], [Text("x")]]))
@example(("[[[Int!]]!]!", [[[1], None], []]))
@example(("[[Int]]", [["\ud800", 1]]))
def test_lists_are_what_their_items_are(operations: Any, drawn: tuple[str, Any]) -> None:
    name, values = drawn
    GIVEN[:] = [values]
    once, often = operations[name]
    first = seen(run_sync(once, None))
    assert seen(run_sync(often, None)) == first
    assert seen(run_sync(often, None, takes_json=True)) == first


def seen(result: Result) -> tuple[bytes, list[Any]]:
    errors = [(each.message, each.path, each.locations) for each in result.errors]
    return encode({"data": result.data}), errors


def test_what_the_resolver_returned_is_copied(operations: Any) -> None:
    GIVEN[:] = [[[1, 2], [3]]]
    result = run_sync(operations["[[Int]]"][1], None)
    assert result.data == {"held": {"values": [[1, 2], [3]]}}
    GIVEN[0][0].append("no integer")
    assert result.data == {"held": {"values": [[1, 2], [3]]}}


@pytest.mark.parametrize("room", range(12))
@pytest.mark.parametrize("takes_json", [False, True])
def test_lists_within_lists_take_room(operations: Any, room: int, *, takes_json: bool) -> None:
    GIVEN[:] = [[[1, 2], None, [3]]]
    left: list[object] = []
    for each in operations["[[Int]]"]:
        execution = each.execution([], None, None, takes_json=takes_json)
        execution.room = room
        try:
            each.resolve_root(execution)
            left.append(execution.room)
        except FieldFailure as failure:
            left.append(type(failure.original))
    assert left[0] == left[1]
