"""What programs do with the client: many calls at once, bad moments, odd values and files."""

from __future__ import annotations

import asyncio
import io
import json
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema
from tests.auth.calling.world import World, credentials, granted, refused
from tests.client import faulty
from tests.client.faulty import Behaviour, Faulty
from tests.client.serving import GRAPHQL, QUERY, SDL, TODOS, Received, Reply, Todos, execute
from tests.serving import serving

from trunkline import Client, ExecutionError, TokenError, VariablesError
from trunkline.auth import ClientCredentials
from trunkline.client import GITHUB, LINEAR, Retry, Upload
from trunkline.client.generated import GeneratedOperation
from trunkline.client.transports.asgi import ASGITransport
from trunkline.client.variables import encode_variables
from trunkline.flow.drivers import run, run_async
from trunkline.generate.client import (
    ClientSettings,
    DocumentSource,
    Problems,
    generate_client,
)
from trunkline.generate.client.schema import load_client_schema
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

# -- a token that is refused while many use it ----------------------------------------------------

MANY = 20


class Revoked:
    """An API that refuses the first token, once all have sent it."""

    def __init__(self) -> None:
        self.tokens = 0
        self.lock = Lock()
        self.together = Barrier(MANY)
        self.asked = asyncio.Event()

    def token(self) -> HTTPResponse:
        with self.lock:
            self.tokens += 1
            return granted(f"token{self.tokens}")

    def answer(self, request: HTTPRequest) -> HTTPResponse:
        if request.headers["authorization"] == "Bearer token1":
            return HTTPResponse(401, b"", {"www-authenticate": 'Bearer error="invalid_token"'})
        return HTTPResponse(200, b"{}")

    def send(self, request: HTTPRequest) -> HTTPResponse:
        if request.url is not None:
            return self.token()
        response = self.answer(request)
        if response.status == 401:
            self.together.wait(30)
        return response

    async def send_async(self, request: HTTPRequest) -> HTTPResponse:
        if request.url is not None and self.tokens:
            self.asked.set()
        await asyncio.sleep(0.01)
        return self.token() if request.url is not None else self.answer(request)


REQUEST = HTTPRequest("POST", {}, b"{}")


def test_all_threads_join_the_one_replacement_of_a_token() -> None:
    for _ in range(10):
        api, web = Revoked(), credentials()
        run(web.token(), api.send)
        with ThreadPoolExecutor(MANY) as threads:
            calls = [threads.submit(run, web.auth_flow(REQUEST), api.send) for _ in range(MANY)]
            assert [call.result().status for call in calls] == [200] * MANY
        assert api.tokens == 2


async def test_all_tasks_join_the_one_replacement_of_a_token() -> None:
    api, web = Revoked(), credentials()
    await run_async(web.token(), api.send_async)
    calls = [run_async(web.auth_flow(REQUEST), api.send_async) for _ in range(MANY)]
    assert [each.status for each in await asyncio.gather(*calls)] == [200] * MANY
    assert api.tokens == 2


async def test_a_caller_who_gives_up_leaves_the_replacement_to_the_others() -> None:
    api, web = Revoked(), credentials()
    await run_async(web.token(), api.send_async)
    calls = [asyncio.create_task(run_async(web.auth_flow(REQUEST), api.send_async)) for _ in "abc"]
    await api.asked.wait()
    calls[0].cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [getattr(each, "status", each) for each in answers[1:]] == [200, 200]


def test_an_issuer_that_is_down_is_not_asked_for_each_refusal() -> None:
    world, web = World(), credentials()
    world.execute(web)
    world.refuses = {"token1"}
    world.is_down = True
    assert [world.execute(web).status for _ in range(20)] == [401] * 20
    assert len(world.asked) < 5


# -- a bad moment of the issuer -------------------------------------------------------------------


def test_a_failure_that_passes_is_told_as_such() -> None:
    world = World()
    for answer, passes in ((503, True), (429, True), (400, False), (401, False), (500, False)):
        world.answer = lambda _, status=answer: refused(status, "x")
        with pytest.raises(TokenError) as caught:
            world.execute(credentials())
        assert caught.value.retryable is passes
    world.is_down = True
    web = credentials()
    for _ in range(2):  # the second is remembered
        with pytest.raises(TokenError) as caught:
            world.execute(web)
        assert caught.value.retryable


TOKEN = b'{"access_token":"t","token_type":"Bearer"}'


