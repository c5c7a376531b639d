"""A real Prometheus reads what four processes count, with a token of our issuer.

What it loads, and what the dashboard asks it, is what stands in the documentation.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from benchmarks.load import free_port
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from tests.giving_up import program
from tests.serving import serving
from tests.waiting import PATIENCE, until

from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.protocol.documents import document_id

FILES = Path(__file__).parent.parent.parent / "docs" / "observing"
DASHBOARD = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
TARGETS = {
    f"{panel['title']}, {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
}
APP = """
import asyncio, os
from pathlib import Path
from types import SimpleNamespace
from starlette.applications import Starlette
from starlette.routing import Route
from trunkline.auth import Protected, Verifier
from trunkline.contracts import DocumentRegistry
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.server import Caching, GraphQL, MemoryStore, make_executable_schema, parse_schema

class Query:
    def process(self) -> int:
        return os.getpid()

    async def hangs(self) -> None:
        Path("hanging").write_text(str(os.getpid()))
        await asyncio.Event().wait()

    def raises(self) -> None:
        raise ValueError

    def kept(self) -> int:
        return 1

schema = parse_schema('''
    type Query { process: Int!  hangs: Int  raises: Int  kept: Int @cacheControl(maxAge: 60) }
''')
metrics = PrometheusMetrics()
endpoint = GraphQL(
    make_executable_schema(schema, SimpleNamespace(query=Query())),
    auth=None,
    sinks=[metrics],
    registered=DocumentRegistry("documents"),
    caching=Caching(store=MemoryStore()),
)
verifier = Verifier(
    os.environ["ISSUER"],
    audience="https://shop.example",
    scopes=["metrics:read"],
    on_check=metrics.token_checked,
)
app = Starlette(routes=[
    Route("/graphql", endpoint), Route("/metrics", Protected(metrics.page, verifier))
])
"""
WHERE = "query Where { process }"


class API(NamedTuple):
    """Four processes that serve one API, and what Prometheus needs to read their metrics."""

    url: str
    issuer: str
    secret: str
    folder: Path
    prometheus: str

    def ask(self, query: str, client: str = "web") -> Any:
        headers = {"graphql-client-name": client, "graphql-client-version": "1"}
        body = {"query": query}
        reply = httpx2.post(f"{self.url}/graphql", json=body, headers=headers, timeout=PATIENCE)
        return reply.json()

    def samples(self) -> dict[tuple[str, ...], float]:
        """Return the values of the page, by name and labels, as whoever has a token reads it."""
        form = {"grant_type": "client_credentials", "scope": "metrics:read"}
        given = httpx2.post(
            f"{self.issuer}/token", data=form, auth=("prometheus", self.secret), timeout=PATIENCE
        )
        token = {"authorization": f"Bearer {given.json()['access_token']}"}
        page = httpx2.get(f"{self.url}/metrics", headers=token, timeout=PATIENCE)
        assert page.status_code == 200
        return {
            (each.name, *each.labels.values()): each.value
            for family in text_string_to_metric_families(page.text)
            for each in family.samples
        }

    def query(self, expression: str) -> Any:
        parameters = {"query": expression}
        url = f"{self.prometheus}/api/v1/query"
        reply = httpx2.get(url, params=parameters, timeout=PATIENCE).json()
        assert reply["status"] == "success", reply
        return reply["data"]["result"]


@contextmanager
def running(command: list[str], folder: Path, **variables: str) -> Generator[None]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path]), **variables}
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[API]:
    folder = tmp_path_factory.mktemp("shop")
    port, issuer_port = free_port(), free_port()
    url, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer_port}"
    for name in ("metrics", "documents/billing"):
        (folder / name).mkdir(parents=True)
    (folder / "app.py").write_text(APP, encoding="utf-8")
    manifest = folder / "documents" / "billing" / "1.json"
    manifest.write_text(json.dumps({document_id(WHERE): WHERE}), encoding="utf-8")
    client = RegisteredClient("prometheus", grants={"https://shop.example": ["metrics:read"]})
    client, secret = with_new_secret(client, time.time(), grace=0)
    store = Store(f"sqlite:///{folder / 'issuer.db'}")
    store.add(client)
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--workers", "4"]
    command += ["--http", "trunkline.server.lean:Protocol", "--no-access-log"]
    variables = {"ISSUER": issuer, "PROMETHEUS_MULTIPROC_DIR": "metrics"}
    with (
        serving(Issuer(issuer, store, development=True), issuer_port),
        running(command, folder, **variables),
        prometheus(folder, url, issuer, secret) as prometheus_url,
    ):
        until(lambda: httpx2.get(f"{url}/metrics").status_code == 401, "the API does not start")
        yield API(url, issuer, secret, folder, prometheus_url)


@contextmanager
def prometheus(folder: Path, url: str, issuer: str, secret: str) -> Generator[str]:
    """Start Prometheus as the documentation configures it, but quicker."""
    found = program("prometheus", package="prometheus")
    text = (FILES / "prometheus.yml").read_text(encoding="utf-8")
    text = text.replace("15s", "200ms\n  evaluation_interval: 200ms")
    text = text.replace("localhost:8080", url.removeprefix("http://"))
    text = text.replace("http://localhost:9000", issuer)
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    (folder / "prometheus.secret").write_text(secret, encoding="utf-8")
    shutil.copy(FILES / "alerts.yml", folder)
    port = free_port()
    command = [found, "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    command += [f"--web.listen-address=127.0.0.1:{port}"]
    page = f"http://127.0.0.1:{port}"
    with running(command, folder):
        until(lambda: httpx2.get(f"{page}/-/ready").status_code == 200, "Prometheus does not start")
        yield page


def test_four_processes_count_together(api: API) -> None:
    duration = "trunkline_operation_duration_seconds"
    expected = {
        (f"{duration}_count", "billing", "Where", "ok", "query"): 0,
        (f"{duration}_bucket", "billing", "+Inf", "Where", "ok", "query"): 0,
    }
    processes: set[int] = set()

    def several_answered() -> bool:
        with ThreadPoolExecutor(8) as threads:
            replies = list(threads.map(lambda _: api.ask(WHERE, "billing"), range(16)))
        processes.update(each["data"]["process"] for each in replies)
        for key in expected:
            expected[key] += len(replies)
        return len(processes) > 1

    until(several_answered, "one process does it all")

    def all_are_counted() -> bool:  # a request is counted after its response is sent
        samples = api.samples()
        return {key: samples.get(key) for key in expected} == expected

    until(all_are_counted, "the counts are not those of all processes")


def test_what_a_killed_process_had_in_flight_counts_no_longer(api: API) -> None:
    def in_flight() -> float:
        return api.samples()["trunkline_requests_in_flight",]

    until(lambda: in_flight() == 0, "earlier requests are not over")
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(api.ask, "{ hangs }")
        until(lambda: in_flight() == 1, "the request does not begin")
        os.kill(int((api.folder / "hanging").read_text(encoding="utf-8")), signal.SIGKILL)
        with pytest.raises(httpx2.TransportError):
            asked.result(PATIENCE)
    until(lambda: in_flight() == 0, "it still counts")


@pytest.fixture(scope="module")
def traffic(api: API) -> None:
    """Let everything happen that the dashboard shows."""
    for text in ("{ raises }", "{ nothing }", " " * 2_000_000):
        api.ask(text)
    reply = httpx2.get(f"{api.url}/graphql", params={"query": "{ kept }"}, timeout=PATIENCE)
    assert reply.status_code == 200


@pytest.mark.usefixtures("traffic")
def test_prometheus_reads_what_was_counted(api: API) -> None:
    duration = "trunkline_operation_duration_seconds_count"

    def has_it() -> bool:
        sent = sum(value for (name, *_), value in api.samples().items() if name == duration)
        return [float(each["value"][1]) for each in api.query(f"sum({duration})")] == [sent]

    until(has_it, "Prometheus does not read the page")


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize("expression", TARGETS.values(), ids=TARGETS)
def test_prometheus_understands_the_dashboard(expression: str, api: API) -> None:
    for variable in ("$job", "$operation", "$client"):
        expression = expression.replace(variable, ".*")
    expression = re.sub(r"\$__(rate_interval|range)\b", "5m", expression)
    assert "$" not in expression
    until(lambda: api.query(expression), "there is nothing to see")
    grouped = re.search(r"by \(([\w, ]+)\)", expression)
    labels = set(grouped[1].split(", ")) - {"le"} if grouped else set()
    assert all(set(each["metric"]) == labels for each in api.query(expression))


def test_prometheus_loads_the_alerts(api: API) -> None:
    def rules() -> Any:
        reply = httpx2.get(f"{api.prometheus}/api/v1/rules", timeout=PATIENCE).json()
        (group,) = reply["data"]["groups"]
        return group["rules"]

    until(lambda: {rule["health"] for rule in rules()} == {"ok"}, "a rule is not evaluated")
    assert len(rules()) == 8


def test_alerts_fire_when_something_is_wrong_and_only_then() -> None:
    command = [
        program("promtool", package="prometheus"),
        "test",
        "rules",
        str(Path(__file__).parent / "alerts_test.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_asked_for_is_what_is_counted() -> None:
    registry = CollectorRegistry()
    PrometheusMetrics(registry)
    counted = {
        f"{family.name}{end}"
        for family in registry.collect()
        for end in {"histogram": ["_bucket", "_count", "_sum"], "counter": ["_total"]}.get(
            family.type, [""]
        )
    }
    texts = list(TARGETS.values())
    texts += [each["query"] for each in DASHBOARD["templating"]["list"]]
    texts.append((FILES / "alerts.yml").read_text(encoding="utf-8"))
    assert {name for text in texts for name in re.findall(r"trunkline_\w+", text)} == counted


def test_grafana_reads_the_whole_dashboard() -> None:
    register_default_plugins()
    read = json.loads(json.dumps(Dashboard.from_json(DASHBOARD), cls=JSONEncoder))
    assert list(lost(DASHBOARD, read, "")) == []
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def lost(said: Any, read: Any, place: str) -> Iterator[str]:
    """Yield the places of what Grafana's model does not have, or has otherwise."""
    if isinstance(said, dict) and isinstance(read, dict):
        for key, value in said.items():
            yield from lost(value, read.get(key), f"{place}.{key}")
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for number, value in enumerate(said):
            yield from lost(value, read[number], f"{place}[{number}]")
    elif said != read:
        yield place
