"""Whatever waits for whatever: loaders, errors beside waiting siblings, cancellation at any turn.

The same resolvers run in our own form, in graphql-core's form, and in graphql-core itself.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import warnings
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import graphql
from aiodataloader import DataLoader
from graphql import DocumentNode, GraphQLSchema, build_schema, parse
from hypothesis import given
from hypothesis import strategies as st
from tests.property.allowance import objections
from tests.property.engines import Error, _error, _without_propagation
from tests.property.test_engine import fewer

from trunkline import engine
from trunkline.server import batch, make_executable_schema, parse_schema

FIELDS = ("ready", "method", "slept", "loaded", "again", "grouped", "parted", "future")
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


async def fail_in_group() -> None:
    """Let tasks of a group fail, in the group's body or behind it."""

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    for naps in (60, 0):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                await asyncio.sleep(naps)
        except* LookupError:
            pass


@dataclass
class Item:
    """An object; in our own form it is the model, and some of its fields are its members."""

    key: int
    run: Run

    @property
    def ready(self) -> int:
        self.run.check("ready", self.key)
        return self.key

    def strict_ready(self) -> int:
        self.run.check("strict_ready", self.key)
        return self.key

    async def method(self) -> int:
        result: int = await self.resolve("method")
        return result

    async def strict_method(self) -> int:
        result: int = await self.resolve("strict_method")
        return result

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
            elif kind == "parted":
                await fail_in_group()
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

    def resolve_by_future(parent: Item, *_: object) -> Awaitable[int]:
        parent.run.check(name, parent.key)
        return parent.run.load(parent.key % 5)

    async def resolve_later(parent: Item, *_: object) -> Any:
        return await parent.resolve(name)

    return resolve_by_future if name.endswith("future") else resolve_later


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
        if not name.endswith(("ready", "method")):
            items[name] = grouped(name) if name.endswith("grouped") else one(resolver(name))
    items |= {name: one(resolver(name)) for name in ITEMS}
    roots = {name: of_context(name) for name in ("root", "items", "maybe")}
    resolvers = SimpleNamespace(query=SimpleNamespace(**roots), item=SimpleNamespace(**items))
    return make_executable_schema(parse_schema(SDL), resolvers, {"Item": Item})


def one(function: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(parent: Item) -> Awaitable[int]:
        result: Awaitable[int] = function(parent)
        return result

    if function.__name__ == "resolve_by_future":
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


NAPS = ("child", "slept", "grouped", "parted")
"""In fields that wait for something of their own, turns of the loop differ between engines."""


class _Types(dict[tuple[str, ...], Any]):
    """The types of fields by their path."""

    def __missing__(self, path: tuple[str, ...]) -> Any:
        type_: Any = CORE.type_map["Query" if len(path) == 1 else "Item"]
        return type_.fields[path[-1]].type


async def ours(text: str, run: Run) -> Any:
    return await engine.run(engine.compile_operation(OWN, text), None, run)


async def adopted(text: str, run: Run) -> Any:
    result = engine.execute(CORE, parse(text), run)
    return await result if hasattr(result, "__await__") else result


async def core(document: DocumentNode, run: Run) -> Any:
    result = graphql.execute(CORE, document, run)
    return await result if hasattr(result, "__await__") else result


def _graphql_cores(text: str, run: Run) -> tuple[Any, list[Error]]:
    """Return graphql-core's data, and every error there is; it leaves coroutines behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = asyncio.run(core(parse(text), run)).data
        every = asyncio.run(core(_without_propagation(parse(text)), Run(run.seed, run.failing)))
        errors = [_error(error) for error in every.errors or ()]
        del every
        if run.failing:
            gc.collect()
    return data, errors


@fewer
@given(documents, st.integers(0, 1_000), failures)
def test_answers_are_graphql_cores(text: str, seed: int, failing: float) -> None:
    # after an error graphql-core cancels futures that innocent fields share
    theirs = Run(seed, failing, is_shielded=bool(failing))
    data, every = _graphql_cores(text, theirs)
    for execute in (ours, adopted):
        run = Run(seed, failing)
        result = asyncio.run(execute(text, run))
        assert result.data == data
        assert objections(list(map(_error, result.errors or ())), every, _Types()) == []
        assert run.began == run.ended
        assert run.began <= theirs.began or failing
        if not failing:
            assert sorted(sum(run.batches, [])) == sorted(sum(theirs.batches, []))  # noqa: RUF017
            if not any(word in text for word in NAPS):
                assert len(run.batches) <= len(theirs.batches)  # graphql-core may divide one


@fewer
@given(documents, st.integers(0, 1_000), failures)
def test_threads_do_not_disturb_each_other(text: str, seed: int, failing: float) -> None:
    """Three threads execute one operation, which is new to all of them."""
    alone = asyncio.run(ours(text, Run(seed, failing)))
    operation, document = engine.compile_operation(OWN, text), parse(text)

    async def execute(number: int) -> Any:
        if number % 2:
            result = engine.execute(CORE, document, Run(seed, failing))
            return await result if hasattr(result, "__await__") else result
        return await engine.run(operation, None, Run(seed, failing))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            results = list(pool.map(lambda number: asyncio.run(execute(number)), range(6)))
    finally:
        sys.setswitchinterval(before)
    for result in results:
        assert result.data == alone.data
        assert bool(result.errors) == bool(alone.errors)


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
        # a group that fails in the same turn swallows the request, up to Python 3.12
        is_swallowed = "parted" in text and sys.version_info < (3, 13)
        assert was_done or is_swallowed or isinstance(result, asyncio.CancelledError)
        assert run.began == run.ended
        for _ in range(5):  # the loader's own task ends by itself
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        return was_done

    for turns in range(60):
        if asyncio.run(cancel_after(turns)):
            break
