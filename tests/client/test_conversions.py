"""Custom scalars and enums, both ways; answers that gql loses data of; deprecations."""

from __future__ import annotations

import enum
import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.client.serving import JSON

from trunkline import Client, ProtocolError, VariablesError
from trunkline.client import DeprecatedWarning, Request
from trunkline.client.transports import HTTPRequest, HTTPResponse
from trunkline.schema.scalars import Scalar

SDL = """
scalar DateTime scalar Date scalar Duration scalar Decimal scalar UUID scalar Bytes
scalar Money scalar Unknown
enum Colour { RED GREEN }
interface Node { id: UUID! at: DateTime }
type User implements Node { id: UUID! at: DateTime friends: [[User]] money: Money colour: Colour! }
type Todo implements Node { id: UUID! at: DateTime day: Date title: String owner: User }
union Thing = User | Todo
type Query {
  user: User! node(id: UUID): Node things(at: [DateTime!]): [Thing]
  price: Decimal length: Duration data: Bytes what: Unknown
  paid(money: Money, in: Filter): Money old: Int @deprecated(reason: "Use price.")
}
input Filter { colour: Colour moneys: [Money!] and: Filter plain: Int }
"""


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

    def __hash__(self) -> int:
        return self.cents


def read_money(value: Any) -> Money:
    if not isinstance(value, str):
        raise TypeError("money is text")
    return Money(int(value.replace(".", "")))


MONEY = Scalar(lambda money: f"{money.cents / 100:.2f}", read_money)


class Canned:
    def __init__(self, data: Any) -> None:
        self.body = msgspec.json.encode({"data": data})
        self.sent: list[Any] = []

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.sent.append(msgspec.json.decode(request.body))
        return HTTPResponse(200, self.body, {"content-type": JSON})

    def close(self) -> None:
        pass


def client_of(data: Any) -> Client:
    return Client(
        Canned(data),
        schema=SDL,
        scalars={"Money": MONEY},
        enums={"Colour": Colour},
        parse_results=True,
    )


AT, ID = "2026-11-26T12:00:00+00:00", "00000000-0000-0000-0000-000000000001"
WHEN, WHO = datetime(2026, 11, 26, 12, tzinfo=UTC), UUID(int=1)

FRAGMENTS = """
{ things { __typename ...u ... on Todo { owner { ...u } day } } }
fragment u on User { money ...v }
fragment v on Node { at }
"""
ANSWERS: dict[str, tuple[str, Any, Any]] = {
    "a field in two places": (
        "{ user { id } user { at } }",
        {"user": {"id": ID, "at": AT}},
        {"user": {"id": WHO, "at": WHEN}},
    ),
    "aliases, lists of lists, nulls": (
        "{ user { a: friends { id name: colour } friends { at } } }",
        {"user": {"a": [[{"id": ID, "name": "RED"}, None], None], "friends": None}},
        {"user": {"a": [[{"id": WHO, "name": Colour.RED}, None], None], "friends": None}},
    ),
    "a member that this program does not know": (
        "{ user { colour } }",
        {"user": {"colour": "GREEN"}},
        {"user": {"colour": "GREEN"}},
    ),
    "unions, fragments and an unknown type": (
        FRAGMENTS,
        {
            "things": [
                {"__typename": "User", "money": "1.50", "at": AT},
                {"__typename": "Todo", "owner": {"money": "0.05", "at": None}, "day": "2026-01-02"},
                {"__typename": "Later"},
            ]
        },
        {
            "things": [
                {"__typename": "User", "money": Money(150), "at": WHEN},
                {
                    "__typename": "Todo",
                    "owner": {"money": Money(5), "at": None},
                    "day": date(2026, 1, 2),
                },
                {"__typename": "Later"},
            ]
        },
    ),
    "what is known by its name": (
        "{ price length data what }",
        {"price": "1.10", "length": "PT1H", "data": "aGk=", "what": {"a": [1]}},
        {
            "price": Decimal("1.10"),
            "length": "PT1H",  # servers use this name for different things, and the next one
            "data": "aGk=",
            "what": {"a": [1]},
        },
    ),
    "a field under a condition": (
        "query ($w: Boolean = false) { user { id @include(if: $w) at } }",
        {"user": {"at": AT}},
        {"user": {"at": WHEN}},
    ),
    "nothing to convert": ("{ __typename }", {"__typename": "Query"}, {"__typename": "Query"}),
}


@pytest.mark.parametrize(("text", "sent", "given"), ANSWERS.values(), ids=ANSWERS)
def test_what_an_answer_becomes(text: str, sent: Any, given: Any) -> None:
    assert client_of(sent).execute(text) == given


