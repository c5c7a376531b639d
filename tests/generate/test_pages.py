"""What the documentation says of generating, done as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from benchmarks.load import free_port
from msgspec.structs import fields
from tests.cli.test_init import ask, eventually, running
from tests.generate.projects import project, trunkline
from tests.test_docs import Page
from tests.type_checkers import mypy

from trunkline.generate.configuration import (
    Configuration,
    DirectiveConfiguration,
    FieldConfiguration,
    ModelConfiguration,
    ScalarConfiguration,
)

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"<!-- (run|output|file: (\S+)) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_the_page_leads_to_an_api_with_a_database(tmp_path: Path) -> None:
    folder, printed = tmp_path, ""
    for what, name, body in BLOCK.findall(
        (DOCS / "getting-started.md").read_text(encoding="utf-8")
    ):
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


def test_what_is_shown_of_generating_runs_and_has_types_that_hold(tmp_path: Path) -> None:
    page = Page(DOCS / "generating.md", 8080)
    configuration = 'schema = "shop.graphql"\npackage = "shop.graph"\n'
    files = {"trunkline.toml": configuration, "shop/__init__.py": "", **page.files}
    folder = project(tmp_path, files)
    assert trunkline(folder, "generate").status == 0
    program = "\n".join(["# mypy: allow-redefinition", *page.programs])
    (folder / "programs.py").write_text(program, encoding="utf-8")
    assert run(f"{sys.executable} programs.py", folder) == ""
    said = mypy(folder, "programs.py")
    assert "Success" in said, said


def test_the_configuration_that_is_shown_is_one() -> None:
    text = (DOCS / "generating.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert msgspec.convert(tomllib.loads(shown)["tool"]["trunkline"], Configuration)


@pytest.mark.parametrize(
    "table",
    [
        Configuration,
        ModelConfiguration,
        FieldConfiguration,
        ScalarConfiguration,
        DirectiveConfiguration,
    ],
)
def test_every_key_is_documented(table: type) -> None:
    text = (DOCS / "generating.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[a-z_]+", text.partition("## Types")[0]))
    assert {field.encode_name for field in fields(table)} <= words
