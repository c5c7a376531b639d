from __future__ import annotations

import keyword
from enum import Enum
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generate.projects import CONFIGURATION, project, trunkline

from trunkline.text.names import apart, enum_member, python_names

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


def test_a_type_called_property_does_not_hide_what_properties_are_made_with(tmp_path: Path) -> None:
    schema = "type Query { property: Property! }  type Property { owner(since: Int): String! }\n"
    files = {"schema.graphql": schema, "trunkline.toml": CONFIGURATION}
    folder = project(tmp_path, files)
    run = trunkline(folder, "generate")
    assert run.status == 0, run.printed
    text = (folder / "app/graph/resolvers.py").read_text(encoding="utf-8")
    assert "    @builtins.property\n    def property(self) -> PropertyResolvers: ...\n" in text
    exec(compile(text, "resolvers.py", "exec"), {"__name__": "resolvers"})  # noqa: S102
