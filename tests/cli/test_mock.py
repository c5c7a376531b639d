from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.waiting import PATIENCE
from typer.testing import CliRunner

from trunkline.cli.commands import app


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sdl = "type Query { user(id: ID!): User! }  type User { id: ID!  name: String! }"
    (tmp_path / "schema.graphql").write_text(sdl, encoding="utf-8")
    return tmp_path


def test_a_mock_is_served_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "trunkline.cli", "mock", "schema.graphql", "--port", "0"]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/graphql", process.stdout.readline())
        assert found
        body = json.dumps({"query": '{ user(id: "7") { id name } }'}).encode()
        request = Request(found[0], body, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310
            data = json.load(answer)["data"]
        process.send_signal(signal.SIGINT)
        log = process.stderr.read()
        assert process.wait(PATIENCE) == 0
    assert data["user"]["id"] == "7"
    assert re.fullmatch(r"[A-Z]\w+ [A-Z]\w+", data["user"]["name"])
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["graphql.request"]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["mock", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope.graphql"], "nope.graphql: cannot be read (No such file or directory).\n"),
        (["schema.graphql", "--values", "v.json"], "v.json: cannot be read (No such file or"),
        (["schema.graphql", "--host", "192.0.2.1"], "192.0.2.1:8080 cannot be used ("),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert "Traceback" not in err


def test_without_files_and_project_that_is_told() -> None:
    code, _, err = run("--port", "0")
    assert code == 1
    assert "no trunkline.toml here or above" in err


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run("schema.graphql", "--port", str(port))
    assert code == 1
    told = f"127.0.0.1:{port} cannot be used (Address already in use). Give another --port.\n"
    assert err == told
