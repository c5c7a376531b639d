"""The endpoint in process: which request gets which answer (GraphQL over HTTP, draft of 2026-08).

Names with ``T_`` and ``E_`` are the attacks that the tests make.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from tests.server.calling import (
    GONE,
    GRAPHQL,
    JSON,
    PRIVATE,
    Endpoint,
    Reply,
    chunk,
    exchange,
    get,
    post,
    send_body,
)
from tests.serving import serving

TODO = 'query One { todo(id: "1") { id title } }'
TWO = "query A { a: number(value: 1) } query B { b: number(value: 2) }"
ADD = 'mutation { add(title: "Oats") { id } }'
HIDDEN = ("DatabaseDown", "SELECT", "users", "private", "/", ".py", "Traceback", "line ")


@pytest.fixture
def app() -> Endpoint:
    return Endpoint(body_timeout=0.05, max_body_bytes=4_096)


def well_formed(reply: Reply, media_type: str = GRAPHQL) -> bool:
    """Every answer of the endpoint, whatever happened, has these."""
    assert reply.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["vary"] == "Accept"
    assert reply.headers["x-content-type-options"] == "nosniff"
    answer = reply.json
    assert set(answer) <= {"data", "errors"}
    if "errors" in answer:
        assert answer["errors"]
        assert all(error["message"] for error in answer["errors"])
    if "data" not in answer:
        assert reply.status >= 400
    else:
        assert reply.status == (294 if "errors" in answer else 200)
    return True


# What is answered


async def test_a_query_by_post(app: Endpoint) -> None:
    reply = await post(app, TODO, {"accept": GRAPHQL})
    assert reply.status == 200
    assert reply.json == {"data": {"todo": {"id": "1", "title": "Milk"}}}
    assert well_formed(reply)
    assert set(reply.headers) == {
        *("content-type", "content-length", "cache-control", "vary"),
        *("x-content-type-options", "accept-query"),
    }


async def test_a_query_by_get(app: Endpoint) -> None:
    reply = await get(app, b"query=query($v:Int){number(value:$v)}&variables={%22v%22:7}")
    assert (reply.status, reply.data) == (200, {"number": 7})
    assert well_formed(reply, JSON)


async def test_a_mutation_by_post(app: Endpoint) -> None:
    assert (await post(app, ADD)).data == {"add": {"id": "2"}}
    assert app.added == ["Oats"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON), (f"{JSON}, {GRAPHQL}", GRAPHQL)],
)
async def test_accept(app: Endpoint, accept: str, media_type: str) -> None:
    assert well_formed(await post(app, TODO, {"accept": accept}), media_type)
    assert well_formed(await post(app, "{ raising }", {"accept": accept}), media_type)
    # what is no success is always declared for what it is (draft §6.1)
    assert well_formed(await post(app, "{", {"accept": accept}))


async def test_several_accept_headers_are_one_list(app: Endpoint) -> None:
    reply = await post(app, TODO, [("accept", "text/html"), ("accept", GRAPHQL)])
    assert well_formed(reply)


@pytest.mark.parametrize(
    "content_type",
    [JSON, "Application/JSON", f"{JSON};charset=UTF-8", f'{JSON} ; charset="utf8"', f"{JSON};v=1"],
)
async def test_content_types_of_json(app: Endpoint, content_type: str) -> None:
    assert (await post(app, TODO, {"content-type": content_type})).status == 200


@pytest.mark.parametrize("name", ["", None])
async def test_an_empty_operation_name_is_absent(app: Endpoint, name: str | None) -> None:
    assert (await post(app, TODO, operationName=name)).status == 200
    assert (await get(app, b"query={__typename}&operationName=")).status == 200


async def test_an_operation_is_chosen_by_name(app: Endpoint) -> None:
    assert (await post(app, TWO, operationName="B")).data == {"b": 2}
    assert (await get(app, b"query=query null{__typename}&operationName=null")).status == 200


# What is refused


def body(**parameters: Any) -> bytes:
    return json.dumps(parameters).encode()


INT = "query ($v: Int!) { number(value: $v) }"

REFUSED_BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"NONSENSE", 400, "MALFORMED_REQUEST"),
    "no body": (b"", 400, "MALFORMED_REQUEST"),
    "T-09 UTF-16": ('{"query":"{a}"}'.encode("utf-16"), 400, "MALFORMED_REQUEST"),
    "T-09 BOM": (b"\xef\xbb\xbf" + body(query=TODO), 400, "MALFORMED_REQUEST"),
    "T-10 deep": (b'{"x":' * 800, 400, "MALFORMED_REQUEST"),
    "T-12 lone surrogate": (
        rb'{"query":"query($v:JSON){echo(value:$v)}","variables":{"v":"\ud800"}}',
        400,
        "MALFORMED_REQUEST",
    ),
    "array batch": (b"[" + body(query=TODO) + b"]", 422, "MALFORMED_REQUEST"),
    "missing query": (body(operationName="A"), 422, "MALFORMED_REQUEST"),
    "misspelled query": (body(qeury=TODO), 422, "MALFORMED_REQUEST"),
    "null query": (body(query=None), 422, "MALFORMED_REQUEST"),
    "empty query": (body(query=""), 422, "MALFORMED_REQUEST"),
    "query of another type": (body(query=["{ a }"]), 422, "MALFORMED_REQUEST"),
    "variables in a list": (body(query=TODO, variables=[7]), 422, "MALFORMED_REQUEST"),
    "a document of white space": (body(query=" \n"), 400, "GRAPHQL_PARSE_FAILED"),
    "a document that does not parse": (body(query="{"), 400, "GRAPHQL_PARSE_FAILED"),
    "T-12 surrogate literal": (
        body(query=r'{ echo(value: "\uD800") }'),
        400,
        "GRAPHQL_PARSE_FAILED",
    ),
    "an unknown field": (body(query="{ tody }"), 422, "GRAPHQL_VALIDATION_FAILED"),
    "a subscription": (body(query="subscription { ticks }"), 422, "GRAPHQL_VALIDATION_FAILED"),
    "an unknown operation": (
        body(query=TODO, operationName="Two"),
        422,
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "several operations": (body(query=TWO), 422, "OPERATION_RESOLUTION_FAILURE"),
    "no operation": (
        body(query="fragment F on Todo { id } "),
        422,
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a missing variable": (body(query=INT), 422, "BAD_USER_INPUT"),
    "a null variable": (body(query=INT, variables={"v": None}), 422, "BAD_USER_INPUT"),
    "T-14 a string": (body(query=INT, variables={"v": "1"}), 422, "BAD_USER_INPUT"),
    "T-14 a boolean": (body(query=INT, variables={"v": True}), 422, "BAD_USER_INPUT"),
    "T-14 2^31": (body(query=INT, variables={"v": 2**31}), 422, "BAD_USER_INPUT"),
    "T-14 -2^31-1": (body(query=INT, variables={"v": -(2**31) - 1}), 422, "BAD_USER_INPUT"),
    "T-14 2^64": (body(query=INT, variables={"v": 2**64}), 422, "BAD_USER_INPUT"),
    "T-14 1.5": (body(query=INT, variables={"v": 1.5}), 422, "BAD_USER_INPUT"),
    "E-03 SQL": (body(query=INT, variables={"v": "1; DROP TABLE todos"}), 422, "BAD_USER_INPUT"),
}


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
@pytest.mark.parametrize(
    ("body_", "status", "code"), REFUSED_BODIES.values(), ids=REFUSED_BODIES.keys()
)
async def test_a_refused_body(
    app: Endpoint, body_: bytes, status: int, code: str, accept: str
) -> None:
    reply = await send_body(app, body_, {"accept": accept})
    assert (reply.status, reply.code) == (status, code)
    assert well_formed(reply)
    assert "connection" not in reply.headers
    again = await send_body(app, body_, {"accept": accept})  # what was refused is remembered
    assert again.body == reply.body


ODD: dict[str, tuple[str, int, str]] = {  # the table of docs/http.md
    "a name twice": ('{"v": 1, "v": 2}', 200, ""),
    "a name twice, deeper": ('{"v": 2, "w": {"a": 1, "a": 2}}', 200, ""),
    "2^31": ('{"v": 2147483648}', 422, "BAD_USER_INPUT"),
    "2^64": ('{"v": 18446744073709551616}', 422, "BAD_USER_INPUT"),
    "thousands of digits": ('{"v": %s}' % ("9" * 5_000), 422, "MALFORMED_REQUEST"),
    "beyond all floats": ('{"v": 1e400}', 422, "MALFORMED_REQUEST"),
    "half a pair": (r'{"w": "\ud800"}', 400, "MALFORMED_REQUEST"),
    "halves in the wrong order": (r'{"w": "\udc00\ud800"}', 400, "MALFORMED_REQUEST"),
    "half a pair in a name": (r'{"\ud800": 1}', 400, "MALFORMED_REQUEST"),
    "NaN": ('{"v": NaN}', 400, "MALFORMED_REQUEST"),
    "deep": ('{"w": %s}' % ("[" * 201 + "]" * 201), 400, "MALFORMED_REQUEST"),
}


@pytest.mark.parametrize(("variables", "status", "code"), ODD.values(), ids=ODD.keys())
async def test_odd_json_has_one_response_wherever_it_comes(
    variables: str, status: int, code: str
) -> None:
    app = Endpoint(batch_size=2, max_body_bytes=10_000)
    query = "query ($v: Int, $w: JSON) { number(value: $v) echo(value: $w) }"
    single = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'.encode()
    listed = f'{{"query": {json.dumps(query)}, "variables": [{variables}]}}'.encode()
    replies = [
        await send_body(app, single),
        await send_body(app, single, method="QUERY"),
        await get(app, urlencode({"query": query, "variables": variables}).encode()),
    ]
    for reply in replies:
        assert reply.status == status
        assert (reply.data["number"] == 2) if status == 200 else reply.code == code
    assert len({reply.body for reply in replies[:2]}) == 1
    for reply in (await send_body(app, b"[%b]" % single), await send_body(app, listed)):
        if code in {"", "BAD_USER_INPUT"}:  # the error of one operation of the batch
            (found,) = reply.json
            expected = replies[0].json
            assert {name: found[name] for name in expected} == expected
        else:
            assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("query_string", "status"),
    [
        (b"", 422),
        (b"query=", 422),
        (b"query={", 400),
        (b"query={__typename}&query={__typename}", 422),
        (b"query={__typename}&variables=[7]", 422),
        (b"query={__typename}&variables={", 400),
        (b"query=%FF", 400),
        (b"query=subscription{ticks}", 422),
        (b"query=query%20A{__typename}&operationName=null", 422),
        (b"query=" + b"x" * 5_000, 414),
    ],
)
async def test_a_refused_query_string(app: Endpoint, query_string: bytes, status: int) -> None:
    reply = await get(app, query_string)
    assert reply.status == status
    assert well_formed(reply)


@pytest.mark.parametrize(
    "query_string",
    [
        b"query=mutation{add(title:%22Oats%22){id}}",
        b"query=query%20A{__typename}mutation%20B{add(title:%22Oats%22){id}}&operationName=B",
    ],
)
async def test_T_01_mutation_by_get(app: Endpoint, query_string: bytes) -> None:  # noqa: N802
    reply = await get(app, query_string)
    assert (reply.status, reply.code) == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["allow"] == "POST"
    assert well_formed(reply)
    assert not app.added


async def test_a_query_beside_a_mutation_by_get(app: Endpoint) -> None:
    both = b"query=query%20A{__typename}mutation%20B{add(title:%22Oats%22){id}}"
    assert (await get(app, both + b"&operationName=A")).status == 200
    assert not app.added


@pytest.mark.parametrize(
    "method",
    ["PUT", "DELETE", "PATCH", "OPTIONS", "query", "TRACE", "CONNECT", "get", "\0"],
)
async def test_other_methods(app: Endpoint, method: str) -> None:
    reply = await get(app, b"query={__typename}", method=method)
    assert (reply.status, reply.code) == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["allow"] == "GET, HEAD, POST, QUERY"
    assert well_formed(reply)


async def test_head_has_no_body(app: Endpoint) -> None:
    for query in (
        b"query=mutation{add(title:%22Oats%22){id}}",
        b"query={todo(id:1){id}}",
        b"query={",
        b"query={raising}",
        b"",
    ):
        reply, whole = [await get(app, query, method=method) for method in ("HEAD", "GET")]
        assert (reply.status, reply.headers) == (whole.status, whole.headers)
        assert reply.body == b""
    assert not app.added


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", "application", "text/event-stream"])
async def test_an_accept_of_neither(app: Endpoint, accept: str) -> None:
    reply = await post(app, ADD, {"accept": accept})
    assert (reply.status, reply.code) == (406, "NOT_ACCEPTABLE")
    assert well_formed(reply)
    assert not app.added


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json-patch+json",
        f"text/plain; {JSON}",
        f"{JSON}, text/plain",
        f"{JSON};charset=utf-16",
        f"{JSON};charset=latin-1",
    ],
)
async def test_T_02_simple_requests_of_other_origins(  # noqa: N802
    app: Endpoint, content_type: str
) -> None:
    reply = await post(app, ADD, {"content-type": content_type})
    assert (reply.status, reply.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert well_formed(reply)
    assert not app.added


async def test_T_02_two_content_types(app: Endpoint) -> None:  # noqa: N802
    reply = await post(app, ADD, [("content-type", JSON), ("content-type", "text/plain")])
    assert reply.status == 415


async def test_no_content_type(app: Endpoint) -> None:
    reply = await exchange(app, "POST", {}, [chunk(body(query=TODO))])
    assert reply is not None
    assert reply.status == 415


@pytest.mark.parametrize("content_type", ["text/plain", JSON, "multipart/form-data", "\xff"])
async def test_T_02_the_content_type_of_a_get_opens_no_door(  # noqa: N802
    app: Endpoint, content_type: str
) -> None:
    headers = {"content-type": content_type}
    assert (await get(app, b"query={__typename}", headers)).status == 200
    assert (await get(app, b"query=mutation{add(title:%22x%22){id}}", headers)).status == 405


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "gzip, identity", "x"])
async def test_T_05_compressed_bodies(app: Endpoint, encoding: str) -> None:  # noqa: N802
    reply = await post(app, TODO, {"content-encoding": encoding})
    assert reply.status == 415
    assert reply.headers["accept-encoding"] == "identity"
    assert (await post(app, TODO, {"content-encoding": "Identity"})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "x" * 1_000_000)],
        [(f"x-{number}", "") for number in range(10_000)],
        [("x", "y")] * 10_000,
    ],
    ids=["1 MB", "10,000 names", "10,000 times one name"],
)
async def test_T_08_large_headers(app: Endpoint, headers: list[tuple[str, str]]) -> None:  # noqa: N802
    reply = await get(app, b"query={__typename}", headers)
    assert (reply.status, reply.code) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")
    assert well_formed(reply)


# Bodies: how long, how slow


LONG = body(query=TODO, extensions={"x": "y" * 5_000})


async def test_T_04_a_body_that_says_it_is_too_large(app: Endpoint) -> None:  # noqa: N802
    headers = {"content-type": JSON, "content-length": "4097"}
    reply = await exchange(app, "POST", headers, [])  # not a byte is read
    assert reply is not None
    assert (reply.status, reply.code) == (413, "CONTENT_TOO_LARGE")
    assert reply.headers["connection"] == "close"
    assert well_formed(reply)


@pytest.mark.parametrize(
    "length",
    ["10", "-1", "+5", "", "x", "0x10", "1e3", "²", "4, 4", "0" * 5_000],
)
async def test_T_04_a_body_that_lies_about_its_length(app: Endpoint, length: str) -> None:  # noqa: N802
    assert (await send_body(app, LONG, {"content-length": length})).status == 413
    assert (await send_body(app, body(query=TODO), {"content-length": length})).status == 200


async def test_T_04_a_length_of_5_000_digits(app: Endpoint) -> None:  # noqa: N802
    assert (await send_body(app, b"", {"content-length": "9" * 5_000})).status == 413


async def test_T_04_a_chunked_body_that_grows_too_large(app: Endpoint) -> None:  # noqa: N802
    headers = {"content-type": JSON, "transfer-encoding": "chunked"}
    pieces = [chunk(b"x" * 1_000, more=True) for _ in range(5)]
    reply = await exchange(app, "POST", headers, pieces)
    assert reply is not None
    assert (reply.status, reply.headers["connection"]) == (413, "close")


async def test_a_body_in_pieces(app: Endpoint) -> None:
    whole = body(query=TODO)
    pieces = [chunk(whole[at : at + 7], more=True) for at in range(0, len(whole), 7)]
    reply = await exchange(app, "POST", {"content-type": JSON}, [*pieces, chunk(b"")])
    assert reply is not None
    assert reply.status == 200


async def test_a_body_of_just_the_limit(app: Endpoint) -> None:
    query = TODO + " " * (4_096 - len(body(query=TODO)))
    assert (await post(app, query)).status == 200
    assert (await post(app, query + " ")).status == 413


@pytest.mark.parametrize("begun", [[], [chunk(b'{"query"', more=True)]], ids=["never", "cut"])
async def test_T_06_a_body_that_never_comes(app: Endpoint, begun: list[Any]) -> None:  # noqa: N802
    headers = {"content-type": JSON, "content-length": "100"}
    reply = await exchange(app, "POST", headers, begun)
    assert reply is not None
    assert (reply.status, reply.code) == (408, "REQUEST_TIMEOUT")
    assert reply.headers["connection"] == "close"
    assert well_formed(reply)


@pytest.mark.parametrize("begun", [[], [chunk(b'{"query"', more=True)]])
async def test_a_client_that_goes_away(app: Endpoint, begun: list[Any]) -> None:
    headers = {"content-type": JSON, "content-length": "100"}
    reply = await exchange(app, "POST", headers, [*begun, GONE])
    assert reply is not None  # it may be there still: some servers say so of a malformed body
    assert (reply.status, reply.body, reply.headers["connection"]) == (400, b"", "close")
    (event,) = app.events
    assert (event.outcome, event.status) == ("disconnected", 0)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"content-type": "text/plain", "transfer-encoding": "chunked"}),
        ("POST", {"content-type": JSON, "accept": "text/html", "content-length": "9"}),
        ("PUT", {"content-length": "1000000000"}),
        ("GET", {"transfer-encoding": "chunked"}),
        ("GET", {"content-length": "5"}),
    ],
)
async def test_T_06_a_body_that_is_not_read_ends_the_connection(  # noqa: N802
    app: Endpoint, method: str, headers: dict[str, str]
) -> None:
    reply = await exchange(app, method, headers, [])
    assert reply is not None
    assert reply.status in {400, 405, 406, 415}
    assert reply.headers["connection"] == "close"


async def test_T_15_a_body_with_two_lengths(app: Endpoint) -> None:  # noqa: N802
    headers = {"transfer-encoding": "chunked", "content-length": "5", "content-type": JSON}
    reply = await send_body(app, body(query=TODO), headers)
    assert (reply.status, reply.code) == (400, "BAD_REQUEST")
    assert reply.headers["connection"] == "close"


async def test_http_2_has_no_connection_header(app: Endpoint) -> None:
    headers = {"content-type": JSON, "content-length": "4097"}
    reply = await exchange(app, "POST", headers, [], http_version="2")
    assert reply is not None
    assert "connection" not in reply.headers


async def test_a_get_with_an_empty_body(app: Endpoint) -> None:
    assert (await get(app, b"query={__typename}", {"content-length": "0"})).status == 200


# What resolvers and factories do


def nothing_of_the_exception(reply: Reply) -> bool:
    said = [(error["message"], error["extensions"]) for error in reply.json["errors"]]
    return not any(hidden in str(said) for hidden in (*HIDDEN, PRIVATE))


def logged(caplog: pytest.LogCaptureFixture, number: str) -> logging.LogRecord:
    """Find what the log has under an id that an answer showed."""
    (record,) = [record for record in caplog.records if number in record.getMessage()]
    return record


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ raising __typename }", {"raising": None, "__typename": "Query"}),
        ("{ required }", None),
    ],
)
async def test_E_01_an_exception_is_masked(  # noqa: N802
    app: Endpoint, caplog: pytest.LogCaptureFixture, query: str, data: Any
) -> None:
    reply = await post(app, query)
    assert (reply.status, reply.data) == (294, data)
    assert (reply.code, reply.error["path"]) == ("INTERNAL_SERVER_ERROR", [query.split()[1]])
    assert nothing_of_the_exception(reply)
    record = logged(caplog, reply.error["extensions"]["id"])
    assert record.name == "trunkline.errors"
    assert record.exc_info is not None
    assert PRIVATE in str(record.exc_info[1])
    assert record.exc_info[2] is not None, "no traceback"
    assert app.events[0].outcome == "internal_error"


async def test_a_graphql_error_is_shown(app: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    reply = await post(app, "{ refusing }")
    assert (reply.status, reply.data) == (294, {"refusing": None})
    assert reply.error == {
        "message": "Not today.",
        "path": ["refusing"],
        "locations": [{"line": 1, "column": 3}],
        "extensions": {"code": "CLOSED", "until": "Monday"},
    }
    assert not caplog.records
    assert app.events[0].outcome == "partial"


def failing_context(_scope: Any) -> None:
    raise ConnectionError(PRIVATE)


async def test_E_01_a_context_that_cannot_be_made(caplog: pytest.LogCaptureFixture) -> None:  # noqa: N802
    app = Endpoint(context=failing_context)
    reply = await post(app, TODO)
    assert (reply.status, reply.code) == (500, "INTERNAL_SERVER_ERROR")
    assert well_formed(reply)
    assert nothing_of_the_exception(reply)
    assert logged(caplog, reply.error["extensions"]["id"]).exc_info
    assert app.events[0].outcome == "internal_error"


async def test_the_context_is_made_of_the_scope() -> None:
    app = Endpoint(context=lambda scope: scope["path"])
    assert (await post(app, "{ context }")).data == {"context": "/graphql"}
    assert (await post(Endpoint(), "{ context }")).data == {"context": None}


async def test_E_01_an_answer_without_json(  # noqa: N802
    app: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await post(app, "{ unwritable }")
    assert (reply.status, reply.code) == (294, "INTERNAL_SERVER_ERROR")
    assert reply.data == {"unwritable": None}
    assert well_formed(reply, JSON)
    assert nothing_of_the_exception(reply)
    assert logged(caplog, reply.error["extensions"]["id"]).exc_info
    assert app.events[0].error_codes == ("INTERNAL_SERVER_ERROR",)


@pytest.mark.parametrize(
    "value", [2**31, 2**64, -(2**100), 10**40, "\N{GRINNING FACE}", "\0\x1b\u202e", [[{}]], 1.5]
)
async def test_values_come_back_as_they_went(app: Endpoint, value: Any) -> None:
    reply = await post(app, "query ($v: JSON) { echo(value: $v) }", variables={"v": value})
    assert (reply.status, reply.data) == (200, {"echo": value})


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, [2**64, "\ud800"]])
async def test_T_12_surrogates_of_resolvers_are_escaped(value: Any) -> None:  # noqa: N802
    reply = await post(Endpoint(context=lambda _scope: value), "{ context }")
    assert (reply.status, reply.data) == (200, {"context": value})
    assert reply.body.isascii()


@pytest.mark.parametrize("characters", [1_500, 3_000])
async def test_E_02_messages_repeat_requests_in_part_only(  # noqa: N802
    app: Endpoint, characters: int
) -> None:
    long = "x" * characters
    for reply in (
        await post(app, f"{{ {long} }}"),
        await post(app, TODO, operationName=long),
        await post(app, INT, variables={"v": long}),
        await post(app, f'{{ todo(id: "1") {{ id }} }} {long}'),
    ):
        assert reply.status in {400, 422}
        assert len(reply.body) < 1_500


async def test_E_02_the_number_of_errors_is_bounded(app: Endpoint) -> None:  # noqa: N802
    reply = await post(app, "{" + "".join(f" a{number}" for number in range(500)) + "}")
    assert reply.status == 422
    assert len(reply.json["errors"]) <= 101


# Cancelling, sinks, other protocols


async def test_cancelling_a_request_cancels_its_resolvers(app: Endpoint) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await post(app, "{ slow }")
    await asyncio.sleep(0)  # on a busy machine the look after the client has just begun
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert app.events[0].outcome == "disconnected"


@pytest.mark.parametrize("fault", [OSError, BrokenPipeError])
async def test_a_client_that_goes_before_its_answer(app: Endpoint, fault: type[Exception]) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return chunk(body(query=TODO))

    async def send(_message: Any) -> None:
        await asyncio.sleep(0)
        raise fault

    scope = {"type": "http", "http_version": "1.1", "method": "POST", "query_string": b""}
    await app({**scope, "headers": [(b"content-type", JSON.encode())]}, receive, send)
    (event,) = app.events
    assert (event.outcome, event.status) == ("disconnected", 0)


async def test_a_sink_that_raises_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_event: Any) -> None:
        raise ZeroDivisionError

    told: list[Any] = []
    reply = await post(Endpoint(sinks=(broken, told.append)), TODO)
    assert reply.status == 200
    assert len(told) == 1
    assert "broken" in caplog.records[0].getMessage()


async def test_a_sink_that_cannot_be_closed_leaves_no_other_open() -> None:
    class Closing:
        def __init__(self) -> None:
            self.is_closed = False

        def __call__(self, _event: Any) -> None:
            pass

        def close(self) -> None:
            self.is_closed = True
            raise OSError("stuck")

    sinks = [Closing(), Closing()]
    with pytest.raises(OSError, match="stuck"):
        await Endpoint(sinks=sinks).stop()
    assert [each.is_closed for each in sinks] == [True, True]


async def test_a_websocket_is_refused(app: Endpoint) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    await app({"type": "websocket", "headers": [], "path": "/graphql"}, receive, send)
    assert sent == [{"type": "websocket.close"}]


def test_a_server_that_runs_it_alone_does_not_complain(
    app: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "uvicorn.error"), serving(app):
        pass
    assert "Application startup complete." in caplog.messages
    assert "Application shutdown complete." in caplog.messages
    assert not [each for each in caplog.messages if "unsupported" in each]


# Where the endpoint is put


def at(path: str, *routes: BaseRoute, root_path: str = "") -> Any:
    app = Starlette(routes=list(routes))

    async def with_path(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "path": root_path + path, "root_path": root_path}, receive, send)

    return with_path


@pytest.mark.parametrize("prefix", ["", "/shop"])
async def test_a_mounted_endpoint_is_refused_with_the_remedy(app: Endpoint, prefix: str) -> None:
    """Only a redirect leads there, which many clients do not follow with a POST."""
    reply = await post(at("/graphql/", Mount("/graphql", app), root_path=prefix), TODO)
    assert reply.status == 404
    assert "Route('/graphql', …)" in reply.error["message"]
    assert "in FastAPI, app.routes.append(Route(…))" in reply.error["message"]


@pytest.mark.parametrize(
    ("path", "routes"),
    [
        ("/graphql", lambda app: [Route("/graphql", app)]),
        ("/v1/graphql", lambda app: [Mount("/v1", routes=[Route("/graphql", app)])]),
        ("/", lambda app: [Route("/", app)]),
        ("/", lambda app: [Mount("/", app)]),
    ],
)
async def test_where_it_may_be_put(app: Endpoint, path: str, routes: Any) -> None:
    assert (await post(at(path, *routes(app)), "{ __typename }")).data == {"__typename": "Query"}


def test_including_it_as_a_router_tells_the_remedy(app: Endpoint) -> None:
    with pytest.raises(AttributeError, match=r"not a router.*app\.routes\.append"):
        FastAPI().include_router(app)  # type: ignore[arg-type]
    assert not hasattr(app, "routes")  # which older versions ask for
