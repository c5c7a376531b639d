"""Q-16: what interfaces and unions of many types cost, under many aliases."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from tests.compiler.work import lines_run

from trunkline.compiler import operation as operations
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import LimitExceededError
from trunkline.runtime.execution import Result
from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.text.loading import compile_module

TYPES = 30


def many(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


def schema(types: int = TYPES) -> Schema:
    """Return a schema whose nodes are one of each type."""
    names = [f"T{number}" for number in range(types)]
    sdl = "interface Node { id: ID } type Query { nodes: [Node] seen: [Node] } " + " ".join(
        f"type {name} implements Node {{ id: ID }}" for name in names
    )
    classes = {name: type(name, (), {"id": name}) for name in names}
    nodes = [each() for each in classes.values()]

    def seen(selection: Selection) -> list[Any]:
        assert selection
        return nodes

    query = SimpleNamespace(nodes=lambda: nodes, seen=seen)
    return make_executable_schema(parse_schema(sdl), SimpleNamespace(query=query), classes)


def is_whole(result: Result) -> bool:
    return not result.errors


def test_q16_a_request_makes_some_functions_and_the_next_ones_the_rest() -> None:
    operation = compile_operation(
        schema(), "{ " + many("a#: nodes { b#: id }", 20) + " }", limits=Limits(fields=200)
    )
    weights = [operation.weight]
    results: list[Result] = []
    while not results or not is_whole(results[-1]):
        results.append(run_sync(operation, None))
        weights.append(operation.weight)
        if len(results) == 1:
            operation.inline()
        assert len(results) < 20
    assert len(results) > 3
    first = results[0]
    assert first.data is not None
    assert first.data["a0"] == [{"b0": f"T{number}"} for number in range(TYPES)]
    assert first.data["a19"][-1] is None
    error = first.errors[0]
    assert "Ask for less at a time, or ask again" in error.message
    assert error.extensions == {"code": "LIMIT_EXCEEDED"}
    grown = [after - before for before, after in pairwise(weights)]
    assert max(grown) < 200 * 2_500 + 20_000  # bytes


def test_q16_text_of_the_first_executions_serves_until_there_is_room_for_better() -> None:
    operation = compile_operation(
        schema(), "{ " + many("a#: nodes { b#: id }", 6) + " }", limits=Limits(fields=500)
    )
    assert is_whole(run_sync(operation, None))
    tight = operation.execution
    operation.inline()
    operation.execution = lambda *rest: _without_growth(tight(*rest))  # type: ignore[assignment]
    assert is_whole(run_sync(operation, None))


def _without_growth(execution: Any) -> Any:
    execution.growth = -1
    return execution


def test_q16_the_same_object_under_many_aliases_is_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []

    def compile_(name: str, source: str) -> Any:
        compiled.append(name)
        return compile_module(name, source)

    monkeypatch.setattr(operations, "compile_module", compile_)
    operation = compile_operation(schema(3), "{ " + many("a#: nodes { id }", 20) + " }")
    result = run_sync(operation, None)
    assert is_whole(result)
    assert result.data is not None
    assert result.data["a19"] == [{"id": "T0"}, {"id": "T1"}, {"id": "T2"}]
    assert len(compiled) == 1 + 2 * 3  # the first ones, and those that are told their place


def test_q16_an_error_under_an_alias_has_its_own_place() -> None:
    operation = compile_operation(schema(1), "{ a: nodes { id } b: nodes { id } }")
    result = run_sync(operation, None)
    assert result.data == {"a": [{"id": "T0"}], "b": [{"id": "T0"}]}
    broken = schema(1)
    broken.models["T0"].id = property(lambda _: 1 // 0)  # type: ignore[attr-defined]
    result = run_sync(compile_operation(broken, "{ a: nodes { id } b: nodes { id } }"), None)
    assert [error.path for error in result.errors] == [["a", 0, "id"], ["b", 0, "id"]]


def test_q16_compiling_does_not_cost_types_times_aliases() -> None:
    text = "{ " + many("a#: nodes { id }", 200) + " }"
    few, many_ = schema(2), schema(200)
    cost = [lines_run(lambda each=each: compile_operation(each, text)) for each in (few, many_)]  # type: ignore[misc]
    assert cost[1] < 1.1 * cost[0]


def test_q16_looking_ahead_into_many_types_is_bounded() -> None:
    text = "{ " + many("a#: seen { id }", 10) + " }"
    assert is_whole(run_sync(compile_operation(schema(), text), None))
    with pytest.raises(LimitExceededError, match="more than 250 fields below interfaces"):
        compile_operation(schema(), text, limits=Limits(fields=50))
