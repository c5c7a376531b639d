"""The command line where an extra is missing: the other commands work, and it says what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.modules["sqlalchemy"] = None
from trunkline.cli.commands import app
app(sys.argv[1:])
"""


@pytest.mark.parametrize("command", ["clients", "issuer"])
def test_a_missing_extra_is_named(command: str) -> None:
    done = run(command)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("pip install 'trunkline[issuer,server]'.")
    assert "Traceback" not in done.stderr


def test_the_other_commands_work() -> None:
    assert run("--version").stdout.startswith("trunkline ")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
