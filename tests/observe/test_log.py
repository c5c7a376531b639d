"""The line of an operation: for people on a terminal, as JSON elsewhere."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.server.calling import post

from trunkline.observe.operations import OperationEvent, access_log, log_operations
from trunkline.server import GraphQL, make_executable_schema, parse_schema

HOSTILE = 'x\r\n12:00:00  200\x1b[2J\x9b31m\0\x7f\u2028"}'

EVENT = OperationEvent(
    operation_name="Todos",
    operation_kind="query",
    document_id="sha256:" + "ab" * 32,
    client="web/1.2",
    client_id="web",
    trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    outcome="partial",
    status=294,
    duration=0.0123456,
    error_codes=("NOT_FOUND", "", "CLOSED", "NOT_FOUND"),
    errors=4,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logger() -> Iterator[logging.Logger]:
    """Put the loggers back as they were."""
    loggers = [logging.getLogger(name) for name in ("trunkline.access", "trunkline.errors")]
    before = [(list(each.handlers), each.level, each.propagate) for each in loggers]
    yield loggers[0]
    for each, (handlers, level, propagate) in zip(loggers, before, strict=True):
        each.handlers[:] = handlers
        each.setLevel(level)
        each.propagate = propagate


def written(event: OperationEvent, stream: io.StringIO) -> str:
    log_operations(stream)
    access_log(event)
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
        "trace=4bf92f3577b34da6a3ce929d0e0e4736",
        "errors=4 CLOSED,NOT_FOUND",
    ]


def test_on_a_terminal_when_little_is_known() -> None:
    line = written(OperationEvent(outcome="disconnected", duration=1.5), Terminal())
    assert line.split()[1:] == ["---", "1500.0", "ms", "disconnected", "-", "-", "-", "client=-"]


def test_as_json() -> None:
    line = json.loads(written(EVENT, io.StringIO()))
    assert line.pop("ts").endswith("Z")
    assert line == {
        "level": "info",
        "event": "graphql.request",
        "graphql.operation.name": "Todos",
        "graphql.operation.type": "query",
        "graphql.document.id": "sha256:" + "ab" * 32,
        "client": "web/1.2",
        "client_id": "web",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "outcome": "partial",
        "http.status": 294,
        "duration_ms": 12.346,
        "errors": 4,
        "error_codes": ["CLOSED", "NOT_FOUND"],
    }


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "JSON"])
def test_T_16_a_line_stays_a_line(stream: io.StringIO) -> None:  # noqa: N802
    event = OperationEvent(client=HOSTILE, error_codes=(HOSTILE, "\ud800"))
    line = written(event, stream)
    assert line.isascii()
    assert line.isprintable()


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


def test_the_documentation_has_the_keys() -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "serving.md"
    _, _, after = page.read_text(encoding="utf-8").partition("\n| key | value |\n")
    told = set(re.findall(r"^\| `([\w.]+)` \|", after.partition("\n\n")[0], re.MULTILINE))
    assert told == set(json.loads(written(EVENT, io.StringIO())))


def test_nobody_reads_nothing_is_written(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.setLevel(logging.WARNING)
    access_log(EVENT)
    assert not caplog.records


def test_another_record_of_the_logger_is_a_line_too(logger: logging.Logger) -> None:
    stream = io.StringIO()
    log_operations(stream)
    logger.warning("An odd %s", 'line"')
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
    log_operations(stream)
    await fail("The database is away.\nCall somebody.")
    access_log(EVENT)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("error", "trunkline.errors")
    assert first["message"].startswith("ValueError at fails, line 1 column 3 (id ")
    assert "ValueError: The database is away.\n  Call somebody." in first["exception"]
    assert "at fails, line 1 column 3 of query" in first["exception"]  # in the same words
    assert second["event"] == "graphql.request"


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
    log_operations(stream)
    await fail(text, NotImplementedError)
    assert json.loads(stream.getvalue())["message"].startswith(message)


@pytest.mark.parametrize("kind", ["terminal", "json", "own"])
async def test_T_16_an_exception_forges_no_line(kind: str) -> None:  # noqa: N802
    stream = Terminal() if kind == "terminal" else io.StringIO()
    if kind == "own":  # a handler as any program has it
        logging.getLogger("trunkline.errors").addHandler(logging.StreamHandler(stream))
    else:
        log_operations(stream)
    await fail(HOSTILE)
    head, *rest = stream.getvalue().splitlines()
    assert "ValueError at fails" in head
    assert all(line.startswith("  ") for line in rest)
    assert all(line.isprintable() for line in [head, *rest])


def test_the_lines_go_nowhere_else(logger: logging.Logger) -> None:
    handler = log_operations(io.StringIO())
    assert handler in logger.handlers
    assert not logger.propagate
