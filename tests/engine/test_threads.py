"""Executions in several threads share schemas, operations and caches, and nothing else.

Threads switch every microsecond here, so that what is not guarded shows.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse

from trunkline.bounded import BoundedMapping
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.engine import compile_operation, execute_sync, run_sync
from trunkline.server import make_executable_schema, parse_schema

THREADS = 6
TYPES = [f"Type{number}" for number in range(8)]
SDL = "interface Node { next: Node, nodes: [Node], path: String! } type Query { node: Node }" + (
    "".join(
        f" type {name} implements Node {{ next: Node, nodes: [Node], path: String! }}\n"
        for name in TYPES
    )
)
DOCUMENT = parse(
    "{ node { path next { path nodes { path a: next { path } } }"
    " b: nodes { c: path next { path next { path } } } } }"
)


@pytest.fixture(autouse=True)
def _fast_switches() -> Generator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Do the work in several threads at the same time; return what each of them returned."""
    barrier = Barrier(THREADS)

    def wait_and_work(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(wait_and_work, range(THREADS)))


def of_any_type(*_: object) -> dict[str, str]:
    return {"__typename": random.choice(TYPES)}  # noqa: S311


def core_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    for name in ("Query", *TYPES):
        for field, definition in schema.type_map[name].fields.items():  # type: ignore[attr-defined]
            definition.resolve = {
                "path": lambda _, info: "/".join(map(str, info.path.as_list())),
                "nodes": lambda *_: [of_any_type() for _ in range(2)],
            }.get(field, of_any_type)
    return schema


def wrong_paths(data: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the places of the texts that are not the path of their place."""
    if isinstance(data, (dict, list)):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in pairs:
            yield from wrong_paths(value, (*above, str(key)))
    elif data != "/".join(above):
        yield above


def test_types_that_are_planned_on_demand() -> None:
    for _ in range(20):
        schema = core_schema()
        results = at_once(lambda _: [execute_sync(schema, DOCUMENT) for _ in range(5)])  # noqa: B023
        for result in (each for some in results for each in some):
            assert result.errors is None
            assert list(wrong_paths(result.data)) == []


def test_each_type_is_planned_and_loaded_once() -> None:
    @dataclass
    class Dog:
        name: str

    class Query:
        def pet(self) -> Dog:
            return Dog("Rex")

    sdl = """
        type Query { pet: Pet }
        interface Pet { name: String! }
        type Dog implements Pet { name: String! }
    """
    for _ in range(20):
        schema = make_executable_schema(
            parse_schema(sdl), SimpleNamespace(query=Query()), {"Dog": Dog}
        )
        operation = compile_operation(schema, "{ pet { name } }")
        results = at_once(lambda _: [run_sync(operation, None) for _ in range(4)])  # noqa: B023
        assert all(each.data == {"pet": {"name": "Rex"}} for some in results for each in some)
        # the first text and the one for many executions, each with the one type that came
        assert len(operation._modules._file_names) <= 4


class Equal:
    """A resolver that is equal to others, so that dictionaries call Python code to find it."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal) and self.number == other.number

    def __call__(self, *_: object, **__: object) -> int:
        return self.number


def test_a_schema_is_adopted_with_many_functions() -> None:
    schema, document = build_schema("type Query { number: Int }"), parse("{ number }")

    def adopt(seed: int) -> list[tuple[int, Mapping[str, Any] | None]]:
        chance = random.Random(seed)  # noqa: S311
        numbers = [chance.randrange(130) for _ in range(150)]  # more than are kept
        return [
            (number, execute_sync(schema, document, field_resolver=Equal(number)).data)
            for number in numbers
        ]

    for results in at_once(adopt):
        assert all(data == {"number": number} for number, data in results)


def test_an_operation_cache_is_shared() -> None:
    class Query:
        def number(self, of: int) -> int:
            return of

    schema = make_executable_schema(
        parse_schema("type Query { number(of: Int!): Int! }"), SimpleNamespace(query=Query())
    )
    cache = OperationCache(schema, Limits(memory=90_000))

    def ask(seed: int) -> list[tuple[int, Any]]:
        chance = random.Random(seed)  # noqa: S311
        numbers = [chance.randrange(12) for _ in range(100)]
        return [
            (number, run_sync(cache.get(f"{{ number(of: {number}) }}"), None).data)
            for number in numbers
        ]

    for results in at_once(ask):
        assert all(data == {"number": number} for number, data in results)


def test_a_bounded_mapping_keeps_its_limit() -> None:
    mapping = BoundedMapping[Equal, int](20, weigh=lambda _key, value: value % 3 + 1)

    def use(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        for _ in range(1_000):
            number = chance.randrange(40)
            found = mapping.get(Equal(number))
            assert found in {None, number}
            if found is None:
                mapping.put(Equal(number), number)
            elif chance.random() < 0.1:
                mapping.remove(Equal(number))

    at_once(use)
    assert 0 < len(mapping) <= 20
