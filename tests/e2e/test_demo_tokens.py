"""The demo with tokens: who gets in, and who does not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from benchmarks.load import free_port
from tests.e2e.test_demo import COMMAND, SECONDS, environment, run_demo, running


@dataclass
class Demo:
    """The demo while it is up: what it printed, and the tokens in it."""

    base: str
    printed: str
    web: str
    mobile: str
    prometheus: str

    def graphql(self, token: str | None, **more: str) -> requests.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return requests.post(
            f"{self.base}/graphql",
            json={"query": "{ todos { title } }"},
            headers=headers,
            params=more,
            timeout=SECONDS,
        )

    def rest(self, token: str | None) -> requests.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return requests.get(f"{self.base}/api/todos", headers=headers, timeout=SECONDS)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    port = free_port()
    env = environment(tmp_path_factory.mktemp("demo"), port)
    with running(COMMAND, env) as process:
        assert process.stdout
        lines: list[str] = []
        for line in iter(process.stdout.readline, ""):
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        printed = "".join(lines)
        files = map(Path, re.findall(r"-H @(\S+)", printed))
        tokens = (file.read_text().split()[-1] for file in files)
        yield Demo(f"http://localhost:{port}", printed, *tokens)


def test_the_lines_that_are_printed_call_both_interfaces(demo: Demo) -> None:
    lines = re.findall(r"^  (curl .*)$", demo.printed, re.MULTILINE)
    graphql, rest, metrics = (
        subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout  # noqa: S602
        for line in lines
    )
    assert graphql.startswith('{"data":{"todos":[{"todoID":')
    assert rest.startswith('[{"todoID":')
    assert 'trunkline_operation_duration_seconds_count{client="web-app",operation=' in metrics


def test_it_is_ready_and_tells_strangers_no_metrics(demo: Demo) -> None:
    ready = requests.get(f"{demo.base}/readyz", timeout=SECONDS)
    checks = {"database": "ok", "issuer": "ok", "documents": "ok"}
    assert ready.json() == {"status": "ready", "checks": checks}
    for headers in ({}, {"authorization": f"Bearer {demo.web}"}):
        metrics = requests.get(f"{demo.base}/metrics", headers=headers, timeout=SECONDS)
        assert metrics.status_code in {401, 403}


def test_the_playground_gives_its_visitors_tokens(demo: Demo) -> None:
    response = requests.post(f"{demo.base}/playground/token", timeout=SECONDS)
    assert demo.graphql(response.text).status_code == 200
    assert demo.rest(response.text).status_code == 401


def test_tokens_stay_out_of_what_is_printed(demo: Demo) -> None:
    assert not re.search(r"eyJ[\w-]+\.", demo.printed)  # a random ID may have the first letters
    assert max(map(len, demo.printed.splitlines())) < 200


def test_the_issuer_says_what_it_can_do(demo: Demo) -> None:
    (url,) = re.findall(r"http\S+/\.well-known/oauth-authorization-server", demo.printed)
    metadata = requests.get(url, timeout=SECONDS).json()
    assert url.startswith(metadata["issuer"])
    assert metadata["grant_types_supported"] == ["client_credentials"]


def test_without_a_token_nobody_gets_in(demo: Demo) -> None:
    for answer in (demo.graphql(None), demo.rest(None)):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "error=" not in answer.headers["www-authenticate"]


def test_each_face_takes_the_tokens_that_are_for_it(demo: Demo) -> None:
    assert demo.graphql(demo.web).status_code == 200
    assert demo.rest(demo.mobile).status_code == 200


def test_neither_face_takes_the_other_s_tokens(demo: Demo) -> None:
    for answer in (demo.graphql(demo.mobile), demo.rest(demo.web)):
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_the_token_that_reads_metrics_reads_nothing_else(demo: Demo) -> None:
    answer = demo.graphql(demo.prometheus)
    assert answer.status_code == 403
    assert 'scope="todos"' in answer.headers["www-authenticate"]
    headers = {"authorization": f"Bearer {demo.prometheus}"}
    assert requests.get(f"{demo.base}/metrics", headers=headers, timeout=SECONDS).ok


def test_a_token_that_was_changed_is_none(demo: Demo) -> None:
    head, payload, signature = demo.web.split(".")
    forged = [
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{demo.mobile.split('.')[1]}.{signature}",
        f"eyJhbGciOiJub25lIn0.{payload}.",
        "nonsense",
    ]
    assert [demo.graphql(token).status_code for token in forged] == [401] * len(forged)


def test_a_token_in_the_url_is_refused(demo: Demo) -> None:
    assert demo.graphql(None, access_token=demo.web).status_code in {400, 401}


def test_what_is_printed_has_no_secret_and_no_traceback(demo: Demo) -> None:
    assert "secret" not in demo.printed
    assert "Traceback" not in demo.printed


@pytest.mark.parametrize("auth", ["", "no", "OFF"])
def test_auth_is_on_or_off(auth: str, tmp_path: Path) -> None:
    done = run_demo(tmp_path, free_port(), ONCE="1", AUTH=auth)
    assert done.returncode == 1
    assert done.stderr == f"AUTH is {auth!r}; it must be on or off.\n"


def test_without_authentication_it_says_so_loudly(tmp_path: Path) -> None:
    done = run_demo(tmp_path, free_port(), ONCE="1", AUTH="off")
    assert done.returncode == 0
    assert "AUTH=off: the API server runs with auth=None. ANYBODY" in done.stdout
    assert "Buy oats" in done.stdout
