"""What type checkers say of files that a test has written, run as people run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["mypy", "pyright"]


def mypy(folder: Path, *arguments: str, path: str = "") -> str:
    """Return what mypy says in a folder. With one folder of its cache, it knows the libraries.

    So the arguments are no options that change how these are checked. ``path`` has more folders in
    which modules are looked for.
    """
    return _said(folder, "mypy", "--strict", *arguments, MYPYPATH=path)


def pyright(folder: Path, *paths: Path) -> str:
    """Return what pyright says of a folder's files; ``paths`` are as for mypy."""
    prefix = Path(sys.prefix)
    configuration = {
        "typeCheckingMode": "strict",
        "venvPath": str(prefix.parent),
        "venv": prefix.name,
        "extraPaths": list(map(str, paths)),
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
    return _said(folder, "pyright")


def _said(folder: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.stdout
