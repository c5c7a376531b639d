"""Plausible data: what it looks like, and what fits together."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import graphql
import pytest
from graphql import parse
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mocking.mocking import ask, mock
from tests.property.documents import requests
from tests.property.schemas import definitions

from trunkline.engine import compile_operation, run_sync, stream
from trunkline.errors import RequestError
from trunkline.mocking.facts import Chance
from trunkline.mocking.schema import mock_schema
from trunkline.schema.load import parse_schema
from trunkline.schema.scalars import BUILT_IN


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        ("me { email }", r"[a-z]+\.[a-z]+@example\.com"),
        ("me { name }", r"[A-Z]\w+ [A-Z]\w+"),
        ("me { role }", "ADMIN|EDITOR"),
        ("me { createdAt }", r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"),
        ("me { avatarUrl }", r"https://example\.com/avatar/[a-z-]+/\d+\.png"),
        ("me { active }", "True"),
        ("me { age }", r"[1-9]\d"),
        ("company { id }", r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
        ("company { name }", r"\w+ & \w+"),
        ("company { price }", r"\d+\.\d\d"),
        ("company { weight }", r"\d+\.\d+"),
        ("company { strange }", r"[a-z]+ [a-z]+"),
        ("company { ref }", r"https://example\.com/.*"),
        ("company { vat }", "DE811907980"),
        ("company { inbox }", r".*@example\.com"),
        ("counter { id }", r"\d+"),
    ],
)
def test_values_look_like_what_they_are_called(asked: str, form: str) -> None:
    data = ask(mock(), f"{{ {asked} }}")
    (found,) = data.values()
    (value,) = found.values()
    assert re.fullmatch(form, str(value))


@pytest.mark.parametrize(
    ("scalar", "form"),
    [
        *[(name, ".+") for name in BUILT_IN],
        ("ISO8601DateTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("LocalDate", r"\d{4}-\d\d-\d\d"),
        ("URI", r"https://example\.com/.*"),
        ("EmailAddress", r".*@example\.com"),
        ("Long", r"\d+"),
        ("NonNegativeInt", r"\d+"),
        ("PositiveFloat", r"\d+\.\d+"),
        ("JSONObject", r"\{'name': .*\}"),
        ("GitObjectID", "[0-9a-f]{40}"),
        ("HTML", "<p>.*</p>"),
        ("HexColorCode", "#[0-9a-f]{6}"),
        ("CountryCode", "[A-Z]{2}"),
        ("Whatever", "[a-z]+ [a-z]+"),
    ],
)
def test_scalars_have_the_form_of_their_name(scalar: str, form: str) -> None:
    schema = mock(sdl=f"scalar {scalar}  type Query {{ thing: {scalar}!  things: [{scalar}!] }}")
    data = ask(schema, "{ thing things }")
    for value in (data["thing"], *data["things"]):
        assert re.fullmatch(form, str(value))


def test_fields_of_one_object_fit_each_other() -> None:
    users = ask(mock(), "{ users(first: 9) { name email firstName createdAt updatedAt } }")["users"]
    for user in users:
        first, last = user["name"].split()
        assert user["firstName"] == first
        assert user["email"] == f"{first}.{last}@example.com".lower()
        created, updated = (datetime.fromisoformat(user[at]) for at in ("createdAt", "updatedAt"))
        assert created < updated
    assert len({user["name"] for user in users}) > 1


EVERYTHING = """
  me { id name nickname friends { id } posts { totalCount nodes { id title } } }
  found { __typename ... on User { name } ... on Company { matrix } }
