from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline.cli.commands import app

PRINTED = "type Query {\n  a: Int\n  b: Int\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.graphql").write_text("extend type Query { b: Int }", encoding="utf-8")
    (tmp_path / "a.graphql").write_text("extend type Query { a: Int }", encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["schema", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("files", [["a.graphql", "b.graphql"], ["b.graphql", "a.graphql"], ["."]])
def test_files_are_printed_as_one_schema(files: list[str]) -> None:
    assert run("print", *files) == (0, PRINTED, "")


@pytest.mark.parametrize(
    "made_by", ["parse_schema({sdl!r})", "adopt_schema(parse_schema({sdl!r}))"]
)
def test_a_programs_own_schema_is_printed(
    folder: Path, made_by: str, request: pytest.FixtureRequest
) -> None:
    name = f"program_{abs(hash(request.node.name))}"
    sdl = "type Query { b: Int a: Int }"
    (folder / f"{name}.py").write_text(
        "from trunkline.engine import adopt_schema\n"
        "from trunkline.server import parse_schema\n"
        f"schema = {made_by.format(sdl=sdl)}\n",
        encoding="utf-8",
    )
    assert run("print", f"{name}:schema") == (0, PRINTED, "")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["nope.graphql"], "nope.graphql: cannot be read (No such file or directory).\n"),
        (["a.graphql", "a.txt"], "a.txt: cannot be read (No such file or directory).\n"),
        (["json:loads"], "json:loads: is a function, not a schema.\n"),
        (["nope:schema"], "nope:schema: No module named 'nope'.\n"),
    ],
)
def test_a_mistake_is_one_sentence(sources: list[str], message: str) -> None:
    assert run("print", *sources) == (1, "", message)


def test_without_files_the_projects_schema_is_printed(folder: Path) -> None:
    configuration = 'package = "shop.graph"\nschema = ["a.graphql", "b.graphql"]\n'
    (folder / "trunkline.toml").write_text(configuration, encoding="utf-8")
    assert run("print") == (0, PRINTED, "")


def test_without_files_and_project_that_is_told() -> None:
    code, out, err = run("print")
    assert (code, out) == (1, "")
    assert "trunkline.toml" in err
