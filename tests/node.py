"""Node, and the packages of npm that a folder's package-lock.json pins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

__all__ = ["node", "running"]


@cache
def node(folder: Path) -> str:
    """Return the program, for scripts of a folder whose packages are installed then.

    Without them the tests are left out, or fail in CI.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        missing("Node and npm are not on this machine.")
    stamp = folder / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(  # noqa: S603
            [str(npm), "ci", *options], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            missing(f"npm ci: {done.stderr}")
        stamp.touch()
    return str(program)


def missing(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def running(script: Path, *arguments: str) -> Generator[None]:
    """Run a script until the block ends; it has said "ready" when the block begins."""
    command = [node(script.parent), script.name, *arguments]
    with subprocess.Popen(  # noqa: S603
        command, cwd=script.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield
        finally:
            process.kill()
