"""Servers that leave nulls out of their responses."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest
from graphql import build_schema

from trunkline import Client, ProtocolError
from trunkline.client import Request, Scalar
from trunkline.client.transports import HTTPRequest, HTTPResponse
from trunkline.generate.client import ClientSettings, DocumentSource, generate_client

SDL = """
type Query { me: User  users: [[User]]  things: [Thing]  node: Node  count: Int! }
interface Node { id: ID }
type User implements Node { id: ID name: String age: Int! boss: User at: Time }
type Book implements Node { id: ID title: String pages: Int }
union Thing = User | Book
scalar Time
"""


class Canned:
    def __init__(self, *data: Any) -> None:
        self.bodies = [{"data": each} for each in data]

    def send(self, request: HTTPRequest) -> HTTPResponse:
        is_batch = request.body.startswith(b"[")
        body = msgspec.json.encode(self.bodies if is_batch else self.bodies[0])
        return HTTPResponse(200, body, {"content-type": "application/json"})

    def close(self) -> None:
        pass


CONDITIONS = """
query ($no: Boolean!, $yes: Boolean = true) {
  me { id @include(if: $no) name @skip(if: $yes) n: name @include(if: $yes) }
}
"""
CASES: dict[str, tuple[str, Any, Any]] = {
    "a root field": ("{ me { id } }", {}, {"me": None}),
    "below": ("{ me { id name } }", {"me": {"id": "1"}}, {"me": {"id": "1", "name": None}}),
    "an alias": ("{ me { n: name } }", {"me": {}}, {"me": {"n": None}}),
    "not what must not be null": ("{ count me { age } }", {"me": {}}, {"me": {}}),
    "lists of lists": (
        "{ users { id } }",
        {"users": [[{}, None], None]},
        {"users": [[{"id": None}, None], None]},
    ),
    "two selections of one field": (
        "{ me { boss { id } } ...u } fragment u on Query { me { boss { name } } }",
        {"me": {"boss": {}}},
        {"me": {"boss": {"id": None, "name": None}}},
    ),
    "a union, by its type": (
        "{ things { __typename ...on User { name } ...on Book { title } } }",
        {"things": [{"__typename": "User"}, {"__typename": "Book"}, {"__typename": "New"}]},
        {
            "things": [
                {"__typename": "User", "name": None},
                {"__typename": "Book", "title": None},
                {"__typename": "New"},
            ]
        },
    ),
    "an interface without its type": (
        "{ node { id ...on User { name } ...on Node { i: id } } }",
        {"node": {}},
        {"node": {"id": None, "i": None}},
    ),
    "not what was not included": (
        CONDITIONS,
        {"me": {}},
        {"me": {"n": None}},
    ),
    "data that is null": ("{ me { id } }", {"me": None}, {"me": None}),
}


@pytest.mark.parametrize(("text", "data", "expected"), CASES.values(), ids=CASES)
def test_they_are_put_back(text: str, data: Any, expected: Any) -> None:
    client = Client(Canned(data, data), schema=SDL, absent_is_null=True)
    variables = {"no": False} if "$no" in text else None
    assert client.execute(text, variables) == expected
    results = client.execute_batch([Request(text, variables)] * 2)
    assert [each.data for each in results] == [expected] * 2
    assert Client(Canned(data), schema=SDL).execute(text, variables) == data


def test_beside_converted_scalars() -> None:
    time = Scalar(serialize=str, parse=lambda value: f"at {value}")
    client = Client(
        Canned({"me": {"at": "9"}}), schema=SDL, absent_is_null=True, scalars={"Time": time}
    )
    assert client.execute("{ me { at name } }") == {"me": {"at": "at 9", "name": None}}


def test_without_a_schema_nobody_knows_what_may_be_null() -> None:
    with pytest.raises(ValueError, match="may be null is in the schema"):
        Client(Canned({}), absent_is_null=True)


DOCUMENT = """
query Me($no: Boolean!) {
  me { id theName: name boss @include(if: $no) { id } ...U }
  things { __typename ... on Book { title } }
}
fragment U on User { at }
"""


@pytest.mark.parametrize("style", ["msgspec", "dataclasses", "pydantic"])
def test_in_generated_clients(style: Any) -> None:
    settings = {"module": "api.py", "style": style, "calls": "sync"}
    source = DocumentSource("q.graphql", DOCUMENT)
    data = {"me": {}, "things": [{"__typename": "Book"}]}

    def call(name: str, **options: Any) -> Any:
        made = generate_client(build_schema(SDL), [source], ClientSettings(**settings, **options))
        module = ModuleType(name)
        sys.modules[name] = module
        exec(made.files["api.py"], vars(module))  # noqa: S102  # our own
        return module, module.API(Canned(data)).me(no=False)

    module, answer = call("absent_nulls_allowed", absent_is_null=True)
    assert (answer.me.id, answer.me.the_name, answer.me.at) == (None, None, None)
    assert answer.me.boss is module.UNSET
    assert answer.things[0].title is None
    with pytest.raises(ProtocolError, match="not of the expected type"):
        call("absent_nulls_refused")
