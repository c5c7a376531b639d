"""What a client does to be good to a server, and to those who run it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from tests.client import faulty
from tests.client.faulty import Faulty, status
from tests.client.serving import JSON, QUERY, TODOS, Received, Reply, Todos
from tests.tracing import recorded_spans
from tests.waiting import PATIENCE

from trunkline import (
    CircuitOpenError,
    Client,
    ExecutionError,
    ServerStatusError,
    TokenError,
    TransportError,
    TrunklineError,
)
from trunkline.auth import ClientCredentials
from trunkline.client import (
    APIKey,
    BearerToken,
    Breaker,
    CallEvent,
    CallOptions,
    Hooks,
    Persisted,
    PrivateCache,
    Request,
    Retry,
)
from trunkline.client.calls import Call
from trunkline.client.transports import HTTPRequest, HTTPResponse
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.flow import drivers
from trunkline.protocol.documents import RegisteredDocument, document_id

SOON = Retry(first_pause=0.001)


class Scripted:
    """Answers each request with the next of its answers; the last stays."""

    url = "http://api.example/graphql"
    hides_credentials = False

    def __init__(self, *answers: HTTPResponse | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[HTTPRequest] = []

    def send(self, request: HTTPRequest) -> HTTPResponse:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        pass


def ok(data: str = '{"a":1}', **headers: str) -> HTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(200, b'{"data":%b}' % data.encode(), {"content-type": JSON, **named})


BUSY = HTTPResponse(503, b"Busy", {"content-type": "text/plain"})


# Retries


@pytest.mark.parametrize("line", [b"429 Slow", b"502 Bad", b"503 Busy", b"504 Late"])
def test_a_query_is_repeated_after_a_status_that_passes(line: bytes) -> None:
    with (
        Faulty(status(line), status(line), faulty.answer) as server,
        Client(server.url, retry=SOON) as client,
    ):
        assert client.execute(QUERY) == TODOS
    assert len(server.requests) == 3


@pytest.mark.parametrize("line", [b"400 Bad", b"401 Who", b"404 No", b"500 Oh", b"501 No"])
def test_nothing_is_repeated_after_a_status_that_stays(line: bytes) -> None:
    with (
        Faulty(status(line)) as server,
        Client(server.url, retry=SOON) as client,
        pytest.raises(ServerStatusError) as caught,
    ):
        client.execute(QUERY)
    assert len(server.requests) == 1
    assert not caught.value.retryable


@pytest.mark.parametrize("seconds", [b"1", b"Thu, 01 Jan 2015 00:00:00 GMT", b"nonsense"])
def test_retry_after_is_honoured(seconds: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(drivers, "time", SimpleNamespace(sleep=pauses.append))
    with (
        Faulty(status(b"503 Busy", b"Retry-After: " + seconds), faulty.answer) as server,
        Client(server.url, retry=SOON) as client,
    ):
        assert client.execute(QUERY) == TODOS
    assert [pause >= 1.0 for pause in pauses] == [seconds == b"1"]


def test_what_a_server_wants_is_told_to_the_caller() -> None:
    errors = b'{"errors":[{"message":"Busy"}]}'
    headers = {"content-type": JSON, "retry-after": "60"}
    transport = Scripted(HTTPResponse(429, errors, headers))
    with pytest.raises(ExecutionError) as caught:
        Client(transport).execute("{ a }")
    assert caught.value.retry_after == 60
    assert caught.value.retryable
    assert len(transport.sent) == 1  # 60 is longer than a call may take


def test_a_budget_bounds_what_all_calls_repeat() -> None:
    transport = Scripted(BUSY)
    client = Client(transport, retry=SOON, breaker=None)
    for _ in range(100):
        with pytest.raises(ServerStatusError):
            client.execute("{ a }")
    assert len(transport.sent) <= 100 + 10 / 2 + 1
    transport.answers = [ok()]
    for _ in range(100):
        client.execute("{ a }")
    transport.sent, transport.answers = [], [BUSY, ok()]
    client.execute("{ a }")
    assert len(transport.sent) == 2  # successes have filled it again


def test_pauses_are_spread_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(drivers, "time", SimpleNamespace(sleep=pauses.append))
    client = Client(Scripted(BUSY), retry=Retry(attempts=5, first_pause=0.1), breaker=None)
    with pytest.raises(ServerStatusError):
        client.execute("{ a }")
    assert len(pauses) == 4
    assert all(pause <= 0.1 * 2**number for number, pause in enumerate(pauses))
    assert len(set(pauses)) == 4


# The circuit breaker


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the time that the circuit breaker sees, in seconds."""
    seconds = [0.0]
    monkeypatch.setattr("trunkline.client.resilience.monotonic", lambda: seconds[0])
    return seconds


