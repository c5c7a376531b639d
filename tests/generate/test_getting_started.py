"""The way from an empty folder to an API with a database, as the documentation has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.load import free_port
from tests.cli.test_init import ask, eventually, running

PAGE = Path(__file__).parents[2] / "docs/getting-started.md"
BLOCK = re.compile(r"<!-- (run|output|file: (\S+)) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_the_page_leads_to_an_api_with_a_database(tmp_path: Path) -> None:
    folder, printed = tmp_path, ""
    for what, name, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if name:
            (folder / name).write_text(body, encoding="utf-8")
        elif what == "run":
            printed = run(body, folder)
            folder = tmp_path / "todo"
        else:
            assert printed == body
    port = free_port()
    with running(folder, "serve", "--port", str(port)):
        eventually({"todos": []}, ask, port, "{ todos { title } }")
        created = 'mutation { createTodo(todo: {title: "A", tags: ["b", "a"]}) { todoID tags } }'
        assert ask(port, created) == {"createTodo": {"todoID": "1", "tags": ["a", "b"]}}
        assert ask(port, '{ todos(tag: "a") { title done } }') == {
            "todos": [{"title": "A", "done": False}]
        }


def run(commands: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602  # what the page says
        f"set -e\n{commands}",
        shell=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
