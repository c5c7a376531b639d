"""A response sends itself, and applications of HTTP refuse everything else in one way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trunkline.asgi.requests import ClientGone, HTTPProblem, check_method
from trunkline.asgi.responses import HTTPApplication, Response


class Application(HTTPApplication):
    """Responds with what it has, or raises it."""

    def __init__(self, outcome: Response | Exception) -> None:
        self.outcome = outcome

    async def respond(self, scope: Any, receive: Any) -> Response:  # noqa: ARG002
        check_method(scope, "GET", "HEAD", "POST")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def call(app: Any, **scope: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    default = {"type": "http", "http_version": "1.1", "method": "GET", "headers": []}
    await app({**default, **scope}, receive, send)
    return sent


HEADER = (b"content-type", b"text/plain")
TEXT = Response(200, b"text", (HEADER,))


@pytest.mark.parametrize("app", [TEXT, Application(TEXT)])
@pytest.mark.parametrize(("method", "body"), [("GET", b"text"), ("HEAD", b"")])
async def test_a_response_has_its_length_and_to_head_no_body(
    app: Any, method: str, body: bytes
) -> None:
    headers = [(b"content-length", b"4"), HEADER]
    assert await call(app, method=method) == [
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]


async def test_a_response_can_be_sent_again() -> None:
    assert await call(TEXT) == await call(TEXT)
    assert TEXT.headers == (HEADER,)


async def test_a_304_has_no_length() -> None:
    start, _ = await call(Response(304, headers=((b"etag", b'"x"'),)))
    assert start["headers"] == [(b"etag", b'"x"')]


async def test_a_problem_of_http_is_a_response() -> None:
    problem = HTTPProblem(413, "Too large.", (b"retry-after", b"1"))
    headers = [(b"content-length", b"9")]
    start, body = await call(Application(problem), method="POST", headers=headers)
    assert start["status"] == 413
    assert json.loads(body["body"]) == {"status": 413, "detail": "Too large."}
    headers = start["headers"][1:]
    assert headers == [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"1"),
        (b"connection", b"close"),  # the body was not read
    ]


async def test_another_method_is_told_which_are_served() -> None:
    start, body = await call(Application(TEXT), method="PUT")
    assert (start["status"], dict(start["headers"])[b"allow"]) == (405, b"GET, HEAD, POST")
    assert b"The method PUT is not served here, only GET, HEAD, POST." in body["body"]


async def test_a_body_that_ends_early_is_refused() -> None:
    """Granian says of a malformed body that the client is gone, and would answer with 500."""
    start, body = await call(Application(ClientGone()))
    assert (start["status"], body["body"]) == (400, b"")


async def test_other_exceptions_are_the_servers() -> None:
    with pytest.raises(ZeroDivisionError):
        await call(Application(ZeroDivisionError()))


async def test_a_websocket_is_rejected() -> None:
    assert await call(Application(TEXT), type="websocket") == [{"type": "websocket.close"}]


async def test_starting_and_stopping_need_nothing() -> None:
    assert await call(Application(TEXT), type="lifespan") == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


async def test_another_protocol_is_told() -> None:
    with pytest.raises(RuntimeError, match="Application serves HTTP only, not 'smtp'"):
        await call(Application(TEXT), type="smtp")
