"""Q-16: what compiled operations take that are kept is known, bounded, and as little as can be."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest
from graphql import OperationDefinitionNode, SelectionSetNode, build_schema, parse
from tests.compiler import guarded
from tests.compiler.library import library

from trunkline import engine
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation

SCHEMA = library()


def many(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


SHAPES = {
    "tiny": "{ count }",
    "usual": "query ($id: ID!) { book(id: $id) { id title author { name } copies } }",
    "leaves": "{ " + many("a#: count", 150) + " }",
    "leaves of objects": "{ books { " + many("a#: title", 150) + " } }",
    "objects": "{ " + many("a#: book(id: #) { id title }", 100) + " }",
    "lists": "{ books { " + many("a#: related(first: 1) { id title pages }", 100) + " } }",
    "awaited": "{ " + many("a#: slowBook(id: #) { id }", 100) + " }",
    "batches": "{ books { " + many("a#: copies", 100) + " } }",
    "interfaces": "{ " + many("a#: work { id title ... on Book { pages } }", 70) + " }",
    "variables": "query ("
    + many("$v#: ID!", 70)
    + ") {"
    + many("a#: book(id: $v#) { id }", 70)
    + "}",
    "spaces": "{ count }" + " " * 60_000,
    "pretty": "{\n" + many("    a#: book(id: #) {\n        id\n        title\n    }\n", 100) + "}",
}


def bytes_of(make: Callable[[int], object], times: int) -> float:
    """Measure what each of several objects keeps alive."""
    make(0)  # what is made once for all
    gc.collect()
    tracemalloc.start()
    try:
        kept = [make(number) for number in range(1, times + 1)]
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("is_inline", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_q16_the_estimate_is_within_a_factor_of_two(shape: str, *, is_inline: bool) -> None:
    weights: list[int] = []

    def make(number: int) -> Operation:
        operation = compile_operation(SCHEMA, SHAPES[shape] + "#" * number)
        if is_inline:
            operation.inline()
        weights.append(operation.weight)
        return operation

    times = 10 if len(SHAPES[shape]) < 500 else 2
    taken = min(bytes_of(make, times) for _ in range(2))  # other threads of the tests take some
    assert 0.5 <= weights[-1] / taken <= 2


EQUAL = {
    "objects": "{ " + many("a#: book(id: #) { id title }", 480) + " }",
    "objects in a list": "{ books { " + many("a#: publisher { name }", 480) + " } }",
    "lists": "{ books { " + many("a#: related(first: 1) { id title }", 480) + " } }",
    "awaited": "{ " + many("a#: slowBook(id: #) { id title }", 480) + " }",
    "interfaces": "{ " + many("a#: work { id title }", 480) + " }",
}


@pytest.mark.parametrize("text", EQUAL.values(), ids=EQUAL)
def test_q16_equal_selections_under_many_aliases_take_a_megabyte(text: str) -> None:
    limits = Limits(cost=None, fields=2_000, tokens=10_000)

    def make(number: int) -> Operation:
        return compile_operation(SCHEMA, text + "#" * number, limits=limits)

    assert min(bytes_of(make, 1) for _ in range(2)) <= 1_200_000  # 500,000 to 800,000


def alive(*types: type) -> set[int]:
    gc.collect()
    return {id(each) for each in gc.get_objects() if isinstance(each, types)}


@pytest.mark.parametrize("text", [SHAPES["usual"], SHAPES["lists"], SHAPES["variables"]])
def test_q16_the_syntax_tree_goes_once_an_operation_is_compiled(text: str) -> None:
    compile_operation(SCHEMA, text).inline()  # what is made once for all
    before = alive(OperationDefinitionNode, SelectionSetNode)
    operation = compile_operation(SCHEMA, text)
    operation.inline()
    assert not alive(OperationDefinitionNode, SelectionSetNode) - before
    assert operation.source
    assert not alive(OperationDefinitionNode, SelectionSetNode) - before


def cached(memory: int) -> Callable[[str], object]:
    return OperationCache(SCHEMA, Limits(memory=memory)).get


def executed(memory: int) -> Callable[[str], object]:
    schema, limits = build_schema("type Query { count: Int, self: Query }"), Limits(memory=memory)
    return lambda text: engine.execute_sync(schema, parse(text), limits=limits)


@pytest.mark.parametrize("door", [cached, executed])
def test_q16_thousands_of_documents_take_no_more_than_their_memory(
    door: Callable[[int], Callable[[str], object]],
) -> None:
    ask = door(3_000_000)
    ask("{ count }")
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(40):
            text = "{" + many(f"a{number}x#: count", 100) + "}"
            for _ in range(3):
                ask(text)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] <= 6_000_000
    finally:
        tracemalloc.stop()


def test_q16_the_forms_of_an_operation_count() -> None:
    operation = compile_operation(guarded.SCHEMA, "{ count dog { chip } }")
    before = operation.weight
    grown: list[int] = []
    operation.call_when_grown(lambda: grown.append(operation.weight))
    form = operation.for_caller(frozenset())
    assert grown[-1] == operation.weight == before + form.weight
    form.inline()
    assert grown[-1] == operation.weight


def test_q16_a_wide_document_is_compiled_once() -> None:
    """The second text saves a part of each execution, so that of a wide one pays later."""
    loads: list[str] = []
    operation = compile_operation(SCHEMA, "{ books { " + many("a#: title", 700) + " } }")
    operation.call_when_grown(lambda: loads.append("one more"))
    for _ in range(100):
        assert engine.run_sync(operation, None).data
    assert not loads
    for _ in range(150):
        engine.run_sync(operation, None)
    assert len(loads) == 1