def give_a_token(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(TOKEN) + TOKEN)


BUSY = faulty.status(b"503 Busy")
CREATE = 'mutation { createTodo(todo: {title: "a", text: ""}) { title } }'


@pytest.mark.parametrize("moment", [BUSY, faulty.hang_up, faulty.reset])
@pytest.mark.parametrize("text", [QUERY, CREATE])
def test_a_call_outlives_a_bad_moment_of_the_issuer(
    moment: Behaviour, text: str, server: Todos
) -> None:
    with Faulty(moment, give_a_token) as issuer:
        auth = ClientCredentials(token_url=issuer.url, client_id="web", secret="s")
        with Client(server.url, auth=auth) as client:
            assert client.execute(text)
    assert len(issuer.requests) == 2


def test_a_refused_client_is_not_repeated(server: Todos) -> None:
    with Faulty(faulty.status(b"401 No")) as issuer:
        auth = ClientCredentials(token_url=issuer.url, client_id="web", secret="s")
        with Client(server.url, auth=auth) as client, pytest.raises(TokenError):
            client.execute(QUERY)
    assert len(issuer.requests) == 1


# -- services that throttle in their own ways -----------------------------------------------------


def throttled(status: int, code: str, *headers: tuple[str, str]) -> Reply:
    body = {"errors": [{"message": "Slow down", "extensions": {"code": code}}]}
    return Reply(status, json.dumps(body).encode(), GRAPHQL, headers)


def wait_at_once(response: HTTPResponse) -> float | None:
    return 0.0 if b"OTHER" in response.body else None


AFTER = ("Retry-After", "0")
SERVICES: dict[str, tuple[Reply, Retry, bool]] = {
    "GitHub": (throttled(403, "", AFTER), Retry(statuses={403}), True),
    "GitHub, but forbidden": (throttled(403, ""), Retry(statuses={403}), False),
    "Shopify": (throttled(200, "THROTTLED"), Retry(codes={"THROTTLED"}), True),
    "Linear": (throttled(400, "RATELIMITED"), Retry(codes={"RATELIMITED"}), True),
    "GitHub's own": (throttled(403, "", AFTER), GITHUB, True),
    "a function": (throttled(200, "OTHER"), Retry(wait=wait_at_once), True),
    "Linear's own": (throttled(400, "RATELIMITED"), LINEAR, True),
    "too long": (throttled(200, "THROTTLED"), Retry(wait=lambda _: 31.0), False),
    "another code": (throttled(400, "XTHROTTLEDX"), Retry(codes={"THROTTLED"}), False),
    "nothing said": (throttled(200, "THROTTLED"), Retry(), False),
}


