"""The line of an operation: for people on a terminal, as JSON elsewhere."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastjsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.loggers import restored
from tests.server.calling import Endpoint, post, send_body

from trunkline.contracts import DocumentRegistry
from trunkline.observe.access import AccessLog, access_log, log_operations
from trunkline.observe.operations import OperationEvent, Stages
from trunkline.server import GraphQL, make_executable_schema, parse_schema

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HOSTILE = 'x\r\n24:00:00  200\x1b[2J\x9b31m\0\x7f\u2028"}'  # no line has this time
SCHEMA = Path(__file__).parents[2] / "docs" / "observing" / "operation-line.schema.json"
# Readers have to take keys that come later; here, each key must be described.
check_line = fastjsonschema.compile(
    json.loads(SCHEMA.read_text(encoding="utf-8")) | {"additionalProperties": False}
)

EVENT = OperationEvent(
    operation_name="Todos",
    operation_kind="query",
    document_id="sha256:" + "ab" * 32,
    client="web/1.2",
    client_id="web",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    request_id="r-1",
    outcome="partial",
    status=294,
    duration=0.0123456,
    stages=Stages(execute=0.001, serialize=0.0001),
    error_codes=("NOT_FOUND", "", "CLOSED", "NOT_FOUND"),
    errors=4,
    cache="miss",
    fields=3,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """Put the loggers back as they were."""
    monkeypatch.setenv("NO_COLOR", "1")
    with restored("trunkline.access", "trunkline.errors", "trunkline"):
        yield logging.getLogger("trunkline.access")


def written(event: OperationEvent, stream: io.StringIO) -> str:
    handler = log_operations(stream)
    access_log(event)
    handler.flush()
    (line,) = stream.getvalue().splitlines()
    assert stream.getvalue() == line + "\n"
    return line


def test_on_a_terminal() -> None:
    time, *parts = written(EVENT, Terminal()).split("  ")
    assert len(time) == len("12:00:00")
    assert [part.strip() for part in parts if part.strip()] == [
        "294",
        "12.3 ms",
        "partial",
        "query Todos",
        "sha256:abababababab",
        "client=web/1.2",
        "client_id=web",
        "request=r-1",
        "trace=4bf92f3577b34da6a3ce929d0e0e4736",
        "cache=miss",
        "errors=4 CLOSED,NOT_FOUND",
    ]


def test_on_a_terminal_when_little_is_known() -> None:
    line = written(OperationEvent(outcome="disconnected", duration=1.5), Terminal())
    assert line.split()[1:] == ["---", "1500.0", "ms", "disconnected", "-", "-", "-", "client=-"]


@pytest.mark.parametrize(
    ("outcome", "environment", "start"),
    [
        ("ok", {}, "\x1b[2m"),
        ("denied", {}, "\x1b[2m"),
        ("ok", {"NO_COLOR": "1"}, ""),
        ("ok", {"TERM": "dumb"}, ""),
    ],
)
def test_colours(
    outcome: Any, environment: dict[str, str], start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"NO_COLOR": "", "TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    line = written(OperationEvent(outcome=outcome), Terminal())
    assert line.startswith(f"{start}" if start else ("0", "1", "2"))
    assert ("\x1b[33m---" in line) == (outcome == "denied")


def test_as_json() -> None:
    line = json.loads(written(EVENT, io.StringIO()))
    check_line(line)
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "info",
        "v": 1,
        "event": "graphql.request",
        "graphql.operation.name": "Todos",
        "graphql.operation.type": "query",
        "graphql.document.id": "sha256:" + "ab" * 32,
        "client": "web/1.2",
        "client_id": "web",
        "request_id": "r-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "outcome": "partial",
        "http.status": 294,
        "duration_ms": 12.346,
        "stages_ms": {"execute": 1.0, "serialize": 0.1},
        "errors": 4,
        "error_codes": ["CLOSED", "NOT_FOUND"],
        "fields": 3,
        "cache": "miss",
    }


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("ok", "info"), ("disconnected", "info"), ("denied", "warning"), ("internal_error", "error")],
)
def test_levels(outcome: Any, level: str) -> None:
    line = json.loads(written(OperationEvent(outcome=outcome), io.StringIO()))
    check_line(line)
    assert line["level"] == level


@pytest.mark.parametrize(
    ("log", "kept"),
    [
        (AccessLog(), ["ok", "slow", "partial"]),
        (AccessLog(sample=0), ["partial"]),
        (AccessLog(sample=0, slower_than=1), ["slow", "partial"]),
        (AccessLog(slower_than=1), ["slow", "partial"]),
        (AccessLog(sample=1, slower_than=1), ["ok", "slow", "partial"]),
    ],
)
def test_what_is_logged(log: AccessLog, kept: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "trunkline.access"):
        log(OperationEvent(operation_name="ok", duration=0.5))
        log(OperationEvent(operation_name="slow", duration=1.5))
        log(OperationEvent(operation_name="partial", outcome="partial"))
    told = [record.__dict__["operation"]["graphql.operation.name"] for record in caplog.records]
    assert told == kept


def test_a_sample_is_about_as_large_as_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog(sample=0.1)
    with caplog.at_level(logging.INFO, "trunkline.access"):
        for _ in range(2_000):
            log(OperationEvent())
    assert 100 < len(caplog.records) < 350  # further away once in 10^12 runs


@pytest.mark.parametrize("options", [{"sample": 1.1}, {"sample": -0.1}, {"slower_than": -1}])
def test_what_is_no_part_and_no_time_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"sample is the share|slower_than is a number"):
        AccessLog(**options)


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "JSON"])
def test_T_16_a_line_stays_a_line(stream: io.StringIO) -> None:  # noqa: N802
    event = OperationEvent(client=HOSTILE, error_codes=(HOSTILE, "\ud800"))
    line = written(event, stream)
    assert line.isascii()
    assert line.isprintable()


@given(client=st.text(), client_id=st.text(), code=st.text(), path=st.text())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_T_16_any_text_stays_in_its_place(  # noqa: N802
    client: str, client_id: str, code: str, path: str
) -> None:
    event = OperationEvent(client=client[:128], client_id=client_id, outcome="partial")
    event.has_failed([{"path": [path, 1]}], (code,))
    for stream in (Terminal(), io.StringIO()):
        logging.getLogger("trunkline.access").handlers.clear()
        line = written(event, stream)
        assert line.isprintable()
        if isinstance(stream, Terminal):
            parts = {part.partition("=")[0].partition(" ")[0] for part in line.split("  ")}
            assert parts <= {line[:8], "", "---", "0.0", "partial", "-", "client", *COLUMNS}
        else:
            check_line(json.loads(line))


COLUMNS = {"client_id", "errors", "at"}


def test_T_16_a_name_makes_no_further_columns() -> None:  # noqa: N802
    line = written(OperationEvent(client="x  errors=1"), Terminal())
    assert r"client=x\x20\x20errors=1" in line


@pytest.mark.usefixtures("logger")
def test_the_record_has_what_the_line_says(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "trunkline.access"):
        access_log(EVENT)
    (record,) = caplog.records
    operation = json.loads(json.dumps(record.__dict__["operation"]))  # as formatters write it
    line = json.loads(written(EVENT, io.StringIO()))
    assert line == {"ts": line["ts"], "level": "info", **operation}
    assert "query Todos" in record.getMessage()


def test_nobody_reads_nothing_is_written(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.setLevel(logging.WARNING)
    access_log(EVENT)
    assert not caplog.records


def test_another_record_of_the_logger_is_a_line_too(logger: logging.Logger) -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    logger.warning("An odd %s", 'line"')
    handler.flush()
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"]) == ("warning", 'An odd line"')


async def fail(hostile: str, kind: type[Exception] = ValueError) -> None:
    class Query:
        def fails(self) -> str:
            raise kind(hostile)

    schema = make_executable_schema(
        parse_schema("type Query { fails: String }"), SimpleNamespace(query=Query())
    )
    await post(GraphQL(schema, auth=None, sinks=()), "{ fails }")


async def test_an_exception_is_a_line_of_json_between_the_others() -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    await fail("The database is away.\nCall somebody.")
    access_log(EVENT)
    handler.flush()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("error", "trunkline.errors")
    assert first["message"].startswith("ValueError at fails, line 1 column 3 (id ")
    assert "ValueError: The database is away.\n  Call somebody." in first["exception"]
    assert "at fails, line 1 column 3 of query" in first["exception"]  # in the same words
    assert second["event"] == "graphql.request"


@pytest.mark.parametrize("name", ["trunkline.health", "trunkline.usage", "trunkline.documents"])
def test_what_else_is_logged_is_a_line_of_json_too(name: str) -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    logging.getLogger(name).warning("It failed.", exc_info=ValueError("one\ntwo"))
    handler.flush()
    line = json.loads(stream.getvalue())
    assert (line["logger"], line["message"]) == (name, "It failed.")
    assert "two" in line["exception"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Query.fails", "The stub Query.fails is not written: NotImplementedError at fails, line"),
        ("a\nb", "NotImplementedError at fails, line 1"),
        ("", "NotImplementedError at fails, line 1"),
    ],
)
async def test_a_stub_that_nobody_has_written_is_named(text: str, message: str) -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    await fail(text, NotImplementedError)
    handler.flush()
    assert json.loads(stream.getvalue())["message"].startswith(message)


@pytest.mark.parametrize("kind", ["terminal", "json", "own"])
async def test_T_16_an_exception_forges_no_line(kind: str) -> None:  # noqa: N802
    stream = Terminal() if kind == "terminal" else io.StringIO()
    handler: logging.Handler
    if kind == "own":  # as any program has it
        handler = logging.StreamHandler(stream)
        logging.getLogger("trunkline.errors").addHandler(handler)
    else:
        handler = log_operations(stream)
    await fail(HOSTILE)
    handler.flush()
    head, *rest = stream.getvalue().splitlines()
    assert "ValueError at fails" in head
    assert all(line.startswith("  ") for line in rest)
    assert all(line.isprintable() for line in [head, *rest])


def test_the_lines_go_nowhere_else(logger: logging.Logger) -> None:
    handler = log_operations(io.StringIO())
    assert handler in logger.handlers
    assert not logger.propagate


async def test_a_line_about_an_exception_says_of_which_request() -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    headers = {
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        "x-request-id": "r-1",
        "graphql-client-name": "web",
    }
    app = Endpoint(sinks=(access_log,), batch_size=2)
    await post(app, "query Raising { raising }", headers)
    await send_body(
        app, b'[{"query": "query Raising { raising }"}, {"query": "{ echo }"}]', headers
    )
    handler.flush()
    lines = list(map(json.loads, stream.getvalue().splitlines()))
    exceptions = [line for line in lines if "exception" in line]
    operations = [line for line in lines if "exception" not in line]
    assert [len(exceptions), len(operations)] == [2, 3]
    names = ("graphql.operation.name", "graphql.document.id", "client", "request_id", "trace_id")
    for line in exceptions:
        assert line["request_id"] == "r-1"
        assert line["trace_id"] == TRACE
        assert [line[name] for name in names] == [operations[0][name] for name in names]
    for line in operations:
        check_line(line)


async def test_on_a_terminal_too() -> None:
    stream = Terminal()
    handler = log_operations(stream)
    await post(Endpoint(sinks=()), "query Raising { raising }", {"x-request-id": "r-1"})
    handler.flush()
    told = r"\(id \w+\)  operation.name=Raising  document.id=sha256:\w+  request_id=r-1$"
    assert re.search(told, first(stream))


def first(stream: io.StringIO) -> str:
    return stream.getvalue().splitlines()[0]


SENT = HOSTILE.encode("latin-1", "ignore").decode("latin-1")


@pytest.mark.parametrize("stream", [Terminal, io.StringIO], ids=["terminal", "JSON"])
@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({"graphql-client-name": SENT, "graphql-client-version": SENT}, {}),
        ({"x-request-id": SENT, "traceparent": SENT, "user-agent": SENT}, {}),
        ({}, {"operationName": HOSTILE}),
        ({}, {"documentId": HOSTILE}),
        ({}, {"query": f"{{ {HOSTILE} }}"}),
        ({}, {"query": f'query A {{ todo(id: "{SENT}") {{ id }} }}'}),
        ({}, {"query": "query ($v: Int) { number(value: $v) }", "variables": {"v": HOSTILE}}),
        ({}, {"query": "query ($v: Int) { raising }", "variables": {HOSTILE: 1}}),
        ({"accept": SENT}, {}),
        ({"x-request-timeout-ms": SENT}, {}),
    ],
)
async def test_T_16_whatever_a_stranger_sends_each_line_is_one(  # noqa: N802
    stream: type[io.StringIO], headers: dict[str, str], parameters: dict[str, Any]
) -> None:
    target = stream()
    handler = log_operations(target)
    body = json.dumps({"query": "{ raising }", **parameters}).encode()
    await send_body(Endpoint(sinks=(access_log,)), body, headers)
    handler.flush()
    lines = target.getvalue().split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    assert "24:00:00  200" not in {line[:13] for line in lines}
    for line in lines if stream is io.StringIO else ():
        content = json.loads(line)
        if "exception" not in content:
            check_line(content)


async def test_ten_thousand_failures_are_two_short_entries() -> None:
    class Query:
        def fails(self) -> list[Exception]:
            return [ValueError(HOSTILE) for _ in range(10_000)]

    schema = make_executable_schema(
        parse_schema("type Query { fails: [Int] }"), SimpleNamespace(query=Query())
    )
    stream = io.StringIO()
    handler = log_operations(stream)
    await post(GraphQL(schema, auth=None), "{ fails }")
    handler.flush()
    listed, others, operation = map(json.loads, stream.getvalue().splitlines())
    assert listed["message"].endswith(", and 99 more like it")
    assert others["message"] == "9900 more exceptions of this operation"
    assert operation["errors"] == 10_000
    assert len(stream.getvalue()) < 3_000


async def test_a_publication_is_told_from_operations(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = log_operations(stream)
    registry = DocumentRegistry(f"sqlite:///{tmp_path / 'documents.db'}")
    app = Endpoint(sinks=(access_log,), registered=registry)
    try:
        reply = await send_body(
            app, b"{}", {"graphql-client-name": "web"}, "PUT", "/graphql/documents/1.0"
        )
    finally:
        registry.close()
    handler.flush()
    line = json.loads(first(stream))
    check_line(line)
    assert (line["event"], line["http.status"]) == ("graphql.publication", reply.status)
    assert line["reason"] == "Mistakes in the manifest: 1. Nothing was registered."
    assert line["error_codes"] == ["DOCUMENT_REFUSED"]
