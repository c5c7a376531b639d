from __future__ import annotations

import builtins
import keyword

import pytest

from trunkline.text.names import Names, python_name, snake_case


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
