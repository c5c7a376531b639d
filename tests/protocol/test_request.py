"""Reading the parameters of a request from a body and from a query string."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from trunkline.errors import (
    DocumentSyntaxError,
    MalformedRequestError,
    NotJSONError,
    ValidationError,
)
from trunkline.protocol.request import (
    GraphQLRequest,
    read_json,
    read_query_string,
)
from trunkline.protocol.response import status_of_request_error

FULL = GraphQLRequest("{ a }", "A", {"x": [1, None, "é"]}, {"trace": True})


def value(text: str) -> bytes:
    """Put a JSON value into a variable of a request."""
    return f'{{"query":"{{ a }}","variables":{{"x":{text}}}}}'.encode()


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        (b'{"query":"{ a }"}', GraphQLRequest("{ a }")),
        (
            '{"query":"{ a }","operationName":"A","variables":{"x":[1,null,"é"]},'
            '"extensions":{"trace":true}}'.encode(),
            FULL,
        ),
        (b' \t\r\n{"query":"{ a }"}\n', GraphQLRequest("{ a }")),
        # null is absent (GraphQL over HTTP §5.4.1)
        (
            b'{"query":null,"operationName":null,"variables":null,"extensions":null}',
            GraphQLRequest(),
        ),
        (b"{}", GraphQLRequest()),
        # an empty name is kept here; the endpoint takes it for absent
        (b'{"query":"{ a }","operationName":""}', GraphQLRequest("{ a }", "")),
        # unknown members are ignored, whatever they hold
        (b'{"query":"{ a }","id":7,"operation_name":[],"doc_id":{}}', GraphQLRequest("{ a }")),
        (b'{"documentId":"sha256:1","query":null}', GraphQLRequest(document_id="sha256:1")),
        (b'{"query":"{ a }","x":' + b"9" * 5_000 + b"}", GraphQLRequest("{ a }")),
        # of two the last counts
        (b'{"query":"{ a }","query":"{ b }"}', GraphQLRequest("{ b }")),
        # T-13: characters that only look dangerous
        (b'{"query":"\\u0000\\u202e\\uffff"}', GraphQLRequest("\0\u202e\uffff")),
        (b'{"query":"\\ud83d\\ude00"}', GraphQLRequest("\N{GRINNING FACE}")),
        # T-11: large numbers as long as they can be held
        (value("9" * 40), GraphQLRequest("{ a }", variables={"x": int("9" * 40)})),
        (value("-0.5e-3"), GraphQLRequest("{ a }", variables={"x": -0.0005})),
    ],
)
def test_a_body(body: bytes, request_: GraphQLRequest) -> None:
    assert read_json(body) == request_


NOT_JSON = {
    "nothing": b"",
    "white space": b"  \n",
    "no JSON": b"query=%7Ba%7D",
    "cut off": b'{"query":"{ a }"',
    "trailing": b'{"query":"{ a }"} {}',
    "T-09 invalid UTF-8": b'{"query":"\xff"}',
    "T-09 invalid UTF-8 in a key": b'{"query":"{ a }","variables":{"\xff":1}}',
    "T-09 invalid UTF-8 in an unknown member": b'{"query":"{ a }","x":"\xff"}',
    "T-09 surrogate in UTF-8": b'{"query":"\xed\xa0\x80"}',
    "T-09 overlong UTF-8": b'{"query":"\xc0\x80"}',
    "T-09 BOM": b'\xef\xbb\xbf{"query":"{ a }"}',
    "T-09 UTF-16": '{"query":"{ a }"}'.encode("utf-16"),
    "T-09 UTF-16 without BOM": '{"query":"{ a }"}'.encode("utf-16-le"),
    "T-09 UTF-32": '{"query":"{ a }"}'.encode("utf-32"),
    "T-10 deep": value("[" * 100_000 + "]" * 100_000),
    "T-10 deep, but not for msgspec": value("[" * 200 + "]" * 200),
    "T-10 deep objects": value('{"a":' * 100_000 + "1" + "}" * 100_000),
    "T-10 deep unknown member": b'{"query":"{ a }","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "T-11 NaN": value("NaN"),
    "T-11 Infinity": value("Infinity"),
    "T-11 -Infinity": value("-Infinity"),
    "T-11 leading zero": value("01"),
    "T-11 hexadecimal": value("0x1"),
    "T-12 lone surrogate": value(r'"\ud800"'),
    "T-12 lone low surrogate": value(r'"\udc00x"'),
    "T-12 surrogates reversed": value(r'"\udc00\ud800"'),
    "T-12 lone surrogate in a key": b'{"query":"{ a }","variables":{"\\ud800":1}}',
    "T-13 raw NUL": b'{"query":"\x00"}',
    "raw line break": b'{"query":"\n"}',
    "single quotes": b"{'query':'{ a }'}",
    "comment": b'{"query":"{ a }"} // x',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_body_that_is_not_json(body: bytes) -> None:
    with pytest.raises(NotJSONError) as caught:
        read_json(body)
    assert status_of_request_error(caught.value) == 400


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"true",
        b"7",
        b'"{ a }"',
        b'[{"query":"{ a }"}]',
        b"[]",
        *(f'{{"query":{wrong}}}'.encode() for wrong in ("7", "true", "[]", "{}")),
        *(f'{{"documentId":{wrong}}}'.encode() for wrong in ("7", "true", "[]", "{}")),
        *(f'{{"operationName":{wrong}}}'.encode() for wrong in ("7", "false", "[]", "{}")),
        *(f'{{"variables":{wrong}}}'.encode() for wrong in ("7", "true", "[]", '"{}"', '""')),
        *(f'{{"extensions":{wrong}}}'.encode() for wrong in ("7", "true", "[]", '"{}"', '""')),
        value("9" * 5_000),  # T-11: JSON, but no number that can be held
        value("1e400"),
    ],
)
def test_a_body_of_another_shape(body: bytes) -> None:
    with pytest.raises(MalformedRequestError) as caught:
        read_json(body)
    assert not isinstance(caught.value, NotJSONError)
    assert status_of_request_error(caught.value) == 422


def url(**parameters: str) -> bytes:
    return urlencode(parameters).encode()


@pytest.mark.parametrize(
    ("query_string", "request_"),
    [
        (b"", GraphQLRequest()),
        (url(query="{ a }"), GraphQLRequest("{ a }")),
        (b"documentId=sha256:1", GraphQLRequest(document_id="sha256:1")),
        (b"query=%7B+a%20%7D", GraphQLRequest("{ a }")),
        (
            url(
                query="{ a }",
                operationName="A",
                variables=json.dumps({"x": [1, None, "é"]}),
                extensions='{"trace":true}',
            ),
            FULL,
        ),
        # empty is absent (GraphQL over HTTP §5.3)
        (b"query=&operationName=&variables=&extensions=", GraphQLRequest()),
        (b"query&operationName", GraphQLRequest()),
        (b"query=&query=%7Ba%7D", GraphQLRequest("{a}")),
        # "null" is a name there, and null here
        (url(operationName="null"), GraphQLRequest(operation_name="null")),
        (url(variables="null", extensions=" null "), GraphQLRequest()),
        # unknown parameters are ignored, and may come twice
        (b"utm=1&utm=2&operation_name=A", GraphQLRequest()),
        (b"&&&", GraphQLRequest()),
        (b"query=a;b", GraphQLRequest("a;b")),
        (b"query=%F0%9F%98%80%00", GraphQLRequest("\N{GRINNING FACE}\0")),
    ],
)
def test_a_query_string(query_string: bytes, request_: GraphQLRequest) -> None:
    assert read_query_string(query_string) == request_


@pytest.mark.parametrize(
    "query_string",
    [
        b"query=%7Ba%7D&query=%7Ba%7D",
        b"documentId=a&documentId=a",
        b"operationName=A&operationName=A",  # one letter is one object in CPython
        b"variables=%7B%7D&x=1&variables=%7B%7D",
        *(url(variables=wrong) for wrong in ("[]", "7", '"x"')),
        *(url(extensions=wrong) for wrong in ("[]", "true")),
        url(variables="[" * 100_000),
        url(variables='{"a":' + "9" * 5_000 + "}"),
        b"&".join(b"a%d=1" % number for number in range(100)),
    ],
)
def test_a_query_string_of_another_shape(query_string: bytes) -> None:
    with pytest.raises(MalformedRequestError) as caught:
        read_query_string(query_string)
    assert status_of_request_error(caught.value) == 422
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "query_string",
    [
        *(url(variables=wrong) for wrong in ("{", "{'a':1}", "NaN", "x", '{"a":Infinity}')),
        url(extensions="{}}"),
        url(variables='{"a":' * 201 + "1" + "}" * 201),
        url(variables='{"a":' * 100_000),
        url(variables=r'{"a":"\ud800"}'),
        b"variables=%7B%22a%22:%22%ED%A0%80%22%7D",
        b"query=%FF",
        b"query=%ED%A0%80",
        b"query=\xff",
    ],
)
def test_a_query_string_that_is_not_json(query_string: bytes) -> None:
    with pytest.raises(NotJSONError) as caught:
        read_query_string(query_string)
    assert status_of_request_error(caught.value) == 400
    assert len(str(caught.value)) < 300


def test_a_query_string_that_comes_again_is_a_request_of_its_own() -> None:
    query_string = b'query={a}&variables={"list":[1]}'
    first, second = read_query_string(query_string), read_query_string(query_string)
    assert first.variables is not None
    first.variables["list"].append(2)
    first.document_id = "other"
    assert second == read_query_string(query_string)
    assert (second.variables, second.document_id) == ({"list": [1]}, None)


def test_the_status_of_a_document_that_does_not_parse_or_fit() -> None:
    assert status_of_request_error(DocumentSyntaxError.because("")) == 400
    assert status_of_request_error(ValidationError.because("")) == 422


def test_T_10_as_deep_as_allowed() -> None:  # noqa: N802
    deep = "[" * 199 + "]" * 199
    assert read_json(b'{"variables": {"a": %s}}' % deep.encode()).variables
    assert read_query_string(f'variables={{"a":{deep}}}'.encode()).variables
