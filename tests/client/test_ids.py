"""Ids in place of texts, as soon as the server says that it has the documents."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tests.client.test_citizen import Scripted, ok

from trunkline import Client, ExecutionError, ServerStatusError
from trunkline.client import CallOptions, Persisted, PrivateCache
from trunkline.client.transports import HTTPRequest, HTTPResponse
from trunkline.client.transports.httpx2 import HTTPX2Transport
from trunkline.protocol.documents import document_id
from trunkline.protocol.media import GRAPHQL_RESPONSE
from trunkline.protocol.messages import DOCUMENT_ID

TEXT = "query A { a }"
ID = document_id(TEXT)
BY_ID = b'{"documentId":"%b","operationName":"A"}' % ID.encode()
BY_TEXT = b'{"query":"query A { a }","operationName":"A"}'


def offering(text: str = TEXT) -> HTTPResponse:
    return ok(**{DOCUMENT_ID: document_id(text)})


def refused(code: str, status: int = 404) -> HTTPResponse:
    body = b'{"errors":[{"message":"No.","extensions":{"code":"%b"}}]}' % code.encode()
    return HTTPResponse(status, body, {"content-type": GRAPHQL_RESPONSE})


UNKNOWN = refused("PERSISTED_QUERY_NOT_FOUND")
NOT_FOUND = HTTPResponse(404, b"Not Found", {"content-type": "text/plain; charset=utf-8"})


def sent_by(transport: Scripted) -> list[tuple[str, bytes]]:
    return [(each.path, each.body) for each in transport.sent]


def test_a_document_goes_by_id_as_soon_as_the_server_says_that_it_has_it() -> None:
    transport = Scripted(ok(), offering(), ok())
    client = Client(transport)
    for _ in range(4):
        assert client.execute(TEXT) == {"a": 1}
    assert sent_by(transport) == [("", BY_TEXT)] * 2 + [(f"{ID}/A", BY_ID)] * 2
    client.execute("query B { a }")
    assert transport.sent[-1].path == ""


def test_another_document_in_the_header_counts_for_nothing() -> None:
    transport = Scripted(offering("query B { a }"))
    client = Client(transport)
    for text in (TEXT, TEXT, "{ a }"):
        client.execute(text)
    assert [each.path for each in transport.sent] == ["", "", ""]


def test_texts_only() -> None:
    transport = Scripted(offering())
    client = Client(transport, persisted=None)
    for _ in range(2):
        client.execute(TEXT)
    assert sent_by(transport) == [("", BY_TEXT)] * 2


def test_a_document_that_the_server_has_no_more_is_sent_as_text_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = Scripted(offering(), ok(), UNKNOWN, offering(), ok())
    client = Client(transport)
    with caplog.at_level(logging.INFO, "trunkline.client"):
        for _ in range(5):
            assert client.execute(TEXT) == {"a": 1}
    # The server has it again, but perhaps only one of its processes: texts go for a minute.
    assert [each.path for each in transport.sent] == ["", f"{ID}/A", f"{ID}/A", "", "", ""]
    (record,) = [each for each in caplog.records if each.name == "trunkline.client"]
    message = record.getMessage()
    assert message.startswith(f"The server does not know the document 'A' ({ID}) by its id")
    assert "PERSISTED_QUERY_NOT_FOUND" in message
    assert "trunkline publish" in message


def test_after_a_while_the_id_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("trunkline.client.persisted._PAUSE", -1.0)
    transport = Scripted(*[offering(), UNKNOWN, ok()] * 2)
    client = Client(transport)
    for _ in range(4):
        client.execute(TEXT)
    assert [each.path for each in transport.sent] == ["", f"{ID}/A", ""] * 2
    assert len(caplog.records) == 1


def test_a_server_without_the_paths_is_asked_by_text_from_then_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = "query B { a }"
    transport = Scripted(offering(), NOT_FOUND, offering(), offering(other))
    client = Client(transport)
    for text in (TEXT, TEXT, other, other):
        client.execute(text)
    assert [each.path for each in transport.sent] == ["", f"{ID}/A", "", "", ""]
    (record,) = caplog.records
    assert "The server rejects ids at this URL" in record.getMessage()


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused("VARIABLES_INVALID", 422), ExecutionError),
        (refused("FORBIDDEN", 403), ExecutionError),
        (HTTPResponse(500, b"Oh", {"content-type": "text/plain"}), ServerStatusError),
    ],
)
def test_what_else_is_wrong_is_not_asked_for_twice(
    response: HTTPResponse, error: type[Exception]
) -> None:
    transport = Scripted(offering(), response)
    client = Client(transport)
    client.execute(TEXT)
    with pytest.raises(error):
        client.execute(TEXT)
    assert len(transport.sent) == 2


def test_when_neither_id_nor_text_is_accepted_the_text_is_what_counts() -> None:
    only = refused("DOCUMENT_NOT_REGISTERED", 403)
    transport = Scripted(offering(), UNKNOWN, only)
    client = Client(transport)
    client.execute(TEXT)
    with pytest.raises(ExecutionError) as caught:
        client.execute(TEXT)
    assert caught.value.status == 403
    assert len(transport.sent) == 3


def test_an_id_from_the_first_call_on() -> None:
    transport = Scripted(ok(), UNKNOWN, ok())
    client = Client(transport, persisted=Persisted("path"))
    client.execute(TEXT)
    client.execute("query B { a }")
    client.execute("{ a }")
    *_, anonymous = transport.sent
    assert [each.path for each in transport.sent[:2]] == [
        f"{ID}/A",
        f"{document_id('query B { a }')}/B",
    ]
    assert anonymous.path == document_id("{ a }")


def test_a_get_has_one_order() -> None:
    text = "query A($b: Int, $c: Int) { a(b: $b, c: $c) }"
    transport = Scripted(offering(text), ok())
    client = Client(transport, persisted=Persisted(use_get=True))
    options = CallOptions(extensions={"trace": True})
    for _ in range(2):
        client.execute(text, {"c": 1, "b": 2}, options=options)
    client.execute(text, {"b": "x" * 8000})
    first, second, third = transport.sent
    assert (first.method, second.method, third.method) == ("POST", "GET", "POST")
    assert second.path == third.path == f"{document_id(text)}/A"
    assert second.query == (
        "variables=%7B%22b%22%3A2%2C%22c%22%3A1%7D&extensions=%7B%22trace%22%3Atrue%7D"
    )


def test_a_mutation_goes_by_id_but_never_by_get() -> None:
    text = "mutation A { a }"
    transport = Scripted(offering(text), ok())
    client = Client(transport, persisted=Persisted(use_get=True))
    for _ in range(2):
        client.execute(text)
    assert [each.method for each in transport.sent] == ["POST", "POST"]
    assert transport.sent[1].path == f"{document_id(text)}/A"


def test_two_documents_have_two_places_in_the_cache() -> None:
    fresh: Any = {"cache_control": "max-age=60"}
    transport = Scripted(ok('{"a":1}', **fresh), ok('{"b":2}', **fresh))
    client = Client(transport, persisted=Persisted("path", use_get=True), cache=PrivateCache())
    for _ in range(2):
        assert client.execute("query A { a }") == {"a": 1}
        assert client.execute("query B { b }") == {"b": 2}
    assert len(transport.sent) == 2


@pytest.mark.parametrize(
    ("url", "path", "query", "expected"),
    [
        ("http://api.example/graphql", "", "", "http://api.example/graphql"),
        ("http://api.example/graphql", "", "a=1", "http://api.example/graphql?a=1"),
        ("http://api.example/graphql?k=1", "", "a=1", "http://api.example/graphql?k=1&a=1"),
        ("http://api.example/graphql?k=1", "p/Q", "", "http://api.example/graphql/p/Q?k=1"),
        ("http://api.example/graphql/", "p/Q", "a=1", "http://api.example/graphql/p/Q?a=1"),
        ("http://api.example", "p", "", "http://api.example/p"),
        ("http://api.example/?", "p", "", "http://api.example/p"),
    ],
)
def test_where_a_request_goes(url: str, path: str, query: str, expected: str) -> None:
    request = HTTPRequest("GET", {}, b"", path=path, query=query)
    assert HTTPX2Transport(url).request_url(request) == expected
    elsewhere = HTTPRequest("GET", {}, b"", "http://issuer.example/token")
    assert elsewhere.url_at(url) == "http://issuer.example/token"
