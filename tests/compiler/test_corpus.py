"""The text that each feature is compiled to, as a file beside the operation.

``UPDATE_CORPUS=1 make pytest`` writes the files anew; read what changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.compiler.library import library

from trunkline.compiler.pipeline import compile_operation

CORPUS = Path(__file__).with_name("corpus")
CASES = sorted(CORPUS.glob("*.graphql"))


def compiled(case: Path) -> str:
    return compile_operation(library(), case.read_text(encoding="utf-8")).source


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_an_operation_becomes_this_text(case: Path) -> None:
    expected = case.with_suffix(".py")
    if os.environ.get("UPDATE_CORPUS"):
        expected.write_text(compiled(case), encoding="utf-8")
    assert compiled(case) == expected.read_text(encoding="utf-8")


def test_every_text_belongs_to_an_operation() -> None:
    assert {path.stem for path in CORPUS.glob("*.py")} == {case.stem for case in CASES}


def test_ruff_would_write_the_same() -> None:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(CORPUS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_text_has_no_word_that_only_the_request_has(case: Path) -> None:
    request = set(re.findall(r"\w+", case.read_text(encoding="utf-8")))
    ours = {"None", "class", "def", "__class", "title", "query", "mutation", "name"}
    aliases = {"constant", "variables", "default", "built", "OneBook", "POETRY", "titles"}
    text = compiled(case)
    for word in (aliases & request) - ours - {"variables"}:
        assert word not in text
