"""What becomes of people's files, case by case: a folder for each.

``wanted.py`` has the protocols that are generated now, ``was.py`` those of last time, ``before``
people's files, ``after`` what they become, ``messages.txt`` what people are told, and
``messages-again.txt`` what they are told at each further run, if anything.
``UPDATE_CORPUS=1 make pytest`` writes the last three anew; read what changed.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.generate.resolvers.protocols import previous_of, wanted_of

from trunkline.generate.resolvers import Merged, Previous, merge

CORPUS = Path(__file__).with_name("corpus")
CASES = sorted(path for path in CORPUS.iterdir() if path.is_dir())
UNFORMATTED = {"formatting-kept", "one-line-classes", "syntax-error"}  # before, too

Files = Mapping[str, bytes]


def read(folder: Path) -> Files:
    paths = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def was(case: Path) -> Previous | None:
    path = case / "was.py"
    return previous_of(path.read_text(encoding="utf-8")) if path.exists() else None


def merged(case: Path, files: Files, previous: Previous | None) -> Merged:
    return merge(files, wanted_of((case / "wanted.py").read_text(encoding="utf-8")), previous)


def update(case: Path, after: Files, messages: str) -> None:
    shutil.rmtree(case / "after", ignore_errors=True)
    for path, data in after.items():
        (case / "after" / path).parent.mkdir(parents=True, exist_ok=True)
        (case / "after" / path).write_bytes(data)
    (case / "messages.txt").write_text(messages, encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_become_these(case: Path) -> None:
    before = read(case / "before")
    done = merged(case, before, was(case))
    messages = "".join(f"{message}\n" for message in done.messages)
    if os.environ.get("UPDATE_CORPUS"):
        update(case, {**before, **done.files}, messages)
    assert {**before, **done.files} == read(case / "after")
    assert messages == (case / "messages.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_doing_it_again_changes_nothing(case: Path) -> None:
    after = read(case / "after")
    now = previous_of((case / "wanted.py").read_text(encoding="utf-8"))
    for previous in (None, was(case), now):
        assert merged(case, after, previous).files == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_keeps_a_program_from_running_is_told_again(case: Path) -> None:
    now = previous_of((case / "wanted.py").read_text(encoding="utf-8"))
    again = merged(case, read(case / "after"), now).messages
    path = case / "messages-again.txt"
    messages = "".join(f"{message}\n" for message in again)
    if os.environ.get("UPDATE_CORPUS"):
        path.unlink(missing_ok=True)
        if messages:
            path.write_text(messages, encoding="utf-8")
    assert messages == (path.read_text(encoding="utf-8") if path.exists() else "")


def with_tabs(data: bytes) -> bytes:
    """Indent by tabs; in the block of comments, too."""
    return re.sub(
        rb"^(# )?((?:    )+)",
        lambda found: (found[1] or b"") + b"\t" * (len(found[2]) // 4),
        data,
        flags=re.MULTILINE,
    )


WRITTEN_AS: dict[str, Callable[[bytes], bytes]] = {
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "cr": lambda data: data.replace(b"\n", b"\r"),
    "bom": lambda data: codecs.BOM_UTF8 + data,
    "tabs": with_tabs,
    "latin-1": lambda data: b"# coding: latin-1\n# caf\xe9\n" + data,
    "no line end": lambda data: data.removesuffix(b"\n"),
}


@pytest.mark.parametrize("how", WRITTEN_AS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_stay_written_as_they_are(case: Path, how: str) -> None:
    write = WRITTEN_AS[how]
    before = {path: write(data) for path, data in read(case / "before").items() if data}
    expected = {path: data for path, data in read(case / "after").items() if path in before}
    if how == "tabs":  # where there is indentation to go by
        tabs = (path for path in expected if b"\t" in before[path])
        expected = {path: expected[path] for path in tabs if case.name not in UNFORMATTED}
    done = merged(case, before, was(case))
    for path, data in {**before, **done.files}.items():
        if path in expected:
            assert data == write(expected[path]), path


def test_it_is_python_as_ruff_would_write_it() -> None:
    for case in CASES:
        for path, data in read(case / "after").items() if case.name != "syntax-error" else ():
            ast.parse(data, path)
    folders = [str(case / "after") for case in CASES if case.name not in UNFORMATTED]
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
