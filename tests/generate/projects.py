"""Projects in a folder of their own, and the command run there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.waiting import PATIENCE

CONFIGURATION = """
schema = "schema.graphql"
package = "app.graph"
resolvers = "app.resolvers"
"""


@dataclass
class Run:
    status: int
    printed: str


def trunkline(folder: Path, *arguments: str) -> Run:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "trunkline.cli", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "COLUMNS": "200"},
    )
    return Run(done.returncode, done.stdout)


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files into a folder; a configuration and a package are there if none is given."""
    given = {"trunkline.toml": CONFIGURATION, "app/__init__.py": "", **files}
    for name, text in given.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return the content of all files that people would keep."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and ".mypy_cache" not in path.parts
    }
