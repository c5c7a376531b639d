"""The client's private cache, with what our own server tells it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from trunkline.auth import Assumed, Caller
from trunkline.bounded import BoundedMapping
from trunkline.client import Client, Persisted, PrivateCache
from trunkline.client.cache import CachingSender
from trunkline.client.transports.aiohttp import AIOHTTPTransport
from trunkline.client.transports.asgi import ASGITransport
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.client.transports.pyreqwest import PyreqwestTransport
from trunkline.client.transports.requests import RequestsHTTPTransport
from trunkline.errors import ConnectionFailedError
from trunkline.flow.calls import send_request
from trunkline.protocol.messages import HTTPRequest, HTTPResponse
from trunkline.server import GraphQL, OperationEvent, make_executable_schema, parse_schema

URL = "https://api.example/graphql"
SDL = """
type Query {
  book(id: ID!): Book @cacheControl(maxAge: 600)
  books: [Book!]! @cacheControl(maxAge: 600)
  never: Int
}
type Book @cacheControl(inheritMaxAge: true) { id: ID!  title: String! }
type Mutation { rename(id: ID!, title: String!): Book! }
"""


class Books:
    def __init__(self) -> None:
        self.titles = {"1": "A", "2": "B"}

    def book(self, id: str) -> dict[str, str]:  # noqa: A002
        return {"id": id, "title": self.titles[id]}

    def books(self) -> list[dict[str, str]]:
        return [self.book(each) for each in self.titles]

    def never(self) -> int:
        return 1

    def rename(self, id: str, title: str) -> dict[str, str]:  # noqa: A002
        self.titles[id] = title
        return self.book(id)


@pytest.fixture
def events() -> list[OperationEvent]:
    return []


@pytest.fixture
def client(events: list[OperationEvent]) -> Client:
    books = Books()
    resolvers = SimpleNamespace(query=books, mutation=books)
    schema = make_executable_schema(parse_schema(SDL), resolvers)
    app = GraphQL(schema, auth=Assumed(Caller("web")), sinks=[events.append], apq=True)
    transport = ASGITransport(app, "http://api.example/graphql")
    by_get = Persisted("apq", use_get=True)
    return Client(transport, persisted=by_get, cache=PrivateCache())


ONE, ALL = "{ book(id: 1) { id title } }", "{ books { id title } }"
OTHER = "{ book(id: 2) { id title } }"


async def test_a_response_is_kept_until_a_mutation_changes_it(
    client: Client, events: list[OperationEvent]
) -> None:
    async def asked(*texts: str) -> int:
        before = sum(event.outcome == "ok" for event in events)
        for text in texts:
            await client.execute_async(text)
        return sum(event.outcome == "ok" for event in events) - before

    assert await asked(ONE, OTHER, ALL) == 3  # by POST, because the server did not know them
    assert await asked(ONE, OTHER, ALL) == 3
    assert await asked(ONE, OTHER, ALL) == 0
    assert await asked("{ never }", "{ never }") == 2
    assert await asked('mutation { rename(id: 1, title: "C") { id } }') == 1
    assert await asked(OTHER) == 0
    assert await asked(ONE, ALL) == 2
    assert await client.execute_async(ONE) == {"book": {"id": "1", "title": "C"}}
    assert await asked('mutation { rename(id: 1, title: "D") { title } }') == 1
    assert await asked(ONE, OTHER, ALL) == 3


@pytest.mark.parametrize("is_late", [False, True])
def test_what_was_on_its_way_during_a_mutation_is_not_kept(
    monkeypatch: pytest.MonkeyPatch,
    is_late: bool,  # noqa: FBT001
) -> None:
    sender = CachingSender(PrivateCache(), send_request)
    reading = HTTPRequest("GET", {}, b"", query="a")
    old = HTTPResponse(200, b"old", {"cache-control": "max-age=60", "cache-groups": '"Book"'})
    slow: Any = sender.send(reading)
    assert next(slow) == reading
    mutation: Any = sender.send(HTTPRequest("POST", {}, b""))
    next(mutation)

    def mutate() -> None:
        with pytest.raises(StopIteration):
            mutation.send(HTTPResponse(200, b"", {"cache-group-invalidation": '"Book"'}))

    put = BoundedMapping[Any, Any].put

    def put_late(*given: Any) -> None:  # as if another thread were between
        mutate()
        put(*given)

    if is_late:
        monkeypatch.setattr(BoundedMapping, "put", put_late)
    else:
        mutate()
    with pytest.raises(StopIteration):
        slow.send(old)
    again: Any = sender.send(reading)
    assert next(again) == reading  # it is asked for again


class Recording:
    """A program's own transport; what it adds to a request is its own."""

    def __init__(self) -> None:
        self.sent: list[HTTPRequest] = []

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.sent.append(request)
        body = b"" if "if-none-match" in request.headers else b'{"data":{"never":1}}'
        headers = {"content-type": "application/json", "cache-control": "private, max-age=60"}
        return HTTPResponse(200 if body else 304, body, {**headers, "etag": '"1"'})

    def close(self) -> None:
        """Close nothing."""


