"""Whatever waits for whatever: loaders, errors beside waiting siblings, cancellation at any turn.

The same resolvers run in our own form, in graphql-core's form, and in graphql-core itself.
"""

from __future__ import annotations

import asyncio
import gc
import random
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import graphql
from aiodataloader import DataLoader
from graphql import GraphQLSchema, build_schema, parse
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_engine import fewer

from trunkline import engine
from trunkline.server import batch, make_executable_schema, parse_schema

FIELDS = ("ready", "method", "slept", "loaded", "again", "grouped")
SDL = "type Query { root: Item! items: [Item!]! maybe: Item } type Item {" + (
    "".join(f" {name}: Int strict_{name}: Int!" for name in FIELDS)
    + " child: Item strict_child: Item! children: [Item] strict_children: [Item!]! }"
)
ITEMS = ("child", "strict_child", "children", "strict_children")


@dataclass
class Run:
    """One execution: which fields fail, what was loaded, what began and what ended."""

    seed: int
    failing: float
    is_shielded: bool = False
    began: int = 0
    ended: int = 0
    batches: list[list[int]] = field(default_factory=list[list[int]])
    loader: Any = None

    def chance(self, *place: object) -> random.Random:
        return random.Random(f"{self.seed} {place}")  # noqa: S311

    def check(self, name: str, key: int) -> None:
        if self.chance(name, key, "fails").random() < self.failing:
            raise ValueError(f"{name} of {key}")

    def load(self, key: int) -> Awaitable[int]:
        if self.loader is None:
            self.loader = DataLoader(self.load_batch)
        loaded: Awaitable[int] = self.loader.load(key)
        return asyncio.shield(loaded) if self.is_shielded else loaded

    async def load_batch(self, keys: list[int]) -> list[int]:
        self.batches.append(keys)
        await asyncio.sleep(0)
        return [key * 10 for key in keys]


@dataclass
class Item:
    key: int
    run: Run

    def below(self, name: str) -> Any:
        if name.endswith("children"):
            return [Item(self.key * 7 + number, self.run) for number in range(3)]
        return Item(self.key * 7 + len(name), self.run)

    async def resolve(self, name: str) -> Any:
        run, kind = self.run, name.removeprefix("strict_")
        run.began += 1
        try:
            if kind == "slept" or name in ITEMS:
                for _ in range(run.chance(name, self.key).randrange(4)):
                    await asyncio.sleep(0)
            elif kind == "loaded":
                await run.load(self.key % 5)
            elif kind == "again":
                await run.load(await run.load(self.key % 3))
            run.check(name, self.key)
            return self.below(name) if name in ITEMS else self.key
        finally:
            run.ended += 1


def resolver(name: str) -> Callable[..., Any]:
    """Return the resolver of a field, which takes the parent first in every form."""
    if name.endswith("ready"):

        def resolve(parent: Item, *_: object) -> Any:
            parent.run.check(name, parent.key)
            return parent.key

        return resolve

    async def resolve_later(parent: Item, *_: object) -> Any:
        return await parent.resolve(name)

    return resolve_later


def grouped(name: str) -> Callable[..., Any]:
    @batch
    async def resolve(parents: list[Item]) -> list[Any]:
        results = (parent.resolve(name) for parent in parents)
        return list(await asyncio.gather(*results, return_exceptions=True))

    return resolve


def core_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    item: Any = schema.type_map["Item"]
    for name, definition in item.fields.items():
        definition.resolve = resolver(name)
    query: Any = schema.query_type
    for name, definition in query.fields.items():
        definition.resolve = root_resolver(name)
    return schema


def root_resolver(name: str) -> Callable[..., Any]:
    def resolve(run: Run, *_: object) -> Any:
        return [Item(number, run) for number in range(4)] if name == "items" else Item(9, run)

    return resolve


