"""Objects whose fields fail by a seed, and what both engines make of a document about them.

The fields of one object that may be null are computed, awaited, read in batches, lists, unions and
interfaces. What must not be null is read at once, so the errors do not depend on time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import graphql
from graphql import ExecutionResult, GraphQLError, build_schema, parse, validate

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
TYPES = {
    "part": "Part",
    "parts": "Part",
    "rest": "Part",
    "next": "Part",
    "found": "Found",
    "named": "Named",
}
WHERE = "where"
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


def results(text: str, values: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """Return our result, with resolvers in our form, and that of graphql-core."""
    core = in_core_form(seed)
    document = parse(text)
    assert validate(core, document) == []
    operation = compile_operation(in_our_form(seed), text, limits=LIMITS)
    result = asyncio.run(engine.run(operation, values))
    expected = asyncio.run(ask(graphql.execute, core, document, values))
    return answer(result.data, result.errors), expected


def results_in_core_form(text: str, values: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """Return our result, with graphql-core's form of resolvers, and that of graphql-core."""
    core, document = in_core_form(seed), parse(text)
    ours = asyncio.run(ask(engine.execute, core, document, values))
    return ours, asyncio.run(ask(graphql.execute, core, document, values))