class Telling(Recording):
    hides_credentials = False


@pytest.mark.parametrize(("transport", "requests"), [(Recording(), 3), (Telling(), 1)])
def test_with_credentials_that_are_not_seen_here_the_server_is_asked_each_time(
    transport: Recording, requests: int
) -> None:
    by_get = Persisted("apq", use_get=True)
    with Client(transport, persisted=by_get, cache=PrivateCache()) as client:
        for _ in range(3):
            assert client.execute("{ never }") == {"never": 1}
    assert ["if-none-match" in each.headers for each in transport.sent] == [False, True, True][
        :requests
    ]


@pytest.mark.parametrize(
    ("transport", "hides"),
    [
        (HTTPX2Transport(URL), False),
        (HTTPX2Transport(URL, headers={"authorization": "Bearer a"}), False),
        (HTTPX2Transport(URL, auth=("a", "b")), True),
        (HTTPX2Transport(URL, client=cast("Any", object())), True),
        (RequestsHTTPTransport(URL), False),
        (RequestsHTTPTransport(URL, auth=("a", "b")), True),
        (RequestsHTTPTransport(URL, session=cast("Any", object())), True),
        (AIOHTTPTransport(URL, session=cast("Any", object())), True),
        (PyreqwestTransport(URL, client=cast("Any", object())), True),
        (ASGITransport(cast("Any", None)), False),
    ],
)
def test_a_transport_says_whether_it_may_add_credentials(transport: Any, *, hides: bool) -> None:
    assert transport.hides_credentials is hides


def mutate(sender: CachingSender, how: str) -> None:
    """Send a mutation, which ends in some way."""
    url = "https://issuer.example/token" if how == "elsewhere" else None
    flow: Any = sender.send(HTTPRequest("POST", {}, b"", url=url))
    next(flow)
    if how == "cancelled":
        flow.close()
    elif how == "lost":
        with pytest.raises(ConnectionFailedError):
            flow.throw(ConnectionFailedError("lost"))
    else:
        status = 200 if how == "elsewhere" else int(how)
        groups = '"Other"' if how == "504" else '"Book"' if how == "elsewhere" else ""
        with pytest.raises(StopIteration):
            flow.send(HTTPResponse(status, b"", {"cache-group-invalidation": groups}))


@pytest.mark.parametrize(
    ("how", "is_kept"),
    [
        ("lost", False),
        ("cancelled", False),
        ("502", False),
        ("504", True),  # which names another group
        ("200", True),
        ("422", True),
        ("503", True),
        ("elsewhere", True),
    ],
)
def test_a_mutation_that_may_have_been_executed_leaves_nothing(how: str, *, is_kept: bool) -> None:
    sender = CachingSender(PrivateCache(), send_request)
    reading = HTTPRequest("GET", {}, b"", query="a")
    flow: Any = sender.send(reading)
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(HTTPResponse(200, b"", {"cache-control": "max-age=60", "cache-groups": '"Book"'}))
    mutate(sender, how)
    again: Any = sender.send(reading)
    if is_kept:
        with pytest.raises(StopIteration):
            next(again)
    else:
        assert next(again) == reading


@pytest.mark.parametrize("vary", ["*", "Accept, Baggage", "DPoP"])
def test_a_response_that_depends_on_what_is_no_part_of_the_key_is_not_kept(vary: str) -> None:
    sender = CachingSender(PrivateCache(), send_request)
    reading = HTTPRequest("GET", {"baggage": "tenant=a"}, b"", query="a")
    flow: Any = sender.send(reading)
    next(flow)
    with pytest.raises(StopIteration):
        flow.send(HTTPResponse(200, b"", {"cache-control": "max-age=60", "vary": vary}))
    assert next(sender.send(replace(reading, headers={"baggage": "tenant=b"})))  # it is sent


def test_a_proof_is_no_part_of_what_is_asked() -> None:
    sender = CachingSender(PrivateCache(), send_request)
    kept = HTTPResponse(200, b"", {"cache-control": "private, max-age=60"})

    def request(token: str, proof: str) -> HTTPRequest:
        return HTTPRequest("GET", {"authorization": f"DPoP {token}", "dpop": proof}, b"", query="a")

    flow: Any = sender.send(request("mine", "1"))
    next(flow)
    with pytest.raises(StopIteration) as first:
        flow.send(kept)
    with pytest.raises(StopIteration) as again:
        next(sender.send(request("mine", "2")))
    assert first.value.value is again.value.value is kept
    assert next(sender.send(request("another", "3")))  # which is sent
