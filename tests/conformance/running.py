"""graphql-core's tests in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conformance.known_differences import known_tests

__all__ = ["Outcome", "run"]

_HERE = Path(__file__).parent

_MODULES = (  # where something is executed
    "execution",
    "type/test_custom_scalars.py",
    "type/test_enum.py",
    "type/test_introspection.py",
    "utilities/test_build_ast_schema.py",
    "utilities/test_build_client_schema.py",
    "utilities/test_extend_schema.py",
    "utilities/test_introspection_from_schema.py",
    "test_graphql.py",
    "test_hide_suggestions.py",
    "test_star_wars_introspection.py",
    "test_star_wars_query.py",
    "test_user_registry.py",
)

_VALIDATION = ("tests/test_graphql.py::describe_too_deeply_nested_documents",)
"""Tests that take long, and end before anything is executed."""


class Outcome(NamedTuple):
    """How a test ended; ``called`` is what it used of the engine."""

    test: str
    outcome: str
    called: list[str]
    message: str


def run(source: Path, folder: Path) -> list[Outcome]:
    """Run the tests of a version on our engine; ``folder`` is for what the runs write.

    Tests that do not fit the installed version are left out: those that fail with graphql-core's
    own engine as well.
    """
    modules = [f"tests/{name}" for name in _MODULES if (source / "tests" / name).exists()]
    outcomes = _run("trunkline", modules, source, folder, known_tests())
    failed = [each.test for each in outcomes if each.outcome == "failed"]
    unfit = {
        each.test
        for each in _run("graphql-core", failed, source, folder)
        if each.outcome == "failed"
    }
    return [each for each in outcomes if each.test not in unfit]


def _run(
    engine: str, tests: Sequence[str], source: Path, folder: Path, known: Sequence[str] = ()
) -> list[Outcome]:
    if not tests:
        return []
    file = folder / f"{engine}.jsonl"
    command = [sys.executable, "-m", "pytest", "-c", str(_HERE / "swapped_engine.ini")]
    command += [f"--deselect={name}" for name in _VALIDATION]
    command += [f"--known={name}" for name in known]
    command += [f"--rootdir={source}", f"--outcomes={file}", f"--engine={engine}", *tests]
    paths = [str(_HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=source,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout[-3000:] + done.stderr[-3000:]
    return [Outcome(*json.loads(line)) for line in file.read_text().splitlines()]
