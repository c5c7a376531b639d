"""Lines are written by a thread: nothing waits for them, and what is lost is said."""

from __future__ import annotations

import gc
import io
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from threading import Event
from weakref import ref

import pytest
from tests.waiting import until

from trunkline.observe.writer import Happened, Lines, LineWriter

MOST = 10_000


class Stuck(io.StringIO):
    """A stream that takes nothing until it is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = Event()
        self.freed = Event()

    def write(self, text: str) -> int:
        self.begun.set()
        self.freed.wait()
        return super().write(text)


@pytest.fixture
def stream() -> Iterator[Stuck]:
    stuck = Stuck()
    yield stuck
    stuck.freed.set()


class Plain(Lines):
    """Lines that are what happened."""

    def of_events(self, events: Sequence[Happened]) -> str:
        if any(event is None for *_, event in events):
            raise ValueError("not an event")
        return "".join(f"{event}\n" for *_, event in events)

    def of_losses(self, count: int) -> str:
        return f"{count} dropped"


def put(writer: LineWriter, event: object, level: int = logging.INFO) -> None:
    writer.put(0.0, level, event)


def test_a_stuck_stream_stops_nobody_and_losses_are_said(stream: Stuck) -> None:
    writer = LineWriter(stream, Plain())
    put(writer, "first")
    assert stream.begun.wait(30)
    for number in range(MOST + 3):
        put(writer, f"line {number}")
    put(writer, "error", logging.ERROR)
    for number in range(MOST + 4):
        put(writer, f"error {number}", logging.ERROR)
    stream.freed.set()
    until(lambda: "dropped" in stream.getvalue(), "the lines are not written")
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["first", "line 0"]
    assert lines[MOST : MOST + 3] == [f"line {MOST - 1}", "error", "error 0"]
    assert lines[-2:] == [f"error {MOST - 2}", "8 dropped"]
    writer.close()


def test_a_line_comes_by_itself() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, Plain())
    writer.emit(logging.makeLogRecord({"msg": "a line", "levelno": logging.INFO}))
    until(lambda: stream.getvalue() == "a line\n", "the line is not written")
    writer.close()


class Full(io.StringIO):
    """A stream of a disk that is full."""

    is_full = True

    def write(self, text: str) -> int:
        if self.is_full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_character_that_a_stream_cannot_write_is_escaped() -> None:
    bytes_ = io.BytesIO()
    writer = LineWriter(io.TextIOWrapper(bytes_, encoding="ascii"), Plain())
    for line in ("plain", "Büro"):
        put(writer, line)
    writer.flush()
    assert bytes_.getvalue() == b"plain\nB\\xfcro\n"


def test_a_writer_that_is_gone_leaves_no_thread() -> None:
    writer = LineWriter(io.StringIO(), Plain())
    put(writer, "a line")
    thread = writer._thread
    assert thread is not None
    del writer
    gc.collect()
    thread.join(120)
    assert not thread.is_alive()


def test_a_writer_that_was_closed_goes_on() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, Plain())
    for line in ("before", "after"):
        put(writer, line)
        until(lambda: line in stream.getvalue(), "the line is not written")  # noqa: B023
        writer.close()


def test_lines_that_cannot_be_written_are_counted() -> None:
    stream = Full()
    writer = LineWriter(stream, Plain())
    for line in ("a", "b"):
        put(writer, line)
        writer.flush()
    stream.is_full = False
    writer.flush()
    assert stream.getvalue() == "2 dropped\n"
    writer.close()


def test_an_event_that_has_no_line_costs_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, Plain())
    for event in (1, None, 2):
        put(writer, event)
    writer.flush()
    assert stream.getvalue() == "1\n2\n"
    assert "ValueError: not an event" in capsys.readouterr().err
    writer.close()


def test_a_record_that_has_no_line_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    writer = LineWriter(io.StringIO(), Plain())
    writer.handle(logging.makeLogRecord({"msg": "%d", "args": ("a word",)}))
    assert "TypeError: %d format" in capsys.readouterr().err
    writer.close()


def test_no_event_waits_for_a_stream_that_is_slow(stream: Stuck) -> None:
    writer = LineWriter(stream, Plain())
    put(writer, "first")
    assert stream.begun.wait(30)
    event = Plain()
    freed = ref(event)
    put(writer, event)
    del event
    assert freed() is None
    stream.freed.set()
    writer.close()


def test_few_events_wait_for_their_lines() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, Plain())
    writer._wake.set()  # so that no thread starts
    for number in range(1_000):
        put(writer, number)
        assert len(writer._events) < 256
    writer.flush()
    assert stream.getvalue().split() == [str(number) for number in range(1_000)]


PROGRAM = """
import atexit, logging.config, multiprocessing, os, sys
from trunkline.observe import writer
from trunkline.observe.access import access_log, log_operations
from trunkline.observe.operations import OperationEvent

writer._write_when_woken = lambda *_: None  # so that nothing is written before the end
log_operations(sys.stdout)
logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})  # as uvicorn does
access_log(OperationEvent(operation_name="Parent"))
if os.fork() == 0:
    access_log(OperationEvent(operation_name="Child"))
    sys.exit()
os.wait()
context = multiprocessing.get_context("fork")
worker = context.Process(target=access_log, args=[OperationEvent(operation_name="Worker")])
worker.start()
worker.join()
atexit.register(access_log, OperationEvent(operation_name="Late"))
"""


def test_everything_is_written_at_the_end_and_once() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    names = [line.partition('name":"')[2].partition('"')[0] for line in done.stdout.splitlines()]
    assert names == ["Child", "Worker", "Parent", "Late"]
    assert done.stderr == ""
