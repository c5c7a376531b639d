"""What an event says when something goes wrong: who, what and why, and no value that was sent."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, NamedTuple

import pytest
from graphql import GraphQLError
from tests.server.calling import post, send_body

from trunkline.auth import AccessDeniedError, Assumed, Caller
from trunkline.errors import RequestRefusedError
from trunkline.observe.operations import OperationEvent
from trunkline.server import AccessLog, GraphQL, Limits, batch, make_executable_schema, parse_schema

SECRET = "s3cret"

DEFINITION = parse_schema("""
    type Query {
        books(first: Int!, all: Boolean @requiresScopes(scopes: [["books:all"]])): [Book!]!
        bills: Int @requiresScopes(scopes: [["bills"]])
        find(by: Search): Int
        slow: Int
        stuck: Int
        failing: Int
        refusing: Int
    }
    input Search { year: Int!  owner: ID @requiresScopes(scopes: [["owners"]]) }
    type Book { id: ID!  author: Int }
""")


class Book(NamedTuple):
    id: str


class Authors:
    @batch
    async def author(self, books: list[Book]) -> list[int]:
        await asyncio.sleep(0.02)
        return [1 for _ in books]


class Query:
    def books(self, first: int, all: Any = None) -> list[Book]:  # noqa: A002, ARG002
        return [Book(str(each)) for each in range(first)]

    def bills(self) -> int:
        return 1

    def find(self, by: Any = None) -> int:  # noqa: ARG002
        return 1

    async def slow(self) -> int:
        await asyncio.sleep(0.03)
        return 1

    async def stuck(self) -> int:
        await asyncio.Event().wait()
        return 1

    def failing(self) -> int:
        raise ConnectionError(SECRET)

    def refusing(self) -> int:
        raise GraphQLError(f"{SECRET} is wrong.", extensions={"code": "WRONG"})


class Root:
    query = Query()
    book = Authors()


SCHEMA = make_executable_schema(DEFINITION, Root(), {"Book": Book})


class Endpoint(GraphQL):
    """Serves a caller with one scope, and remembers the events."""

    def __init__(self, **options: Any) -> None:
        self.events: list[OperationEvent] = []
        options = {"auth": Assumed(Caller("billing", frozenset({"books"}))), **options}
        super().__init__(SCHEMA, sinks=[self.events.append], **options)


REFUSED = [
    ("{ books(first: 1) { titel } }", {}, "Cannot query field 'titel' on type 'Book'."),
    (
        "{ books(first: 1, al: true) { id titel } }",
        {},
        "Unknown argument 'al' on field 'Query.books'. And 1 more.",
    ),
    (
        "{ books { id } }",
        {},
        "Argument 'Query.books(first:)' of type 'Int!' is required, but it was not provided.",
    ),
    (
        f'{{ find(by: "{SECRET}" ',
        {},
        "Syntax Error: Expected Name, found <EOF> (line 1, column 21).",
    ),
    (
        f'{{ find "{SECRET}" }}',
        {},
        "Syntax Error: Expected Name, found String '…' (line 1, column 8).",
    ),
    (
        f'{{ books(first: "{SECRET}") {{ id }} }}',
        {},
        "It does not fit its type (line 1, column 16).",
    ),
    (
        "query ($by: Search) { find(by: $by) }",
        {"by": {"year": SECRET}},
        "Variable '$by' has invalid value at .year",
    ),
    (
        "query ($by: Search) { find(by: $by) }",
        {"by": {"years": SECRET, "year": 1}},
        "Variable '$by' has invalid value: Expected value of type 'Search' not to include",
    ),
    ("query ($first: Int!) { books(first: $first) { id } }", {}, "Variable '$first' has"),
]


@pytest.mark.parametrize(("query", "variables", "reason"), REFUSED)
async def test_why_a_request_is_wrong(query: str, variables: Any, reason: str) -> None:
    app = Endpoint()
    reply = await post(app, query, variables=variables)
    (event,) = app.events
    assert event.outcome == "request_error"
    assert str(event.reason).startswith(reason)
    assert SECRET not in str(event.reason)
    stages = event.stages
    assert stages.parse > 0
    assert (stages.validate > 0) == (b"PARSE_FAILED" not in reply.body)


async def named(app: Endpoint, query: str, **parameters: Any) -> tuple[object, ...]:
    """Send a request twice; return what its events say the operation is."""
    for _ in "ab":
        await post(app, query, **parameters)
    first, second = ((each.operation_kind, each.operation_name) for each in app.events)
    assert first == second
    return first


@pytest.mark.parametrize(
    ("query", "parameters", "expected"),
    [
        ("query Find { nothing }", {}, ("query", "Find")),
        ("mutation Add { nothing }", {}, ("mutation", "Add")),
        ("{ nothing }", {}, ("query", None)),
        ("query Find { bills }", {}, ("query", "Find")),  # withheld from the caller
        ("query A { nothing } query B { slow }", {"operationName": "B"}, ("query", "B")),
        ("query A { nothing } query B { slow }", {}, (None, None)),
        ("query A { slow }", {"operationName": "C"}, (None, None)),
        ("query A { slow } query A { slow }", {"operationName": "A"}, (None, None)),
        ("query Find($by: Search) { find(by: $by) }", {"variables": {"by": 1}}, ("query", "Find")),
        ("query Find { nothing", {}, (None, None)),
        ("fragment F on Query { slow }", {}, (None, None)),
        ("query Long { nothing }" + " " * 2_000, {}, ("query", "Long")),  # compiled in a thread
    ],
)
async def test_what_is_wrong_has_a_name(query: str, parameters: Any, expected: object) -> None:
    assert await named(Endpoint(), query, **parameters) == expected


@pytest.mark.parametrize("limits", [Limits(depth=1), Limits(cost=0)])
async def test_what_is_too_much_has_a_name(limits: Limits) -> None:
    app = Endpoint(limits=limits)
    assert await named(app, "query Books { books(first: 1) { id } }") == ("query", "Books")
    assert app.events[0].outcome == "limited"


async def test_a_wrong_document_that_is_known_takes_no_time() -> None:
    app = Endpoint()
    for _ in "ab":
        await post(app, "{ nothing }")
    first, second = app.events
    assert first.stages.validate > 0 == second.stages.validate
    assert first.reason == second.reason


@pytest.mark.parametrize(
    ("options", "query", "words"),
    [
        ({"limits": Limits(depth=1)}, "{ books(first: 1) { id } }", "allows 1"),
        ({"limits": Limits(cost=2)}, "{ books(first: 99) { id } }", "may cost"),
        ({"limits": Limits(tokens=5)}, "{ books(first: 99) { id } }", "5 tokens"),
        ({"limits": Limits(response=2)}, "{ books(first: 99) { id } }", "response"),
        ({"max_body_bytes": 9}, "{ bills }", "9 bytes"),
    ],
)
async def test_which_limit_was_hit(options: Any, query: str, words: str) -> None:
    app = Endpoint(**options)
    await post(app, query)
    (event,) = app.events
    assert event.outcome == "limited"
    assert words in str(event.reason)


@pytest.mark.parametrize("refuse", ["hidden", "fields", "request"])
@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        ("{ bills }", "Query.bills needs the scope bills."),
        ("{ books(first: 1, all: true) { id } }", "Query.books(all:) needs the scope books:all."),
        ("{ find(by: {year: 1, owner: 1}) }", "Search.owner needs the scope owners."),
    ],
)
async def test_what_the_caller_lacks(query: str, lacking: str, refuse: Any) -> None:
    app = Endpoint(refuse=refuse)
    reply = await post(app, query)
    (event,) = app.events
    assert event.client_id == "billing"
    assert (b"needs" in reply.body) == (refuse != "hidden")
    assert event.outcome == "denied"
    assert lacking.split(" needs ")[1] in str(event.reason)
    if refuse == "hidden":
        assert event.reason == lacking


async def test_a_field_of_an_input_in_variables_is_withheld_too() -> None:
    app = Endpoint()
    query = "query ($by: Search!) { find(by: $by) }"
    await post(app, query, variables={"by": {"year": 1, "owner": SECRET}})
    (event,) = app.events
    assert (event.outcome, event.reason) == ("denied", "Search.owner needs the scope owners.")


async def test_what_the_caller_may_not_have_is_not_told_of_what_it_may() -> None:
    app = Endpoint()
    await post(app, "{ nothing bill }")
    assert app.events[0].outcome == "request_error"


class NoToken:
    """Denies each request, as a verifier does."""

    def __init__(self, denied: AccessDeniedError) -> None:
        self.challenge = Assumed(Caller("")).challenge
        self._denied = denied

    def recall(self, *_: Any) -> None:
        """Know no caller."""

    async def authenticate(self, _scope: Any) -> Caller:
        raise self._denied


@pytest.mark.parametrize(
    ("denied", "reason", "outcome"),
    [
        (AccessDeniedError(401, "No token."), "No token.", "denied"),
        (AccessDeniedError(403, "No.", scopes=["b", "a"]), "No. It needs a b.", "denied"),
        (AccessDeniedError(503, "The issuer is away."), "The issuer is away.", "unavailable"),
    ],
)
async def test_a_stranger_has_an_address(
    denied: AccessDeniedError, reason: str, outcome: str
) -> None:
    app = Endpoint(auth=NoToken(denied))
    await post(app, "{ bills }")
    (event,) = app.events
    assert (event.reason, event.outcome) == (reason, outcome)
    assert event.address == "127.0.0.1"


async def test_who_lacks_a_scope_for_every_request() -> None:
    app = Endpoint(auth=NoToken(AccessDeniedError(403, "No.", client_id="billing")))
    await post(app, "{ bills }")
    (event,) = app.events
    assert (event.client_id, event.address) == ("billing", None)


async def test_a_failure_has_the_name_of_its_exception_and_the_id_that_the_caller_sees() -> None:
    app = Endpoint()
    reply = await post(app, "{ failing }")
    (event,) = app.events
    number = reply.error["extensions"]["id"]
    assert event.reason == f"ConnectionError at failing, line 1 column 3 (id {number})"


@pytest.mark.parametrize("error", [RequestRefusedError(429, SECRET), GraphQLError(SECRET)])
async def test_sentences_of_the_program_are_not_told(error: Exception) -> None:
    async def refuse(_call: Any, _proceed: Any) -> Any:
        raise error

    app = Endpoint(middlewares=[refuse])
    await post(app, "{ slow }")
    await post(Endpoint(), "{ refusing }")
    assert app.events[0].reason is None


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("{ slow }", ["slow"]),
        ("{ a: slow b: slow refusing }", ["a", "b"]),
        ("{ books(first: 2) { author } }", ["books.author"]),
        ("{ a: slow b: slow c: slow d: slow }", ["a", "b", "c", "d"]),
        ("{ refusing }", []),
    ],
)
async def test_which_fields_are_slow(query: str, places: list[str]) -> None:
    app = Endpoint()
    await post(app, query)
    (event,) = app.events
    assert set(event.slowest) <= set(places)
    assert len(event.slowest) == min(3, len(places))
    assert all(0.01 <= each <= event.duration for each in event.slowest.values())


@pytest.mark.parametrize("query", ["{ stuck }", "{ stuck slow }"])
async def test_which_field_took_too_long(query: str) -> None:
    app = Endpoint(deadline=0.1)
    await post(app, query)
    (event,) = app.events
    assert event.outcome == "deadline_exceeded"
    assert next(iter(event.slowest)) == "stuck"
    assert event.reason == "The operation took longer than 0.1 s and was cancelled."


async def test_operations_of_a_batch_count_their_own_fields() -> None:
    app = Endpoint(batch_size=3)
    queries = ["{ slow }", "{ books(first: 9) { id author } }", "{ slow books(first: 3) { id } }"]
    for each in queries:
        await post(app, each)
    alone = [each.fields for each in app.events]
    app.events.clear()
    await send_body(app, json.dumps([{"query": each} for each in queries]).encode())
    assert [each.fields for each in app.events] == alone
    assert min(alone) > 0


def test_a_line_says_its_rate(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "trunkline.access")
    log = AccessLog(sample=0.999999, slower_than=1.0)
    for event in (
        OperationEvent(),
        OperationEvent(duration=2.0),
        OperationEvent(outcome="denied"),
    ):
        log(event)
    rates = [each.__dict__["operation"].get("sample_rate") for each in caplog.records]
    assert rates in ([0.999999, None, None], [None, None])  # once in a million