"""


def test_the_same_seed_gives_the_same_and_another_other() -> None:
    query = f"{{ {EVERYTHING} }}"
    first = ask(mock(1), query)
    assert ask(mock(1), query) == first
    assert ask(mock(2), query) != first


def test_numbers_are_the_same_on_every_machine() -> None:
    chance = Chance(1, "a", "é\ud800")
    assert [chance.below(1000) for _ in range(3)] == [937, 245, 440]


def test_the_same_id_is_the_same_object() -> None:
    schema = mock()
    data = ask(schema, '{ user(id: "7") { id name } again: user(id: "7") { id email name } }')
    assert data["user"]["id"] == "7"
    assert data["again"]["name"] == data["user"]["name"]
    friend = ask(schema, "{ me { friends { id name } } }")["me"]["friends"][0]
    found = ask(
        schema,
        "query ($id: ID!) { node(id: $id) { ... on User { id name } } }",
        {"id": friend["id"]},
    )
    assert found["node"] == friend
    many = ask(schema, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["7", "8"]})
    assert many["nodes"] in ([{"id": "7"}, {"id": "8"}], [None, {"id": "8"}], [{"id": "7"}, None])
    assert ask(schema, "{ counter(n: 1) { id } }") != ask(schema, "{ counter(n: 2) { id } }")


def test_keys_and_the_objects_that_they_name_agree() -> None:
    for post in ask(mock(), "{ posts { authorId author { id } } }")["posts"]:
        assert post["authorId"] == post["author"]["id"]


@pytest.mark.parametrize("scalar", ["Int", "Int64", "UUID", "String", "Date", "Whatever"])
def test_keys_have_whatever_scalar(scalar: str) -> None:
    schema = mock(
        sdl=f"""
          scalar Int64  scalar UUID  scalar Date  scalar Whatever
          type Query {{ one: One! }}
          type One {{ id: {scalar}!  otherId: {scalar}!  other: Two! }}
          type Two {{ id: ID! }}
        """
    )
    assert None not in ask(schema, "{ one { id otherId } }")["one"].values()


def test_arguments_are_what_the_object_says() -> None:
    schema = mock()
    assert ask(schema, '{ userByName(name: "Bob") { name } }') == {"userByName": {"name": "Bob"}}
    for done in (True, False):
        posts = ask(schema, "query ($d: Boolean) { posts(done: $d) { done } }", {"d": done})[
            "posts"
        ]
        assert posts == [{"done": done}] * len(posts)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [("", 5), ("(first: 2)", 2), ("(limit: 3)", 3), ("(first: 0)", 0), ("(first: -1)", 0)],
)
def test_a_request_bounds_its_lists(arguments: str, count: int) -> None:
    assert len(ask(mock(), f"{{ users{arguments} {{ id }} }}")["users"]) == count


def test_other_lists_have_two_to_five_items() -> None:
    data = ask(mock(), "{ company { matrix } found { __typename } me { roles } }")
    matrix = data["company"]["matrix"]
    for each in (matrix, *matrix, data["found"], data["me"]["roles"]):
        assert 2 <= len(each) <= 5


def test_an_offset_moves_the_window() -> None:
    users = "query ($limit: Int, $offset: Int) { users(limit: $limit, offset: $offset) { id } }"
    schema = mock()
    whole = ask(schema, users, {"limit": 6})["users"]
    assert ask(schema, users, {"limit": 3, "offset": 2})["users"] == whole[2:5]
    assert ask(schema, users, {"limit": 3, "offset": 100})["users"] == []


PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  me {
    posts(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { id } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
}
"""


def pages(size: str, place: str, cursor: str, more: str) -> list[Any]:
    """Go through the whole connection."""
    found: list[Any] = []
    variables: dict[str, Any] = {size: 4}
    while True:
        page = ask(mock(), PAGE, variables)["me"]["posts"]
        found.append(page)
        if not page["pageInfo"][more]:
            return found
        variables[place] = page["pageInfo"][cursor]


def test_connections_can_be_paged_through() -> None:
    forwards = pages("first", "after", "endCursor", "hasNextPage")
    nodes = [node["id"] for page in forwards for node in page["nodes"]]
    assert len(nodes) == len(set(nodes)) == forwards[0]["totalCount"] > 4
    backwards = pages("last", "before", "startCursor", "hasPreviousPage")
    assert nodes == [node["id"] for page in reversed(backwards) for node in page["nodes"]]
    for page in forwards:
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasPreviousPage"] == (page is not forwards[0])


def test_a_cursor_of_somebody_elses_says_nothing() -> None:
    first = ask(mock(), PAGE, {"first": 2})
    assert ask(mock(), PAGE, {"first": 2, "after": "opaque"}) == first


