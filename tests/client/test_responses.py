"""Answers that are not simply data: what raises, and what is kept of them."""

from __future__ import annotations

import gzip
import json
import socket
import sys
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from tests.client.calling import CallWith
from tests.client.serving import GRAPHQL, JSON, QUERY, Reply, Todos

if sys.version_info >= (3, 14):
    from compression.zstd import compress
else:
    from backports.zstd import compress

from trunkline import (
    ConnectionFailedError,
    ExecutionError,
    ProtocolError,
    ServerStatusError,
    TransportError,
)
from trunkline.client import BearerToken, PrivateCache

DENIED = {"message": "You may not.", "path": ["todos", 0, "title"], "extensions": {"code": "NO"}}
ERRORS = json.dumps({"errors": [DENIED], "extensions": {"id": 7}}).encode()
PARTIAL = json.dumps({"data": {"todos": None}, "errors": [DENIED]}).encode()
LEGACY = json.dumps({"data": None, "errors": [DENIED]}).encode()
DATA = b'{"data":{"todos":[]}}'

WITH_ERRORS = {
    "200 as application/json": (Reply(200, LEGACY, JSON), None),
    "200 with charset": (Reply(200, ERRORS, "Application/JSON; charset=utf-8"), None),
    "294 with data and errors": (Reply(294, PARTIAL, GRAPHQL), {"todos": None}),
    "400": (Reply(400, ERRORS, GRAPHQL), None),
    "401": (Reply(401, ERRORS, GRAPHQL), None),
    "403 as application/json": (Reply(403, ERRORS, JSON), None),
    "422": (Reply(422, ERRORS, GRAPHQL), None),
    "500": (Reply(500, ERRORS, GRAPHQL), None),
    "503 as application/json": (Reply(503, LEGACY, JSON), None),
}


@pytest.mark.parametrize(("reply", "data"), WITH_ERRORS.values(), ids=WITH_ERRORS)
def test_an_answer_with_errors_keeps_all(
    reply: Reply, data: object, call_with: CallWith, server: Todos
) -> None:
    server.reply = reply
    with pytest.raises(ExecutionError) as caught:
        call_with(server.url).execute(QUERY)
    error = caught.value
    assert (error.status, error.errors, error.data) == (reply.status, (DENIED,), data)
    assert error.extensions == json.loads(reply.body).get("extensions")
    assert str(error) == "at todos.0.title: You may not."


URL_HINT = "Is the URL that of a GraphQL endpoint?"
FOREIGN = f"which is not a GraphQL response. {URL_HINT} The body begins:"
AS_JSON = f"The server responded with 200 and application/json, {FOREIGN}"


def because(why: str) -> str:
    """Return what is said of a body that the parser of JSON refuses, and why it does."""
    return AS_JSON.replace("response. Is", f"response ({why}). Is")


NO_TYPE = f"and no media type, {FOREIGN}"
NOT_ALLOWED = "and no errors, which GraphQL does not allow (§7.1)."
UNUSABLE = {
    "an HTML page for 404": (
        Reply(404, b"<html>Not Found</html>", "text/html"),
        f"The server responded with 404 and text/html, {FOREIGN} '<html>Not Found</html>'",
    ),
    "text for 502": (
        Reply(502, b"Bad Gateway", "text/plain"),
        f"The server responded with 502 and text/plain, {FOREIGN} 'Bad Gateway'".replace(
            URL_HINT, "It may respond later."
        ),
    ),
    "an HTML page for 200": (
        Reply(200, b"<html>Welcome</html>", "text/html; charset=utf-8"),
        f"The server responded with 200 and text/html, {FOREIGN} '<html>Welcome</html>'",
    ),
    "JSON of a gateway": (
        Reply(429, b'{"message": "Slow down"}', JSON),
        f'{AS_JSON} \'{{"message": "Slow down"}}\''.replace("200", "429").replace(
            URL_HINT, "It may respond later."
        ),
    ),
    "a page that asks for a token": (
        Reply(401, b"<html>Sign in</html>", "text/html"),
        f"The server responded with 401 and text/html, {FOREIGN} '<html>Sign in</html>'".replace(
            URL_HINT, "Does the call have the credentials that the server wants?"
        ),
    ),
    "text for 503, with the seconds to wait": (
        Reply(503, b"Busy", "text/plain", (("Retry-After", "60"),)),
        f"The server responded with 503 and text/plain, {FOREIGN} 'Busy'".replace(
            URL_HINT, "It asks to wait 60 s."
        ),
    ),
    "data with a status that is no success": (
        Reply(500, DATA, JSON),
        "The server responded with 500 and named no error.",
    ),
    "JSON without data and errors": (Reply(200, b'{"a": 1}', JSON), f"{AS_JSON} '{{\"a\": 1}}'"),
    "JSON that ends early": (
        Reply(200, b'{"data": {"to', JSON),
        f'{because("Input data was truncated")} \'{{"data": {{"to\'',
    ),
    "JSON that is none": (
        Reply(200, b'{"data": NaN}', JSON),
        f"{because('JSON is malformed: invalid character (byte 9)')} '{{\"data\": NaN}}'",
    ),
    "invalid UTF-8": (
        Reply(200, b'{"data":{"\xff":1}}', JSON),
        because("'utf-8' codec can't decode byte 0xff in position 0: invalid start byte")
        + ' \'{"data":{"\ufffd":1}}\'',
    ),
    "an empty body": (Reply(200, b"", JSON), AS_JSON.replace("begins:", "is empty.")),
    "GraphQL as text": (
        Reply(200, DATA, "text/plain"),
        (
            "The server responded with 200 and text/plain, which is not a GraphQL response. If its"
            " body is one all the same, say media_types={'text/plain'}. The body begins:"
            f" {DATA.decode()!r}"
        ),
    ),
    "no media type": (Reply(200, b"{}", ""), f"The server responded with 200 {NO_TYPE} '{{}}'"),
    "204": (
        Reply(204, b"", ""),
        f"The server responded with 204 {NO_TYPE}".replace("begins:", "is empty."),
    ),
    "data: null and no errors": (
        Reply(200, b'{"data": null}'),
        f"The server's response has data: null {NOT_ALLOWED}",
    ),
    "an empty list of errors and no data": (
        Reply(200, b'{"errors": []}'),
        f"The server's response has no data {NOT_ALLOWED}",
    ),
}


