"""Cases 7 to 9 of what goes wrong when operations are compiled: variables and input objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.faults.both import Both, answer

SDL = """
input In { a: Int! = 3  b: String  c: [Int]  in: In  e: E = RED  f: Float }
input One @oneOf { a: Int  b: String }
enum E { RED GREEN }
scalar Any
type Query {
  echo(i: Int = 7, n: Int! = 8, s: String, l: [Int], ll: [[Int!]], o: In, one: One, e: E,
    f: Float, id: ID): String
  yes: Int
}
"""


def echo(**arguments: Any) -> str:
    return json.dumps(arguments)


BOTH = Both(SDL, {"Query.echo": echo, "Query.yes": lambda: 1})


def echoed(text: str, variables: dict[str, Any] | None = None) -> Any:
    """Return the arguments that the resolver of ``echo`` was called with."""
    got = BOTH.check(text, variables)
    assert got.errors == []
    return json.loads(json.loads(got.data)["echo"])


OWN = {"i": 7, "n": 8}  # the defaults of `echo` itself

# -- 7: missing, null and default -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "given", "variables", "expected"),
    [
        ("$v: Int", "i: $v", {}, OWN),
        ("$v: Int", "i: $v", {"v": None}, {**OWN, "i": None}),
        ("$v: Int", "i: $v", {"v": 1}, {**OWN, "i": 1}),
        ("$v: Int = 5", "i: $v", {}, {**OWN, "i": 5}),
        ("$v: Int = 5", "i: $v", {"v": None}, {**OWN, "i": None}),
        ("$v: Int = null", "i: $v", {}, {**OWN, "i": None}),
        ("$v: Int", "n: $v", {}, OWN),
        ("$v: Int = 5", "n: $v", {}, {**OWN, "n": 5}),
        ("$v: String", "s: $v", {}, OWN),
        ("$v: String", "s: $v", {"v": None}, {**OWN, "s": None}),
        ("$v: Int", "l: [1, $v, 3]", {}, {**OWN, "l": [1, None, 3]}),
        ("$v: Int", "l: [1, $v, 3]", {"v": 2}, {**OWN, "l": [1, 2, 3]}),
        ("$v: String", "o: {b: $v}", {}, {**OWN, "o": {"a": 3, "e": "RED"}}),
        (
            "$v: String",
            "o: {b: $v}",
            {"v": None},
            {**OWN, "o": {"a": 3, "b": None, "e": "RED"}},
        ),
        ("$v: Int", "o: {a: $v}", {}, {**OWN, "o": {"a": 3, "e": "RED"}}),
        ("$v: Int = 4", "o: {a: $v}", {}, {**OWN, "o": {"a": 4, "e": "RED"}}),
        (
            "$v: Int",
            "o: {c: [$v], in: {c: $w}}, s: $s",
            {"w": [1]},
            {**OWN, "o": {"a": 3, "c": [None], "in": {"a": 3, "c": [1], "e": "RED"}, "e": "RED"}},
        ),
    ],
)
def test_07_missing_null_and_default_are_three_things(
    declared: str, given: str, variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    if "$w" in given:
        declared += ", $w: [Int], $s: String"
    text = f"query ({declared}) {{ echo({given}) }}"
    assert echoed(text, variables) == expected


@pytest.mark.parametrize("declared", ["$v: Int = 5", "$v: Int"])
def test_07_null_for_an_argument_that_must_have_a_value_is_the_fields_error(declared: str) -> None:
    got = BOTH.check(f"query ({declared}) {{ echo(n: $v) yes }}", {"v": None})
    assert got.data == '{"echo": null, "yes": 1}'
    assert [(error.path, error.locations) for error in got.errors] == [
        (["echo"], [(1, len(declared) + 20)])
    ]
    assert "Argument 'n' has invalid value" in got.errors[0].message


@pytest.mark.parametrize(
    ("default", "variables", "data"),
    [
        ("= true", {}, '{"yes": 1}'),
        ("= false", {}, "{}"),
        ("= true", {"v": False}, "{}"),
        ("= false", {"v": True}, '{"yes": 1}'),
    ],
)
def test_07_a_directives_variable_has_its_default(
    default: str, variables: dict[str, Any], data: str
) -> None:
    text = f"query ($v: Boolean {default}) {{ yes @include(if: $v) }}"
    assert BOTH.check(text, variables) == answer(data)
    skipped = "{}" if data != "{}" else '{"yes": 1}'
    assert BOTH.check(text.replace("include", "skip"), variables) == answer(skipped)


ONE = "Within OneOf Input Object type 'One', exactly one field must be specified"

# -- 8: input objects -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("In", {}, {"a": 3, "e": "RED"}),
        ("In", {"a": 1, "e": "GREEN"}, {"a": 1, "e": "GREEN"}),
        ("In", {"b": None}, {"a": 3, "b": None, "e": "RED"}),
        ("In", {"c": 5}, {"a": 3, "c": [5], "e": "RED"}),
        ("In", {"c": None}, {"a": 3, "c": None, "e": "RED"}),
        ("In", {"in": {"a": 4}}, {"a": 3, "in": {"a": 4, "e": "RED"}, "e": "RED"}),
        ("In!", {"f": 1}, {"a": 3, "e": "RED", "f": 1.0}),
        ("In", None, None),
    ],
)
def test_08_the_defaults_of_an_input_object_hold_within_variables(
    type_: str, value: Any, expected: Any
) -> None:
    assert echoed(f"query ($v: {type_}) {{ echo(o: $v) }}", {"v": value})["o"] == expected


@pytest.mark.parametrize(
    ("type_", "name", "value", "expected"),
    [
        ("[Int]", "l", 1, [1]),
        ("[Int]", "l", [1, None], [1, None]),
        ("[[Int!]]", "ll", 1, [[1]]),
        ("[[Int!]]", "ll", [1, [2, 3], None], [[1], [2, 3], None]),
        ("Int", "i", 1.0, 1),
        ("Float", "f", 1, 1.0),
        ("ID", "id", 5, "5"),
        ("One", "one", {"a": 1}, {"a": 1}),
    ],
)
def test_08_a_value_becomes_a_list_where_one_is_wanted(
    type_: str, name: str, value: Any, expected: Any
) -> None:
    got = echoed(f"query ($v: {type_}) {{ echo({name}: $v) }}", {"v": value})[name]
    assert (got, type(got)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value", "messages"),
    [
        ("In", {"a": None}, ["at .a: Expected value of non-null type 'Int!' not to be None."]),
        ("In", {"z": 1}, ["Expected value of type 'In' not to include unknown field 'z'"]),
        ("In", {"a": "x", "e": "BLUE", "f": "y"}, ["at .a: Int", "at .e: ", "at .f: Float"]),
        ("In", {"in": {"in": {"a": 1.5}}}, ["at .in.in.a: Int cannot represent"]),
        ("In", 5, ["Expected value of type 'In' to be"]),
        ("In", [{}], ["Expected value of type 'In' to be"]),
        ("[[Int!]]", [[1], [None]], ["at [1][0]: Expected value of non-null type 'Int!'"]),
        ("[Int]", {"0": 1}, ["Int cannot represent non-integer value"]),
        ("One", {}, [ONE]),
        ("One", {"a": 1, "b": "x"}, [ONE]),
        ("One", {"a": None}, [ONE]),
    ],
)
def test_08_every_misfit_in_a_variable_is_told(type_: str, value: Any, messages: list[str]) -> None:
    name = {"In": "o", "One": "one", "[Int]": "l", "[[Int!]]": "ll"}[type_]
    got = BOTH.check(f"query ($v: {type_}) {{ echo({name}: $v) yes }}", {"v": value})
    assert got.data == "null"
    assert len(got.errors) == len(messages)
    for error, message in zip(got.errors, messages, strict=True):
        assert error.path is None
        assert error.locations == [(1, 8)]
        assert "$v" in error.message
        assert message in error.message


# -- 9: input types that contain themselves -------------------------------------------------------


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize("depth", [0, 1, 50, 150])
def test_09_an_input_type_that_contains_itself_has_values_of_any_depth(depth: int) -> None:
    value = echoed("query ($v: In) { echo(o: $v) }", {"v": nested(depth)})["o"]
    found = 0
    while "in" in value:
        value, found = value["in"], found + 1
    assert found == depth


def test_09_the_text_of_an_operation_does_not_grow_with_the_types_of_its_variables() -> None:
    plain = BOTH.compile("query ($v: String) { echo(s: $v) }")
    recursive = BOTH.compile("query ($v: In) { echo(o: $v) }")
    assert recursive.source.count("\n") == plain.source.count("\n")


def test_09_types_that_contain_each_other_in_lists_are_coerced() -> None:
    both = Both(
        "input A { bs: [B!] x: Int = 1 } input B { a: A, as: [[A!]!] }"
        " type Query { echo(a: A): String }",
        {"Query.echo": echo},
    )
    value = {"bs": [{"a": {"bs": {"as": {"x": 2}}}}, {}]}
    expected = {"bs": [{"a": {"bs": [{"as": [[{"x": 2}]]}], "x": 1}}, {}], "x": 1}
    got = both.check("query ($a: A) { echo(a: $a) }", {"a": value})
    assert json.loads(json.loads(got.data)["echo"]) == {"a": expected}
