"""Servers that send what nobody expects: the client raises its own errors, and prints safely."""

from __future__ import annotations

import contextlib
import copy
import functools
import gzip
import json
import logging
import operator
import os
import pickle
import socket
import stat
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import GraphQLError, build_schema, introspection_from_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.client import faulty
from tests.client.calling import TRANSPORTS, CallWith
from tests.client.faulty import Faulty
from tests.client.serving import GRAPHQL, JSON, QUERY, SDL, TODOS, Reply, Todos
from tests.client.test_faults import call
from typer.testing import CliRunner

import trunkline
from trunkline import (
    Client,
    ExecutionError,
    ProtocolError,
    SchemaError,
    ServerStatusError,
    TransportError,
    TrunklineError,
    gql,
)
from trunkline.cli.commands import app
from trunkline.client import PrivateCache, Retry, SchemaCache
from trunkline.client.cache import CachingSender
from trunkline.client.checks import DocumentChecker
from trunkline.client.fetching import build_stored
from trunkline.client.introspection import check_introspection
from trunkline.client.schema_cache import StoredSchema
from trunkline.flow.calls import send_request
from trunkline.flow.drivers import run
from trunkline.generate.client.schema import load_client_schema
from trunkline.printable import printable
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

EVIL = "\x1b[2J\x1b]0;pwned\x07 \r\n2026-11-29 INFO all is well \u202e\u2066 \x9b31m \ud83d\x00"


def is_safe(text: str) -> bool:
    """Say whether a text has no line of the server's, and nothing that a terminal obeys."""
    lines = text.split("\n")
    return all(map(str.isprintable, lines)) and not any(line.startswith("2026") for line in lines)


@pytest.mark.parametrize("character", ["\x1b", "\r", "\n", "\x9b", "\u202e", "\u2067", "\ud800"])
def test_cl_20_what_moves_a_cursor_is_escaped(character: str) -> None:
    assert printable(f"Größe {character}!") == f"Größe {ascii(character)[1:-1]}!"


SPOKEN: dict[str, tuple[int, Any, str]] = {
    "messages": (200, {"errors": [{"message": EVIL}, {"message": EVIL}]}, GRAPHQL),
    "a path": (200, {"errors": [{"message": "x", "path": [EVIL, 1]}], "data": None}, GRAPHQL),
    "a message that is a list": (200, {"errors": [{"message": [EVIL]}]}, GRAPHQL),
    "codes": (200, {"errors": [{"message": "x", "extensions": {"code": EVIL}}]}, GRAPHQL),
    "a page": (502, EVIL, "text/html"),
    "a shape": (200, {EVIL: 1}, JSON),
}


