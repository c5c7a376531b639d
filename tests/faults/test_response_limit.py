"""Q-15: a response that grows beyond the limit ends at once, whatever it grows by."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from graphql import parse
from tests.faults.both import Both

from trunkline import engine
from trunkline.compiler.limits import Limits
from trunkline.engine import graphql_core
from trunkline.runtime.execution import Result
from trunkline.schema.bindings import batch
from trunkline.schema.executable import adopt_schema

SDL = """
type Query { all: [Node!]  lists: [[[Int]]]  soft: [Node]  found: [Any]  tuple: [Node]
  generator: [Node]  later: [Node] }
type Mutation { all: [Node]  later: [Node] }
interface Any { id: ID }
type Node implements Any { id: ID  name: String  failing: Int  all: [Node!]  soft: [Node]
  found: [Any]  tuple: [Node]  generator: [Node]  later: [Node]  together: [Node]  one: Node
  words: [String]  slow: Int }
"""
NODE = {"__typename": "Node", "id": "1", "name": "a", "words": ["a"] * 10, "one": {"id": "2"}}
NODES = [NODE] * 10
LIMIT = 500


class Calls:
    """Counts how often resolvers are called."""

    def __init__(self) -> None:
        self.count = 0

    def nodes(self, *_: object) -> Sequence[Any]:
        self.count += 1
        return NODES

    def tuple(self, *_: object) -> Sequence[Any]:
        self.count += 1
        return tuple(NODES)

    def generator(self, *_: object) -> Iterator[Any]:
        self.count += 1
        yield from NODES

    async def later(self, *_: object) -> Sequence[Any]:
        self.count += 1
        await asyncio.sleep(0)
        return NODES


def both(limits: Limits) -> tuple[Both, Calls]:
    calls = Calls()

    def fail(_parent: object) -> int:
        raise ValueError("no")

    async def slow(_parent: object) -> int:
        calls.count += 1
        return 1

    @batch
    def together(parents: list[Any]) -> list[Any]:
        calls.count += 1
        return [NODES for _ in parents]

    names = {"all": "nodes", "soft": "nodes", "found": "nodes"}
    names |= {each: each for each in ("tuple", "generator", "later")}
    resolvers: dict[str, Any] = {
        f"{type_}.{field}": getattr(calls, name)
        for field, name in names.items()
        for type_ in ("Query", "Node")
    }
    resolvers |= {"Mutation.all": calls.nodes, "Mutation.later": calls.later}
    resolvers |= {"Node.failing": fail, "Node.slow": slow, "Node.together": together}
    resolvers["Query.lists"] = lambda: [[[1] * 10] * 10] * 10
    return Both(SDL, resolvers, limits=limits), calls


def run(made: Both, text: str) -> Result:
    return asyncio.run(engine.run(made.compile(text), None))


TOO_LARGE = {
    "lists of objects": "{ all { all { all { id } } } }",
    "nullable lists": "{ soft { soft { soft { id } } } }",
    "lists of lists": "{ lists }",
    "lists of strings": "{ all { all { words } } }",
    "objects in objects": "{ all { all { one { id name a: name b: name c: name } } } }",
    "interfaces": "{ found { ... on Node { found { id ... on Node { found { id } } } } } }",
    "tuples": "{ tuple { tuple { tuple { id } } } }",
    "generators": "{ generator { generator { generator { id } } } }",
    "awaited lists": "{ later { later { later { id } } } }",
    "awaited leaves": "{ all { all { slow } } }",
    "batches": "{ all { together { together { id } } } }",
    "one list under many aliases": "{"
    + " ".join(f"a{n}: soft {{ id name }}" for n in range(100))
    + "}",
    "errors": "{ all { all { failing } } again: all { all { failing } } }",
    "a mutation": "mutation { all { soft { all { id } } } b: all { id } }",
    "a mutation that awaits": "mutation { later { soft { all { id } } } b: later { id } }",
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_q15_what_grows_too_large_is_ended(name: str) -> None:
    made, calls = both(Limits(response=LIMIT, errors=3))
    result = run(made, TOO_LARGE[name])
    assert result.data is None
    codes = [(error.extensions or {}).get("code") for error in result.errors]
    if name != "errors":
        assert codes == ["LIMIT_EXCEEDED"]
        assert result.errors[0].path
    assert calls.count <= LIMIT / 4


@pytest.mark.parametrize("name", TOO_LARGE)
def test_q15_below_the_limit_nothing_changes(name: str) -> None:
    made, _ = both(Limits(response=1_000_000, errors=100_000))
    result = run(made, TOO_LARGE[name])
    assert result.data is not None
    assert bool(result.errors) == (name == "errors")


def test_q15_the_limit_is_the_number_of_fields() -> None:
    text = "{ all { id name one { id } } lists }"  # 40 fields, and 10 + 100 + 1,000 items
    assert run(both(Limits(response=1_150))[0], text).errors == []
    (error,) = run(both(Limits(response=1_149))[0], text).errors
    assert "Ask for less" in error.message


@pytest.mark.parametrize("name", ["lists of objects", "nullable lists", "lists of lists", "tuples"])
def test_q15_an_adopted_schema_has_the_limit_and_graphql_cores_form_has_none(name: str) -> None:
    made, _ = both(Limits())
    text = TOO_LARGE[name]
    operation = engine.compile_operation(
        adopt_schema(made.core), text, limits=Limits(response=LIMIT)
    )
    result = asyncio.run(engine.run(operation, None))
    assert result.data is None
    assert [error.extensions for error in result.errors] == [{"code": "LIMIT_EXCEEDED"}]
    whole: Any = graphql_core.execute(made.core, parse(text))
    assert whole.errors is None


def test_q15_introspection_is_in_the_response_too() -> None:
    result = run(both(Limits(response=50))[0], "{ __schema { types { name fields { name } } } }")
    assert result.data is None
