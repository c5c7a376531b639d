"""The demo as a person runs it, and the two servers while it is up."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from benchmarks.load import free_port
from graphql import strip_ignored_characters
from tests.waiting import PATIENCE

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "todo.demo"]
SECONDS = PATIENCE


def environment(folder: Path, port: object, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", ROOT / "examples"))),
        "DATABASE_URL": f"sqlite:///{folder / 'todo.sqlite3'}",
        "PORT": str(port),
        "ISSUER_PORT": str(free_port()),
        **more,
    }


def run_demo(folder: Path, port: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        COMMAND,
        env=environment(folder, port, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@contextmanager
def running(command: list[str], env: Mapping[str, str]) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    port = free_port()
    url = f"http://localhost:{port}"
    env = environment(tmp_path_factory.mktemp("demo"), port, AUTH="off")
    with running(COMMAND, env) as process:
        assert process.stdout
        printed = iter(process.stdout.readline, "")
        assert any(line == f"  GraphQL     {url}/graphql\n" for line in printed)
        yield url


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_the_calls_are_printed_and_the_data_kept(tmp_path: Path, server: str) -> None:
    for run in (1, 2):
        done = run_demo(tmp_path, free_port(), ONCE="1", SERVER=server)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Buy oats") == 1
        assert "Cannot query field 'titel' on type 'Todo'. Did you mean 'title'?" in done.stdout
        assert done.stdout.count("Another thing I need to remember") == run + 2
        assert done.stderr.count('"graphql.operation.name":"CreateTodo"') == 1
        assert "is refused" not in done.stderr  # nothing calls without the token that it needs


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_demo(tmp_path, port, ONCE="1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} cannot be used (Address already in use). Try PORT=9000 make demo.\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", ""])
def test_a_port_that_is_none_is_one_sentence(tmp_path: Path, port: str) -> None:
    done = run_demo(tmp_path, port, ONCE="1")
    assert done.returncode == 1
    assert done.stderr == f"PORT is {port!r}; it must be a number from 1 to 65535.\n"


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "nowhere", free_port(), ONCE="1")
    assert done.returncode == 1
    assert "unable to open database file" in done.stderr
    assert done.stderr.endswith("The API server stopped with exit code 3; see above.\n")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql+asyncmy://localhost/todo", "DATABASE_URL needs a driver: pip install asyncmy."),
        ("nonsense", "DATABASE_URL cannot be used: "),
    ],
)
def test_a_database_url_that_cannot_be_used_is_told(tmp_path: Path, url: str, message: str) -> None:
    done = run_demo(tmp_path, free_port(), ONCE="1", DATABASE_URL=url)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


PROGRAM = """
from trunkline import Client, gql
from trunkline.client.transports.requests import RequestsHTTPTransport
transport = RequestsHTTPTransport('http://localhost:8080/graphql', use_json=True)
client = Client(transport=transport, fetch_schema_from_transport=True)
print(client.execute(gql("query { todos { todoID title } }")))
print(client.execute(gql('mutation createTodo { createTodo(todo: {title: "Another thing I need to remember", text: "A very long text"}) { todoID title text } }')))
"""  # noqa: E501  # somebody's program, as it came


def test_somebodys_program_runs_unchanged(base: str) -> None:
    program = PROGRAM.replace("http://localhost:8080", base)
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)  # noqa: S603
    first, second = done.stdout.splitlines()
    assert first.startswith("{'todos': [{'todoID': '")
    assert "'title': 'Another thing I need to remember', 'text': 'A very long text'" in second


def ask(base: str, query: str, variables: dict[str, Any] | None = None) -> Any:
    body = {"query": query, "variables": variables}
    response = requests.post(f"{base}/graphql", json=body, timeout=SECONDS)
    return response.status_code, response.json()


def test_rest_and_graphql_show_the_same_todo(base: str) -> None:
    new = {"title": "Shown twice", "text": "Once by each"}
    made = requests.post(f"{base}/api/todos", json=new, timeout=SECONDS)
    assert made.status_code == 201
    todo = made.json()
    assert str(UUID(todo["todoID"])) == todo["todoID"]
    assert requests.get(base + made.headers["location"], timeout=SECONDS).json() == todo
    assert todo in requests.get(f"{base}/api/todos", timeout=SECONDS).json()
    text = "query ($id: ID!) { todo(todoID: $id) { todoID title text } }"
    assert ask(base, text, {"id": todo["todoID"]}) == (200, {"data": {"todo": todo}})


@pytest.mark.parametrize("todo_id", ["00000000-0000-0000-0000-000000000000", "no-uuid", "\0"])
def test_an_unknown_todo(base: str, todo_id: str) -> None:
    text = "query ($id: ID!) { todo(todoID: $id) { title } }"
    assert ask(base, text, {"id": todo_id}) == (200, {"data": {"todo": None}})
    url = f"{base}/api/todos/{requests.utils.quote(todo_id)}"  # type: ignore[attr-defined]
    assert requests.get(url, timeout=SECONDS).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"title": "No text"}', 422),
        (b'{"title": "", "text": ""}', 422),
        (b'{"title": 1, "text": ""}', 422),
        (b"[]", 422),
        (b"{", 400),
        (b"\xff", 400),
        (b"", 400),
        (b" " * 10_000_000, 413),
    ],
)
def test_a_wrong_todo_is_refused_by_rest(base: str, body: bytes, status: int) -> None:
    response = requests.post(f"{base}/api/todos", data=body, timeout=SECONDS)
    assert response.status_code == status
    assert set(response.json()) == {"error"}


def test_a_rule_of_the_business_is_told_by_graphql(base: str) -> None:
    text = 'mutation { createTodo(todo: {title: " ", text: ""}) { title } }'
    status, answer = ask(base, text)
    assert status == 294
    assert answer["data"] == {"createTodo": None}
    (error,) = answer["errors"]
    assert error["message"] == "A todo needs a title."
    assert error["extensions"] == {"code": "TODO_REJECTED"}


def test_the_schema_offers_what_was_agreed_and_describes_it() -> None:
    path = ROOT / "examples" / "todo" / "api_server" / "schema.graphql"
    lines = path.read_text(encoding="utf-8").splitlines()
    described = [line for line in lines if line.lstrip().startswith('"')]
    assert len(described) == 12
    undescribed = "\n".join(each for each in lines if each not in described)
    assert strip_ignored_characters(re.sub(r"@cacheControl\(.*?\)", "", undescribed)) == (
        "type Query{todos:[Todo!]!todo(todoID:ID!):Todo"
        " longestTitle:Int!scopes:[String!]!clientID:ID}"
        "type Mutation{createTodo(todo:TodoInput!):Todo}"
        "type Todo{todoID:ID!title:String!text:String!}"
        "input TodoInput{title:String!text:String!}"
    )


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_servers_quietly(tmp_path: Path, end: signal.Signals) -> None:
    env = environment(tmp_path, free_port())
    with subprocess.Popen(  # noqa: S603
        COMMAND, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert any(line.startswith("Ctrl-C") for line in process.stdout)
        process.send_signal(end)
        _, complaints = process.communicate(timeout=SECONDS)  # the servers hold its pipes
    assert process.returncode == 0
    assert "Traceback" not in complaints
