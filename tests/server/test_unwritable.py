"""A custom scalar may give what JSON lacks: that is its field's error, and the rest is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import graphql
import pytest
from tests.server.calling import post
from werkzeug.local import LocalProxy

from trunkline import engine
from trunkline.engine import adopt_schema
from trunkline.schema.bindings import Schema
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import parse_schema
from trunkline.server import GraphQL

SDL = """
scalar Any
type Query { any: Any, strict: Any!, items: [Any!], boxes: [Box] }
type Box { any: Any! }
"""
TEXT = "{ any items boxes { any } }"


class Color(Enum):
    RED = "red"
    ODD = frozenset[int]()


class Pair(NamedTuple):
    left: int
    right: Any


@dataclass
class Point:
    x: Any


class Box:
    def __init__(self, value: object) -> None:
        self.any = value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)

UNWRITABLE = {
    "set": {1},
    "object": object(),
    "bytes": b"x",
    "decimal": Decimal(1),
    "nan": float("nan"),
    "within": {"a": [1, {2}]},
    "key": {(1, 2): 3},
    "infinite key": {float("inf"): 3},
    "enum": Color.ODD,
    "dataclass": Point({1}),
    "class": Point,
    "pair": Pair(1, {2}),
    "time zone": time(1, tzinfo=UTC),
    "microseconds": time(0, 0, 0, 10_000),  # orjson would write a tenth of a second
    "digits": 10**5_000,
    "circle": CIRCLE,
}
WRITABLE = {
    "json": ({"a": [1, 1.5, None, True, "x"]}, {"a": [1, 1.5, None, True, "x"]}),
    "dates": (
        [date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), time(1)],
        ["2026-01-02", "2026-01-02T00:00:00+00:00", "01:00:00"],
    ),
    "uuid": (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "enum": (Color.RED, "red"),
    "dataclass": (Point([1]), {"x": [1]}),
    "pair": (Pair(1, 2), [1, 2]),
    "keys": ({1: 2, None: 3}, {"1": 2, "null": 3}),
    "long": (2**70, 2**70),
    "surrogate": ("\ud800", "\ud800"),
    "what orjson has and what json has": (
        [{1: date(2026, 1, 2)}, 2**70, Point(UUID(int=2))],
        [{"1": "2026-01-02"}, 2**70, {"x": "00000000-0000-0000-0000-000000000002"}],
    ),
}


async def test_a_proxy_of_a_string_is_written_as_the_string() -> None:
    class Names:
        first, last = LocalProxy(lambda: "a"), LocalProxy(lambda: "b")

    class Query:
        @staticmethod
        def names() -> list[Names]:
            return [Names(), Names()]

    class Resolvers:
        query = Query()

    sdl = "type Query { names: [Names!]! } type Names { first: String, last: String! }"
    app = GraphQL(make_executable_schema(parse_schema(sdl), Resolvers()), auth=None)
    for _ in range(4):  # both texts
        reply = await post(app, "{ names { first last } }")
        assert reply.data == {"names": [{"first": "a", "last": "b"}] * 2}


def own(value: object) -> Schema:
    class Query:
        any = strict = staticmethod(lambda: value)
        items = staticmethod(lambda: [1, value])
        boxes = staticmethod(lambda: [Box(1), Box(value)])

    class Resolvers:
        query = Query()

    return make_executable_schema(parse_schema(SDL), Resolvers())


def adopted(value: object) -> Schema:
    return adopt_schema(graphql_core(value))


def graphql_core(value: object) -> graphql.GraphQLSchema:
    schema = graphql.build_schema(SDL)
    fields: Any = schema.type_map["Query"].fields  # type: ignore[attr-defined]
    fields["any"].resolve = fields["strict"].resolve = lambda *_: value
    fields["items"].resolve = lambda *_: [1, value]
    fields["boxes"].resolve = lambda *_: [Box(1), Box(value)]
    return schema


@pytest.mark.parametrize("make", [own, adopted])
@pytest.mark.parametrize("name", UNWRITABLE)
async def test_what_json_lacks_is_the_error_of_its_field(name: str, make: Any) -> None:
    app = GraphQL(make(UNWRITABLE[name]), auth=None)
    for _ in range(4):  # both texts
        reply = await post(app, TEXT)
        assert reply.status == 294
        assert reply.data == {"any": None, "items": None, "boxes": [{"any": 1}, None]}
        paths = [error["path"] for error in reply.json["errors"]]
        assert paths == [["any"], ["items", 1], ["boxes", 1, "any"]]
    assert (await post(app, "{ strict }")).data is None


@pytest.mark.parametrize("make", [own, adopted])
@pytest.mark.parametrize("name", WRITABLE)
async def test_what_can_be_written_is_written(name: str, make: Any) -> None:
    value, written = WRITABLE[name]
    reply = await post(GraphQL(make(value), auth=None), TEXT)
    assert reply.status == 200
    assert reply.data == {
        "any": written,
        "items": [1, written],
        "boxes": [{"any": 1}, {"any": written}],
    }


@pytest.mark.parametrize("name", ["set", "object", "decimal", "within", "digits"])
def test_programs_that_write_results_themselves_get_it_as_from_graphql_core(name: str) -> None:
    value = UNWRITABLE[name]
    result: Any = engine.execute(graphql_core(value), graphql.parse("{ any }"))
    assert result.data["any"] is value
    assert not result.errors
