"""HD-09: input fields that need scopes, in values of variables: each request decides, by value."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from trunkline import engine
from trunkline.compiler.authorization import missing_scopes
from trunkline.compiler.pipeline import compile_operation
from trunkline.errors import SubscriptionError
from trunkline.schema.bindings import batch
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.text.loading import compile_module

NAMES = [f"f{number}" for number in range(12)]
INPUT = " ".join(f'{name}: Int @requiresScopes(scopes: [["{name}"]])' for name in NAMES)
INPUTS = f"""
type Query {{ a(i: In, free: Int): Int  slow(i: In): Int  things: [Thing!] }}
type Mutation {{ one(i: In): Int  two(i: In): Int }}
type Subscription {{ ticks(i: In): Int }}
type Thing {{ all(i: In): Int }}
input In {{ {INPUT} free: Int  below: In }}
"""


class Inputs:
    """Resolvers that note which of them were called."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.schema = make_executable_schema(
            parse_schema(INPUTS),
            SimpleNamespace(query=self, mutation=self, subscription=self, thing=self),
            {"Thing": dict},
        )

    def a(self, i: Any = None, free: Any = None) -> int:
        del i, free
        self.called.append("a")
        return 1

    async def slow(self, i: Any = None) -> int:
        del i
        self.called.append("slow")
        await asyncio.sleep(0)
        return 2

    def things(self) -> list[dict[str, Any]]:
        return [{}, {}]

    @batch
    def all(self, parents: list[Any], i: Any = None) -> list[int]:
        del i
        self.called.append("all")
        return [3 for _ in parents]

    def one(self, i: Any = None) -> int:
        del i
        self.called.append("one")
        return 4

    async def two(self, i: Any = None) -> int:
        del i
        self.called.append("two")
        return 5

    async def ticks(self, i: Any = None) -> AsyncIterator[int]:
        del i
        self.called.append("ticks")
        yield 6


def test_hd_09_values_of_variables_compile_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(name: str, *rest: Any) -> Any:
        loaded.append(name)
        return compile_module(name, *rest)

    monkeypatch.setattr("trunkline.compiler.operation.compile_module", load)
    operation = compile_operation(Inputs().schema, "query ($i: In) { a(i: $i) b: a }")
    chance = random.Random(1)  # noqa: S311  # of a test
    for _ in range(300):
        given = set(chance.sample(NAMES, chance.randrange(12)))
        values = {"i": {"below": dict.fromkeys(given, 1)}}
        result = engine.run_sync(operation.for_caller(frozenset(), variables=values), values)
        assert result.data == {"a": None if given else 1, "b": 1}
        assert [(error.extensions or {})["scopes"] for error in result.errors] == (
            [sorted(given)] if given else []
        )
    assert len(loaded) <= 4  # both texts of the operation, and of its form


@pytest.mark.parametrize(
    ("document", "data", "called"),
    [
        ("query ($i: In) { a(i: $i) free: a }", {"a": None, "free": 1}, ["a"]),
        ("query ($i: In) { free: a slow(i: $i) }", {"free": 1, "slow": None}, ["a"]),
        ("query ($i: In) { a(i: { below: $i }) slow }", {"a": None, "slow": 2}, ["slow"]),
        ("query ($i: In) { a(i: $i) a(i: $i) slow(i: $i) a2: a }", None, ["a"]),
        ("query ($i: In) { things { all(i: $i) x: all } }", None, ["all"]),
        ("query ($i: In, $j: In) { a(i: { below: $j }) b: a(i: $i) }", {"a": 1, "b": None}, ["a"]),
        ("query ($i: In, $y: Boolean = true) { a @include(if: $y) b: a(i: $i) @skip(if: $y) }",
         {"a": 1}, ["a"]),
        ("mutation ($i: In) { one(i: $i) two }", {"one": None, "two": 5}, ["two"]),
        ("mutation ($i: In) { one two(i: $i) x: one }", {"one": 4, "two": None, "x": 4},
         ["one", "one"]),
    ],
)  # fmt: skip
async def test_hd_09_a_refused_value_refuses_the_fields_that_take_it(
    document: str, data: Any, called: list[str]
) -> None:
    inputs = Inputs()
    operation = compile_operation(inputs.schema, document)
    refused_values: Any = {"i": {"f1": 1}}
    for _ in range(4):  # both texts
        inputs.called.clear()
        form = operation.for_caller(frozenset(), variables=refused_values)
        result = await engine.run(form, refused_values)
        assert inputs.called == called
        assert {error.message for error in result.errors} <= {
            f"{coordinate} needs the scope f1."
            for coordinate in ("Query.a", "Query.slow", "Mutation.one", "Mutation.two", "Thing.all")
        }
        if data is not None:
            assert result.data == data
            assert len(result.errors) == list(data.values()).count(None)
        harmless = {"i": {"free": 1}}
        result = await engine.run(operation.for_caller(frozenset(), variables=harmless), harmless)
        assert not result.errors
        result = await engine.run(form, harmless)  # the form decides by itself
        assert not result.errors


