"""What the comparison with graphql-core does not show: limits, models, fresh values."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from graphql import parse
from graphql.execution.values import get_variable_values

from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import VariablesError
from trunkline.runtime.execution import Result
from trunkline.runtime.variables import Variables
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import Scalar

SDL = """
scalar JSON
scalar DateTime
input Tree { value: Int, children: [Tree!], child: Tree }
input Key @oneOf { id: ID, name: String, tree: Tree }
input Positive { number: Int }
type Query {
  echo(json: JSON, at: DateTime, key: Key, tree: Tree, positive: Positive, int: Int): JSON
  find(key: Key!): JSON
}
"""


class Positive:
    def __init__(self, number: int = 1) -> None:
        if number <= 0:
            raise ValueError("must be positive")
        self.number = number


def execute(text: str, provided: dict[str, Any] | None = None) -> tuple[Result, Any]:
    """Execute an operation; return its result and the arguments that came last."""
    came: list[dict[str, Any]] = []

    def resolve(**arguments: Any) -> None:
        came.append(arguments)

    query = SimpleNamespace(echo=resolve, find=resolve)
    schema = make_executable_schema(
        parse_schema(SDL), SimpleNamespace(query=query), {"Positive": Positive}
    )
    result = run_sync(compile_operation(schema, text), provided)
    return result, came[-1] if came else None


def variables(declared: str, most: int = 100_000) -> Variables:
    return Variables(_definition(), _nodes(declared), most)


def _definition() -> Any:
    return parse_schema(SDL)


def _nodes(declared: str) -> Any:
    operation: Any = parse(f"query ({declared}) {{ __typename }}").definitions[0]
    return operation.variable_definitions


# -- limits -------------------------------------------------------------------------------------

FIVE: list[tuple[str, Any]] = [
    ("[Int]", [1] * 5),
    ("[[Int]]", [[1, 2], [3]]),
    ("[[[Int]]]", [[1, 2]]),  # two of them are lists of one
    ("[Int]", (1, 2, 3, 4, 5)),
    ("Tree", {"children": [{"value": 1}, {"value": 1}]}),
    ("Tree", {"child": {"child": {"child": {"child": {"child": {}}}}}}),
    ("JSON", [1, 2, [3, 4]]),
    ("JSON", {"a": {"b": [{"c": []}, 1]}}),
    ("[JSON]", [[1], {"a": [1]}]),
]


@pytest.mark.parametrize(("type_", "value"), FIVE)
def test_values_are_counted_in_lists_objects_and_scalars(type_: str, value: Any) -> None:
    assert variables(f"$v: {type_}", 5).coerce({"v": value}) is not None
    with pytest.raises(VariablesError, match=r"more than 4 values.* this server allows no more"):
        variables(f"$v: {type_}", 4).coerce({"v": value})


def test_all_variables_of_a_request_are_counted_together() -> None:
    both = {"a": [1, 2], "b": {"child": {}}, "not declared": [1] * 100}
    assert variables("$a: [Int], $b: Tree", 3).coerce(both) == [[1, 2], {"child": {}}, both]
    with pytest.raises(VariablesError, match="more than 2 values"):
        variables("$a: [Int], $b: Tree", 2).coerce(both)


def test_q18_values_that_defaults_fill_in_are_counted() -> None:
    definition = parse_schema("""
        input Filled { a: Int = 1  b: [Int] = [1, 2] }
        type Query { a(filled: [Filled]): Int }
    """)

    def coerce(most: int) -> Any:
        return Variables(definition, _nodes("$v: [Filled]"), most).coerce({"v": [{}, {"a": 2}]})

    assert coerce(10)[0] == [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [1, 2]}]
    with pytest.raises(VariablesError, match="more than 9 values"):
        coerce(9)


def test_ten_thousand_rows_of_several_fields_pass() -> None:
    rows = [{"value": 1, "child": {"value": 2}, "children": [{"value": 3}]}] * 10_000
    assert variables("$v: [Tree!]!").coerce({"v": rows})[0] == rows


def test_values_that_are_too_many_are_refused_before_they_are_coerced() -> None:
    asked: list[Any] = []
    definition = _definition()
    definition.type_map["JSON"].coerce_input_value = asked.append
    with pytest.raises(VariablesError, match="more than 100000 values"):
        Variables(definition, _nodes("$v: [JSON]")).coerce({"v": [[1]] * 100_001})
    assert asked == []


def test_the_limit_is_the_operations() -> None:
    schema = make_executable_schema(parse_schema(SDL), SimpleNamespace(query=_Anything()))
    text, provided = "query ($j: JSON) { echo(json: $j) }", {"j": [1, 2, 3]}
    operation = compile_operation(schema, text, limits=Limits(values=2))
    with pytest.raises(VariablesError, match="more than 2 values"):
        run_sync(operation, provided)
    assert run_sync(compile_operation(schema, text), provided).errors == []


class _Anything:
    def echo(self, **_arguments: Any) -> None: ...

    def find(self, **_arguments: Any) -> None: ...


@pytest.mark.parametrize(
    ("count", "message"),
    [(1, "not to include unknown field 'n0'"), (60, "'Tree' .* has 60 fields; the type has 3")],
)
def test_unknown_names_are_listed_if_they_are_few(count: int, message: str) -> None:
    with pytest.raises(VariablesError, match=message):
        variables("$v: Tree").coerce({"v": {f"n{number}": 1 for number in range(count)}})


@pytest.mark.parametrize("name", ["child", "children"])
@pytest.mark.parametrize("levels", [198, 199, 200, 201, 1_000, 100_000])
def test_the_depth_is_graphql_cores(levels: int, name: str) -> None:
    value: Any = {}
    for number in range(levels):
        value = {"child": value} if name == "child" or number % 2 else [{"children": value}]
    if name == "children":
        value = {"children": value}
    nodes = _nodes("$v: Tree")
    expected = get_variable_values(_definition(), nodes, {"v": value}, max_errors=50)
    if not isinstance(expected, list):
        assert repr(variables("$v: Tree").coerce({"v": value})[0]) == repr(expected.coerced["v"])
        return
    with pytest.raises(VariablesError) as caught:
        variables("$v: Tree").coerce({"v": value})
    assert [error.message for error in caught.value.errors] == [e.message for e in expected]


def test_errors_are_listed_up_to_a_limit_over_all_variables() -> None:
    declared, provided = "$a: [Int], $b: [Int]", {"a": ["x"] * 30, "b": ["x"] * 30}
    expected = get_variable_values(_definition(), _nodes(declared), provided, max_errors=50)
    assert isinstance(expected, list)
    with pytest.raises(VariablesError) as caught:
        variables(declared).coerce(provided)
    assert [error.message for error in caught.value.errors] == [e.message for e in expected]


# -- variables within literals --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "literal", "provided", "came"),
    [
        ("$v: ID!", "{id: $v}", {"v": 5}, {"id": "5"}),
        ("$v: ID! = 7", "{id: $v}", {}, {"id": "7"}),
        ("$v: Tree!", "{tree: $v}", {"v": {"value": 1}}, {"tree": {"value": 1}}),
        ("$v: Int", "{tree: {value: $v}}", {}, {"tree": {}}),
        ("$v: Int", "{tree: {value: $v}}", {"v": None}, {"tree": {"value": None}}),
    ],
)
def test_one_of_takes_a_variable(declared: str, literal: str, provided: Any, came: Any) -> None:
    result, arguments = execute(f"query ({declared}) {{ find(key: {literal}) }}", provided)
    assert result.errors == []
    assert arguments == {"key": came}


@pytest.mark.parametrize(
    "value", [{}, {"id": None}, {"id": 1, "name": "x"}, {"id": 1, "name": None}]
)
def test_one_of_refuses_all_but_one_field_with_a_value(value: dict[str, Any]) -> None:
    with pytest.raises(VariablesError, match="exactly one field must be specified"):
        execute("query ($k: Key!) { find(key: $k) }", {"k": value})


def test_a_custom_scalar_sees_a_variable_as_it_was_provided() -> None:
    """It cannot know what other types make of theirs: here a datetime, which JSON has not."""
    text = "query ($at: DateTime) { echo(json: {at: $at, all: [$at]}, at: $at) }"
    result, arguments = execute(text, {"at": "2026-11-23T00:00:00"})
    assert result.errors == []
    assert arguments["json"] == {"at": "2026-11-23T00:00:00", "all": ["2026-11-23T00:00:00"]}
    assert arguments["at"].year == 2026


def test_the_sources_of_absent_variables_are_their_defaults() -> None:
    text = (
        'query ($a: DateTime = "2026-11-23T14:00", $b: Int) { echo(json: {a: $a, b: $b, c: [$b]}) }'
    )
    assert execute(text)[1] == {"json": {"a": "2026-11-23T14:00", "c": [None]}}


# -- models ---------------------------------------------------------------------------------------


def test_a_model_that_refuses_beside_another_mistake_hides_neither() -> None:
    text = "query ($i: Int, $p: Positive) { echo(int: $i, positive: $p) }"
    with pytest.raises(VariablesError) as caught:
        execute(text, {"i": "x", "p": {"number": -1}})
    first, second = caught.value.errors
    assert "Int cannot represent non-integer value: 'x'" in first.message
    assert second.message.startswith("Variable '$p' has invalid value: ")


def test_what_a_model_says_stays_the_errors_cause() -> None:
    with pytest.raises(VariablesError) as caught:
        execute("query ($p: Positive) { echo(positive: $p) }", {"p": {"number": 0}})
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_model_in_a_literal_is_made_anew_for_every_call() -> None:
    made: list[Positive] = []

    def keep(p: Positive) -> None:
        made.append(p)

    schema = make_executable_schema(
        parse_schema("input P { number: Int } type Query { a(p: P = {number: 2}): Int }"),
        SimpleNamespace(query=SimpleNamespace(a=keep)),
        {"P": Positive},
    )
    operation = compile_operation(schema, "{ a b: a(p: {}) c: a(p: {number: 3}) }")
    for _ in range(2):
        assert run_sync(operation, None).errors == []
    assert [each.number for each in made] == [2, 1, 3] * 2
    assert len({id(each) for each in made}) == 6


def test_a_custom_scalar_reads_its_literal_anew_for_every_call() -> None:
    read: list[Any] = []
    came: list[Any] = []

    def parse_value(value: Any) -> list[Any]:
        read.append(value)
        return [len(read)]

    def keep(at: Any, within: Any) -> None:
        came.extend((at, *within))

    schema = make_executable_schema(
        parse_schema("scalar Time type Query { a(at: Time!, within: [Time]! = []): Int }"),
        SimpleNamespace(query=SimpleNamespace(a=keep)),
        scalars={"Time": Scalar(serialize=str, parse=parse_value)},
    )
    operation = compile_operation(schema, '{ a(at: "now", within: ["soon"]) }')
    read.clear()
    for _ in range(2):
        assert run_sync(operation, None).errors == []
    assert came == [[1], [2], [3], [4]]


# -- types ----------------------------------------------------------------------------------------


def test_input_types_that_no_value_has_are_not_looked_at() -> None:
    definition = _definition()
    unseen = Variables(definition, _nodes("$v: Tree"))
    definition.type_map["Tree"].fields = None
    assert unseen.coerce({"v": None})[0] is None


def test_a_scalar_that_refuses_only_once_is_an_error_all_the_same() -> None:
    refusals = [ValueError("once")] * 2

    def parse_value(value: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return value

    definition = _definition()
    definition.type_map["JSON"].coerce_input_value = parse_value
    with pytest.raises(VariablesError, match=r"\$v"):
        Variables(definition, _nodes("$v: JSON")).coerce({"v": 1})