@pytest.mark.parametrize(("status", "body", "media_type"), SPOKEN.values(), ids=SPOKEN)
def test_cl_20_no_error_and_no_log_line_has_control_characters(  # noqa: PLR0913, PLR0917
    status: int,
    body: Any,
    media_type: str,
    call_with: CallWith,
    server: Todos,
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    server.reply = Reply(status, text.encode("utf-8", "surrogatepass"), media_type)
    caplog.set_level(logging.INFO)
    with pytest.raises(TrunklineError) as caught:
        call_with(server.url, retry=None).execute(QUERY)
    assert is_safe(str(caught.value))
    logging.getLogger("app").error("The call failed: %s", caught.value)
    assert all(is_safe(record.getMessage()) for record in caplog.records)
    assert len(caplog.records) == 2


def test_cl_20_nor_has_a_status_line(kind: str) -> None:
    """Where the library quotes what it could not read."""
    line = b"\x1b[31mHTTP/9 \xe2\x80\xae200\r\n\r\n"
    with (
        Faulty(lambda connection: connection.sendall(line)) as server,
        pytest.raises(TransportError) as caught,
    ):
        call(kind, server.url, QUERY, retry=None, timeout=5.0)
    assert is_safe(str(caught.value))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_cl_20_nor_has_a_reason_for_deprecation(server: Todos) -> None:
    told = introspection_from_schema(
        build_schema('type Query { todos: Int @deprecated(reason: "x") }')
    )
    schema = json.dumps({"data": told}).replace('"x"', json.dumps(EVIL))
    server.reply = Reply(200, schema.encode())
    client = Client(server.url, fetch_schema_from_transport=True, schema_cache=None)
    with client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client.execute("{ todos }")  # the server goes on to answer with its schema
    assert "Query.todos is deprecated" in str(caught[0].message)
    assert is_safe(str(caught[0].message))


@pytest.fixture(params=TRANSPORTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


LOCATIONS: dict[str, bytes] = {
    "not UTF-8": b"/\xff\xfe",
    "beyond ASCII": "/grüße".encode(),
    "a broken address": b"http://[::1/graphql",
    "a port that is none": b"http://127.0.0.1:port/",
    "spaces": b"/a b c",
    "long": b"/" + b"a" * 20_000,
    "another scheme": b"javascript:alert(1)",
    "a file": b"file:///etc/passwd",
    "braces": b"/{a}|`",
    "percent": b"/%zz%",
    "a host of strange letters": "http://ⓔⓧ.example/".encode(),
    "nothing after the scheme": b"http://",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
@pytest.mark.parametrize("status", [b"302 Found", b"307 Temporary Redirect"])
def test_cl_21_any_location_is_an_error_of_ours(location: bytes, status: bytes, kind: str) -> None:
    with (
        Faulty(faulty.status(status, b"Location: " + location), faulty.status(b"404 No")) as server,
        pytest.raises(TransportError) as caught,
    ):
        call(kind, server.url, QUERY, retry=None)
    assert is_safe(str(caught.value))
    assert len(str(caught.value)) < 1000


# -- JSON -----------------------------------------------------------------------------------------

CUT = {
    rb'"abc\ud83d"': "abc\ufffd",
    rb'"\ude00\ud83d"': "\ufffd\ufffd",
    rb'"\ud83d\ude00 \ud83d"': "😀 \ufffd",
    rb'"\\ud83d \ud83d\ud83d\ude00"': "\\ud83d \ufffd😀",
}


@pytest.mark.parametrize(("sent", "read"), CUT.items())
@pytest.mark.parametrize("schema", [None, "type Query { text: String! }"])
def test_half_a_surrogate_pair_is_read(
    sent: bytes, read: str, schema: str | None, server: Todos
) -> None:
    server.reply = Reply(200, b'{"data":{"text":' + sent + b"}}")
    with Client(server.url, schema=schema, parse_results=schema is not None) as client:
        assert client.execute("{ text }") == {"text": read}
    server.reply = Reply(200, b'{"errors":[{"message":' + sent + b"}]}")
    with Client(server.url) as client, pytest.raises(ExecutionError) as caught:
        client.execute("{ text }")
    assert caught.value.errors[0]["message"] == read


DIGITS = b"9" * 400
TIMES = "scalar DateTime type Query { number: DateTime! }"
NUMBERS: dict[str, bytes] = {
    "5,000 digits": b'{"data":{"number":' + b"9" * 5000 + b"}}",
    "1e999": b'{"data":{"number":1e999}}',
    "NaN": b'{"data":{"number":NaN}}',
    "400 digits for a time": b'{"data":{"number":' + DIGITS + b"}}",
}


@pytest.mark.parametrize("body", NUMBERS.values(), ids=NUMBERS)
def test_cl_22_numbers_without_end_are_errors_of_ours(body: bytes, server: Todos) -> None:
    server.reply = Reply(200, body)
    client = Client(server.url, schema=TIMES, parse_results=True)
    with client, pytest.raises(ProtocolError):
        client.execute("{ number }")


def test_a_number_of_400_digits_is_read_as_it_came(server: Todos) -> None:
    server.reply = Reply(200, b'{"data":{"number":' + DIGITS + b"}}")
    with Client(server.url) as client:
        assert client.execute("{ number }") == {"number": int(DIGITS)}


@pytest.mark.parametrize("value", [DIGITS.decode(), "²", "٣", "1e9", "-1", "Mon, 99 Foo 99999"])
def test_cl_22_nor_do_they_matter_in_headers(value: str) -> None:
    header = b"Retry-After: " + value.encode("utf-8")
    with Faulty(faulty.status(b"503 Busy", header)) as server, pytest.raises(ServerStatusError):
        call("requests", server.url, QUERY, retry=Retry(longest_wait=1e-9))


WITH_ERRORS = b'{"data":{"number":true},"errors":[{"message":"email cannot be empty"}]}'


def test_errors_are_kept_although_the_data_does_not_fit(server: Todos) -> None:
    server.reply = Reply(200, WITH_ERRORS)
    client = Client(server.url, schema=TIMES, parse_results=True)
    with client, pytest.raises(ExecutionError, match="email cannot be empty") as caught:
        client.execute("{ number }")
    assert caught.value.data is None
    assert caught.value.status == 200


# -- schemas --------------------------------------------------------------------------------------


def introspected(sdl: str = SDL) -> Any:
    return introspection_from_schema(build_schema(sdl))


def changed(change: Callable[[Any], object]) -> bytes:
    told = introspected()
    change({type_["name"]: type_ for type_ in told["__schema"]["types"]} | told["__schema"])
    return json.dumps({"data": told}).encode("utf-8", "surrogatepass")


def deep(depth: int) -> Any:
    reference: Any = {"kind": "SCALAR", "name": "ID", "ofType": None}
    for _ in range(depth):
        reference = {"kind": "LIST", "name": None, "ofType": reference}
    return reference


def todo(name: str, value: Any) -> Callable[[Any], object]:
    return lambda types: types["Todo"]["fields"][0].update({name: value})


NOTHING: Any = object()
SCHEMAS: dict[str, bytes] = {
    "nothing": b'{"data":{}}',
    "null": b'{"data":{"__schema":null}}',
    "a list": b'{"data":{"__schema":[]}}',
    "types that are numbers": b'{"data":{"__schema":{"types":[1,2]}}}',
    "no types": b'{"data":{"__schema":{"queryType":{"name":"Query"}}}}',
    "a root that is not there": b'{"data":{"__schema":{"queryType":{"name":"Q"},"types":[]}}}',
    "deep types": changed(todo("type", deep(300))),
    "deeper types": changed(todo("type", deep(900))),
    "a type that is nothing": changed(todo("type", {"kind": "LIST", "name": None, "ofType": None})),
    "non-null of non-null": changed(
        todo(
            "type",
            {"kind": "NON_NULL", "ofType": {"kind": "NON_NULL", "ofType": deep(0)}},
        )
    ),
    "a type of no name": changed(todo("type", {"kind": "OBJECT"})),
    "an unknown type": changed(todo("type", {"kind": "OBJECT", "name": "Nowhere"})),
    "an input as output": changed(todo("type", {"kind": "OBJECT", "name": "TodoInput"})),
    "a name with a line": changed(todo("name", EVIL)),
    "a name that ends the line": changed(todo("name", "title\n")),
    "a name that is code": changed(todo("name", "a:\n    import os")),
    "a name that is a number": changed(todo("name", 7)),
    "no name": changed(lambda types: types["Todo"]["fields"][0].pop("name")),
    "no arguments": changed(lambda types: types["Todo"]["fields"][0].pop("args")),
    "no fields": changed(lambda types: types["Todo"].update(fields=None)),
    "no interfaces": changed(lambda types: types["Todo"].update(interfaces=None)),
    "an interface that is none": changed(
        lambda types: types["Todo"].update(interfaces=[{"kind": "OBJECT", "name": "Query"}])
    ),
    "a kind of its own": changed(lambda types: types["Todo"].update(kind="WIDGET")),
    "a kind that is a list": changed(lambda types: types["Todo"].update(kind=[])),
    "a description that is an object": changed(lambda types: types["Todo"].update(description={})),
    "a default that is broken": changed(
        lambda types: types["TodoInput"]["inputFields"][0].update(defaultValue="{{{")
    ),
    "a default that is deep": changed(
        lambda types: types["TodoInput"]["inputFields"][0].update(defaultValue="[" * 50_000)
    ),
    "a directive without places": changed(lambda types: types["directives"][0].pop("locations")),
    "an enum without values": changed(
        lambda types: types["types"].append({"kind": "ENUM", "name": "E", "enumValues": None})
    ),
    "an input without fields": changed(
        lambda types: types["types"].append({"kind": "INPUT_OBJECT", "name": "I"})
    ),
    "a union without members": changed(
        lambda types: types["types"].append({"kind": "UNION", "name": "U"})
    ),
    "numbers of 400 digits": b'{"data":{"__schema":' + DIGITS + b"}}",
    "deep JSON": b'{"data":{"__schema":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "JSON that ends": b'{"data":{"__schema":{"types":[',
}


@pytest.mark.parametrize("body", SCHEMAS.values(), ids=SCHEMAS)
def test_cl_23_a_schema_is_checked_before_it_is_used(body: bytes, server: Todos) -> None:
    server.reply = Reply(200, body)
    client = Client(server.url, fetch_schema_from_transport=True, schema_cache=None)
    with client, pytest.raises(ProtocolError) as caught:
        client.execute(QUERY)
    assert is_safe(str(caught.value))
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("body", SCHEMAS.values(), ids=SCHEMAS)
def test_cl_24_and_the_command_says_a_sentence(
    body: bytes, server: Todos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("operations.graphql").write_text("query Todos { todos { title } }", encoding="utf-8")
    Path("schema.json").write_bytes(body)
    server.reply = Reply(200, body)
    for source in (server.url, "schema.json"):
        arguments = ["generate", "client", "--schema", source, "--operations", "operations.graphql"]
        told = CliRunner().invoke(app, arguments)
        assert told.exit_code == 1
        assert type(told.exception) is SystemExit, told.exception
        assert is_safe(told.stderr)
        assert len(told.stderr) < 1500
        assert told.stderr.startswith((server.url, str(tmp_path), "schema.json"))
    assert not Path("api.py").exists()


def test_a_schema_as_servers_send_it_passes() -> None:
    for sdl in (
        SDL,
        "interface A { a(b: [[Int!]!]! = [[1]]): A } type Query { a: A }",
    ):
        check_introspection(json.dumps(introspected(sdl)).encode())
    told = introspected()
    for type_ in told["__schema"]["types"]:  # as June 2018 has it
        for new in ("specifiedByURL", "isOneOf", "description"):
            type_.pop(new, None)
    for directive in told["__schema"]["directives"]:
        directive.pop("isRepeatable", None)
    check_introspection(json.dumps(told).encode())


# -- what is kept ---------------------------------------------------------------------------------


def test_cl_25_headers_count_in_the_cache() -> None:
    def answer(request: HTTPRequest) -> HTTPResponse:
        headers = {"cache-control": "max-age=60", "x-long": "h" * 50_000 + request.query}
        return HTTPResponse(200, b"{}", headers)

    sender = CachingSender(PrivateCache(megabytes=1), send_request)
    sent = {"authorization": "Bearer t"}
    tracemalloc.start()
    for number in range(400):
        run(sender.send(HTTPRequest("GET", sent, b"", query=f"q={number}")), answer)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(sender._entries) < 20
    assert most < 3_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
def test_cl_26_a_schema_is_kept_where_only_its_user_can_look(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache = SchemaCache(tmp_path / "a" / "b" / "c")
        cache.write("key", StoredSchema(b"{}"))
    finally:
        os.umask(before)
    assert cache.read("key") is not None
    modes = [stat.S_IMODE(each.stat().st_mode) for each in sorted((tmp_path / "a").rglob("*"))]
    assert modes == [0o700, 0o700, 0o600]
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    (tmp_path / "a" / "b" / "c").chmod(0o777)  # anybody may have put a schema there
    assert cache.read("key") is None
    cache.write("other", StoredSchema(b"{}"))
    assert len(list((tmp_path / "a" / "b" / "c").iterdir())) == 1


# -- errors in other processes --------------------------------------------------------------------

GIVEN: dict[str, tuple[Any, ...]] = {
    "ExecutionError": ([{"message": "x", "path": ["a", 1]}], {"a": None}, {"id": 7}, 503),
    "CircuitOpenError": ("open", 4.5),
    "TokenError": ("no token", "invalid_client", 401, 2.0),
    "ServerStatusError": ("No", 503, "busy"),
    "ResponseTooLargeError": ("large", 7),
    "RequestRefusedError": (429, "Slow down"),
    "AccessDeniedError": (403, "No", "insufficient_scope"),
    "MutationFailedError": ("createTodo", [GraphQLError("x")]),
}
EXCEPTIONS = [
    each
    for name in trunkline.__all__
    if isinstance(each := getattr(trunkline, name), type) and issubclass(each, TrunklineError)
]


@pytest.mark.parametrize("kind_of_error", EXCEPTIONS)
def test_every_error_goes_to_another_process(kind_of_error: type[TrunklineError]) -> None:
    usual: Any = "No"
    if issubclass(kind_of_error, trunkline.RequestError):
        usual = [GraphQLError("No", extensions={"code": "X"})]
    error = kind_of_error(*GIVEN.get(kind_of_error.__name__, (usual,)))
    error.add_note("in a worker")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  # our own
        assert type(again) is kind_of_error
        assert str(again) == str(error)
        assert repr(vars(again)) == repr(vars(error))
        assert again.retryable == error.retryable
        assert again.__notes__ == ["in a worker"]


# -- whatever a server answers --------------------------------------------------------------------

BODIES = st.one_of(
    st.binary(max_size=300),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "errors", "message", "extensions", "code", "path", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            faulty.DATA,
            b'{"data":{"todos":' + b"[" * 3000 + b"]" * 3000 + b"}}",
            b'{"errors":' + b"[" * 3000 + b"]" * 3000 + b"}",
            b'{"errors":[{"path":' + b"[" * 900 + b"]" * 900 + b"}]}",
            b'{"errors":[{"extensions":["code"]}]}',
            b'{"errors":[{"extensions":{"code":{"a":1}}}]}',
            b'{"errors":[null]}',
            b'{"errors":{"message":"x"}}',
            b'[{"data":{}}]',
            b'{"data":{"todos":' + DIGITS + b"}}",
            gzip.compress(faulty.DATA),
            b"\xff\xfe{\x00",
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *(b"Content-Type", b"Content-Encoding", b"Transfer-Encoding", b"Location", b"Retry-After"),
        *(b"Date", b"ETag", b"Cache-Control", b"Age", b"Vary", b"Cache-Groups", b"Set-Cookie"),
        *(b"Graphql-Schema-Version", b"WWW-Authenticate", b"Connection", b"Upgrade", b"X"),
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [
            *(b"application/json", b"application/graphql-response+json; charset=utf-16"),
            *(b"gzip", b"deflate", b"zstd", b"br", b"identity", b"chunked", b"gzip, chunked"),
            *(b"max-age=" + DIGITS, b"max-age=1, no-store", b"*", b"close", b"\xff\xfe", b""),
            *(DIGITS, b"-1", b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sun, 06 Nov 99999 08:49:37 -9999"),
        ]
    ),
    st.binary(max_size=20).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
)
STATUSES = st.one_of(
    st.integers(100, 999).map(lambda status: b"HTTP/1.1 %d X" % status), st.binary(max_size=20)
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)


@pytest.mark.parametrize("name", TRANSPORTS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(status=STATUSES, headers=HEADERS, body=BODIES, as_json=st.booleans(), length=st.booleans())
def test_cl_27_whatever_is_answered_only_our_errors_are_raised(  # noqa: PLR0913, PLR0917
    name: str,
    status: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    as_json: bool,  # noqa: FBT001
    length: bool,  # noqa: FBT001
) -> None:
    lines = [status, *(key + b": " + value for key, value in headers)]
    if as_json:
        lines.append(b"Content-Type: application/json")
    if length:
        lines.append(b"Content-Length: %d" % len(body))

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"\r\n".join([*lines, b"", b""]) + body)
        faulty.hang_up(connection)

    options: dict[str, Any] = {"retry": None, "timeout": 10.0, "cache": PrivateCache()}
    with Faulty(answer) as server:
        try:
            call(name, server.url, QUERY, **options)
        except TrunklineError as error:
            assert is_safe(str(error))  # noqa: PT017  # there need not be one


def test_a_usual_answer_passes_the_same_way(kind: str) -> None:
    with Faulty(faulty.answer) as server:
        assert call(kind, server.url, QUERY, cache=PrivateCache()) == TODOS


def test_a_file_that_is_no_schema_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    for content in (b"[1]", b"{", msgspec.json.encode({"data": 1})):
        path.write_bytes(content)
        with pytest.raises(SchemaError, match="is not the response to an introspection query"):
            load_client_schema([path], {})


# -- whatever introspection says ------------------------------------------------------------------

TOLD = introspected("""
directive @x(a: [Int!] = [1]) repeatable on FIELD
interface Node { id: ID! }
type Query implements Node { id: ID! node(id: ID!, kind: Kind = A, f: F = {a: 1}): Node u: U }
type Item implements Node { id: ID! name: String @deprecated(reason: "old") list: [[Item!]!] }
union U = Item | Query
enum Kind { A B @deprecated }
input F { a: Int = 3 k: [Kind!] f: F o: O }
input O @oneOf { a: Int b: String }
""")
ASKED = gql(
    "query Q($f: F, $k: Kind) { id node(id: 1, kind: $k, f: $f) { id ... on Item { id } }"
    " u { ... on Item { list { id } } __typename } }"
)
STRANGE: list[Any] = [
    *(None, 0, -1, True, 10**30, "", "a b", "\x1b[31m", "\n", "{", '"""', [], {}, [None], [{}]),
    *("Query", "Kind", "F", "String", "__Type", "LIST", "NON_NULL", "OBJECT", "INPUT_OBJECT"),
    {"kind": "OBJECT", "name": "Item"},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from places(value[key], (*path, key))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(places(TOLD))), st.sampled_from([..., *STRANGE])),
        min_size=1,
        max_size=3,
    )
)
def test_cl_28_whatever_introspection_says_only_our_errors_are_raised(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    told = copy.deepcopy(TOLD)
    for (*path, last), value in changes:
        try:
            container = functools.reduce(operator.getitem, path, told)
            if value is ...:
                del container[last]
            else:
                container[last] = value
        except (LookupError, TypeError):
            continue  # an earlier change took the place away
    data = json.dumps(told).encode()
    with contextlib.suppress(TrunklineError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what may have become deprecated
        check_introspection(data)
        checker = DocumentChecker(build_stored(StoredSchema(data)))
        checker.operation(ASKED, None).variables({"f": {"a": 1, "k": ["A"], "f": None}, "k": "B"})
