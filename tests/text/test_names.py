from __future__ import annotations

import builtins
import keyword
from enum import Enum
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.text.names import (
    Names,
    apart,
    enum_member,
    is_name,
    pascal_case,
    python_name,
    python_names,
    snake_case,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("todo", "todo"),
        ("createTodo", "create_todo"),
        ("todoID", "todo_id"),
        ("userIDs", "user_ids"),
        ("getURLs", "get_urls"),
        ("HTTPServer", "http_server"),
        ("ABc", "a_bc"),
        ("A", "a"),
        ("address2", "address2"),
        ("v2Api", "v2_api"),
        ("already_snake", "already_snake"),
        ("Mixed_Case", "mixed_case"),
        ("_private", "_private"),
        ("trailing_", "trailing_"),
        ("_", "_"),
        ("__typename", "__typename"),
    ],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("createdBy", "created_by"), ("from", "from_"), ("None", "none")]
)
def test_python_name(name: str, expected: str) -> None:
    assert python_name(name) == expected


def test_a_name_is_given_once() -> None:
    names = Names()
    assert [names.give("title") for _ in range(3)] == ["title", "title_2", "title_3"]


@pytest.mark.parametrize("name", [*keyword.kwlist, *dir(builtins)])
def test_keywords_and_builtins_are_left_to_python(name: str) -> None:
    assert Names().give(name) == f"{name}_"


def test_what_is_taken_is_not_given() -> None:
    assert Names({"value"}).give("value") == "value_2"


def test_a_name_that_is_wanted_often_costs_no_more_each_time() -> None:
    """A document may have one field under 1,500 aliases, whose variables all want one name."""
    names = Names({"name_3"})
    given = [names.give("name") for _ in range(50_000)]  # quadratic, this would take minutes
    assert given[:3] == ["name", "name_2", "name_4"]
    assert len(set(given)) == 50_000
    assert names.give("name_7") == "name_7_2"


GRAPHQL_NAMES = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,8}\Z").filter(
    lambda name: not name.startswith("__")
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["createdBy"], ["created_by"]),
        (["from"], ["from_"]),
        (["differentCase", "different_case"], ["differentCase", "different_case"]),
        (["userID", "userId", "user_id"], ["userID", "userId", "user_id"]),
        (["class", "class_"], ["class__", "class_"]),
        (["from", "from_", "from__"], ["from___", "from_", "from__"]),
    ],
)
def test_names_stay_apart(names: list[str], expected: list[str]) -> None:
    for order in permutations(zip(names, expected, strict=True)):
        assert python_names([name for name, _ in order]) == dict(order)


@given(
    names=st.lists(GRAPHQL_NAMES, unique=True, max_size=8),
    snake_case=st.booleans(),
    reserved=st.sets(GRAPHQL_NAMES, max_size=3),
)
def test_any_names_become_as_many_that_python_takes(
    names: list[str], *, snake_case: bool, reserved: set[str]
) -> None:
    given_names = python_names(names, snake_case=snake_case, reserved=reserved)
    assert len(set(given_names.values())) == len(names)
    assert all(name.isidentifier() for name in given_names.values())
    assert not any(keyword.iskeyword(name) for name in given_names.values())
    assert given_names == python_names(names[::-1], snake_case=snake_case, reserved=reserved)


@given(st.lists(GRAPHQL_NAMES, unique=True, min_size=1, max_size=8))
def test_any_value_is_a_member_of_an_enum(values: list[str]) -> None:
    members = apart({value: enum_member(value) for value in values})
    enum = Enum("enum", {member: value for value, member in members.items()})  # type: ignore[misc]
    assert [each.value for each in enum] == values


def test_a_configured_name_stays_and_the_others_yield() -> None:
    configured = {"title": "user_name"}
    names = python_names(["userName", "title", "self"], configured=configured, reserved={"self"})
    assert names == {"userName": "userName", "title": "user_name", "self": "self_"}


def test_the_name_that_is_spelt_so_stays_but_not_a_taken_one() -> None:
    names = {"aB": "a_b", "a_b": "a_b", "c": "c", "__d": "d", "d": "d"}
    for order in permutations(names.items()):
        found = apart(dict(order), {"__d"}, {"c", "c_"})
        assert found == {"aB": "a_b_", "a_b": "a_b", "c": "c__", "__d": "d", "d": "d_"}


@pytest.mark.parametrize(
    ("name", "expected"), [("todo_list", "TodoList"), ("todoList", "TodoList"), ("URL", "URL")]
)
def test_pascal_case(name: str, expected: str) -> None:
    assert pascal_case(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("name", True), ("class", False), ("2fa", False), ("a-b", False)]
)
def test_a_name_is_one_that_python_takes(name: str, *, expected: bool) -> None:
    assert is_name(name) is expected
