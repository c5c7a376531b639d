"""What the event of a request says, by how the request went."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from tests.server.calling import Endpoint, get, post, send_body

from trunkline.auth import Assumed, Caller
from trunkline.errors import AccessDeniedError, RequestRefusedError
from trunkline.observe.operations import OperationEvent
from trunkline.protocol.documents import document_id
from trunkline.protocol.messages import schema_version
from trunkline.schema.printing import print_schema
from trunkline.server import Caching, GraphQL, Limits, batch, make_executable_schema, parse_schema

TODO = 'query One { todo(id: "1") { id } }'


@pytest.fixture
def app() -> Endpoint:
    return Endpoint()


def of(event: OperationEvent, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(event, name) for name in names)


@pytest.mark.parametrize(
    ("query", "parameters", "outcome", "status", "codes"),
    [
        (TODO, {}, "ok", 200, ()),
        ("{ refusing }", {}, "partial", 294, ("CLOSED",)),
        ("{ raising }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{ required }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{ unwritable }", {}, "internal_error", 294, ("INTERNAL_SERVER_ERROR",)),
        ("{", {}, "request_error", 400, ("GRAPHQL_PARSE_FAILED",)),
        ("{ a b }", {}, "request_error", 422, ("GRAPHQL_VALIDATION_FAILED",) * 2),
        (TODO, {"operationName": "B"}, "request_error", 422, ("OPERATION_RESOLUTION_FAILURE",)),
        ("query ($v: Int!) { number(value: $v) }", {}, "request_error", 422, ("BAD_USER_INPUT",)),
    ],
)
async def test_outcomes(  # noqa: PLR0913, PLR0917
    app: Endpoint,
    query: str,
    parameters: Mapping[str, Any],
    outcome: str,
    status: int,
    codes: tuple[str, ...],
) -> None:
    await post(app, query, **parameters)
    (event,) = app.events
    assert of(event, "outcome", "status", "error_codes") == (outcome, status, codes)
    assert event.duration > 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AccessDeniedError(401, "No."), "denied"),
        (RequestRefusedError(403, "No."), "denied"),
        (RequestRefusedError(429, "Later."), "limited"),
        (RequestRefusedError(409, "No."), "request_error"),
        (RequestRefusedError(503, "Later."), "unavailable"),
        (AccessDeniedError(503, "The issuer does not respond."), "unavailable"),
        (OSError(), "internal_error"),
    ],
)
async def test_outcomes_of_refusals(error: Exception, outcome: str) -> None:
    async def refuse(_call: Any, _proceed: Any) -> Any:
        raise error

    app = Endpoint(middlewares=[refuse])
    await post(app, TODO)
    assert app.events[0].outcome == outcome


@pytest.mark.parametrize(
    ("options", "query", "status"),
    [
        ({"limits": Limits(depth=1)}, TODO, 422),
        ({"limits": Limits(response=0)}, "{ __schema { types { name } } }", 294),
        ({"max_body_bytes": 10}, TODO, 413),
    ],
)
async def test_what_is_too_much(options: Any, query: str, status: int) -> None:
    app = Endpoint(**options)
    await post(app, query)
    assert of(app.events[0], "outcome", "status") == ("limited", status)


class Author(NamedTuple):
    id: str


class Book(NamedTuple):
    id: str


class Query:
    def books(self, first: int, by: Any = None, ids: Any = None, year: Any = None) -> list[Book]:  # noqa: ARG002
        return [Book(str(each)) for each in range(first)]

    def book(self) -> Book:
        return Book("7")

    def failing(self) -> list[Exception]:
        return [ValueError(str(each)) for each in range(10_000)]


class Books:
    @batch
    def author(self, parents: Sequence[Book]) -> list[Author]:
        return [Author("1") for _ in parents]


class Library:
    query = Query()
    book = Books()


LIBRARY = parse_schema("""
type Query {
  books(first: Int!, by: By, ids: [ID!], year: Int): [Book!]!
    @requiresScopes(scopes: [["books", "all"]])
  book: Book @cacheControl(maxAge: 60, scope: PUBLIC)
  failing: [Int]!
}
type Book @cacheControl(maxAge: 60, scope: PUBLIC) {
  id: ID!
  author: Author! @deprecated(reason: "Old.")
}
type Author { id: ID! }
input By { year: Int @deprecated(reason: "Old.")  genre: String @requiresScopes(scopes: [["g"]]) }
""")
BOOKS = """
query Books($first: Int!, $by: By, $ids: [ID!], $more: Boolean = true, $none: Int) {
  books(first: $first, by: $by, ids: $ids) { id author @include(if: $more) { id } }
  a: books(first: 0, year: $none) { id @skip(if: true) }
  b: books(first: 1) { id }
}
"""


class LibraryEndpoint(GraphQL):
    """Serves the library to a caller with some scopes, and remembers the events."""

    def __init__(self, **options: Any) -> None:
        self.events: list[OperationEvent] = []
        schema = make_executable_schema(LIBRARY, Library(), {"Book": Book, "Author": Author})
        caller = Caller("billing", frozenset({"books", "all", "g", "other"}))
        super().__init__(schema, auth=Assumed(caller), sinks=[self.events.append], **options)


async def test_all_that_an_event_says() -> None:
    app = LibraryEndpoint(batch_size=2)
    variables = {"first": 3, "by": {"year": 1, "genre": "SECRET"}, "ids": ["SECRET"], "none": None}
    for _ in "ab":
        reply = await post(app, BOOKS, {"X-Request-Id": "r-1"}, variables=variables)
        assert reply.status == 200
    cold, event = app.events
    assert (event.name, event.registered, event.request_id) == ("graphql.request", False, "r-1")
    assert event.scopes == {"books", "all", "g"}
    assert event.deprecated == {"Book.author", "By.year"}
    assert event.variables == {
        "first": "Int!",
        "by": "By",
        "ids": "[ID!](1)",
        "none": "null",
    }
    assert "SECRET" not in repr(event)
    assert event.fields == 3 + 3 * 6 + 1  # of the root, of the books, of `b`
    assert (event.batches, event.cost) == (1, (1 + 3 * 3) + 2 + 2)
    assert event.bytes_in > len(BOOKS)
    assert (event.bytes_out, event.cache_policy) == (len(reply.body), "no-store")
    for _ in range(3_000):  # it is looked for in a thread
        if event.schema_hash is not None:
            break
        await asyncio.sleep(0.01)
    assert event.schema_hash == schema_version(print_schema(LIBRARY))
    stages = cold.stages
    assert min(stages.parse, stages.validate, stages.compile, stages.execute) > 0
    assert stages.parse + stages.validate + stages.compile + stages.execute < cold.duration
    assert cold.stages.queue == 0
    assert event.stages.parse == event.stages.compile == event.stages.queue == 0
    assert event.stages.serialize > 0


async def test_a_long_document_waits_for_its_turn() -> None:
    app = LibraryEndpoint()
    await post(app, "{ book { id } } #" + "x" * 5_000)
    (event,) = app.events
    assert min(event.stages.queue, event.stages.compile) > 0


async def test_operations_of_a_batch_have_stages_of_their_own() -> None:
    app = LibraryEndpoint(batch_size=2)
    body = b'[{"query":"{ book { id } }"},{"query":"{ nothing }"}]'
    await send_body(app, body)
    first, second = app.events
    assert first.stages is not second.stages
    assert (first.outcome, first.fields, second.outcome) == ("ok", 2, "request_error")
    assert second.stages.execute == 0 < first.stages.execute


async def test_the_places_of_errors_are_few() -> None:
    app = LibraryEndpoint()
    await post(app, "{ failing }")
    (event,) = app.events
    assert (event.outcome, event.errors) == ("internal_error", 10_000)
    assert event.error_paths == [f"failing.{each}" for each in range(10)]


async def test_the_entities_that_groups_name() -> None:
    app = LibraryEndpoint(caching=Caching())
    await get(app, b"query={book{id}}")
    await get(app, b"query={book{author{id}}}")
    first, second = app.events
    assert ("Book:7" in first.groups, first.entities) == (True, 1)
    assert (second.groups, second.entities) == ((), 0)
    assert first.cache_policy == "public, s-maxage=60"


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("4f2c-a.b_c~d+e/f=g:h", "4f2c-a.b_c~d+e/f=g:h"),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("", None),
        ("a b", None),
        ("a\x1b[2J", None),
        ("Büro", None),
        ("a\n", None),
    ],
)
async def test_T_16_a_request_id_is_taken_or_ignored(  # noqa: N802
    app: Endpoint, sent: str, known: str | None
) -> None:
    await post(app, TODO, {"X-Request-Id": sent})
    assert app.events[0].request_id == known


async def test_what_is_known_of_an_operation(app: Endpoint) -> None:
    headers = {"graphql-client-name": "web", "graphql-client-version": "1.2"}
    await post(app, TODO, headers)
    await post(app, 'mutation { add(title: "x") { id } }')
    first, second = app.events
    names = ("operation_name", "operation_kind", "document_id", "client")
    assert of(first, *names) == ("One", "query", document_id(TODO), "web/1.2")
    assert of(second, "operation_name", "operation_kind", "client") == (None, "mutation", None)


async def test_what_is_known_of_a_refused_request(app: Endpoint) -> None:
    await send_body(app, b"nonsense", {"graphql-client-name": "web"})
    await get(app, b"query=mutation%20Add{add(title:%22x%22){id}}")
    first, second = app.events
    assert of(first, "operation_name", "document_id", "client") == (None, None, "web")
    assert of(second, "operation_name", "outcome", "status") == ("Add", "request_error", 405)


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ({}, None),
        ({"graphql-client-name": ""}, None),
        ({"graphql-client-version": "1"}, None),
        ({"graphql-client-name": "web"}, "web"),
        ({"graphql-client-name": "web", "graphql-client-version": ""}, "web"),
        ({"graphql-client-name": "Büro"}, "Büro"),
        ({"graphql-client-name": "x" * 1_000, "graphql-client-version": "1"}, "x" * 128),
        ({"graphql-client-name": "a\r\nb\x1b[2J\x9b"}, r"a\r\nb\x1b[2J\x9b"),
    ],
)
async def test_T_16_a_client_names_itself(  # noqa: N802
    app: Endpoint, headers: Mapping[str, str], client: str | None
) -> None:
    await post(app, TODO, headers)
    assert app.events[0].client == client


async def test_T_16_an_operation_name_that_the_document_lacks_is_nowhere(  # noqa: N802
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[OperationEvent] = []
    with caplog.at_level(logging.DEBUG):
        await post(Endpoint(sinks=(told.append,)), TODO, operationName="x\r\n\x1b[2J")
    assert told[0].operation_name is None
    assert not caplog.records


async def test_the_default_sink_is_the_access_log(caplog: pytest.LogCaptureFixture) -> None:
    from trunkline.server import access_log  # noqa: PLC0415

    with caplog.at_level(logging.INFO, "trunkline.access"):
        await post(Endpoint(sinks=(access_log,)), TODO)
    (record,) = caplog.records
    assert record.name == "trunkline.access"


class OneDocument:
    """Has one registered document."""

    def text(self, document_id: str, caller: object, client: str | None) -> str | None:  # noqa: ARG002
        return TODO if document_id == document_id_of_todo else None

    def admit(self, document_id: str, text: str, caller: object, client: str | None) -> bool:  # noqa: ARG002
        return text == TODO


document_id_of_todo = document_id(TODO)


async def test_a_registered_document_is_told() -> None:
    app = Endpoint(registered=OneDocument(), apq=True)
    await send_body(app, f'{{"documentId": "{document_id_of_todo}"}}'.encode())
    await post(app, TODO)
    other = "{ number }"
    await post(app, other)
    await send_body(app, f'{{"documentId": "{document_id(other)}"}}'.encode())
    assert [(event.registered, event.status) for event in app.events] == [
        (True, 200),
        (True, 200),
        (False, 200),
        (False, 200),
    ]
