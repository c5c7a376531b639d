"""Whatever comes: the endpoint raises nothing, gives no 5xx, and answers with a GraphQL answer."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.calling import GRAPHQL, JSON, Endpoint, Reply, chunk, exchange

APP = Endpoint()
RUNNER = asyncio.Runner()

VALID: list[dict[str, Any]] = [
    {"query": 'query One { todo(id: "1") { id title } }', "operationName": "One"},
    {"query": "query ($v: JSON) { echo(value: $v) }", "variables": {"v": {"a": [1, None, "é"]}}},
    {"query": "query ($v: Int = 3) { number(value: $v) }", "variables": {"v": 7}},
    {"query": 'mutation Add { add(title: "Oats") { ...F } } fragment F on Todo { id }'},
    {"query": "{ refusing __typename }", "extensions": {"x": 1}},
    {"query": "{ __schema { types { name fields { name } } } }"},
]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
requests = st.dictionaries(
    st.sampled_from(["query", "operationName", "variables", "extensions", "id"]) | st.text(),
    values | st.sampled_from([request["query"] for request in VALID]),
    max_size=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Take a valid body and overwrite, insert and cut a few bytes of it."""
    body = bytearray(json.dumps(draw(st.sampled_from(VALID))).encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 3))
        body[start:end] = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"}", b"\\u"]))
    return bytes(body)


bodies = st.one_of(
    st.binary(max_size=200),
    mutated(),
    mutated(),
    requests.map(lambda request: json.dumps(request).encode()),
    values.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")),
    st.sampled_from(VALID).map(lambda request: json.dumps(request).encode("utf-16")),
)
header_values = st.text(st.characters(max_codepoint=255), max_size=30)
headers = st.lists(
    st.one_of(
        st.tuples(
            st.just("accept"),
            header_values | st.sampled_from([GRAPHQL, JSON, "*/*;q=0.1", f"{JSON};q=nan, */*"]),
        ),
        st.tuples(
            st.sampled_from(
                ["content-length", "content-encoding", "graphql-client-name", "transfer-encoding"]
            ),
            header_values | st.sampled_from(["0", "5", "chunked"]),
        ),
    ),
    max_size=3,
)
content_types = st.sampled_from([JSON, JSON, JSON, f"{JSON};charset=utf-8"]) | header_values


def answered(reply: Reply | None) -> bool:
    assert reply is not None
    assert reply.status < 500
    media_type, _, charset = reply.headers["content-type"].partition("; ")
    assert media_type in {GRAPHQL, JSON} if reply.status // 100 == 2 else media_type == GRAPHQL
    assert charset == "charset=utf-8"
    answer = json.loads(reply.body.decode(), parse_constant=_no_json)
    assert set(answer) <= {"data", "errors"}
    assert ("data" in answer) == (reply.status // 100 == 2)
    assert ("errors" in answer) == (reply.status != 200)
    assert all(isinstance(error["message"], str) for error in answer.get("errors", ()))
    return True


def _no_json(constant: str) -> None:
    raise AssertionError(constant)


@settings(max_examples=400, deadline=None)
@given(body=bodies, content_type=content_types, others=headers, cuts=st.lists(st.integers(0, 200)))
def test_any_body(
    body: bytes, content_type: str, others: list[tuple[str, str]], cuts: list[int]
) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    pieces = [chunk(body[start:end], more=end < len(body)) for start, end in pairwise(edges)]
    sent = [("content-type", content_type), *others]
    assert answered(RUNNER.run(exchange(APP, "POST", sent, pieces)))


names = st.sampled_from(["query", "operationName", "variables", "extensions"]) | st.text(max_size=5)
pieces_of_a_url = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([b"query=", b"&", b"=", b"%", b"{__typename}", b"&variables={%22v%22:1}"]),
    st.sampled_from([b"query=query($v:JSON){echo(value:$v)}", b"query=mutation{add(title:%22%22)"]),
    st.tuples(names, values).map(lambda pair: f"{pair[0]}={pair[1]}".encode("utf-8", "replace")),
)


@settings(max_examples=300, deadline=None)
@given(
    query_string=st.lists(pieces_of_a_url, max_size=6).map(b"".join),
    others=headers,
    method=st.sampled_from(["GET", "GET", "GET", "QUERY"])
    | st.text(max_size=5).filter(lambda method: method != "HEAD"),
)
def test_any_url(query_string: bytes, others: list[tuple[str, str]], method: str) -> None:
    asked = exchange(APP, method, others, [chunk(b"")], query_string=query_string)
    assert answered(RUNNER.run(asked))
