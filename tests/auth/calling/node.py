"""Node, with the packages that peers/package-lock.json pins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

__all__ = ["PEERS", "node", "running"]

PEERS = Path(__file__).parent / "peers"


@cache
def node() -> str:
    """Return the program; without it or its packages the tests are left out, or fail in CI."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        missing("Node and npm are not on this machine.")
    stamp = PEERS / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < (PEERS / "package-lock.json").stat().st_mtime:
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(  # noqa: S603
            [str(npm), "ci", *options], cwd=PEERS, capture_output=True, text=True, check=False
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
def running(script: str, *arguments: str) -> Generator[None]:
    """Run a script until the block ends; it has said "ready" when the block begins."""
    command = [node(), script, *arguments]
    with subprocess.Popen(  # noqa: S603
        command, cwd=PEERS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield
        finally:
            process.kill()
