"""From an empty folder to a server that answers."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from benchmarks.load import free_port
from tests.generate.projects import snapshot, trunkline
from tests.waiting import PATIENCE, until

from trunkline.generate.configuration import read_configuration
from trunkline.generate.served import why_outdated


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    run = trunkline(folder, "init", "my todos")
    assert run.status == 0, run.printed
    assert "cd 'my todos'\n" in run.printed
    return folder / "my todos"


def ask(port: int, query: str) -> object:
    request = Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query}).encode(),
        {"content-type": "application/json"},
    )
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return json.load(answer)["data"]


@contextmanager
def running(folder: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "trunkline.cli", *arguments]
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def eventually(answer: object, asked: Callable[..., object], *arguments: object) -> None:
    until(lambda: asked(*arguments) == answer, f"never became {answer}")


def eventually_served(text: str, path: Path, answer: object, port: int, query: str) -> None:
    """Write the text until it is served: uvicorn misses what changes before it begins to watch."""
    written = -PATIENCE

    def served() -> bool:
        nonlocal written
        if time.monotonic() - written > PATIENCE / 6:
            path.write_text(text, encoding="utf-8")
            written = time.monotonic()
        return ask(port, query) == answer

    until(served, f"never became {answer}")


def test_it_is_in_step_and_typed(made: Path) -> None:
    assert trunkline(made, "generate", "--check").status == 0
    command = [sys.executable, "-m", "mypy", "."]
    done = subprocess.run(  # noqa: S603
        command, cwd=made, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_serves_at_once_and_anew_after_a_change(made: Path) -> None:
    port = free_port()
    titles = {"todos": [{"title": "Read the schema"}, {"title": "Add a field to it"}]}
    models = made / "my_todos/models.py"
    with running(made, "serve", "--reload", "--port", str(port)):
        eventually(titles, ask, port, "{ todos { title } }")
        made_one = ask(port, 'mutation { createTodo(todo: {title: "A"}) { todoID done } }')
        assert made_one == {"createTodo": {"todoID": "3", "done": False}}
        with urlopen(f"http://127.0.0.1:{port}/playground/", timeout=PATIENCE) as page:
            assert b"my-todos" in page.read()
        changed = models.read_text(encoding="utf-8").replace("Read the schema", "Read it")
        titles["todos"][0]["title"] = "Read it"
        eventually_served(changed, models, titles, port, "{ todos { title } }")


def test_serving_tells_that_the_schema_has_changed(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "made")
    assert why_outdated(read_configuration(folder)) is None
    schema = folder / "schema/todo.graphql"
    right = schema.read_text(encoding="utf-8")
    schema.write_text(right.replace("Boolean", "Boolan"), encoding="utf-8")
    problem = why_outdated(read_configuration(folder))
    assert problem is not None
    assert "todo.graphql:17:9: Unknown type 'Boolan'." in problem
    schema.write_text(right.replace("Boolean!", "Boolean"), encoding="utf-8")
    resolvers = folder / "my_todos/resolvers/__init__.py"
    text = resolvers.read_text(encoding="utf-8")
    resolvers.write_text(text.replace("self.query", "self.quer"), encoding="utf-8")
    run = trunkline(folder, "serve", "--port", "0")
    warning, error = run.printed.splitlines()
    assert warning.startswith(
        "WARNING:  The schema has changed, and the earlier my_todos/graph/schema"
    )
    assert error == "ERROR:    Query.todos: has no resolver. Add 'todos' to Resolvers.query."
    assert run.status == 3


def test_a_project_with_a_client_alone_serves_no_schema(tmp_path: Path) -> None:
    client = '[client]\nname = "Shop"\nmodule = "shop_client"\noperations = "operations"\n'
    (tmp_path / "trunkline.toml").write_text(client, encoding="utf-8")
    (tmp_path / "schema.graphql").touch()
    assert why_outdated(read_configuration(tmp_path)) is None


def test_a_port_that_is_taken_is_told(made: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = trunkline(made, "serve", "--port", str(port))
    reason = os.strerror(errno.EADDRINUSE)
    assert run.printed == f"127.0.0.1:{port} cannot be used ({reason}). Give another --port.\n"
    assert run.status == 1


def test_watching_generates_after_each_change(made: Path) -> None:
    stubs = made / "my_todos/resolvers/todo.py"
    schema = made / "schema/todo.graphql"
    with running(made, "generate", "--watch") as process:
        assert process.stdout is not None
        assert "Watching" in process.stdout.readline()
        text = schema.read_text(encoding="utf-8").replace("  todos:", "  count: Int!\n  todos:")
        schema.write_text(text, encoding="utf-8")
        eventually(True, lambda: "async def count(self) -> int:" in stubs.read_text("utf-8"))  # noqa: FBT003


def test_what_is_there_is_not_written_over(made: Path) -> None:
    before = snapshot(made)
    run = trunkline(made.parent, "init", "my todos")
    assert run.status == 1
    assert "already has " in run.printed
    assert snapshot(made) == before


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("2fast", "cannot be made the name of a Python package"),
        ("class", "cannot be made the name of a Python package"),
        ("graphql", "would hide another one"),
        ("json", "would hide another one"),
        ("there", "there is a file. Name a folder that is new or empty."),
    ],
)
def test_names_that_cannot_be_projects_are_refused(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "there").touch()
    run = trunkline(tmp_path, "init", name)
    assert run.status == 1
    assert sentence in run.printed
    assert [*tmp_path.iterdir()] == [tmp_path / "there"]


def test_a_new_repository_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/README.md").write_text("Ours.", encoding="utf-8")
    assert trunkline(tmp_path / "shop", "init", ".").status == 0
    assert (tmp_path / "shop/README.md").read_text(encoding="utf-8") == "Ours."
    assert (tmp_path / "shop/.gitignore").is_file()
    assert (tmp_path / "shop/shop/app.py").is_file()


def test_serving_nothing_is_a_sentence(tmp_path: Path) -> None:
    run = trunkline(tmp_path, "serve")
    assert run.status == 1
    assert "trunkline init NAME" in run.printed
    (tmp_path / "trunkline.toml").write_text('schema = "a"\npackage = "b"\n', encoding="utf-8")
    run = trunkline(tmp_path, "serve")
    assert run.status == 1
    assert run.printed.startswith("There is no application to serve:")


def test_git_leaves_the_line_ends_of_what_is_generated(made: Path) -> None:
    assert "my_todos/graph/** text eol=lf" in (made / ".gitattributes").read_text(encoding="utf-8")