def test_a_server_that_is_down_is_left_alone_and_tried_again(clock: list[float]) -> None:
    transport = Scripted(BUSY)
    client = Client(transport, retry=None, breaker=Breaker(failures=3, pause=5.0))
    for _ in range(3):
        with pytest.raises(ServerStatusError):
            client.execute("{ a }")
    with pytest.raises(CircuitOpenError, match=r"^The server failed 3 times in a row") as told:
        client.execute("{ a }")
    assert len(transport.sent) == 3
    assert told.value.never_sent
    assert told.value.retry_after == 5.0
    clock[0] += 5.0
    transport.answers = [ok()]
    assert [client.execute("{ a }") for _ in range(3)] == [{"a": 1}] * 3


def test_only_one_call_tries_a_server_that_was_down(clock: list[float]) -> None:
    transport = Scripted(BUSY)
    client = Client(transport, retry=None, breaker=Breaker(failures=1, pause=5.0))
    with pytest.raises(ServerStatusError):
        client.execute("{ a }")
    clock[0] += 5.0
    transport.sent.clear()

    def call(_: int) -> type[Exception]:
        with pytest.raises(TransportError) as caught:
            client.execute("{ a }")
        return type(caught.value)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(call, range(8)))
    assert (told.count(ServerStatusError), told.count(CircuitOpenError)) == (1, 7)
    assert len(transport.sent) == 1


def test_answers_about_the_request_do_not_count_as_failures() -> None:
    client = Client(Scripted(HTTPResponse(404, b"", {})), breaker=Breaker(failures=1))
    for _ in range(3):
        with pytest.raises(ServerStatusError):
            client.execute("{ a }")


# Credentials


def test_credentials_go_with_each_request_and_are_not_shown(server: Todos) -> None:
    for auth, header, value in (
        (BearerToken("hunter2"), "authorization", "Bearer hunter2"),
        (APIKey("hunter2"), "x-api-key", "hunter2"),
        (APIKey("hunter2", header="X-Token"), "x-token", "hunter2"),
    ):
        assert "hunter2" not in repr(auth)
        with Client(server.url, auth=auth, fetch_schema_from_transport=True) as client:
            client.execute(QUERY)
        assert {one.headers[header] for one in server.received[-2:]} == {value}


def test_a_timeout_is_a_number() -> None:
    timeout: Any = "30"
    with pytest.raises(TypeError, match="timeout is a number of seconds or None, not str"):
        Client("http://localhost/", timeout=timeout)
    with pytest.raises(TypeError, match="timeout is a number of seconds or None, not str"):
        CallOptions(timeout=timeout)


def test_what_a_caller_chooses_is_not_shown() -> None:
    shown = repr(CallOptions(headers={"authorization": "hunter2"}))
    shown += repr(Request("{ a }", {"password": "hunter2"}))
    document = RegisteredDocument("{ a }", "query")
    shown += repr(Call(document, b'{"password":"hunter2"}', None, headers={"a": "hunter2"}))
    assert "hunter2" not in shown