def own_schema() -> Any:
    items: dict[str, Any] = {}
    for name in (f"{strict}{kind}" for kind in FIELDS for strict in ("", "strict_")):
        items[name] = grouped(name) if name.endswith("grouped") else one(resolver(name), name)
    items |= {name: one(resolver(name), name) for name in ITEMS}
    roots = {name: of_context(name) for name in ("root", "items", "maybe")}
    resolvers = SimpleNamespace(query=SimpleNamespace(**roots), item=SimpleNamespace(**items))
    return make_executable_schema(parse_schema(SDL), resolvers)


def one(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    if name.endswith("ready"):

        def resolve(parent: Item) -> Any:
            return function(parent)

        return resolve

    async def resolve_later(parent: Item) -> Any:
        return await function(parent)

    return resolve_later


def of_context(name: str) -> Callable[..., Any]:
    def resolve(context: Run) -> Any:
        return root_resolver(name)(context)

    return resolve


CORE, OWN = core_schema(), own_schema()

leaves = st.sampled_from([f"{strict}{kind}" for kind in FIELDS for strict in ("", "strict_")])
selections: st.SearchStrategy[str] = st.recursive(
    st.lists(leaves, min_size=1, max_size=4, unique=True).map(" ".join),
    lambda below: st.lists(
        st.one_of(leaves, st.builds("{} {{ {} }}".format, st.sampled_from(ITEMS), below)),
        min_size=1,
        max_size=3,
        unique_by=lambda text: text.split()[0],
    ).map(" ".join),
    max_leaves=8,
)
documents = st.lists(
    st.builds("{} {{ {} }}".format, st.sampled_from(("root", "items", "maybe")), selections),
    min_size=1,
    max_size=3,
    unique_by=lambda text: text.split()[0],
).map(lambda fields: "{ " + " ".join(fields) + " }")
failures = st.sampled_from((0, 0, 0.05, 0.3))


async def ours(text: str, run: Run) -> Any:
    return await engine.run(engine.compile_operation(OWN, text), None, run)


async def adopted(text: str, run: Run) -> Any:
    result = engine.execute(CORE, parse(text), run)
    return await result if hasattr(result, "__await__") else result


async def core(text: str, run: Run) -> Any:
    result = graphql.execute(CORE, parse(text), run)
    return await result if hasattr(result, "__await__") else result


def _graphql_cores(text: str, run: Run) -> tuple[Any, bool]:
    """Return graphql-core's data, and whether it has errors; it leaves coroutines behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = asyncio.run(core(text, run))
        found = result.data, bool(result.errors)
        del result
        if run.failing:
            gc.collect()
    return found


@fewer
@given(documents, st.integers(0, 1_000), failures)
def test_answers_are_graphql_cores(text: str, seed: int, failing: float) -> None:
    # after an error graphql-core cancels futures that innocent fields share
    theirs = Run(seed, failing, is_shielded=bool(failing))
    data, has_errors = _graphql_cores(text, theirs)
    for execute in (ours, adopted):
        run = Run(seed, failing)
        result = asyncio.run(execute(text, run))
        assert result.data == data
        assert bool(result.errors) == has_errors
        assert run.began == run.ended
        assert run.began <= theirs.began or failing
        if not failing:
            assert sorted(sum(run.batches, [])) == sorted(sum(theirs.batches, []))  # noqa: RUF017
            if not any(word in text for word in ("child", "slept", "grouped")):  # nothing naps
                assert len(run.batches) == len(theirs.batches)


@fewer
@given(documents, st.integers(0, 1_000), failures, st.sampled_from((ours, adopted)))
def test_an_operation_can_be_cancelled_at_every_turn(
    text: str, seed: int, failing: float, execute: Callable[[str, Run], Awaitable[Any]]
) -> None:
    async def cancel_after(turns: int) -> bool:
        """Return whether the operation had ended before."""
        run, before = Run(seed, failing), asyncio.all_tasks()
        task = asyncio.ensure_future(execute(text, run))
        for _ in range(turns):
            await asyncio.sleep(0)
        was_done = task.done()
        task.cancel()
        (result,) = await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 10)
        assert was_done or isinstance(result, asyncio.CancelledError)
        assert run.began == run.ended
        for _ in range(5):  # the loader's own task ends by itself
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        return was_done

    for turns in range(60):
        if asyncio.run(cancel_after(turns)):
            break
