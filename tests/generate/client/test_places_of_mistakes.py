"""A response that does not fit: the message tells where, from the root, in all styles."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any

import pytest
from graphql import build_schema

from trunkline.errors import ProtocolError
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client
from trunkline.protocol.messages import HTTPResponse

SDL = """
type Query { found: [Found!]! todos: [Todo!]! at: DateTime }
union Found = Todo | Person
type Todo { id: ID! owner: Person! counts: [Int!]! }
type Person { name: String! mood: Mood friends: [Found!] }
enum Mood { GOOD }
scalar DateTime
"""
DOCUMENT = """
query Find {
  found {
    ... on Todo { id owner { name mood } counts }
    ... on Person { name friends { ... on Todo { id } ... on Person { name } } }
  }
  todos { owner { name } counts }
  at
}
"""
FRIENDS = [{"__typename": "Person", "name": "Bo"}, {"__typename": "Todo", "id": "2"}]
RIGHT = {
    "found": [
        {"__typename": "Todo", "id": "1", "owner": {"name": "Al", "mood": "GOOD"}, "counts": [1]},
        {"__typename": "Person", "name": "Al", "friends": FRIENDS},
        {"__typename": "Added"},
    ],
    "todos": [{"owner": {"name": "Al"}, "counts": [1, 2]}],
    "at": None,
}

Path = list[str | int]


def operation(style: Any) -> Any:
    documents = [DocumentSource("find.graphql", DOCUMENT)]
    made = generate_client(build_schema(SDL), documents, ClientSettings(style=style))
    module: Any = ModuleType(f"places_in_{style}")
    sys.modules[module.__name__] = module
    exec(compile(made.files["api.py"], module.__name__, "exec"), module.__dict__)  # noqa: S102
    return module._FIND


STYLES = {style: operation(style) for style in ("msgspec", "dataclasses", "pydantic")}


def response(data: object) -> HTTPResponse:
    body = json.dumps({"data": data}).encode()
    return HTTPResponse(200, body, {"content-type": "application/json"})


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["at"], "soon"),
        (["todos"], None),
        (["todos", 0], 7),
        (["todos", 0, "counts", 1], "x"),
        (["found", 0], []),
        (["found", 0, "owner", "name"], 7),
        (["found", 0, "owner", "mood"], 7),
        (["found", 1, "friends", 0, "name"], None),
        (["found", 1, "friends", 1, "id"], None),
    ],
)
def test_a_wrong_value(style: str, path: Path, wrong: object) -> None:
    data = json.loads(json.dumps(RIGHT))
    STYLES[style].read(response(data))
    *above, last = path
    place = data
    for step in above:
        place = place[step]
    place[last] = wrong
    with pytest.raises(ProtocolError) as caught:
        STYLES[style].read(response(data))
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    assert str(caught.value).startswith("The server's response is not of the expected type: ")
    assert str(caught.value).endswith(f" - at `$.data{steps}`")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("path", "place"),
    [
        (["todos", 0, "owner"], "$.data.todos[0]"),
        (["found", 0, "owner", "name"], "$.data.found[0].owner"),
        (["found", 1, "friends", 1, "id"], "$.data.found[1].friends[1]"),
    ],
)
def test_a_missing_field(style: str, path: Path, place: str) -> None:
    data = json.loads(json.dumps(RIGHT))
    *above, last = path
    within = data
    for step in above:
        within = within[step]
    del within[last]
    with pytest.raises(ProtocolError) as caught:
        STYLES[style].read(response(data))
    assert str(caught.value).endswith(f"Object missing required field `{last}` - at `{place}`")
