"""The help of each command: it is there, and needs nothing of what the command does."""

from __future__ import annotations

import json
import subprocess
import sys
from inspect import signature

from trunkline.cli.clients import DEFAULT_STORE
from trunkline.issuer import Store

PROGRAM = """
import json
import sys
from typer.main import get_command
from typer.testing import CliRunner
from trunkline.cli.commands import app

def paths(command, path):
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from paths(each, [*path, name])

helps = {
    " ".join(path): CliRunner().invoke(app, [*path, "--help"], prog_name="trunkline").output
    for path in paths(get_command(app), [])
}
print(json.dumps([helps, sorted(sys.modules)]))
"""
OURS = {"cli", "errors", "printable", "version"}
HEAVY = {"argon2", "asyncio", "cryptography", "graphql", "httpx2", "joserfc", "orjson", "rich"}
HEAVY |= {"sqlalchemy", "starlette", "uvicorn", "watchfiles"}


def test_no_help_loads_what_the_command_does() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    helps, modules = json.loads(done.stdout)
    assert helps.keys() >= {"", "serve", "generate client", "clients add", "issuer rotate"}
    for path, text in helps.items():
        assert text.startswith(f"Usage: {f'trunkline {path}'.strip()} [OPTIONS]")
    ours = {each.split(".")[1] for each in modules if each.startswith("trunkline.")}
    assert ours == OURS
    assert HEAVY.isdisjoint(modules)


def test_the_default_store_is_that_of_the_class() -> None:
    assert signature(Store).parameters["url"].default == DEFAULT_STORE
