"""What is generated for each case of the corpus, and what is said of it.

A case is a package: a configuration, a schema, the classes that are there already; and what comes
of them. ``messages.txt`` is what `trunkline generate` prints. ``UPDATE_CORPUS=1 make pytest``
writes everything anew; read what changed.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.type_checkers import mypy, pyright

from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run

CORPUS = Path(__file__).with_name("corpus")
CASES = sorted(path.parent.name for path in CORPUS.glob("*/trunkline.toml"))
SERVED = sorted(path.parent.name for path in CORPUS.glob("*/query.graphql"))
MISTAKEN = {name for name in CASES if name.endswith("_mistakes")}

TWICE = """
import os, runpy, sys
os.environ["COLUMNS"] = "200"
for arguments in (["generate"], ["generate", "--check"]):
    sys.argv = ["trunkline", *arguments]
    try:
        runpy.run_module("trunkline.cli", run_name="__main__")
    except SystemExit as end:
        print("exit", end.code, flush=True)
"""


def written(messages: str) -> list[str]:
    return re.findall(r"^wrote (.*)$", messages, re.MULTILINE)


def generate(folder: Path) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", TWICE],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    return done.stdout


@pytest.mark.parametrize("case", CASES)
def test_a_case_becomes_these_files(case: str, tmp_path: Path) -> None:
    expected = CORPUS / case / "messages.txt"
    before = expected.read_text(encoding="utf-8") if expected.exists() else ""
    folder = shutil.copytree(
        CORPUS / case, tmp_path / case, ignore=shutil.ignore_patterns("__pycache__", "messages.txt")
    )
    for name in written(before):
        (folder / name).unlink(missing_ok=True)
    messages = generate(folder)
    if os.environ.get("UPDATE_CORPUS"):
        for name in written(before):
            (CORPUS / case / name).unlink(missing_ok=True)
        for name in written(messages):
            (CORPUS / case / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / name, CORPUS / case / name)
        expected.write_text(messages, encoding="utf-8")
    assert messages == expected.read_text(encoding="utf-8")
    for name in written(messages):
        golden = (CORPUS / case / name).read_text(encoding="utf-8")
        assert (folder / name).read_text(encoding="utf-8") == golden, name


@pytest.mark.parametrize("case", sorted(set(CASES) - MISTAKEN))
def test_generating_again_changes_nothing(case: str) -> None:
    messages = (CORPUS / case / "messages.txt").read_text(encoding="utf-8")
    assert "would change" not in messages
    assert messages.count("exit 0") == 2


def test_a_mistake_writes_nothing() -> None:
    for case in MISTAKEN:
        messages = (CORPUS / case / "messages.txt").read_text(encoding="utf-8")
        assert not written(messages)
        assert messages.count("exit 1") == 2


@pytest.mark.parametrize("case", SERVED)
def test_what_was_generated_answers(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(CORPUS)
    schema = importlib.import_module(f"{case}.serving").schema
    query = (CORPUS / case / "query.graphql").read_text(encoding="utf-8")
    result = asyncio.run(run(compile_operation(schema, query), {}))
    assert result.errors == []
    assert result.data == json.loads((CORPUS / case / "answer.json").read_bytes())


def typed() -> list[str]:
    return [str(CORPUS / case) for case in CASES if case not in MISTAKEN]


def test_mypy_has_nothing_to_say() -> None:
    said = mypy(CORPUS, "--explicit-package-bases", "--config-file=", *typed(), path=str(CORPUS))
    assert "Success" in said, said


def test_pyright_has_nothing_to_say(tmp_path: Path) -> None:
    for case in typed():
        shutil.copytree(case, tmp_path / Path(case).name)
    said = pyright(tmp_path)
    assert said == "0 errors, 0 warnings, 0 informations\n", said


def test_ruff_would_write_the_same() -> None:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff"]
    done = subprocess.run([*command, *typed()], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
