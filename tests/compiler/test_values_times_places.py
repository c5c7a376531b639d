"""Q-18: values that a document multiplies, by repeating a variable or in arguments within lists."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import VariablesError
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema


class Item:
    def found(self, any: Any = None, like: Any = None) -> str:  # noqa: A002  # as in the schema
        return str(any or like)


SCHEMA = make_executable_schema(
    parse_schema("""
        scalar Any
        input Like { any: Any  rows: [[Int]]  like: [Like!] }
        type Query { item: Item!  items: [Item!]! }
        type Item { found(any: Any, like: Like): String }
    """),
    SimpleNamespace(query=SimpleNamespace(item=Item, items=lambda: [Item()] * 10)),
    {"Item": Item},
)


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query ($v: Any) { item { found(any: [$v $v $v $v]) } }", {"v": [1] * 10}),
        ("query ($v: Any) { item { found(any: {a: $v b: {c: [$v $v $v]}}) } }", {"v": [1] * 10}),
        ("query ($v: Any) { item { found(any: [$v $v $v $v]) } }", {"v": {"a": [1] * 9}}),
        ("query ($v: [Int]) { item { found(like: {rows: [$v $v $v $v]}) } }", {"v": [1] * 10}),
        ("query ($v: [Like!]) { item { found(like: {like: [{like: $v} {like: $v}]}) } }",
         {"v": [{"any": 1}] * 10}),
        ("query ($v: Any = [1 1 1 1 1 1 1 1 1 1]) { item { found(any: [$v $v $v $v $v]) } }", {}),
    ],
)  # fmt: skip
def test_q18_a_variable_counts_as_often_as_a_literal_repeats_it(
    document: str, variables: dict[str, Any]
) -> None:
    result = run_sync(compile_operation(SCHEMA, document, limits=Limits(values=40)), variables)
    assert not result.errors
    assert result.data is not None
    assert result.data["item"]["found"].count("1") >= 20
    operation = compile_operation(SCHEMA, document, limits=Limits(values=39))
    with pytest.raises(VariablesError, match="more than 39 values"):
        run_sync(operation, variables)


def test_q18_in_several_arguments_a_variable_counts_once() -> None:
    text = "query ($v: Any) { a: item { found(any: [$v]) } b: item { found(any: [$v]) } }"
    operation = compile_operation(SCHEMA, text, limits=Limits(values=10))
    assert not run_sync(operation, {"v": [1] * 10}).errors


@pytest.mark.parametrize("argument", ["any: [LIST]", "like: {any: [LIST]}", "like: {rows: [LIST]}"])
def test_q18_values_in_arguments_count_for_each_item_of_a_list(argument: str) -> None:
    text = "{ items { found(" + argument.replace("LIST", "1 " * 40) + ") } }"
    assert not run_sync(compile_operation(SCHEMA, text, limits=Limits(response=210)), None).errors
    operation = compile_operation(SCHEMA, text, limits=Limits(response=209))
    for _ in range(3):  # in both texts
        (error,) = run_sync(operation, None).errors
        assert error.extensions == {"code": "LIMIT_EXCEEDED"}


def test_q18_few_values_in_arguments_cost_nothing() -> None:
    text = "{ items { found(like: {rows: 1}) } }"
    assert not run_sync(compile_operation(SCHEMA, text, limits=Limits(response=10)), None).errors
