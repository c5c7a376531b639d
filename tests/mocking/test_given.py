"""Values that are given for single fields take the place of plausible ones."""

from __future__ import annotations

from typing import Any

import pytest
from tests.mocking.mocking import ask, mock

from trunkline.errors import SchemaError


@pytest.mark.parametrize(
    ("coordinate", "value", "asked", "answer"),
    [
        ("User.name", "Ada", "me { name }", {"me": {"name": "Ada"}}),
        ("Query.user", None, 'user(id: "1") { id }', {"user": None}),
        ("User.role", "OLD", "me { role }", {"me": {"role": "OLD"}}),
        ("User.age", ["5", 5], "me { age }", None),
        (
            "User.createdAt",
            "2026-01-02T03:04:05Z",
            "me { createdAt }",
            {"me": {"createdAt": "2026-01-02T03:04:05+00:00"}},
        ),
        (
            "Query.me",
            {"id": "1", "friends": [{"id": "2", "name": "Bob"}]},
            "me { id friends { id name } }",
            {"me": {"id": "1", "friends": [{"id": "2", "name": "Bob"}]}},
        ),
        (
            "Query.found",
            [{"__typename": "User", "name": "Ada"}, {"__typename": "Company"}],
            "found { __typename ... on User { name } }",
            {"found": [{"__typename": "User", "name": "Ada"}, {"__typename": "Company"}]},
        ),
    ],
)
def test_a_value_is_taken(coordinate: str, value: Any, asked: str, answer: Any) -> None:
    if answer is None:
        with pytest.raises(SchemaError, match="Int cannot represent"):
            mock(values={coordinate: value})
        return
    assert ask(mock(values={coordinate: value}), f"{{ {asked} }}") == answer


def test_a_list_is_a_choice_where_the_field_is_none() -> None:
    schema = mock(values={"User.name": ["Ada", "Bob"]})
    users = ask(schema, "{ users(first: 20) { name } }")["users"]
    assert {user["name"] for user in users} == {"Ada", "Bob"}


def test_a_given_object_has_plausible_fields_beside() -> None:
    schema = mock(values={"Query.me": {"id": "7", "name": "Ada"}})
    data = ask(schema, '{ me { name email } user(id: "7") { email } }')
    assert data["me"] == {"name": "Ada", "email": data["user"]["email"]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"User.nam": "A"},
            "User.nam: is not a field of an object type. Did you mean 'User.name'",
        ),
        ({"User.name": None}, "User.name: null is not a value of String!."),
        ({"User.roles": "ADMIN"}, "User.roles: 'ADMIN' is not a list."),
        ({"User.role": "ADMINN"}, "User.role: Value 'ADMINN' does not exist in 'Role' enum."),
        ({"User.createdAt": "now"}, "User.createdAt: DateTime cannot represent value: 'now'"),
        ({"Query.me": 3}, "Query.me: 3 is not an object of User: give a table of its fields."),
        ({"Query.me": {"nam": "A"}}, "Query.me: User has no field 'nam'. Did you mean 'name'?"),
        (
            {"Query.node": {"id": "1"}},
            "Query.node: '__typename' must be the name of an object type of Node.",
        ),
        (
            {"Query.node": {"__typename": "Company"}},
            "Query.node: '__typename' must be the name of an object type of Node.",
        ),
    ],
)
def test_what_does_not_fit_is_told(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        mock(values=values)
    assert str(caught.value).startswith(message)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        mock(values={"User.name": None, "User.age": "old"})
    assert len(str(caught.value).splitlines()) == 2