@pytest.mark.parametrize(("reply", "retry", "repeated"), SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("text", [QUERY, CREATE])
def test_what_a_service_throttles_is_repeated_if_that_is_safe(
    reply: Reply, retry: Retry, text: str, server: Todos, *, repeated: bool
) -> None:
    def answer(received: Received) -> Reply:
        first = len(server.received) == 1
        return reply if first else execute(server.schema, received.body)

    server.reply = answer
    with Client(server.url, retry=retry) as client:
        if repeated and text is QUERY:
            assert client.execute(text) == TODOS
        else:
            with pytest.raises(ExecutionError, match="Slow down"):
                client.execute(text)
    assert len(server.received) == (2 if repeated and text is QUERY else 1)


# -- values that JSON does not have ---------------------------------------------------------------

ODD = [math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    ("variables", "path"),
    [
        (lambda x: {"a": x}, r"\$a is"),
        (lambda x: {"a": None, "b": [{"c": [1.5, x]}]}, r"\$b\.0\.c\.1 is"),
        (lambda x: {"b": {"json": {"deep": (x,)}}}, r"\$b\.json\.deep\.0 is"),
    ],
)
def test_no_number_becomes_null(value: float, variables: Any, path: str) -> None:
    with pytest.raises(VariablesError, match=path):
        encode_variables(variables(value))
    operation = GeneratedOperation("Odd", "query", dict, "query Odd { a }")
    with pytest.raises(VariablesError, match="which is not a number in JSON"):
        operation.encode(variables(value))


def test_nulls_stay_nulls() -> None:
    given = {"a": None, "b": [1.5, None, "null"]}
    assert json.loads(encode_variables(given)[1]) == given
    operation = GeneratedOperation("Odd", "query", dict, "query Odd { a }")
    assert json.loads(operation.encode(given)) == given


# -- files ----------------------------------------------------------------------------------------


def test_one_open_file_in_two_places_is_whole_in_both() -> None:
    file = io.BytesIO(b"content")
    upload = Upload(file)
    _, _, parts = encode_variables({"a": upload, "b": (upload, Upload(file, "other"))})
    assert [part.content for part in parts] == [b"content"] * 3
    assert [part.path for part in parts] == ["variables.a", "variables.b.0", "variables.b.1"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"not|Upload\(Path"):
        Upload("a.txt")  # type: ignore[arg-type]
    path = tmp_path / "a.txt"
    path.write_text("text", encoding="utf-8")
    with path.open(encoding="utf-8") as file, pytest.raises(TypeError, match="mode 'rb'"):
        encode_variables({"a": Upload(file)})  # type: ignore[arg-type]


# -- scalars whose names say too little -----------------------------------------------------------


@pytest.mark.parametrize("name", ["Time", "Duration", "Bytes", "Int64"])
def test_a_generated_client_does_not_guess_what_a_server_means(name: str) -> None:
    schema = build_schema(f"scalar {name} type Query {{ value: {name}! }}")
    source = DocumentSource("q.graphql", "query Q { value }")
    made = generate_client(schema, [source], ClientSettings(module="api.py"), Problems())
    (text,) = made.files.values()
    assert "    value: Any\n" in text
    (told,) = map(str, made.warnings)
    assert f"The Python type of {name} is not configured" in told
    assert "[tool.trunkline.client.scalars]" in told


@pytest.mark.parametrize(
    ("url", "hint", "told"),
    [
        ("https://tools.ietf.org/html/rfc3339", "dt.datetime", []),
        ("https://scalars.graphql.org/chillicream/time-span.html", "dt.timedelta", []),
        ("https://example.com/our-own", "Any", ["Its specification, https://example.com/our-own,"]),
    ],
)
@pytest.mark.parametrize("name", ["Time", "DateTime"])
def test_what_a_server_specifies_counts(url: str, hint: str, told: list[str], name: str) -> None:
    schema = build_schema(
        f'scalar {name} @specifiedBy(url: "{url}") type Query {{ value: {name}! }}'
    )
    source = DocumentSource("q.graphql", "query Q { value }")
    made = generate_client(schema, [source], ClientSettings(module="api.py"), Problems())
    (text,) = made.files.values()
    assert f"    value: {hint}\n" in text
    assert len(made.warnings) == len(told)
    assert all(part in str(made.warnings) for part in told)


# -- directives that are not listed ---------------------------------------------------------------


@pytest.mark.parametrize("listed", [[], None])
def test_skip_and_include_are_known_without_being_listed(
    listed: list[Any] | None, server: Todos, tmp_path: Path
) -> None:
    told: Any = introspection_from_schema(build_schema(SDL))
    told["__schema"]["directives"] = listed
    schema = json.dumps({"data": told}).encode()

    def answer(received: Received) -> Reply:
        if received.body.get("operationName") == "IntrospectionQuery":
            return Reply(200, schema, GRAPHQL)
        return execute(server.schema, received.body)

    server.reply = answer
    with Client(server.url, fetch_schema_from_transport=True, schema_cache=None) as client:
        document = "query ($a: Boolean!) { todos @include(if: $a) { title @skip(if: false) } }"
        assert client.execute(document, {"a": True}) == TODOS
    path = tmp_path / "schema.json"
    path.write_bytes(schema)
    names = {each.name for each in load_client_schema([path], {}).directives}
    assert {"skip", "include"} <= names


# -- an application in this process ---------------------------------------------------------------


async def test_a_token_request_leaves_the_application_for_its_issuer() -> None:
    seen: list[str] = []

    async def issuer(_scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["body"].decode())
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": TOKEN})

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        assert b"client_secret" not in body
        assert dict(scope["headers"])[b"authorization"] == b"Bearer t"
        headers = [(b"content-type", GRAPHQL.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"data":{"a":1}}'})

    with serving(issuer) as port:
        auth = ClientCredentials(
            token_url=f"http://127.0.0.1:{port}/token",
            client_id="web",
            secret="s",
            secret_in="form",
        )
        async with Client(ASGITransport(application), auth=auth) as session:
            assert await session.execute("{ a }") == {"a": 1}
    assert len(seen) == 1
    assert "client_secret=s" in seen[0]
