"""The peers' programs: installed when first asked for, from the pinned versions beside this file.

Each function returns what the peer is started with, or None, and says why, where its tool is not
on this machine or does not do its work. Whatever would be compared with it is then left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["ariadne_codegen", "client", "gqlgen", "gqlgen_orders", "node", "python"]

HERE = Path(__file__).parent
VENV = HERE.parent / ".venv"


@cache
def python() -> Path | None:
    """Return the Python of the environment that Strawberry and Ariadne are installed into."""
    requirements = HERE / "python" / "requirements.txt"
    program, stamp = VENV / "bin" / "python", VENV / "installed"
    if _is_fresh(stamp, [requirements]):
        return program
    peers = "Strawberry and Ariadne"
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
    done = _run(peers, HERE, sys.executable, "-m", "venv", VENV) and _run(
        peers, HERE, program, *pip, requirements
    )
    if done:
        stamp.touch()
    return program if done else None


@cache
def client(name: str) -> Path | None:
    """Return the Python of the environment of a client that others made."""
    folder = HERE / "clients" / name
    requirements, program = folder / "requirements.txt", folder / ".venv" / "bin" / "python"
    stamp = folder / ".venv" / "installed"
    if _is_fresh(stamp, [requirements]):
        return program
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
    done = _run(name, folder, sys.executable, "-m", "venv", folder / ".venv") and _run(
        name, folder, program, *pip, requirements
    )
    if done:
        stamp.touch()
    return program if done else None


@cache
def ariadne_codegen() -> Path | None:
    """Return the Python that has ariadne-codegen, with its client generated."""
    program = client("ariadne_codegen")
    if program is None:
        return None
    folder = HERE / "clients" / "ariadne_codegen"
    made = folder / "generated" / "client.py"
    sources = [folder / "pyproject.toml", folder.parent / "orders_query.graphql"]
    if _is_fresh(made, sources) or _run(
        "ariadne-codegen", folder, program, "-m", "ariadne_codegen"
    ):
        return program
    return None


@cache
def node() -> Path | None:
    """Return Node, with the packages of ``peers/node`` installed."""
    folder = HERE / "node"
    programs = _find("Mercurius, graphql-jit and GitHub's schema", "node", "npm")
    if programs is None:
        return None
    stamp = folder / "node_modules" / ".package-lock.json"
    if _is_fresh(stamp, [folder / "package-lock.json", folder / "package.json"]):
        return programs[0]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    installed = _run("Mercurius and graphql-jit", folder, programs[1], "ci", *options)
    return programs[0] if installed else None


@cache
def gqlgen() -> Path | None:
    """Return the server that gqlgen generated, compiled."""
    return _gqlgen(HERE / "gqlgen", "todos", HERE / "schema.graphql")


@cache
def gqlgen_orders() -> Path | None:
    """Return the program which executes the shop's operations with what gqlgen generated."""
    return _gqlgen(HERE / "gqlgen" / "shop", "orders", HERE / "orders.graphql")


def _gqlgen(folder: Path, data: str, schema: Path) -> Path | None:
    program = folder / "generated" / "program"
    code = [*folder.glob("*.go"), *folder.glob(f"{data}/*.go"), *(HERE / "gqlgen").glob("go.*")]
    if _is_fresh(program, [*code, folder / "gqlgen.yml", schema]):
        return program
    programs = _find("gqlgen", "go")
    if programs is None:
        return None
    built = _run("gqlgen", folder, programs[0], "tool", "gqlgen", "generate") and _run(
        "gqlgen", folder, programs[0], "build", "-buildvcs=false", "-o", program, "."
    )
    return program if built else None


def _find(peer: str, *names: str) -> list[Path] | None:
    found = [shutil.which(name) for name in names]
    if None in found:
        print(f"No {names[found.index(None)]} on this machine: {peer} is left out.", flush=True)
        return None
    return [Path(each) for each in found if each]


def _is_fresh(product: Path, sources: Iterable[Path]) -> bool:
    """Say whether a file is there and none of its sources is younger."""
    if not product.exists():
        return False
    made = product.stat().st_mtime
    return all(source.stat().st_mtime <= made for source in sources)


def _run(peer: str, folder: Path, *command: str | Path) -> bool:
    """Run a step; say what it said, and that the peer is left out, where it fails."""
    print(f"Preparing {peer} …", flush=True)
    done = subprocess.run(  # noqa: S603  # fixed commands, no shell
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{done.stdout}{done.stderr}\n{peer} is left out.", flush=True)
    return not done.returncode
