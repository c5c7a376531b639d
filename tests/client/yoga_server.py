"""GraphQL Yoga on Node, fetched with npm the first time: a peer that nobody here wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.request import urlopen

import pytest
from tools.build_playground import Node, python_node, system_node

__all__ = ["Yoga", "give_up", "running_node", "yoga"]

_SOURCES = Path(__file__).parent / "yoga"
_CACHE = Path(__file__).parents[2] / ".cache" / "yoga"
_LOCK = "package-lock.json"


@dataclass(frozen=True, slots=True)
class Yoga:
    """The running server."""

    port: int

    @property
    def apq(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def registered(self) -> str:
        return f"http://127.0.0.1:{self.port}/registered"

    def seen(self) -> list[str]:
        """Return the method and URL of each request since this was asked last."""
        with urlopen(f"http://127.0.0.1:{self.port}/seen") as answer:  # ours
            seen: list[str] = json.load(answer)
        return seen


@contextmanager
def yoga() -> Generator[Yoga]:
    """Start the server. Where it cannot be had tests are skipped, or fail in CI."""
    _install()
    with running_node(_CACHE / "server.mjs") as port:
        yield Yoga(port)


@contextmanager
def running_node(script: Path, *arguments: str) -> Generator[int]:
    """Run a script that serves and prints its port."""
    command = [_node().node, str(script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@cache
def _node() -> Node:
    return system_node() or python_node() or give_up("there is no Node that fits")


@cache
def _install() -> None:
    node = _node()
    _CACHE.mkdir(parents=True, exist_ok=True)
    done = _CACHE / "node_modules" / ".package-lock.json"
    lock = _CACHE / _LOCK
    fresh = done.exists() and lock.read_bytes() == (_SOURCES / _LOCK).read_bytes()
    for file in _SOURCES.iterdir():
        shutil.copy(file, _CACHE)
    if not fresh:
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        npm = subprocess.run(  # noqa: S603  # fixed
            [*node.npm, "ci", *options], cwd=_CACHE, capture_output=True, text=True, check=False
        )
        if npm.returncode:
            lock.unlink(missing_ok=True)
            give_up(npm.stderr)


def give_up(why: str) -> NoReturn:
    """Skip the tests, or fail in CI, where something on this machine is missing."""
    message = f"A peer cannot be had: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
