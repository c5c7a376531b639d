"""Node, and the packages of npm that a folder's package-lock.json pins."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Timer

from tests.giving_up import give_up
from tests.waiting import PATIENCE
from tools.build_playground import python_node, system_node

__all__ = ["node", "running"]


@cache
def node(folder: Path) -> str:
    """Return the program, for scripts of a folder whose packages are installed then.

    Without them the tests are left out, or fail in CI.
    """
    found = system_node() or python_node() or give_up("There is no Node that fits.")
    pins = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".package-lock.json"
    if not pins.exists():
        return found.node
    with pins.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in other processes may want the same folder
        if not stamp.exists() or stamp.stat().st_mtime < pins.stat().st_mtime:
            options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(  # noqa: S603
                [*found.npm, "ci", *options],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                give_up(f"npm ci: {done.stderr}")
            stamp.touch()
    return found.node


@contextmanager
def running(script: Path, *arguments: str) -> Generator[str]:
    """Run a script until the block ends; give the line that it writes when it is ready."""
    command = [node(script.parent), script.name, *arguments]
    with subprocess.Popen(  # noqa: S603
        command, cwd=script.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            waiting = Timer(PATIENCE, process.kill)
            waiting.start()
            line = process.stdout.readline().strip()
            waiting.cancel()
            assert line, f"{script} does not start"
            yield line
        finally:
            process.kill()