async def test_hd_09_a_refused_value_gets_no_stream() -> None:
    inputs = Inputs()
    operation = compile_operation(inputs.schema, "subscription ($i: In) { ticks(i: $i) }")
    values = {"i": {"f1": 1}}
    form = operation.for_caller(frozenset(), variables=values)
    assert form.is_refused(values)
    with pytest.raises(SubscriptionError, match="f1"):
        await anext(engine.stream(form, values))
    assert inputs.called == []
    assert (await anext(engine.stream(form, {"i": {"free": 1}}))).data == {"ticks": 6}


def test_hd_09_what_is_refused_is_told_for_each_request() -> None:
    operation = compile_operation(Inputs().schema, "query ($i: In) { a(i: $i) }")
    for given in ({"f1"}, {"f2", "f3"}):
        values = {"i": dict.fromkeys(given, 1)}
        form = operation.for_caller(frozenset(), variables=values)
        assert missing_scopes(form.refused(values)["Query.a"]) == given
        assert form.is_refused(values)
    assert not form.refused({"i": {}})
    assert not form.is_refused({"i": {}})


PETS = """
type Query { pets: [Pet!], any: Any }
interface Pet { name(i: In): String, owner(i: In): Owner }
type Cat implements Pet { name(i: In): String, owner(i: In): Owner, lives(i: In): Int! }
type Dog implements Pet { name(i: In): String, owner(i: In): Owner }
type Owner { pet(i: In): Pet }
union Any = Cat | Dog
input In { secret: Int @requiresScopes(scopes: [["s"]]), free: Int, below: [In] }
"""


def pets(called: list[str], kind: str) -> Any:
    def resolver(name: str, value: Any) -> Any:
        def resolve(_parent: Any, i: Any = None) -> Any:
            del i
            called.append(name)
            return value

        async def resolve_later(_parent: Any, i: Any = None) -> Any:
            await asyncio.sleep(0)
            return resolve(_parent, i)

        @batch
        def resolve_all(parents: list[Any], i: Any = None) -> list[Any]:
            return [resolve(parent, i) for parent in parents]

        return {"plain": resolve, "awaited": resolve_later, "batch": resolve_all}[kind]

    cat, dog = {"__typename": "Cat"}, {"__typename": "Dog"}
    names = {"name": resolver("name", "Tom"), "owner": resolver("owner", {})}
    return make_executable_schema(
        parse_schema(PETS),
        SimpleNamespace(
            query=SimpleNamespace(pets=lambda: [cat, dog], any=lambda: dog),
            cat=SimpleNamespace(**names, lives=resolver("lives", 9)),
            dog=SimpleNamespace(**names),
            owner=SimpleNamespace(pet=resolver("pet", dog)),
        ),
    )


NESTED = """
query ($i: In) { any { ...F } }
fragment F on Dog { owner { pet { name(i: $i) } } x: owner(i: $i) { pet { name } } }
"""


@pytest.mark.parametrize("kind", ["plain", "awaited", "batch"])
@pytest.mark.parametrize(
    ("document", "data", "called"),
    [
        ("query ($i: In) { pets { name(i: $i) } }", {"pets": [{"name": None}] * 2}, set()),
        ("query ($i: In) { pets { ... on Cat { lives(i: $i) } name } }", {"pets": None}, {"name"}),
        ("query ($i: In) { any { ... on Pet { name(i: {below: [$i]}) } } }",
         {"any": {"name": None}}, set()),
        (NESTED,
         {"any": {"owner": {"pet": {"name": None}}, "x": None}}, {"owner", "pet"}),
    ],
)  # fmt: skip
async def test_hd_09_a_refused_value_refuses_fields_of_abstract_types(
    kind: str, document: str, data: Any, called: set[str]
) -> None:
    calls: list[str] = []
    operation = compile_operation(pets(calls, kind), document)
    refused: Any = {"i": {"below": [{"secret": 1}]}}
    for _ in range(4):  # both texts
        calls.clear()
        result = await engine.run(operation.for_caller(frozenset(), variables=refused), refused)
        assert result.data == data
        assert set(calls) <= called
        assert {error.message.partition(" ")[2] for error in result.errors} == {
            "needs the scope s."
        }
        for scopes, values in ((frozenset({"s"}), refused), (frozenset[str](), {"i": {}})):
            form = operation.for_caller(scopes, variables=values)
            assert (await engine.run(form, values)).errors == []