class Renewing:
    """Gets a token from elsewhere, and a new one when it is refused."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def auth_flow(self, request: HTTPRequest) -> Any:
        token = (yield HTTPRequest("POST", {}, b"{}", url=self.issuer)).body.decode()
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        response = yield HTTPRequest(request.method, headers, request.body)
        if response.status != 401:
            return response
        token = (yield HTTPRequest("POST", {}, b"{}", url=self.issuer)).body.decode()
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        return (yield HTTPRequest(request.method, headers, request.body))


def test_a_request_to_elsewhere_has_nothing_of_the_apis(server: Todos) -> None:
    tokens = iter(["old", "new"])

    def reply(received: Received) -> Reply:
        if received.path == "/token":
            return Reply(200, next(tokens).encode(), "text/plain")
        if received.headers["authorization"] == "Bearer old":
            return Reply(401, b"", "text/plain")
        return Reply(200, b'{"data":{"todos":[]}}')

    server.reply = reply
    issuer = server.url.replace("/graphql", "/token")
    transport = HTTPX2Transport(server.url, headers={"X-Tenant": "7"}, auth=None)
    with Client(transport, auth=Renewing(issuer)) as client:
        assert client.execute(QUERY) == {"todos": []}
    paths = [received.path for received in server.received]
    assert paths == ["/token", "/graphql", "/token", "/graphql"]
    asked, sent, *_ = server.received
    assert "x-tenant" not in asked.headers
    assert "authorization" not in asked.headers
    assert sent.headers["x-tenant"] == "7"


# Options of one call


def test_what_a_caller_chooses_for_one_call() -> None:
    transport = Scripted(ok())
    options = CallOptions(timeout=2, headers={"X-Trace": "7"}, idempotency_key="k")
    Client(transport, name="web").execute("{ a }", options=options)
    (sent,) = transport.sent
    assert sent.headers["x-trace"] == "7"
    assert sent.headers["idempotency-key"] == "k"
    assert sent.headers["graphql-client-name"] == "web"
    assert 1900 < int(sent.headers["x-request-timeout-ms"]) <= 2000
    assert sent.timeout is not None
    assert 1.9 < sent.timeout <= 2
    with pytest.raises(ValueError, match="The value of the header 'X' cannot be sent"):
        Client(transport).execute("{ a }", options=CallOptions(headers={"X": "a\n"}))


# The private cache


def cached(transport: Scripted, **options: Any) -> Client:
    by_get = Persisted("id", use_get=True)
    return Client(transport, persisted=by_get, cache=PrivateCache(), **options)


def test_a_fresh_answer_is_not_asked_for_again() -> None:
    transport = Scripted(ok(cache_control="private, max-age=60"))
    client = cached(transport)
    assert [client.execute("query A { a }") for _ in range(3)] == [{"a": 1}] * 3
    assert len(transport.sent) == 1
    assert client.execute("query B { a }") == {"a": 1}
    client.execute("query A($id: ID) { a }", {"id": 1})
    assert len(transport.sent) == 3


def test_a_stale_answer_costs_a_304() -> None:
    stale = ok(cache_control="max-age=0", etag='"1"')
    transport = Scripted(stale, HTTPResponse(304, b"", {"etag": '"1"'}))
    client = cached(transport)
    assert [client.execute("{ a }") for _ in range(2)] == [{"a": 1}] * 2
    assert [sent.headers.get("if-none-match") for sent in transport.sent] == [None, '"1"']


NOT_KEPT: dict[str, dict[str, str]] = {
    "no-store": {"cache_control": "no-store, max-age=60"},
    "nothing": {},
    "vary: *": {"cache_control": "max-age=60", "vary": "*"},
    "old already": {"cache_control": "max-age=60", "age": "60"},
    "s-maxage": {"cache_control": "s-maxage=60"},
    "no-cache": {"cache_control": "no-cache, max-age=60"},
}


@pytest.mark.parametrize("headers", NOT_KEPT.values(), ids=NOT_KEPT)
def test_what_is_asked_for_each_time(headers: dict[str, str]) -> None:
    transport = Scripted(ok(**headers))
    client = cached(transport)
    for _ in range(2):
        client.execute("{ a }")
    assert len(transport.sent) == 2


def test_answers_are_kept_apart_by_credential() -> None:
    class Switching:
        token = "a"  # no secret

        def auth_flow(self, request: HTTPRequest) -> Any:
            return BearerToken(self.token).auth_flow(request)

    auth, transport = Switching(), Scripted(ok('{"a":1}', cache_control="max-age=60"))
    client = cached(transport, auth=auth)
    assert client.execute("{ a }") == {"a": 1}
    auth.token, transport.answers = "b", [ok('{"a":2}', cache_control="max-age=60")]
    assert client.execute("{ a }") == {"a": 2}
    auth.token = "a"  # no secret
    assert client.execute("{ a }") == {"a": 1}
    assert len(transport.sent) == 2


@pytest.mark.parametrize("status", [200, 294, 504])
def test_a_mutation_drops_the_groups_that_it_names(status: int) -> None:
    kept = ok(cache_control="max-age=60", cache_groups='"Todo", "Todo:1"')
    body = ok(cache_group_invalidation='"Todo:1"')
    changed = HTTPResponse(status, body.body, body.headers)
    transport = Scripted(kept, changed, kept)
    client = cached(transport)
    for text in ("{ a }", "{ a }", "mutation { a }", "{ a }"):
        with suppress(TrunklineError):
            client.execute(text)
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "GET"]


def test_the_cache_has_an_end() -> None:
    transport = Scripted(ok('{"a":"' + "x" * 1000 + '"}', cache_control="max-age=60"))
    client = Client(
        transport, persisted=Persisted("id", use_get=True), cache=PrivateCache(megabytes=0.01)
    )
    for number in range(20):
        client.execute(f"query A{number} {{ a }}")
    client.execute("query A19 { a }")
    assert len(transport.sent) == 20
    client.execute("query A0 { a }")
    assert len(transport.sent) == 21


def test_a_get_is_canonical_and_a_long_one_goes_by_post() -> None:
    transport = Scripted(ok())
    client = cached(transport)
    text = "query A($b: String) { a(b: $b) }"
    client.execute(text, {"b": "x y&"})
    client.execute(text, {"b": "x" * 8000})
    short, long = transport.sent
    assert short.query == (
        f"documentId=sha256%3A{document_id(text).removeprefix('sha256:')}"
        "&operationName=A&variables=%7B%22b%22%3A%22x+y%26%22%7D"
    )
    assert "content-type" not in short.headers
    assert (long.method, long.query) == ("POST", "")


NEVER_HEARD_OF_IDS = {
    "Strawberry": HTTPResponse(400, b"No GraphQL query found", {"content-type": "text/plain"}),
    "Ariadne": HTTPResponse(200, b"<!doctype html>", {"content-type": "text/html"}),
    "no GET": HTTPResponse(405, b"", {"allow": "POST"}),
    "graphql-http": HTTPResponse(
        400, b'{"errors":[{"message":"Missing query"}]}', {"content-type": JSON}
    ),
}


@pytest.mark.parametrize("refusal", NEVER_HEARD_OF_IDS.values(), ids=NEVER_HEARD_OF_IDS)
def test_a_server_that_never_heard_of_ids_is_asked_by_text(refusal: HTTPResponse) -> None:
    transport = Scripted(refusal, ok())
    client = Client(transport, persisted=Persisted("id", use_get=True))
    assert [client.execute("query A { a }") for _ in range(2)] == [{"a": 1}] * 2
    assert [sent.method for sent in transport.sent] == ["GET", "POST", "POST"]


def test_a_failure_is_no_refusal_of_an_id() -> None:
    transport = Scripted(HTTPResponse(500, b"Oh", {"content-type": "text/plain"}))
    with pytest.raises(ServerStatusError):
        Client(transport, persisted=Persisted("id")).execute("query A { a }")
    assert len(transport.sent) == 1


def test_a_mistake_of_a_known_document_is_not_asked_for_twice() -> None:
    refused = HTTPResponse(422, b'{"errors":[{"message":"$b"}]}', {"content-type": JSON})
    transport = Scripted(ok(), refused)
    client = Client(transport, persisted=Persisted("id"))
    client.execute("query A { a }")
    with pytest.raises(ExecutionError):
        client.execute("query A { a }")
    assert len(transport.sent) == 2


# Hooks, the log, traces


def test_hooks_see_each_step() -> None:
    steps: list[Any] = []

    def request(sent: HTTPRequest) -> HTTPRequest:
        return HTTPRequest(sent.method, {**sent.headers, "x-mine": "1"}, sent.body)

    def response(sent: HTTPRequest, got: HTTPResponse) -> None:
        steps.append((sent.headers["x-mine"], got.status))

    transport = Scripted(BUSY, ok())
    hooks = Hooks(request, response, steps.append)
    Client(transport, hooks=hooks, retry=SOON).execute("query A { a }")
    *seen, event = steps
    assert seen == [("1", 503), ("1", 200)]
    assert isinstance(event, CallEvent)
    assert (event.operation_name, event.operation_kind, event.outcome) == ("A", "query", "ok")
    assert (event.status, event.attempts, event.bytes_received) == (200, 2, 16)
    assert event.duration > 0
    assert event.url == "http://api.example/graphql"


OUTCOMES: dict[str, HTTPResponse | Exception] = {
    "partial": HTTPResponse(
        200,
        b'{"data":{"a":1},"errors":[{"message":"x","extensions":{"code":"C"}}]}',
        {"content-type": JSON},
    ),
    "refused": HTTPResponse(400, b'{"errors":[{"message":"x"}]}', {"content-type": JSON}),
    "bad_status": HTTPResponse(404, b"", {}),
    "bad_response": HTTPResponse(200, b"", {}),
    "failed": RuntimeError("of a transport"),
}


@pytest.mark.parametrize(("outcome", "answer"), OUTCOMES.items(), ids=OUTCOMES)
def test_how_a_call_ended(outcome: str, answer: Any) -> None:
    told: list[CallEvent] = []
    with pytest.raises((TrunklineError, RuntimeError)):
        Client(Scripted(answer), hooks=Hooks(call=told.append)).execute("{ a }")
    (event,) = told
    assert event.outcome == outcome
    assert event.error_codes == {"partial": ("C",), "refused": ("",)}.get(outcome, ())


def test_a_call_that_ended_at_the_issuer_is_not_told_as_an_answer_of_the_api(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusing = Scripted(HTTPResponse(401, b'{"error":"invalid_client"}', {}))
    refusing.url = "https://api.example/graphql"
    told: list[CallEvent] = []
    credentials = ClientCredentials(
        client_id="web", secret="x", token_url="https://issuer.example/token"
    )
    client = Client(refusing, auth=credentials, hooks=Hooks(call=told.append))
    with caplog.at_level(logging.INFO), pytest.raises(TokenError):
        client.execute("query A { a }")
    assert [request.url for request in refusing.sent] == ["https://issuer.example/token"]
    (event,) = told
    assert (event.outcome, event.status) == ("no_token", 0)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "trunkline.calls"]
    assert line.startswith("---")
    assert "401" not in line


async def test_a_call_that_was_cancelled_is_told_of(server: Todos) -> None:
    told: list[CallEvent] = []
    is_asked, is_over = Event(), Event()

    def slow(_: Received) -> Reply:
        is_asked.set()
        is_over.wait(PATIENCE)
        return Reply(200, b'{"data":{"todos":[]}}')

    server.reply = slow
    async with Client(server.url, hooks=Hooks(call=told.append)) as session:
        task = asyncio.create_task(session.execute(QUERY))
        try:
            assert await asyncio.to_thread(is_asked.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            is_over.set()
    assert [event.outcome for event in told] == ["cancelled"]


def test_a_hook_that_fails_does_not_fail_the_call(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: CallEvent) -> None:
        raise RuntimeError("mine")

    assert Client(Scripted(ok()), hooks=Hooks(call=broken)).execute("{ a }") == {"a": 1}
    assert "The hook" in caplog.text


def test_the_log_has_a_line_per_call_without_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "trunkline.calls")
    client = Client(Scripted(ok(), HTTPResponse(404, b"", {})))
    client.execute("query A($b: Int) { a(b: $b) }", {"b": 123456})
    with pytest.raises(ServerStatusError):
        client.execute("query A { a }")
    good, bad = caplog.records
    assert good.levelname == "INFO"
    assert bad.levelname == "WARNING"
    assert "query A" in good.getMessage()
    assert "bad_status" in bad.getMessage()
    assert "123456" not in caplog.text
    assert good.__dict__["call"]["operation_name"] == "A"


def test_nobody_reads_the_log_nobody_writes_it(caplog: pytest.LogCaptureFixture) -> None:
    Client(Scripted(ok())).execute("{ a }")
    assert not caplog.records


@pytest.fixture
def spans() -> Generator[Any]:
    with recorded_spans() as exporter:
        yield exporter


def test_a_trace_goes_on_at_the_server(spans: Any) -> None:
    transport = Scripted(BUSY, ok(), HTTPResponse(404, b"", {}))
    client = Client(transport, retry=SOON)
    client.execute("query A($b: Int) { a(b: $b) }", {"b": 123456})
    with pytest.raises(ServerStatusError):
        client.execute("query A { a }")
    good, bad = spans.get_finished_spans()
    assert good.name == "query A"
    parents = [sent.headers["traceparent"].split("-")[1:3] for sent in transport.sent]
    assert parents[0] == [f"{good.context.trace_id:032x}", f"{good.context.span_id:016x}"]
    assert parents[1] == parents[0]
    attributes = dict(good.attributes)
    assert attributes["graphql.operation.type"] == "query"
    assert attributes["http.request.resend_count"] == 1
    assert "123456" not in str(attributes)
    assert bad.status.status_code.name == "ERROR"
    assert bad.attributes["error.type"] == "bad_status"


def test_threads_share_a_client_and_each_has_its_answer(server: Todos) -> None:
    with Client(server.url, fetch_schema_from_transport=True) as client:
        text = "query ($id: ID!) { todo(todoID: $id) { title } }"

        def call(number: int) -> Any:
            return client.execute(text, {"id": str(number % 2)})["todo"]

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(call, range(64)))
    assert answers == [{"title": "Milk"} if number % 2 else None for number in range(64)]
