"""Directives in any number, at any place, around anything: their order is what is promised."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.engine import compile_operation, run, run_sync
from trunkline.errors import VariablesError
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema

PLACES = ("node", "node_field", "thing", "thing_field", "document")
SDL = """
directive @plain(by: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | FIELD
directive @awaited(by: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | FIELD
type Query { things: [Thing!]! }
interface Node NODE { value: String NODE_FIELD }
type Thing implements Node THING { value: String THING_FIELD }
"""


class Directives:
    """Wrap the value in brackets with who does it."""

    def plain(self, proceed: Any, *, by: str) -> Any:
        value = proceed()
        return self._finish(value, by) if hasattr(value, "__await__") else f"{by}({value})"

    async def _finish(self, value: Any, by: str) -> str:
        return f"{by}({await value})"

    async def awaited(self, proceed: Any, *, by: str) -> str:
        if len(by) % 2:
            await asyncio.sleep(0)
        return f"{by}({await proceed()})"


@dataclass
class Thing:
    value: str


@dataclass
class Calling:
    text: str

    def value(self) -> str:
        return self.text


async def resolve(thing: Thing) -> str:
    await asyncio.sleep(0)
    return thing.value


@batch
def resolve_all(things: list[Thing]) -> list[str]:
    return [thing.value for thing in things]


@batch
async def resolve_all_later(things: list[Thing]) -> list[str]:
    await asyncio.sleep(0)
    return [thing.value for thing in things]


KINDS: dict[str, tuple[type, Any]] = {
    "attribute": (Thing, None),
    "method": (Calling, None),
    "plain": (Thing, lambda thing: thing.value),
    "awaited": (Thing, resolve),
    "batch": (Thing, resolve_all),
    "awaited batch": (Thing, resolve_all_later),
}
NAMES = st.lists(st.sampled_from(("plain", "awaited")), max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    names=st.fixed_dictionaries(dict.fromkeys(PLACES, NAMES)),
    kind=st.sampled_from(sorted(KINDS)),
)
async def test_the_order_is_kept(names: dict[str, list[str]], kind: str) -> None:
    sdl, everyone = SDL, []
    written: dict[str, str] = {}
    for place in PLACES:
        directives = names[place]
        who = [f"{place}{number * 'x'}" for number in range(len(directives))]
        everyone += who
        pairs = zip(directives, who, strict=True)
        written[place] = " ".join(f'@{name}(by: "{by}")' for name, by in pairs)
    for place in sorted(PLACES, key=len, reverse=True):
        sdl = sdl.replace(place.upper(), written[place])
    model, resolver = KINDS[kind]
    groups = SimpleNamespace(query=SimpleNamespace(things=lambda: [model("a"), model("b")]))
    if resolver is not None:
        groups.thing = SimpleNamespace(value=resolver)
    schema = make_executable_schema(
        parse_schema(sdl), groups, {"Thing": model}, directives=Directives()
    )
    operation = compile_operation(schema, f"{{ things {{ value {written['document']} }} }}")
    result = await run(operation, None)
    assert result.errors == []
    values = []
    for value in "ab":
        for by in reversed(everyone):
            value = f"{by}({value})"  # noqa: PLW2901
        values.append({"value": value})
    assert result.data == {"things": values}


TREE = """
directive @even on INPUT_FIELD_DEFINITION
directive @few on INPUT_OBJECT
type Query { a(tree: Tree, trees: [[Tree]]): String }
input Tree @few { value: Int @even  sub: Tree  subs: [Tree]  grid: [[Tree!]!] }
"""


class Checks:
    def even(self, value: int) -> int:
        if value % 2:
            raise GraphQLError("odd")
        return value

    def few(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > 3:
            raise GraphQLError("many")
        return value


SCHEMA = make_executable_schema(
    parse_schema(TREE),
    SimpleNamespace(query=SimpleNamespace(a=lambda **arguments: str(arguments))),
    directives=Checks(),
)
NUMBERS = st.sampled_from([0, 2, 4, 6, 7])
TREES = st.recursive(
    st.fixed_dictionaries({}, optional={"value": NUMBERS}),
    lambda trees: st.fixed_dictionaries(
        {},
        optional={
            "value": NUMBERS,
            "sub": trees | st.none(),
            "subs": st.lists(trees | st.none(), max_size=3) | trees,
            "grid": st.lists(st.lists(trees, max_size=2), max_size=2),
        },
    ),
    max_leaves=8,
)


def refused(value: Any, path: str = "") -> str | None:
    """Find what is refused first, going through a value depth first."""
    if isinstance(value, list):
        found = (refused(item, f"{path}[{index}]") for index, item in enumerate(value))
        return next((each for each in found if each), None)
    if not isinstance(value, dict):
        return None
    for name in ("sub", "subs", "grid"):
        below = refused(value.get(name), f"{path}.{name}")
        if below:
            return below
    if value.get("value", 0) % 2:
        return f"{path}.value: odd"
    return f"{path}: many" if len(value) > 3 else None


@settings(deadline=None)
@given(tree=TREES, trees=st.lists(st.lists(TREES, max_size=2), max_size=2))
def test_a_refusal_has_the_place_of_its_value(tree: Any, trees: Any) -> None:
    text = "query ($tree: Tree, $trees: [[Tree]]) { a(tree: $tree, trees: $trees) }"
    operation = compile_operation(SCHEMA, text)
    expected = [
        f"Variable '${name}' has invalid value{' at ' if place[0] != ':' else ''}{place}"
        for name, value in (("tree", tree), ("trees", trees))
        if (place := refused(value)) is not None
    ]
    if expected:
        with pytest.raises(VariablesError) as caught:
            run_sync(operation, {"tree": tree, "trees": trees})
        assert [error.message for error in caught.value.errors] == expected
    else:
        result = run_sync(operation, {"tree": tree, "trees": trees})
        assert result.errors == []
