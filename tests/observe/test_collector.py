"""A real collector of OpenTelemetry, and a server under ``opentelemetry-instrument``.

Building the collector takes minutes, and is done where ``TRUNKLINE_COLLECTOR=1`` asks for it:
``make collector``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from benchmarks.load import free_port
from tests.waiting import until

FOLDER = Path(__file__).parent / "collector"
PROGRAM = Path(__file__).parents[2] / ".cache" / "collector" / "collector"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

pytestmark = pytest.mark.skipif(
    os.environ.get("TRUNKLINE_COLLECTOR") != "1",
    reason="Building the collector takes minutes: make collector.",
)

CONFIGURATION = """
receivers: {{otlp: {{protocols: {{
  http: {{endpoint: "127.0.0.1:{http}"}}, grpc: {{endpoint: "127.0.0.1:{grpc}"}}
}}}}}}
exporters: {{debug: {{verbosity: detailed}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [debug]}}
    metrics: {{receivers: [otlp], exporters: [debug]}}
"""


class Collector(NamedTuple):
    ports: dict[str, int]
    printed: Path


class Span(NamedTuple):
    trace: str
    id: str
    parent: str
    name: str
    kind: str


@pytest.fixture(scope="module")
def program() -> Path:
    if not PROGRAM.exists():
        go = shutil.which("go")
        assert go is not None, "The collector is built with Go, which is not on this machine."
        command = [go, "build", "-o", str(PROGRAM), "."]
        subprocess.run(command, cwd=FOLDER, check=True)  # noqa: S603  # fixed
    return PROGRAM


@pytest.fixture
def collector(program: Path, tmp_path: Path) -> Generator[Collector]:
    ports = {"http/protobuf": free_port(), "grpc": free_port()}
    configuration = CONFIGURATION.format(http=ports["http/protobuf"], grpc=ports["grpc"])
    printed = tmp_path / "collector.log"
    with printed.open("wb") as file:
        command = [str(program), "--config", f"yaml:{configuration}"]
        with subprocess.Popen(command, stdout=file, stderr=file) as run:  # noqa: S603  # ours
            try:
                until(lambda: "Everything is ready" in printed.read_text(), "no collector")
                yield Collector(ports, printed)
            finally:
                run.terminate()


@pytest.fixture(params=["http/protobuf", "grpc"])
def shop(request: pytest.FixtureRequest, collector: Collector) -> Generator[str]:
    """Start the server as people do, with a collector that it reaches by this protocol."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/graphql"
    environment = {
        **os.environ,
        "SHOP": url,
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_EXPORTER_OTLP_PROTOCOL": request.param,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.ports[request.param]}",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    programs = Path(sys.executable).parent  # which `make` has not on its path
    start = [str(programs / each) for each in ("opentelemetry-instrument", "uvicorn")]
    command = [*start, "--port", str(port), "--app-dir", str(FOLDER), "shop:app"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as run:  # noqa: S603
        try:
            yield url
        finally:
            run.terminate()


def ask(url: str, query: str, sampled: str) -> object:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-{sampled}"}
    return httpx2.post(url, json={"query": query}, headers=headers).json()


def spans(printed: str) -> Iterator[Span]:
    for block in re.split(r"^Span #", printed, flags=re.MULTILINE)[1:]:
        values = dict(re.findall(r"^ +([\w ]+?) +: (.*)$", block, re.MULTILINE))
        yield Span(*(values[key] for key in ("Trace ID", "ID", "Parent ID", "Name", "Kind")))


def test_a_collector_has_the_trace_of_both_servers(shop: str, collector: Collector) -> None:
    data = {"data": {"other": ["Austen", "Austen"]}}
    until(lambda: ask(shop, "query Hidden { other }", "00"), "the server does not start")
    assert ask(shop, "query Shown { other }", "01") == data

    def has_root_and_metrics() -> bool:
        text = collector.printed.read_text()
        is_whole = any(span.parent == SPAN for span in spans(text))
        return is_whole and "trunkline.operation.duration" in text

    until(has_root_and_metrics, "the collector does not get all")
    printed = collector.printed.read_text()
    found = [each for each in spans(printed) if "http" not in each.name]  # not ASGI's messages
    names = {span.id: span.name for span in found}
    tree = Counter((span.name, span.kind, names.get(span.parent)) for span in found)
    assert {span.trace for span in found} == {TRACE}
    assert tree == {
        ("POST /graphql", "Server", None): 1,
        ("query", "Server", "POST /graphql"): 2,
        ("Query.other", "Internal", "query"): 1,
        ("query Authors", "Client", "Query.other"): 1,
        ("POST /graphql", "Server", "query Authors"): 1,
        ("Query.books", "Internal", "query"): 1,
        ("connect", "Client", "Query.books"): 1,
        ("SELECT", "Client", "Query.books"): 1,
        ("Book.author", "Internal", "query"): 1,
        ("connect", "Client", "Book.author"): 1,
        ("SELECT", "Client", "Book.author"): 1,
    }
    assert "graphql.operation.name: Str(Shown)" in printed
    assert "Hidden" not in printed
