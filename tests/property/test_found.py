"""What random examples and their reading have found, each case by itself.

Where graphql-core is the measure, `check` asks it for the answer; the other cases say what is
right themselves.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest
from graphql import (
    ExecutionResult,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    build_schema,
    execute_sync,
    parse,
    print_ast,
)

from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run, run_sync
from trunkline.errors import SchemaError, VariablesError
from trunkline.schema.executable import make_executable_schema
from trunkline.text.names import snake_case

Prepare = Callable[[GraphQLSchema], None]


class Case:
    """A schema whose root fields are functions of the arguments, for both engines."""

    def __init__(
        self,
        sdl: str,
        models: Mapping[str, type] | None = None,
        prepare: Prepare = lambda _definition: None,
        **query: Callable[..., Any],
    ) -> None:
        definition, self.core = build_schema(sdl), build_schema(sdl)
        prepare(definition)
        prepare(self.core)
        root = self.core.query_type
        assert root is not None
        for name, function in query.items():
            root.fields[name].resolve = _in_cores_form(function)
        methods = {snake_case(name): function for name, function in query.items()}
        resolvers = SimpleNamespace(query=SimpleNamespace(**methods))
        self.schema = make_executable_schema(definition, resolvers, models)

    def compile(self, text: str) -> Operation:
        return compile_operation(self.schema, text)

    def check(self, text: str, variables: dict[str, Any] | None = None) -> Any:
        """Compare the answers; return the data."""
        expected = execute_sync(self.core, parse(text), variable_values=variables)
        try:
            result = run_sync(self.compile(text), variables)
            actual = ExecutionResult(result.data, result.errors)
        except VariablesError as error:
            actual = ExecutionResult(None, list(error.errors))
        assert json.dumps(actual.data) == json.dumps(expected.data)
        assert _errors(actual) == _errors(expected)
        return actual.data


def _in_cores_form(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _parent, _info, **arguments: function(**arguments)


def _errors(result: ExecutionResult) -> list[dict[str, Any]]:
    return [dict(error.formatted) for error in result.errors or ()]


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["class", "from", "None", "async"])
@pytest.mark.parametrize("text", ["{{ a({0}: 1) }}", "query ($v: Int) {{ a({0}: $v) }}"])
def test_an_argument_may_have_a_name_that_python_keeps_for_itself(name: str, text: str) -> None:
    case = Case(f"type Query {{ a({name}: Int): [Int] }}", a=lambda **given: [*given.values()])
    assert case.check(text.format(name), {"v": 1}) == {"a": [1]}


def test_a_model_may_have_an_attribute_that_python_keeps_for_itself() -> None:
    model = type("Model", (), {"class": 1})
    case = Case("type Query { t: T } type T { class: Int }", {"T": model}, t=model)
    assert run_sync(case.compile("{ t { class } }"), None).data == {"t": {"class": 1}}


def test_an_enum_whose_name_ends_like_our_functions_is_still_itself() -> None:
    case = Case(
        "enum Color { RED } enum Color_or_null { NULL }"
        " type Query { a: Color, b: Color_or_null!, c: Color_or_null, d: Color! }",
        a=lambda: "RED",
        b=lambda: "NULL",
        c=lambda: "NULL",
        d=lambda: "RED",
    )
    case.check("{ a b c d }")


def test_leaf_types_are_told_apart_by_more_than_the_beginning_of_their_names() -> None:
    long = "AnEnumWhoseNameIsLongerThanAnyoneWouldWant"
    case = Case(
        f"enum {long}One {{ ONE }} enum {long}Two {{ TWO }}"
        f" type Query {{ a: {long}One, b: {long}Two }}",
        a=lambda: "ONE",
        b=lambda: "TWO",
    )
    case.check("{ a b }")


def test_object_types_are_told_apart_by_more_than_the_beginning_of_their_names() -> None:
    long = "AnObjectTypeWhoseNameIsLongerThanAnyoneWouldWant"

    class One:
        x = 1

    class Two:
        x = 2

    class DerivedTwo(Two):
        pass

    case = Case(
        f"type {long}One {{ x: Int }} type {long}Two {{ x: Int }}"
        f" type Query {{ a: {long}One, b: {long}Two }}",
        {f"{long}One": One, f"{long}Two": Two},
        a=One,
        b=DerivedTwo,
    )
    assert case.check("{ a { x } b { x } }") == {"a": {"x": 1}, "b": {"x": 2}}


@pytest.mark.parametrize("type_", ["Int", "[Int]"])
def test_two_arguments_that_would_be_one_parameter_are_refused_at_start(type_: str) -> None:
    with pytest.raises(SchemaError, match="foo_bar"):
        Case(f"type Query {{ a(fooBar: {type_}, foo_bar: {type_}): Int }}", a=lambda **_given: 1)


def test_two_root_fields_that_would_be_one_method_are_refused_at_start() -> None:
    with pytest.raises(SchemaError, match="foo_bar"):
        Case("type Query { fooBar: Int, foo_bar: Int }", foo_bar=lambda: 1)


def test_two_input_fields_that_would_be_one_parameter_are_refused_at_start() -> None:
    class Model:
        def __init__(self, foo_bar: int) -> None:
            self.foo_bar = foo_bar

    with pytest.raises(SchemaError, match="foo_bar"):
        Case(
            "input I { fooBar: Int, foo_bar: Int } type Query { a(i: I): Int }",
            {"I": Model},
            a=lambda i=None: i and i.foo_bar,
        )


def test_two_types_that_would_share_their_resolvers_are_refused_at_start() -> None:
    sdl = "type Query { t: FooBar, u: foo_bar } type FooBar { x: Int } type foo_bar { x: Int }"
    query = SimpleNamespace(t=lambda: 1, u=lambda: 1)
    resolvers = SimpleNamespace(query=query, foo_bar=SimpleNamespace(x=lambda _parent: 1))
    with pytest.raises(SchemaError, match="foo_bar"):
        make_executable_schema(build_schema(sdl), resolvers)


def test_a_model_that_has_both_spellings_gives_each_field_its_own() -> None:
    class Model:
        fooBar = 1  # noqa: N815
        foo_bar = 2

    sdl = "type Query { t: T } type T { fooBar: Int, foo_bar: Int }"
    case = Case(sdl, {"T": Model}, t=Model)
    assert case.check("{ t { fooBar foo_bar } }") == {"t": {"fooBar": 1, "foo_bar": 2}}


def test_the_methods_of_dict_are_none_of_its_keys() -> None:
    case = Case("type Query { t: T } type T { Values: Int }", {"T": dict}, t=lambda: {"Values": 1})
    assert case.check("{ t { Values } }") == {"t": {"Values": 1}}


_LONG = "aNameLikeTheOnesThatOthersGenerate" * 3


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (f"{_LONG}: Int", f"{{ {_LONG} }}"),
        (f"{_LONG}: Boolean", f"{{ t {{ t {{ {_LONG} }} }} }}"),
        (f"{_LONG}: Float", f"{{ t {{ t {{ {_LONG} }} }} }}"),
        (f"{_LONG}: Query", f"{{ t {{ t {{ {_LONG} {{ __typename }} }} }} }}"),
        (f"{_LONG}: [[[[[Query]]]]]", f"{{ ts {{ ts {{ {_LONG} {{ __typename }} }} }} }}"),
        (f"{_LONG}: [[[[[Int]]]]]", f"{{ l {{ l {{ l {{ {_LONG} }} }} }} }}"),
        (f"{_LONG}(a: Int): Query", f"{{ {_LONG} {{ l {{ {_LONG}(a: 1) {{ __typename }} }} }} }}"),
        (f"{_LONG}(a: Int): Int", f"query ($v: Int) {{ t {{ {_LONG}(a: $v) }} }}"),
        (f"{_LONG}: Int", f"query ($v: Boolean!) {{ l {{ {_LONG} @skip(if: $v) }} }}"),
    ],
)
def test_ruff_would_write_the_same_of_long_names(field: str, text: str) -> None:
    case = Case(
        f"type Query {{ {field} t: Query ts: [[[Query]]] l: T }} type T {{ {field} l: T }}",
        t=lambda: 1,
        ts=lambda: [1],
        l=lambda: 1,
        **{_LONG: lambda **_given: 1},  # type: ignore[arg-type]
    )
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    source = case.compile(text).source
    checked = subprocess.run(command, input=source, capture_output=True, text=True, check=False)  # noqa: S603
    assert checked.returncode == 0, checked.stdout


# -- values -------------------------------------------------------------------------------------


class _Typed(TypedDict):
    x: int


def test_a_typed_dict_may_be_a_model() -> None:
    case = Case("type Query { t: T } type T { x: Int }", {"T": _Typed}, t=lambda: {"x": 1})
    assert case.check("{ t { x } }") == {"t": {"x": 1}}


@pytest.mark.parametrize("type_", ["Int", "[Int]", "E", "[Int!]!"])
def test_undefined_is_null(type_: str) -> None:
    case = Case(
        f"enum E {{ A }} type Query {{ a: {type_}, b: Int }}", a=lambda: Undefined, b=lambda: 0
    )
    case.check("{ a b }")


def test_an_undefined_object_is_null() -> None:
    case = Case("type Query { a: T, b: Int } type T { x: Int }", a=lambda: Undefined, b=lambda: 0)
    case.check("{ a { x } b }")


def test_an_undefined_item_is_null() -> None:
    case = Case("type Query { a: [[Int]], b: [T] } type T { x: Int }", a=_undefined, b=_undefined)
    case.check("{ a b { x } }")


def _undefined() -> list[object]:
    return [Undefined]


@pytest.mark.parametrize("value", [bytearray(b"ab"), memoryview(b"ab")], ids=["array", "view"])
def test_bytes_of_no_kind_are_a_list(value: object) -> None:
    case = Case("type Query { a: [Int] }", a=lambda: value)
    assert run_sync(case.compile("{ a }"), None).data == {"a": None}


def test_an_error_that_has_no_text_spoils_no_other_field() -> None:
    class SpeechlessError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def fail() -> None:
        raise SpeechlessError

    case = Case("type Query { a: Int, b: Int! }", a=fail, b=lambda: 1)
    result = run_sync(case.compile("{ a b }"), None)
    assert result.data == {"a": None, "b": 1}
    assert [error.path for error in result.errors] == [["a"]]


# -- variables and arguments --------------------------------------------------------------------


@pytest.mark.parametrize("directive", ["skip", "include"])
@pytest.mark.parametrize(
    "text",
    [
        "query ($v: Boolean = true) {{ a @{0}(if: $v) b }}",
        "query ($v: Boolean = true) {{ b t {{ a @{0}(if: $v) }} }}",
        "query ($v: Boolean = true) {{ b t {{ ... @{0}(if: $v) {{ a }} }} }}",
    ],
)
def test_a_condition_that_is_null_is_an_error(text: str, directive: str) -> None:
    sdl = "type Query { a: Int, b: Int, t: Query }"
    case = Case(sdl, a=lambda: 1, b=lambda: 2, t=lambda: 1)
    case.check(text.format(directive), {"v": None})


def test_a_variable_stands_for_its_value_within_a_custom_scalar() -> None:
    case = Case(
        "scalar Text  type Query { a(text: Text): String, i: Int }",
        prepare=_print_literals,
        a=lambda text="": text,
        i=lambda: 0,
    )
    text = "query ($v: Int) { a(text: [$v]) b: a(text: {v: $v}) }"
    assert case.check(text, {"v": 1}) == {"a": "[1]", "b": "{ v: 1 }"}


def _print_literals(definition: GraphQLSchema) -> None:
    scalar = definition.type_map["Text"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.coerce_input_literal = print_ast


def test_the_arguments_of_a_field_without_a_resolver_are_checked_too() -> None:
    sdl = "type Query { t: T } type T { x(n: Int! = 1): Int }"
    case = Case(sdl, t=lambda: {"x": 1})
    case.check("query ($n: Int = 2) { t { x(n: $n) } }", {"n": None})


def test_variables_that_are_nested_too_deeply_are_refused() -> None:
    case = Case("input I { i: I } type Query { a(i: I): Int }", a=lambda i=None: i and 1)
    value: dict[str, Any] = {}
    for _ in range(250):
        value = {"i": value}
    case.check("query ($i: I) { a(i: $i) }", {"i": value})


def test_a_variables_default_is_new_for_each_request() -> None:
    def add(numbers: list[int]) -> int:
        numbers.append(1)
        return len(numbers)

    case = Case("type Query { a(numbers: [Int!]!): Int }", a=add)
    text = "query ($n: [Int!]! = []) { a(numbers: $n) }"
    assert case.check(text) == {"a": 1}
    operation = case.compile(text)
    assert [run_sync(operation, None).data for _ in range(2)] == [{"a": 1}, {"a": 1}]


def test_an_arguments_default_is_new_for_each_call() -> None:  # graphql-core hands out one object
    def add(numbers: list[int]) -> int:
        numbers.append(1)
        return len(numbers)

    case = Case("type Query { a(numbers: [Int!]! = []): Int }", a=add)
    operation = case.compile("{ a b: a }")
    assert run_sync(operation, None).data == {"a": 1, "b": 1}


# -- input models -------------------------------------------------------------------------------


class _Positive:
    """An input model that refuses."""

    def __init__(self, number: int = 0) -> None:
        if number <= 0:
            raise ValueError("must be positive")
        self.number = number


_POSITIVE = "input Positive { number: Int } type Query { a(p: Positive): Int, b: Int }"


def _positive() -> Case:
    return Case(_POSITIVE, {"Positive": _Positive}, a=lambda p=None: p and p.number, b=lambda: 2)


@pytest.mark.parametrize("literal", ["{number: -1}", "{}"])
def test_an_input_model_that_refuses_a_literal_is_an_error_of_the_field(literal: str) -> None:
    result = run_sync(_positive().compile(f"{{ a(p: {literal}) b }}"), None)
    assert result.data == {"a": None, "b": 2}
    assert [error.path for error in result.errors] == [["a"]]


def test_an_input_model_is_not_made_before_its_variables_are_known() -> None:
    operation = _positive().compile("query ($n: Int) { a(p: {number: $n}) }")
    assert run_sync(operation, {"n": 1}).data == {"a": 1}


def test_an_input_model_that_refuses_a_variable_is_an_error_of_the_variables() -> None:
    operation = _positive().compile("query ($p: Positive) { a(p: $p) b }")
    with pytest.raises(VariablesError):
        run_sync(operation, {"p": {"number": -1}})


def test_an_input_model_that_refuses_a_default_is_an_error_of_the_variables() -> None:
    operation = _positive().compile("query ($p: Positive = {number: -1}) { a(p: $p) b }")
    with pytest.raises(VariablesError):
        run_sync(operation, {})


# -- resolvers ----------------------------------------------------------------------------------


def test_a_class_that_python_knows_no_parameters_of_may_be_a_resolver() -> None:
    case = Case("type Query { a: Int }", a=int)
    assert case.check("{ a }") == {"a": 0}


# -- time ---------------------------------------------------------------------------------------


def test_fields_that_are_given_up_are_closed() -> None:
    """Under ``filterwarnings = error`` a coroutine that nobody awaits fails the test."""

    async def later() -> int:
        await asyncio.sleep(0)
        return 1

    case = Case("type Query { a: Int, t: T } type T { x: Int! }", a=later, t=list)
    operation = case.compile("{ a t { x } }")
    assert asyncio.run(run(operation, None)).data == {"a": 1, "t": None}


@pytest.mark.parametrize("text", ["{ a }", "{ a b }", "{ t { a } b }"])
def test_a_resolver_that_was_cancelled_from_elsewhere_leaves_no_silent_null(text: str) -> None:
    """It may cancel the whole, as graphql-core has it, or be an error; but not neither."""

    async def wait_in_vain() -> int:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        return int(await future)

    async def later() -> int:
        return 1

    case = Case("type Query { a: Int!, b: Int!, t: Query! }", a=wait_in_vain, b=later, t=later)
    with suppress(asyncio.CancelledError):
        result = asyncio.run(run(case.compile(text), None))
        assert result.data is None
        assert [error.path and error.path[-1] for error in result.errors] == ["a"]