def test_a_batch_is_read_with_the_schema_of_each_operation() -> None:
    client = client_of(None)
    transport: Any = client.transport
    transport.body = msgspec.json.encode(
        [{"data": {"price": "1.5"}}, {"data": {"user": {"at": AT}}}]
    )
    first, second = client.execute_batch([Request("{ price }"), Request("{ user { at } }")])
    assert (first.data, second.data) == ({"price": Decimal("1.5")}, {"user": {"at": WHEN}})


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ("{ user { at } }", {"user": {"at": "soon"}}, r"Invalid RFC3339 .*`\$\.data\.user\.at`"),
        ("{ paid }", {"paid": 7}, r"money is text - at `\$\.data\.paid`"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_place(
    text: str, data: Any, message: str
) -> None:
    with pytest.raises(ProtocolError, match="not of the expected type: " + message):
        client_of(data).execute(text)


def test_errors_beside_what_was_converted() -> None:
    client = client_of(None)
    transport: Any = client.transport
    transport.body = msgspec.json.encode({"data": {"price": "1.5"}, "errors": [{"message": "x"}]})
    result = client.execute("{ price }", get_execution_result=True)
    assert result.data == {"price": Decimal("1.5")}
    assert [error["message"] for error in result.errors] == ["x"]


SENT: dict[str, tuple[Any, Any]] = {
    "a scalar": ({"m": Money(150)}, {"m": "1.50"}),
    "null": ({"m": None}, {"m": None}),
    "within an input": (
        {"f": {"colour": Colour.RED, "moneys": [Money(1)], "and": {"moneys": [], "plain": 1}}},
        {"f": {"colour": "RED", "moneys": ["0.01"], "and": {"moneys": [], "plain": 1}}},
    ),
    "an input within itself": (
        {"f": {"and": {"and": {"colour": Colour.RED}}}},
        {"f": {"and": {"and": {"colour": "RED"}}}},
    ),
    "one for a list": ({"f": {"moneys": Money(7)}}, {"f": {"moneys": "0.07"}}),
}


@pytest.mark.parametrize(("given", "sent"), SENT.values(), ids=SENT)
def test_how_variables_are_written(given: Any, sent: Any) -> None:
    client = client_of({"paid": None})
    client.execute("query ($m: Money, $f: Filter) { paid(money: $m, in: $f) }", given)
    transport: Any = client.transport
    assert transport.sent[0]["variables"] == sent


@pytest.mark.parametrize("value", [{"m": "text"}, {"f": {"colour": Colour.BLUE}}])
def test_a_variable_that_cannot_be_written(value: Any) -> None:
    client = client_of({"paid": None})
    with pytest.raises(VariablesError):
        client.execute("query ($m: Money, $f: Filter) { paid(money: $m, in: $f) }", value)
    transport: Any = client.transport
    assert not transport.sent


def test_without_a_schema_nothing_can_be_converted() -> None:
    with pytest.raises(ValueError, match="converted by the schema"):
        Client(Canned(None), parse_results=True)


def test_what_is_deprecated_warns_once_with_reason_and_place() -> None:
    client = client_of({"old": 1})
    with pytest.warns(DeprecatedWarning) as caught:
        client.execute("{ old }")
    assert [str(one.message) for one in caught] == [
        "The field Query.old is deprecated. Use price.\n\nGraphQL request:1:3\n1 | { old }\n  |   ^"
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.execute("{ old }")


def test_what_is_specified_is_converted_whatever_its_name() -> None:
    sdl = """
    type Query { time: Time took: Duration who: DateTime hex: Bytes  note(at: Time): Boolean }
    scalar Time @specifiedBy(url: "https://tools.ietf.org/html/rfc3339")
    scalar Duration @specifiedBy(url: "https://en.wikipedia.org/wiki/ISO_8601#Durations")
    scalar DateTime @specifiedBy(url: "https://example.com/our-own")
    scalar Bytes
    """
    data = {"time": AT, "took": "PT1M", "who": "today", "hex": "ff"}
    client = Client(Canned(data), schema=sdl, parse_results=True)
    assert client.execute("{ time took who hex }") == {
        "time": WHEN,
        "took": timedelta(minutes=1),
        "who": "today",
        "hex": "ff",
    }
    client = Client(Canned({"note": True}), schema=sdl, parse_results=True)
    client.execute("query ($at: Time) { note(at: $at) }", {"at": WHEN})
    transport: Any = client.transport
    assert transport.sent[0]["variables"] == {"at": "2026-11-26T12:00:00Z"}