def test_what_may_be_null_is_now_and_then() -> None:
    query = "{ " + " ".join(f'u{n}: user(id: "{n}") {{ nickname }}' for n in range(100)) + " }"
    nicknames = [user["nickname"] for user in ask(mock(), query).values()]
    assert 3 < nicknames.count(None) < 30


def test_the_types_of_a_union_take_turns() -> None:
    sdl = """
      type Query { found(first: Int): [Found!]! }
      union Found = One | Two | Three
      type One { a: Int } type Two { a: Int } type Three { a: Int }
    """
    found = ask(mock(sdl=sdl), "{ found(first: 6) { __typename } }")["found"]
    names = [each["__typename"] for each in found]
    assert sorted(names) == ["One", "One", "Three", "Three", "Two", "Two"]


def test_mutations_echo_what_they_were_given() -> None:
    schema = mock()
    data = ask(
        schema,
        """mutation ($input: PostInput!) {
          addPost(input: $input, clientMutationId: "c") {
            clientMutationId
            success
            post { id title tags meta { pages note } authorId author { id } done }
            viewer { id }
          }
        }""",
        {
            "input": {
                "title": "Hello",
                "tags": ["a"],
                "meta": {"pages": 3},
                "authorId": "7",
                "done": "not a Boolean",
            }
        },
    )["addPost"]
    post = data["post"]
    assert (data["clientMutationId"], data["success"]) == ("c", True)
    assert (post["title"], post["tags"], post["meta"]["pages"]) == ("Hello", ["a"], 3)
    assert (post["authorId"], post["author"]) == ("7", {"id": "7"})
    assert isinstance(post["done"], bool)
    assert data["viewer"]["id"] != "7"

    query = "query ($id: ID!) { node(id: $id) { ... on Post { title } } }"
    assert ask(schema, query, {"id": post["id"]}) == {"node": {"title": "Hello"}}  # it remembers


def test_an_update_is_of_the_object_that_it_names() -> None:
    update = 'mutation { updatePost(id: "9", input: {title: "New"}) { id title } }'
    assert ask(mock(), update)["updatePost"] == {"id": "9", "title": "New"}


async def test_a_subscription_gives_events() -> None:
    operation = compile_operation(mock(), "subscription { postAdded { id } }")
    events = stream(operation, {})
    first, second = (await anext(events), await anext(events))
    await events.aclose()
    assert first.errors == second.errors == []
    assert first.data != second.data


def test_an_interface_that_nothing_implements_is_told() -> None:
    schema = mock(sdl="interface A { a: Int }  type Query { a: A  b: Int! }")
    result = run_sync(compile_operation(schema, "{ a { a } b }"), None)
    assert [error.message for error in result.errors] == ["The schema has no object type for A."]
    assert result.data
    assert result.data["b"] > 0


def test_names_of_python_are_names_of_arguments_too() -> None:
    schema = mock(sdl="type Query { a(self: Int, parent: Int, info: Int): Int! }")
    assert ask(schema, "{ a(self: 1, parent: 2, info: 3) }")["a"] > 0


@settings(max_examples=100, deadline=None)
@given(st.data(), definitions())
def test_data_fit_the_schema_whatever_it_is(data: st.DataObject, sdl: str) -> None:
    request = data.draw(requests(graphql.build_schema(sdl)))
    # Null for a variable with a default may stand where null is refused (§5.8.5): no mock's fault.
    variables = {name: value for name, value in request.variables.items() if value is not None}
    ours, core = (mock_schema(parse_schema(sdl)) for _ in range(2))
    try:
        operation = compile_operation(ours, request.text, request.operation_name)
        result = run_sync(operation, variables)
    except RequestError:
        return
    assert core.core
    expected = graphql.execute_sync(
        core.definition,
        parse(request.text),
        variable_values=variables,
        operation_name=request.operation_name,
        field_resolver=core.core.field_resolver,
        type_resolver=core.core.type_resolver,
    )
    assert [error.message for error in expected.errors or [] if error.original_error] == []
    assert len(result.errors) == len(expected.errors or [])
