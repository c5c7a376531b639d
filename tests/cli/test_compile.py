from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline.cli.commands import app

SDL = "type Query { todo(todoID: ID!): Todo }\ntype Todo { title: String! }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.graphql").write_text(SDL, encoding="utf-8")
    return tmp_path


def run(*arguments: str, text: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["compile", *arguments], input=text)
    return result.exit_code, result.stdout, result.stderr


def test_the_compiled_text_is_printed(folder: Path) -> None:
    (folder / "one.graphql").write_text(
        "query One($id: ID!) { todo(todoID: $id) { short: title } }", encoding="utf-8"
    )
    code, out, err = run("one.graphql", "--schema", "schema.graphql")
    assert (code, err) == (0, "")
    assert "todo = resolve_query_todo(todo_id=execution.variables[0])" in out
    assert out.endswith("# Bound when the module is made:\n# ALIAS = 'short'\n")
    compile(out, "printed", "exec")


def test_a_programs_own_schema_is_taken(folder: Path) -> None:
    (folder / "shop.py").write_text(
        "from trunkline.server import make_executable_schema, load_schema\n"
        "class Query:\n"
        "    async def todo(self, todo_id: str) -> object: ...\n"
        "class Resolvers:\n"
        "    query = Query()\n"
        "schema = make_executable_schema(load_schema('schema.graphql'), Resolvers())\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "trunkline.cli", "compile", "-", "--schema", "shop:schema"]
    done = subprocess.run(  # noqa: S603
        command, input=b"{ todo(todoID: 1) { title } }", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"execution.agenda.defer(" in done.stdout


def test_without_a_schema_that_of_the_project_is_taken(folder: Path) -> None:
    text = "{ todo(todoID: 1) { title } }"
    code, _, err = run("-", text=text)
    assert (code, "trunkline init" in err) == (1, True)
    configuration = 'schema = ["schema.graphql"]\npackage = "shop.graph"\n'
    (folder / "trunkline.toml").write_text(configuration, encoding="utf-8")
    code, out, err = run("-", text=text)
    assert (code, err) == (0, "")
    assert "resolve_query_todo" in out


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["-", "--schema", "schema.graphql"], "{ todoz }", "-:1:3: Cannot query field 'todoz'"),
        (["-", "--schema", "schema.graphql"], "{", "-:1:2: Syntax Error"),
        (["nope.graphql", "--schema", "schema.graphql"], "", "nope.graphql: cannot be read (No"),
        (["-", "--schema", "nope.graphql"], "", "nope.graphql: cannot be read (No such file"),
        (["-", "--schema", "nope:schema"], "", "nope:schema: No module named 'nope'."),
        (["-", "--schema", "json:loads"], "", "json:loads: is a function, not an executable"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_is_one_sentence(arguments: list[str], text: str, message: str) -> None:
    code, out, err = run(*arguments, text=text)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert "Traceback" not in err


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("trunkline 0.")
