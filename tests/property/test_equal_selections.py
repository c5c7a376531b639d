"""Equal selections under several aliases have functions in common; each error has its own place.

The fields of one object that may be null are computed, awaited, read in batches, lists, unions and
interfaces. What must not be null is read at once, so the errors do not depend on time.
Fields stand several times in the document, under conditions and with arguments that may not fit:
an error points to those that take part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import graphql
from graphql import ExecutionResult, GraphQLError, build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_engine import fewer

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.schema.bindings import Schema, batch
from trunkline.schema.executable import make_executable_schema

SDL = """
type Query { item(n: Int): Item near(by: Int! = 2): Item items: [Item] later: Item
  found: [Found] part: Part where: String }
interface Named { s: String }
union Found = Item | Part
type Item implements Named { s: String n: Int tags: [String!] where: String
  size(by: Int! = 2): Int sizes(by: [Int!]! = [2]): [Int]
  slow(by: Int! = 2): Int count(by: Int! = 2): Int
  part: Part parts: [Part!] item: Item items: [[Item]] found: Found named: Named
  later: Item laters: [Item] all: Item number: Int }
type Part implements Named { s: String text: String! n1: Int! next: Part! rest: [Part!]!
  sure(by: Int! = 2): Int! where: String }
"""
OBJECTS = {
    "Query": ("item", "item(n: $n)", "near(by: $by)", "items", "later", "found", "part"),
    "Item": ("part", "parts", "item", "items", "found", "named", "later", "laters", "all"),
    "Part": ("next", "rest"),
}
CALLED = ("size(by: $by)", "sizes(by: [1, $by])", "slow(by: $by)", "count(by: $by)")
LEAVES = {
    "Query": ("__typename",),
    "Item": ("s", "n", "tags", "size(by: 3)", *CALLED, "number", "__typename"),
    "Part": ("s", "text", "n1", "sure(by: $by)"),
}
TYPES = {
    "part": "Part",
    "parts": "Part",
    "rest": "Part",
    "next": "Part",
    "found": "Found",
    "named": "Named",
}
WHERE = "where"
CONDITIONS = ("",) * 6 + (" @include(if: $yes)", " @skip(if: $yes)", " @include(if: $maybe)")
VARIABLES = {"n": "Int", "by": "Int = 1", "yes": "Boolean!", "maybe": "Boolean = true"}
FRAGMENTS = {"OnItem": "on Item { n s item { n tags } }", "OnPart": "on Part { s text n1 }"}


LIMITS = Limits(fields=5_000, aliases=5_000, errors=10_000)


class Thing:
    """An object whose attributes follow from a seed."""

    def __init__(self, key: str) -> None:
        self.key = key

    def read(self, name: str, *right: Any) -> Any:
        chance = Random(f"{self.key}.{name}")  # noqa: S311
        fault = chance.random()
        if fault < 0.06:
            raise ValueError(f"no {name}")
        return None if fault < 0.12 else chance.choice(right)

    def below(self, name: str, class_: Callable[[str], Any]) -> Any:
        return self.read(name, class_(f"{self.key}.{name}"))

    def many(self, name: str, class_: Callable[[str], Any]) -> Any:
        return self.read(name, [class_(f"{self.key}.{name}{number}") for number in range(2)])


class Part(Thing):
    s = property(lambda self: self.read("s", "text"))
    text = property(lambda self: self.read("text", "a text"))
    n1 = property(lambda self: self.read("n1", 1, 2, 3, "no number"))
    next = property(lambda self: self.below("next", Part))
    rest = property(lambda self: self.many("rest", Part))


class Item(Thing):
    s = property(lambda self: self.read("s", "text"))
    n = property(lambda self: self.read("n", 1, 2, 3, "no number"))
    tags = property(lambda self: self.read("tags", ["a", None], ["b"]))
    part = property(lambda self: self.below("part", Part))
    parts = property(lambda self: self.many("parts", Part))
    item = property(lambda self: self.below("item", Item))
    items = property(lambda self: self.read("items", [[Item(f"{self.key}.items"), None], None]))
    found = property(lambda self: self.read("found", Item(f"{self.key}.f"), Part(f"{self.key}.f")))
    named = property(lambda self: self.read("named", Item(f"{self.key}.m"), Part(f"{self.key}.m")))

    async def later(self) -> Any:
        await asyncio.sleep(0)
        return self.below("later", Item)

    async def slow(self, by: int) -> Any:
        await asyncio.sleep(0)
        return self.read("slow", by)

    async def laters(self) -> Any:
        return self.many("laters", Item)


def resolvers(seed: int) -> dict[str, Any]:
    root = Item(str(seed))

    def item(n: int | None = None, by: int | None = None) -> Any:
        return Item(f"{seed} {n} {by}")

    def count(items: list[Item], by: int) -> list[Any]:
        return [_caught(item.read, "count", by) for item in items]

    def numbers(items: list[Item]) -> list[Any]:
        return [_caught(item.read, "number", 7, 8, 9, "no number") for item in items]

    return {
        "Query.item": item,
        "Query.near": item,
        "Query.items": lambda: [Item(f"{seed} {number}") for number in range(2)],
        "Query.later": root.later,
        "Query.found": lambda: [Item(f"{seed} x"), Part(f"{seed} y"), None],
        "Query.part": lambda: Part(f"{seed} z"),
        "Item.size": lambda item, by: item.read("size", by),
        "Item.sizes": lambda item, by: item.read("sizes", by),
        "Item.slow": Item.slow,
        "Item.count": count,
        "Item.later": Item.later,
        "Item.laters": Item.laters,
        "Item.all": lambda items: [_caught(item.below, "all", Item) for item in items],
        "Item.number": numbers,
        "Part.sure": lambda part, by: part.read("sure", by),
    }


def _caught(read: Callable[..., Any], *given: Any) -> Any:
    try:
        return read(*given)
    except ValueError as error:
        return error


BATCHES = {"Item.all", "Item.count", "Item.number"}


def in_our_form(seed: int) -> Schema:
    groups = SimpleNamespace(
        query=SimpleNamespace(), item=SimpleNamespace(), part=SimpleNamespace()
    )
    for coordinate, function in resolvers(seed).items():
        type_name, name = coordinate.split(".")
        own = batch(function) if coordinate in BATCHES else function
        setattr(getattr(groups, type_name.lower()), name, own)
    definition = build_schema(SDL.replace(f"{WHERE}: String", ""))
    return make_executable_schema(definition, groups, {"Item": Item, "Part": Part})


def in_core_form(seed: int) -> graphql.GraphQLSchema:
    schema = build_schema(SDL)
    types: Any = schema.type_map
    for coordinate, function in resolvers(seed).items():
        type_name, name = coordinate.split(".")

        def resolve(
            parent: Any,
            _info: Any,
            /,
            _function: Any = function,
            _name: str = coordinate,
            **given: Any,
        ) -> Any:
            if _name.startswith("Query."):
                return _function(**given)
            if _name in BATCHES:
                return _function([parent], **given)[0]
            return _function(parent, **given)

        types[type_name].fields[name].resolve = resolve
    for name in ("Query", "Item", "Part"):
        types[name].fields[WHERE].resolve = _where
    for name in ("Found", "Named"):
        types[name].resolve_type = lambda value, *_: type(value).__name__
    return schema


def _where(_parent: Any, info: Any) -> str:
    places = [node.loc.start for node in info.field_nodes]
    return f"{info.path.as_list()} {info.path.typename} {places}"


class Writer:
    def __init__(self, draw: st.DrawFn, leaves: tuple[str, ...]) -> None:
        self._draw = draw
        self._leaves = leaves

    def document(self) -> str:
        copies = " ".join(self.copies("Query", 0) for _ in range(self._draw(st.integers(1, 2))))
        used = [f"${name}: {type_}" for name, type_ in VARIABLES.items() if f"${name}" in copies]
        head = f"query ({', '.join(used)})" if used else ""
        fragments = [f"fragment {n} {text}" for n, text in FRAGMENTS.items() if f"...{n}" in copies]
        return " ".join([head, "{", copies, "}", *fragments])

    def copies(self, type_name: str, depth: int) -> str:
        """Write a field under several aliases, twice under one of them."""
        field = self._draw(st.sampled_from(OBJECTS[type_name]))
        name = field.partition("(")[0]
        below = self.selections(TYPES.get(name, "Item"), depth + 1)
        also = (
            self.selections(TYPES.get(name, "Item"), depth + 1) if self._draw(st.booleans()) else ""
        )
        condition = self._condition()
        written: list[str] = []
        for number in range(5):
            alias = f"{name}{len(field)}_{number}{depth}: {field}"
            written.append(f"{alias}{condition} {below}" + "\n" * self._draw(st.integers(0, 2)))
            if also:
                written.append(f"{alias}{self._condition()} {also}")
        return " ".join(written)

    def selections(self, type_name: str, depth: int) -> str:
        if type_name in {"Found", "Named"}:
            both = f"... on Item {self.selections('Item', depth + 1)} ...OnPart __typename"
            return f"{{ {both} }}"
        kinds = st.sampled_from(("leaf", "leaf", "leaf", "object", "fragment"))
        written = [self._leaf(type_name)]
        for _ in range(self._draw(st.integers(0, 3))):
            kind = self._draw(kinds) if depth < 3 else "leaf"
            if kind == "fragment":
                written.append(f"...On{type_name}{self._condition()}")
            elif kind == "leaf":
                written.append(self._leaf(type_name))
            elif self._draw(st.integers(0, 4)) == 4 and depth == 1:
                written.append(self.copies(type_name, 2))
            else:
                name = self._draw(st.sampled_from(OBJECTS[type_name]))
                written.append(f"{name} {self.selections(TYPES.get(name, 'Item'), depth + 1)}")
        return f"{{ {' '.join(written)} }}"

    def _leaf(self, type_name: str) -> str:
        leaf = self._draw(st.sampled_from((*LEAVES[type_name], *self._leaves)))
        alias = f"{leaf.partition('(')[0]}{len(leaf)}: " if "(" in leaf else ""
        times = self._draw(st.integers(1, 2))
        return "\n".join(f"{alias}{leaf}{self._condition()}" for _ in range(times))

    def _condition(self) -> str:
        condition: str = self._draw(st.sampled_from(CONDITIONS))
        return condition


@st.composite
def documents(draw: st.DrawFn, leaves: tuple[str, ...]) -> str:
    return Writer(draw, leaves).document()


variables = st.fixed_dictionaries(
    {"yes": st.booleans()},
    optional={"n": st.integers(0, 1), "by": st.sampled_from((4, None)), "maybe": st.none()},
)


def answer(data: Any, errors: list[GraphQLError] | None) -> Any:
    """Return an answer with its errors in the order of their places."""
    told = [(str(each.path), each.message, str(each.locations)) for each in errors or ()]
    return data, sorted(told)


async def ask(execute: Any, schema: Any, document: Any, values: dict[str, Any]) -> Any:
    result: ExecutionResult | Awaitable[ExecutionResult] = execute(
        schema, document, None, None, values
    )
    if not isinstance(result, ExecutionResult):
        result = await result
    return answer(result.data, result.errors)


@fewer
@given(documents(()), variables, st.integers(0, 1000))
def test_our_resolvers(text: str, values: dict[str, Any], seed: int) -> None:
    core = in_core_form(seed)
    document = parse(text)
    assert validate(core, document) == []
    operation = compile_operation(in_our_form(seed), text, limits=LIMITS)
    expected = asyncio.run(ask(graphql.execute, core, document, values))
    result = asyncio.run(engine.run(operation, values))
    assert answer(result.data, result.errors) == expected


@fewer
@given(documents((WHERE,)), variables, st.integers(0, 1000))
def test_resolvers_in_the_form_of_graphql_core(
    text: str, values: dict[str, Any], seed: int
) -> None:
    core = in_core_form(seed)
    document = parse(text)
    expected = asyncio.run(ask(graphql.execute, core, document, values))
    assert asyncio.run(ask(engine.execute, core, document, values)) == expected


def test_an_argument_that_fails_has_its_own_place() -> None:
    text = (
        "query ($by: Int = 1) {"
        + "".join(f"\na{n}: item {{ size(by: $by) }}" for n in range(5))
        + "}"
    )
    core, values = in_core_form(0), {"by": None}
    result = asyncio.run(engine.run(compile_operation(in_our_form(0), text), values))
    expected = asyncio.run(ask(graphql.execute, core, parse(text), values))
    assert answer(result.data, result.errors) == expected
    assert len(result.errors) == 5
