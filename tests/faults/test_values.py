"""Cases 1, 2, 11, 12 and 18 of what goes wrong when operations are compiled: values and errors."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from graphql import GraphQLError
from tests.faults.both import Answer, Both, Error, answer

NAN, INFINITY = float("nan"), float("inf")

SDL = """
enum Color { RED GREEN }
type Query { i: Int j: Int! f: Float s: String d: ID b: Boolean e: Color t: T u: T! l: [T!] m: [T]
  n: [[T!]] ints: [Int!] grid: [[Int!]!]! strings: [String] }
type T { x: Int! y: Int s: String t: T u: T! l: [Int!]! }
"""


ROOTS = ("i", "j", "f", "s", "d", "b", "e", "t", "u", "l", "m", "n", "ints", "grid", "strings")


def returning(value: Any) -> Callable[[], Any]:
    return lambda: value() if callable(value) else value


def roots(**values: Any) -> dict[str, Callable[..., Any]]:
    """Let root fields have values; functions are called for theirs."""
    return {f"Query.{name}": returning(values.get(name)) for name in ROOTS}


def giving(**values: Any) -> Both:
    return Both(SDL, roots(**values))


# -- 1: null in a leaf that must not be null ------------------------------------------------------

NO_X = "Cannot return null for non-nullable field T.x."
NO_J = "Cannot return null for non-nullable field Query.j."


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("{ i j }", {"i": 1}, answer("null", (NO_J, ["j"], [(1, 5)]))),
        (
            "{ i t { y x } }",
            {"i": 1, "t": {"y": 2}},
            answer('{"i": 1, "t": null}', (NO_X, ["t", "x"], [(1, 11)])),
        ),
        ("{ i u { x } }", {"u": {"x": None}}, answer("null", (NO_X, ["u", "x"], [(1, 9)]))),
        (
            "{ l { x } i }",
            {"l": [{"x": 1}, {"x": None}, {"x": 3}], "i": 4},
            answer('{"l": null, "i": 4}', (NO_X, ["l", 1, "x"], [(1, 7)])),
        ),
        (
            "{ m { x } }",
            {"m": [{"x": 1}, {"x": None}, {"x": 3}]},
            answer('{"m": [{"x": 1}, null, {"x": 3}]}', (NO_X, ["m", 1, "x"], [(1, 7)])),
        ),
        (
            "{ n { x } }",
            {"n": [[{"x": 1}], [{"x": 2}, {}], None]},
            answer('{"n": [[{"x": 1}], null, null]}', (NO_X, ["n", 1, 1, "x"], [(1, 7)])),
        ),
        (
            "{ t { t { u { u { x } } } y } }",
            {"t": {"y": 1, "t": {"u": {"u": {}}}}},
            answer('{"t": {"t": null, "y": 1}}', (NO_X, ["t", "t", "u", "u", "x"], [(1, 19)])),
        ),
        (
            "{ ints }",
            {"ints": [1, None]},
            answer(
                '{"ints": null}',
                (
                    "Cannot return null for non-nullable field Query.ints.",
                    ["ints", 1],
                    [(1, 3)],
                ),
            ),
        ),
    ],
)
def test_01_null_in_a_non_null_leaf_is_an_error_and_bubbles(
    text: str, values: dict[str, Any], expected: Answer
) -> None:
    assert giving(**values).check(text) == expected


# -- 2: what leaves make of values ----------------------------------------------------------------


class Text(str):
    """A subclass of str, as ORMs and templates give them."""

    __slots__ = ()


class Number(int):
    pass


class Color(enum.Enum):
    RED = "RED"


class WholeNumber(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("i", 2**31 - 1, "2147483647"),
        ("i", -(2**31), "-2147483648"),
        ("i", 1.0, "1"),
        ("i", "7", "7"),
        ("i", True, "1"),
        ("i", Number(3), "3"),
        ("i", WholeNumber.ONE, "1"),
        ("f", 1, "1.0"),
        ("f", 1.5, "1.5"),
        ("f", "2.5", "2.5"),
        ("f", True, "1"),
        ("f", 10**20, "1e+20"),
        ("s", Text("text"), '"text"'),
        ("s", 1, '"1"'),
        ("s", 1.5, '"1.5"'),
        ("s", True, '"true"'),
        ("d", 1, '"1"'),
        ("d", Text("a"), '"a"'),
        ("d", 2**70, f'"{2**70}"'),
        ("b", 1, "true"),
        ("b", 0.0, "false"),
        ("e", "RED", '"RED"'),
    ],
)
def test_02_a_leaf_becomes_what_its_type_says(name: str, value: object, shown: str) -> None:
    assert giving(**{name: value}).check(f"{{ {name} }}").data == f'{{"{name}": {shown}}}'


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("i", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("i", -(2**31) - 1, "Int cannot represent non 32-bit signed integer value: -2147483649"),
        ("i", 1.5, "Int cannot represent non-integer value: 1.5"),
        ("i", "", "Int cannot represent non-integer value: ''"),
        ("i", "one", "Int cannot represent non-integer value: 'one'"),
        ("i", NAN, "Int cannot represent non-integer value: nan"),
        ("i", INFINITY, "Int cannot represent non-integer value: inf"),
        ("i", [1], "Int cannot represent non-integer value: [1]"),
        ("f", NAN, "Float cannot represent non numeric value: nan"),
        ("f", INFINITY, "Float cannot represent non numeric value: inf"),
        ("f", "", "Float cannot represent non numeric value: ''"),
        ("s", {}, "String cannot represent value: {}"),
        ("s", b"ab", "String cannot represent value: b'ab'"),
        ("d", 1.5, "ID cannot represent value: 1.5"),
        ("d", True, "ID cannot represent value: True"),
        ("b", "true", "Boolean cannot represent a non boolean value: 'true'"),
        ("b", NAN, "Boolean cannot represent a non boolean value: nan"),
        ("e", "BLUE", "Enum 'Color' cannot represent value: 'BLUE'"),
        ("e", 1, "Enum 'Color' cannot represent value: 1"),
        ("e", [], "Enum 'Color' cannot represent value: []"),
        ("e", Color.RED, "Enum 'Color' cannot represent value: <Color instance>"),
    ],
)
def test_02_a_leaf_that_does_not_fit_is_an_error(name: str, value: object, message: str) -> None:
    got = giving(**{name: value}).check(f"{{ {name} }}")
    assert got == answer(f'{{"{name}": null}}', (message, [name], [(1, 3)]))


# -- 11: one error per position -------------------------------------------------------------------


def failing(*_: object) -> int:
    raise ValueError("the same words")


def test_11_errors_of_the_same_words_are_as_many_as_their_places() -> None:
    both = Both(SDL, {**roots(m=[1, 2, 3]), "T.y": failing})
    got = both.check("{ m { y other: y } }")
    assert got.data == '{"m": [' + ", ".join(['{"y": null, "other": null}'] * 3) + "]}"
    assert got.errors == [
        Error("the same words", ["m", index, key], [(1, column)])
        for index in range(3)
        for key, column in (("y", 7), ("other", 9))
    ]


def test_11_one_exception_that_is_raised_everywhere_is_many_errors() -> None:
    once = GraphQLError("one object")

    def fail(*_: object) -> int:
        raise once

    both = Both(SDL, {**roots(m=[1, 2]), "T.y": fail})
    got = both.ours("{ m { y } }")
    assert got.data == '{"m": [{"y": null}, {"y": null}]}'
    assert [(error.message, error.path) for error in got.errors] == [
        ("one object", ["m", 0, "y"]),
        ("one object", ["m", 1, "y"]),
    ]


def test_11_a_path_has_the_index_of_every_list() -> None:
    grid = [[1, 2], [3, "four", 5], []]
    assert giving(grid=grid).check("{ grid }") == answer(
        "null",
        ("Int cannot represent non-integer value: 'four'", ["grid", 1, 1], [(1, 3)]),
    )


def test_11_an_error_has_the_places_of_all_fields_that_were_merged() -> None:
    text = """query ($yes: Boolean! = true, $no: Boolean! = false) {
  t { y }
  ...F
  ... @include(if: $yes) { t { y } }
  ... @include(if: $no) { t { y } }
}
fragment F on Query { t { y } }"""
    assert giving(t={"y": "?"}).check(text) == answer(
        '{"t": {"y": null}}',
        (
            "Int cannot represent non-integer value: '?'",
            ["t", "y"],
            [(2, 7), (7, 27), (4, 32)],
        ),
    )


def test_11_an_alias_is_what_the_path_has() -> None:
    assert giving(t={"y": "?"}).check("{ a: t { b: y } }") == answer(
        '{"a": {"b": null}}',
        ("Int cannot represent non-integer value: '?'", ["a", "b"], [(1, 10)]),
    )


# -- 12: two nulls under one parent ---------------------------------------------------------------


@pytest.mark.parametrize("x", [None, "?"])
def test_12_of_two_errors_that_null_one_parent_only_the_first_is_told(x: Any) -> None:
    message = NO_X if x is None else "Int cannot represent non-integer value: '?'"
    got = giving(t={"x": x, "l": [None]}).check("{ t { x l again: x } i }")
    assert got == answer('{"t": null, "i": null}', (message, ["t", "x"], [(1, 7)]))


def test_12_an_error_beside_one_that_nulls_the_parent_is_told_if_it_came_before() -> None:
    got = giving(t={"y": "?", "x": None, "s": {}}).check("{ t { y x s } }")
    assert got == answer(
        '{"t": null}',
        ("Int cannot represent non-integer value: '?'", ["t", "y"], [(1, 7)]),
        (NO_X, ["t", "x"], [(1, 9)]),
    )


# -- 18: what resolvers return instead of lists and values ----------------------------------------


def generate() -> Iterator[int]:
    yield 1
    yield 2


def break_off() -> Iterator[int]:
    yield 1
    raise ValueError("broke off")


class Dictionary(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __getitem__(self, key: str) -> Any:
        return {"x": 1, "y": 2}[key]

    def __iter__(self) -> Iterator[str]:
        return iter("xy")

    def __len__(self) -> int:
        return 2


class Attributes:
    x = 1

    @property
    def y(self) -> int:
        return 2


@pytest.mark.parametrize(
    "values",
    [
        (1, 2),
        deque([1, 2]),
        {1: "a", 2: "b"}.keys(),
        generate,
        range(1, 3),
        {1, 2},
        lambda: iter([1, 2]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_18_whatever_can_be_iterated_is_a_list(values: Any) -> None:
    assert giving(ints=values).ours("{ ints }") == answer('{"ints": [1, 2]}')


def test_18_a_generator_is_a_list_to_both_engines() -> None:
    assert giving(ints=generate).check("{ ints }") == answer('{"ints": [1, 2]}')


@pytest.mark.parametrize("value", ["12", b"12", {"1": 2}, 12])
def test_18_strings_mappings_and_numbers_are_no_lists(value: Any) -> None:
    message = f"Expected a list, got {type(value).__name__}."
    got = giving(strings=value, i=1).ours("{ strings i }")
    assert got == answer('{"strings": null, "i": 1}', (message, ["strings"], [(1, 3)]))


def test_18_a_generator_that_breaks_off_is_an_error_of_the_list() -> None:
    got = giving(ints=break_off, i=1).check("{ ints i }")
    assert got == answer('{"ints": null, "i": 1}', ("broke off", ["ints"], [(1, 3)]))


def test_18_an_exception_that_is_returned_is_the_fields_error() -> None:
    got = giving(
        i=ValueError("an int"),
        t={"y": ValueError("of an object"), "s": GraphQLError("in our words")},
        m=[{"x": 1}, ValueError("an item")],
    ).check("{ i t { y s } m { x } }")
    assert got == answer(
        '{"i": null, "t": {"y": null, "s": null}, "m": [{"x": 1}, null]}',
        ("an int", ["i"], [(1, 3)]),
        ("of an object", ["t", "y"], [(1, 9)]),
        ("in our words", ["t", "s"], [(1, 11)]),
        ("an item", ["m", 1], [(1, 15)]),
    )


@pytest.mark.parametrize(
    "source",
    [{"x": 1, "y": 2}, MappingProxyType({"x": 1, "y": 2}), Dictionary(), Attributes()],
    ids=lambda source: type(source).__name__,
)
def test_18_an_object_is_read_from_keys_or_attributes(source: Any) -> None:
    assert giving(t=lambda: source).ours("{ t { y x } }") == answer('{"t": {"y": 2, "x": 1}}')
