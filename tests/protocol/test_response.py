"""Reading an answer, as a client does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trunkline.errors import ProtocolError, ServerStatusError
from trunkline.protocol.messages import HTTPResponse
from trunkline.protocol.response import PLAIN, GraphQLResponse, read_response, retry_after

GRAPHQL = "application/graphql-response+json"


def response(status: int, body: bytes, media_type: str = GRAPHQL) -> HTTPResponse:
    return HTTPResponse(status, body, {"content-type": media_type})


ERRORS = [{"message": "no"}]


@pytest.mark.parametrize("status", [200, 294, 400, 422, 500])
@pytest.mark.parametrize(
    "media_type",
    [GRAPHQL, "application/json", "Application/JSON ; charset=UTF-8", f"{GRAPHQL};charset=utf-8"],
)
@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"data":{"a":1}}', GraphQLResponse({"a": 1})),
        (b'{"data":{"a":1},"errors":[{"message":"no"}]}', GraphQLResponse({"a": 1}, ERRORS)),
        (b'{"data":null,"errors":[{"message":"no"}]}', GraphQLResponse(None, ERRORS)),
        (b'{"errors":[{"message":"no"}]}', GraphQLResponse(msgspec.UNSET, ERRORS)),
        (b'{"data":{},"extensions":{"x":1},"y":2}', GraphQLResponse({}, None, {"x": 1})),
    ],
)
def test_an_answer_counts_whatever_its_status(
    status: int, media_type: str, body: bytes, answer: GraphQLResponse[dict[str, Any]]
) -> None:
    assert read_response(response(status, body, media_type), PLAIN) == answer


NO_ANSWERS = {
    "nothing": (b"", GRAPHQL),
    "HTML": (b"<h1>Bad gateway</h1>", "text/html"),
    "JSON that says it is text": (b'{"data":{}}', "text/plain"),
    "no media type": (b'{"data":{}}', ""),
    "neither data nor errors": (b'{"message":"Not found"}', "application/json"),
    "a list": (b"[]", GRAPHQL),
    "null": (b"null", GRAPHQL),
    "data of another shape": (b'{"data":[]}', GRAPHQL),
    "errors of another shape": (b'{"errors":"no"}', GRAPHQL),
    "errors that are sentences": (b'{"errors":["no"]}', GRAPHQL),
    "cut off": (b'{"data":{"a":', GRAPHQL),
    "invalid UTF-8": (b'{"data":{"a":"\xff"}}', GRAPHQL),
    "UTF-16": ('{"data":{}}'.encode("utf-16"), GRAPHQL),
    "deep": (b'{"data":{"a":' + b"[" * 100_000, GRAPHQL),
    "NaN": (b'{"data":{"a":NaN}}', GRAPHQL),
}


@pytest.mark.parametrize(("body", "media_type"), NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_no_answer(body: bytes, media_type: str) -> None:
    with pytest.raises(ProtocolError):
        read_response(response(200, body, media_type), PLAIN)
    with pytest.raises(ServerStatusError, match="502") as caught:
        read_response(response(502, body, media_type), PLAIN)
    assert caught.value.status == 502
    assert len(str(caught.value)) < 2_500


def test_a_foreign_body_is_shown_in_part_only() -> None:
    with pytest.raises(ServerStatusError) as caught:
        read_response(response(502, b"x\xff" * 100_000, "text/html"), PLAIN)
    assert len(caught.value.body) == 500


def test_a_response_without_headers_has_no_media_type() -> None:
    assert not HTTPResponse(200, b"").media_type


DATE = "Sat, 28 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "soon", "date": DATE}, None),
        ({"retry-after": "Sat, 28 Nov 2026 12:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Sat, 28 Nov 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sat, 28 Nov 2026 12:00:30 -0000", "date": DATE}, None),
        ({"retry-after": "Sat, 28 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_a_time_to_retry_is_read_by_the_clock_of_the_server(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers) == seconds
