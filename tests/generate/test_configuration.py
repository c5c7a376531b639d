from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.errors import ConfigurationError
from trunkline.generate.configuration import read_configuration

MINIMAL = 'schema = "schema"\npackage = "todo.graph"\n'


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [("trunkline.toml", MINIMAL), ("pyproject.toml", f"[tool.trunkline]\n{MINIMAL}")],
)
def test_both_files_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    project = read_configuration(below)
    assert project.folder == tmp_path
    assert project.configuration.package == "todo.graph"
    assert project.configuration.types == "msgspec"


def test_imports_start_from_src_if_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, "trunkline.toml", MINIMAL)
    assert read_configuration(tmp_path).source == tmp_path
    (tmp_path / "src").mkdir()
    assert read_configuration(tmp_path).source == tmp_path / "src"
    write(tmp_path, "trunkline.toml", f'{MINIMAL}source = "python"\n')
    assert read_configuration(tmp_path).source == tmp_path / "python"


def test_a_pyproject_of_others_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "trunkline.toml", MINIMAL)
    write(tmp_path / "web", "pyproject.toml", "[tool.ruff]\n")
    assert read_configuration(tmp_path / "web").folder == tmp_path


MISTAKES = [
    (MINIMAL + "snakecase = true\n", ":3: snakecase: no such key. Did you mean 'snake_case'?"),
    (MINIMAL + 'layout = "flat"\n', ":3: layout: Invalid enum value 'flat'. There are schema,"),
    ('schema = "s"\n', ": tool.trunkline: 'package' is missing."),
    (MINIMAL + "[models]\nA = 3\n", ":4: models.A: Expected 'str | a table', got 'int'."),
    (
        MINIMAL + '[models]\nA = "a.B"\n',
        ":4: models.A: 'a.B' must be written as package.module:name.",
    ),
    (
        MINIMAL + '[models.A]\nclas = "a:B"\n',
        ":4: models.A.clas: no such key. Did you mean 'class'",
    ),
    (
        MINIMAL + "[models.A.fields]\nx = {bach = true}\n",
        ":4: models.A.fields.x.bach: no such key.",
    ),
    ("schema = [\n", ": is not TOML: "),
    ('package = "a-b"\nschema = "s"\n', ":1: package: 'a-b' is not the name of a module."),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES)
def test_mistakes_are_told_with_line_and_remedy(
    tmp_path: Path, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "trunkline.toml", text)
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path)
    assert str(caught.value).startswith("trunkline.toml")
    assert sentence in str(caught.value)


def test_two_configurations_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path, "trunkline.toml", MINIMAL)
    write(tmp_path, "pyproject.toml", f"[tool.trunkline]\n{MINIMAL}")
    with pytest.raises(ConfigurationError, match="Keep one of them"):
        read_configuration(tmp_path)


def test_what_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "trunkline.toml").write_bytes(b'schema = "\xff"')
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        read_configuration(tmp_path)
