"""The line of an operation: for people on a terminal, as JSON elsewhere."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from trunkline.observe.operations import OperationEvent, access_log, log_operations

HOSTILE = 'x\r\n12:00:00  200\x1b[2J\x9b31m\0\x7f\u2028"}'

EVENT = OperationEvent(
    operation_name="Todos",
    operation_kind="query",
    document_id="sha256:" + "ab" * 32,
    client="web/1.2",
    client_id="web",
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
    """Put the logger back as it was."""
    logger = logging.getLogger("trunkline.access")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate


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
def test_the_record_has_the_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "trunkline.access"):
        access_log(EVENT)
    (record,) = caplog.records
    assert record.__dict__["operation"] is EVENT
    assert "query Todos" in record.getMessage()


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


def test_the_lines_go_nowhere_else(logger: logging.Logger) -> None:
    handler = log_operations(io.StringIO())
    assert handler in logger.handlers
    assert not logger.propagate