@pytest.mark.parametrize(("reply", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_of_another_shape(
    reply: Reply, message: str, call_with: CallWith, server: Todos
) -> None:
    server.reply = reply
    with pytest.raises(TransportError) as caught:
        call_with(server.url).execute(QUERY)
    error = caught.value
    assert str(error) == message
    if reply.status < 300:
        assert type(error) is ProtocolError
    else:
        assert isinstance(error, ServerStatusError)
        assert error.status == reply.status


def test_an_empty_list_of_errors_beside_data_is_no_error(
    call_with: CallWith, server: Todos
) -> None:
    server.reply = Reply(200, b'{"data":{"todos":[]},"errors":[]}')
    assert call_with(server.url).execute(QUERY) == {"todos": []}


def test_compressed_answers(call_with: CallWith, server: Todos) -> None:
    gzipped = (("Content-Encoding", "gzip"),)
    caller = call_with(server.url)
    server.reply = Reply(200, gzip.compress(DATA), GRAPHQL, gzipped)
    assert caller.execute(QUERY) == {"todos": []}
    server.reply = Reply(200, DATA, GRAPHQL, gzipped)
    with pytest.raises(ProtocolError, match="is not in the Content-Encoding that it names"):
        caller.execute(QUERY)


def test_zstd_is_read_where_it_is_said_to_be(call_with: CallWith, server: Todos) -> None:
    caller = call_with(server.url)
    server.reply = Reply(200, compress(DATA), GRAPHQL, (("Content-Encoding", "zstd"),))
    assert caller.execute(QUERY) == {"todos": []}
    assert "zstd" in server.received[0].headers["accept-encoding"]


def test_a_connection_that_ends_within_the_body(call_with: CallWith, server: Todos) -> None:
    server.reply = Reply(200, DATA, GRAPHQL, (), 100)
    with pytest.raises(
        ConnectionFailedError, match=r"^No complete response from http://127\.0\.0\.1:"
    ):
        call_with(server.url).execute(QUERY)


@pytest.fixture
def rude_url() -> Iterator[str]:
    """A server that reads a request and hangs up without a word."""

    def hang_up() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=hang_up)
        thread.start()
        yield f"http://user:hunter2@127.0.0.1:{listener.getsockname()[1]}/graphql?token=hunter2"
        thread.join()


def test_a_connection_that_is_reset(call_with: CallWith, rude_url: str) -> None:
    with pytest.raises(
        ConnectionFailedError, match=r"127.0.0.1:\d+/graphql \(\w+\): \w+"
    ) as caught:
        call_with(rude_url, retry=None).execute(QUERY)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/?token=hunter2"


@pytest.mark.parametrize("timeout", [0.05, (5.0, 0.05)])
def test_a_server_that_does_not_answer_in_time(
    timeout: Any, call_with: CallWith, silent_url: str
) -> None:
    with pytest.raises(ConnectionFailedError, match=r"\(ReadTimeout\)") as caught:
        call_with(silent_url, {"timeout": timeout}).execute(QUERY)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


def test_a_server_that_is_not_there(call_with: CallWith) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    caller = call_with(f"http://user:hunter2@127.0.0.1:{port}/graphql?token=hunter2")
    with pytest.raises(ConnectionFailedError) as caught:
        caller.execute(QUERY)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)
    assert f"http://127.0.0.1:{port}/graphql (Connect" in str(caught.value)


@pytest.mark.parametrize("media_type", ["text/plain; charset=utf-8", "Text/HTML", ""])
@pytest.mark.parametrize("cache", [None, PrivateCache()])
def test_other_media_types_are_read_if_the_caller_says_so(
    media_type: str, cache: PrivateCache | None, call_with: CallWith, server: Todos
) -> None:
    accepted = {"text/plain", "text/HTML", ""}
    caller = call_with(server.url, media_types=accepted, cache=cache, auth=BearerToken("t"))
    server.reply = Reply(200, DATA, media_type)
    assert caller.execute(QUERY) == {"todos": []}
    server.reply = Reply(200, ERRORS, media_type)
    with pytest.raises(ExecutionError, match="You may not"):
        caller.execute(QUERY)
    server.reply = Reply(200, b"<html>Sign in</html>", media_type)
    with pytest.raises(ProtocolError, match=r"malformed.*Is the URL.*Sign in"):
        caller.execute(QUERY)
    server.reply = Reply(200, DATA, "text/css")
    with pytest.raises(ProtocolError, match=r"media_types=\{'text/css'\}"):
        caller.execute(QUERY)
